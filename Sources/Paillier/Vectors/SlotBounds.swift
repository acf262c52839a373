import SandboxCore

/// What every slot of an encrypted vector may hold: an interval that each operation works out anew, and the bias of its content.
///
/// A slot stands for value = content + bias, where content is what lies in the plaintext. A fresh value v in lower ... upper has the
/// content v - lower >= 0. Sums add the biases, products multiply them, so the offset comes off exactly however many terms there were.
/// Contents may become negative in between (after a negation); only when the vector is opened, bias - minimum is added to every slot,
/// which makes them lie in 0 ... maximum - minimum again. See Protocols/encrypted-vectors.md, "No carry crosses".
public struct SlotBounds: Sendable, Hashable {
    /// The least and the greatest value, in units.
    public let minimum: Int128
    public let maximum: Int128
    /// Value minus content.
    package let bias: Int128

    package init(minimum: Int128, maximum: Int128, bias: Int128) {
        precondition(minimum <= maximum)
        self.minimum = minimum
        self.maximum = maximum
        self.bias = bias
    }

    /// maximum - minimum, which must stay below 2^slotBits; nil when it passes 127 bits.
    package var span: Int128? {
        let (span, overflow) = maximum.subtractingReportingOverflow(minimum)
        return overflow ? nil : span
    }

    /// What opening adds to each slot; nil when it passes 127 bits.
    package var contentShift: Int128? {
        let (shift, overflow) = bias.subtractingReportingOverflow(minimum)
        return overflow ? nil : shift
    }

    package static let zero = SlotBounds(minimum: 0, maximum: 0, bias: 0)

    // MARK: Interval arithmetic; nil when a number passes 127 bits

    package func adding(_ other: SlotBounds) -> SlotBounds? {
        make(
            minimum.addingReportingOverflow(other.minimum), maximum.addingReportingOverflow(other.maximum),
            bias.addingReportingOverflow(other.bias))
    }

    package func multiplied(by factor: Int128) -> SlotBounds? {
        let low = minimum.multipliedReportingOverflow(by: factor), high = maximum.multipliedReportingOverflow(by: factor)
        let bias = bias.multipliedReportingOverflow(by: factor)
        return factor < 0 ? make(high, low, bias) : make(low, high, bias)
    }

    /// The smallest interval around both, with a bias of its own.
    package func union(_ other: SlotBounds, bias: Int128) -> SlotBounds {
        SlotBounds(minimum: min(minimum, other.minimum), maximum: max(maximum, other.maximum), bias: bias)
    }

    private typealias Checked = (partialValue: Int128, overflow: Bool)

    private func make(_ minimum: Checked, _ maximum: Checked, _ bias: Checked) -> SlotBounds? {
        guard !minimum.overflow, !maximum.overflow, !bias.overflow else { return nil }
        return SlotBounds(minimum: minimum.partialValue, maximum: maximum.partialValue, bias: bias.partialValue)
    }
}
