import HTMLReport

// The words, numbers and markup that the reports of both programs share. A type alias each, so that not every file of this program
// has to import them.
package typealias Phrase = HTMLReport.Phrase
package typealias Language = HTMLReport.Language
package typealias Numbers = HTMLReport.Numbers
package typealias HTML = HTMLReport.HTML
