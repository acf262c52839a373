import Foundation

/// The root of this repository, for tests that read Protocols/ and other files kept beside the sources.
package let repositoryRoot = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
