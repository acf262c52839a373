import SandboxCore
import Testing

/// Bad input is refused with this reason.
func expectRefusal(_ reason: String, sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Void) {
    #expect(sourceLocation: sourceLocation) {
        try body()
    } throws: { error in
        guard let error = error as? YinheError else { return false }
        return error.code == .badInput && "\(error)".contains(reason)
    }
}
