/// Finds a cell's bytes among the declared categories.
struct CategoryIndex: Sendable {
    private let names: [[UInt8]]
    private let slots: [Int32]
    private let mask: Int
    /// Categories by folded, trimmed spelling; those that would clash are left out.
    private let folded: [[UInt8]: Int32]

    init(_ categories: [String]) {
        names = categories.map { Array($0.utf8) }
        var size = 4
        while size < 2 * names.count { size *= 2 }
        var slots = [Int32](repeating: -1, count: size)
        mask = size - 1
        var folded: [[UInt8]: Int32] = [:]
        var clashes: Set<[UInt8]> = []
        for (index, name) in names.enumerated() {
            var slot = name.withUnsafeBufferPointer { Self.hash($0) } & mask
            while slots[slot] >= 0 { slot = (slot + 1) & mask }
            slots[slot] = Int32(index)
            let spelling = name.withUnsafeBufferPointer { Self.fold($0) }
            if folded.updateValue(Int32(index), forKey: spelling) != nil { clashes.insert(spelling) }
        }
        for spelling in clashes { folded[spelling] = nil }
        self.slots = slots
        self.folded = folded
    }

    enum Match {
        case exact(Int)
        case repaired(Int)
        case blank
        case none
    }

    func find(_ cell: UnsafeBufferPointer<UInt8>) -> Match {
        var slot = Self.hash(cell) & mask
        while slots[slot] >= 0 {
            let index = Int(slots[slot])
            if equal(names[index], cell) { return .exact(index) }
            slot = (slot + 1) & mask
        }
        let spelling = Self.fold(cell)
        if let index = folded[spelling] { return .repaired(Int(index)) }
        return spelling.isEmpty ? .blank : .none
    }

    private func equal(_ name: [UInt8], _ cell: UnsafeBufferPointer<UInt8>) -> Bool {
        guard name.count == cell.count else { return false }
        for i in 0..<name.count where name[i] != cell[i] { return false }
        return true
    }

    /// FNV-1a; the table is small and its keys are declared, not hostile.
    private static func hash(_ bytes: UnsafeBufferPointer<UInt8>) -> Int {
        var h: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in bytes { h = (h ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
        return Int(truncatingIfNeeded: (h ^ h >> 32) & 0x7fff_ffff)
    }

    private static func fold(_ bytes: UnsafeBufferPointer<UInt8>) -> [UInt8] {
        guard let p = bytes.baseAddress, bytes.count > 0 else { return [] }
        return [UInt8](unsafeUninitializedCapacity: bytes.count) { out, count in
            let n = Folding.fold(p, bytes.count, into: out.baseAddress!)
            let range = Folding.trimmed(out.baseAddress!, n)
            for i in range { out[i - range.lowerBound] = out[i] }
            count = range.count
        }
    }
}
