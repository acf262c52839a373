import Arithmetic
import CKernels
import SandboxCore

/// 32 trees of 16 leaves over the 128 base OTs, 4 OTs a tree: the owner knows all leaves, the other party all but the one that
/// its
/// four choice bits name (L. Roy, "SoftSpokenOT", CRYPTO 2022, eprint 2022/192: small-field VOLE with k = 4 from punctured PRFs).
///
/// Leaf x of tree g: bit i of x belongs to base OT 4 g + i. The first level is the OT keys themselves: left K^1, right K^0.
enum SmallTrees {
    static let groups = 32
    static let width = 4
    static let leaves = 1 << width
    /// Left and right sums of levels 2 to 4 of every tree, each encrypted by the key of the OT of its level.
    static let sumBytes = groups * (width - 1) * 2 * 16
    /// Malicious: the sum of the 16 leaf tags of every tree, 32 bytes each, and one hash of all tags.
    static let proofBytes = groups * 32 + 32

    private static func sumIndex(_ group: Int, _ level: Int) -> Int { (group * (width - 1) + level - 1) * 2 }

    /// The owner: leaves (512) and encrypted sums (192), from both keys of each OT.
    static func expandAll(_ keys: [(Block128, Block128)]) -> (leaves: [Block128], sums: [Block128]) {
        var sums = [Block128](repeating: .zero, count: sumBytes / 16)
        var all = [Block128](repeating: .zero, count: groups * leaves)
        var nodes = [Block128](repeating: .zero, count: leaves)
        var next = nodes
        for group in 0..<groups {
            let first = keys[width * group + width - 1]
            nodes[0] = first.1
            nodes[1] = first.0
            for level in 1..<width {
                GGM.double(nodes, into: &next, count: 1 << level)
                swap(&nodes, &next)
                let sum = sideSums(nodes, 2 << level)
                let key = keys[width * group + width - 1 - level]
                sums[sumIndex(group, level)] = sum.left ^ key.1
                sums[sumIndex(group, level) + 1] = sum.right ^ key.0
            }
            for x in 0..<leaves { all[group * leaves + x] = nodes[x] }
        }
        ConstantTime.wipe(&nodes)
        ConstantTime.wipe(&next)
        return (all, sums)
    }

    /// The other party: the leaves but for those that `choices` (bit i: choice of OT i) names, which are meaningless. Constant
    /// time.
    static func expandPunctured(_ keys: [Block128], choices: Block128, sums: [Block128]) -> [Block128] {
        var all = [Block128](repeating: .zero, count: groups * leaves)
        var nodes = [Block128](repeating: .zero, count: leaves)
        var next = nodes
        for group in 0..<groups {
            let point = puncture(choices, group)
            let top = point >> UInt64(width - 1)
            nodes[0] = keys[width * group + width - 1].masked(0 &- top)
            nodes[1] = keys[width * group + width - 1].masked(top &- 1)
            for level in 1..<width {
                GGM.double(nodes, into: &next, count: 1 << level)
                swap(&nodes, &next)
                let position = point >> UInt64(width - 1 - level)
                let bit = 0 &- (position & 1)
                let sum = sideSums(nodes, 2 << level)
                // The sum of the side away from the punctured node, less what is known of it, is that node's sibling.
                let due = Block128.select(sums[sumIndex(group, level)], sums[sumIndex(group, level) + 1], ~bit)
                let found = Block128.select(sum.left, sum.right, ~bit)
                let fix = due ^ keys[width * group + width - 1 - level] ^ found
                for x in 0..<(2 << level) { nodes[x] ^= fix.masked(equalMask(UInt64(x), position ^ 1)) }
            }
            for x in 0..<leaves { all[group * leaves + x] = nodes[x] }
        }
        ConstantTime.wipe(&nodes)
        ConstantTime.wipe(&next)
        return all
    }

    /// The four choice bits of a tree as a number.
    private static func puncture(_ choices: Block128, _ group: Int) -> UInt64 {
        let word = group < groups / 2 ? choices.low : choices.high
        return word >> UInt64(width * (group % (groups / 2))) & UInt64(leaves - 1)
    }

    private static func sideSums(_ nodes: [Block128], _ count: Int) -> (left: Block128, right: Block128) {
        var left = Block128.zero, right = Block128.zero
        for x in stride(from: 0, to: count, by: 2) {
            left ^= nodes[x]
            right ^= nodes[x + 1]
        }
        return (left, right)
    }

    // MARK: Proof that the trees are well formed

    /// The owner's proof: for each tree the sum of its leaves' tags, then a hash of all tags in order. The other party can then
    /// compute every tag, the punctured leaf's too, and sees whether its leaves are those the owner committed to (Roy, the
    /// consistency check of the punctured PRF).
    static func proof(leaves all: [Block128]) -> [UInt8] {
        var out: [UInt8] = []
        var commitment = DomainHash(domain: "yinhe/silent-vole/small-trees/v1")
        for group in 0..<groups {
            let tags = tags(all, group)
            for tag in tags { commitment.update(tag) }
            out += xor(tags)
        }
        return out + commitment.finalize()
    }

    /// Whether `proof` fits the known leaves. It can fit for some places of a puncture and not for others: a passed check tells
    /// the
    /// owner that the choice bits of a tree lie in a set that it chose beforehand.
    static func verify(_ proof: [UInt8], leaves all: [Block128], choices: Block128) -> Bool {
        var commitment = DomainHash(domain: "yinhe/silent-vole/small-trees/v1")
        for group in 0..<groups {
            var tags = tags(all, group)
            let known = xor(tags)
            let point = puncture(choices, group)
            for x in 0..<leaves {
                let mask = UInt8(truncatingIfNeeded: equalMask(UInt64(x), point))
                for i in 0..<32 { tags[x][i] ^= (known[i] ^ proof[32 * group + i]) & mask }
                commitment.update(tags[x])
            }
        }
        return ConstantTime.equal(commitment.finalize(), Array(proof[(32 * groups)...]))
    }

    private static func tags(_ all: [Block128], _ group: Int) -> [[UInt8]] {
        (0..<leaves).map { x in
            var hash = DomainHash(domain: "yinhe/silent-vole/leaf-tag/v1")
            withUnsafeBytes(of: UInt32(group * leaves + x).littleEndian) { hash.update($0) }
            withUnsafeBytes(of: all[group * leaves + x]) { hash.update($0) }
            return hash.finalize()
        }
    }

    private static func xor(_ tags: [[UInt8]]) -> [UInt8] {
        var out = [UInt8](repeating: 0, count: 32)
        for tag in tags { for i in 0..<32 { out[i] ^= tag[i] } }
        return out
    }
}

/// All ones when equal, else zero, without a branch.
@inline(__always)
func equalMask(_ a: UInt64, _ b: UInt64) -> UInt64 {
    let difference = a ^ b
    return yinhe_opaque(((difference | (0 &- difference)) >> 63) &- 1)
}

extension Block128 {
    @inline(__always)
    func masked(_ mask: UInt64) -> Block128 { Block128(low: low & mask, high: high & mask) }

    /// `b` where the mask is all ones, `a` where it is zero.
    @inline(__always)
    static func select(_ a: Block128, _ b: Block128, _ mask: UInt64) -> Block128 { a ^ (a ^ b).masked(mask) }
}
