import Foundation
import SandboxCore

/// The shape of an oblivious key-value store (`OKVS`) and the reasons for it: every size follows from the number of items.
///
/// S. Raghuraman, P. Rindal, "Blazing fast PSI from improved OKVS and subfield VOLE", CCS 2022 (eprint 2022/320), sections 2
/// and 3, with weight 3 and dense columns over GF(2^64). The three ways an encoding can fail (an overfull cluster, a large gap
/// near the phase transition, a gap made of small structures) get 2^-(statistical + 2) each, over all clusters together.
package struct OKVSParameters: Sendable, Hashable {
    /// The most items that an encoding may hold.
    package let items: Int
    /// Whether the items are spread over clusters that are encoded one by one.
    package let clustered: Bool
    package let clusters: Int
    /// Columns per cluster that rows meet in three places; 0 in the dense form.
    package let sparseColumns: Int
    /// Columns per cluster that rows meet in all places, with powers of a hashed key as coefficients.
    package let denseColumns: Int
    /// The load that a cluster exceeds with probability at most 2^-(statistical + 2 + log2 clusters).
    package let clusterItems: Int

    /// Columns per cluster, the sparse ones first.
    package var clusterColumns: Int { sparseColumns + denseColumns }
    /// Elements of an encoding, m in the paper.
    package var columns: Int { clusters * clusterColumns }
    /// Columns per item, e in the paper.
    package var expansion: Double { Double(columns) / Double(items) }

    package static let maximumItems = 1 << 24
    /// Up to so many items the dense form is used, whose failure probability is proved: the fitted line of the sparse form
    /// rests on measurements at larger sizes.
    package static let maximumItemsOfDenseForm = 512
    /// Mean load of a cluster.
    package static let targetClusterItems = 1 << 15

    package init(
        items: Int, clustered: Bool, clusters: Int, sparseColumns: Int, denseColumns: Int, clusterItems: Int
    ) {
        precondition(items >= 1 && clusters >= 1 && sparseColumns >= 0 && denseColumns >= 0 && clusterItems >= 1)
        precondition(sparseColumns == 0 ? denseColumns > 0 : sparseColumns >= 3)
        self.items = items
        self.clustered = clustered
        self.clusters = clusters
        self.sparseColumns = sparseColumns
        self.denseColumns = denseColumns
        self.clusterItems = clusterItems
    }

    /// The parameters for up to `items` items; throws above 2^24.
    package static func derive(items n: Int, clustered: Bool, statistical: Int = SecurityParameters.statistical) throws
        -> OKVSParameters
    {
        precondition(n >= 1)
        guard n <= maximumItems else {
            throw YinheError(
                .range, "\(n) items do not fit one key-value store (at most \(maximumItems))",
                remedy: "split the set into buckets of at most \(maximumItems) items")
        }
        let bits = Double(statistical + 2)
        if n <= maximumItemsOfDenseForm {
            // One Vandermonde system per bin: it fails only when hashed keys of one bin are equal or zero.
            let bins = n <= maximumItemsOfOneBin ? 1 : (n + meanItemsOfBin - 1) / meanItemsOfBin
            let load = maximumLoad(items: n, clusters: bins, bits: bits)
            return OKVSParameters(
                items: n, clustered: clustered, clusters: bins, sparseColumns: 0, denseColumns: load, clusterItems: load)
        }
        let clusters = clustered ? max(1, (n + targetClusterItems - 1) / targetClusterItems) : 1
        let load = maximumLoad(items: n, clusters: clusters, bits: bits)
        let clusterBits = bits + log2(Double(clusters))
        let sparse = sparseColumns(items: load, bits: clusterBits)
        return OKVSParameters(
            items: n, clustered: clustered, clusters: clusters, sparseColumns: sparse,
            denseColumns: denseColumns(items: load, sparseColumns: sparse, bits: clusterBits), clusterItems: load)
    }

    private static let maximumItemsOfOneBin = 32
    private static let meanItemsOfBin = 8

    /// The least L with clusters * P[Bin(n, 1 / clusters) > L] <= 2^-bits, by the exact tail.
    package static func maximumLoad(items n: Int, clusters: Int, bits: Double) -> Int {
        if clusters == 1 { return n }
        let wanted = -bits - log2(Double(clusters))
        var low = n / clusters, high = n
        while low < high {
            let middle = (low + high) / 2
            if log2BinomialTail(n, 1 / Double(clusters), above: middle) <= wanted { high = middle } else { low = middle + 1 }
        }
        return low
    }

    /// log2 P[Bin(n, p) > k] for k >= n p: the first term by lgamma, the others by their falling ratios.
    package static func log2BinomialTail(_ n: Int, _ p: Double, above k: Int) -> Double {
        if k >= n { return -.infinity }
        let count = Double(n), first = Double(k + 1)
        let logBinomial = lgamma(count + 1) - lgamma(first + 1) - lgamma(count - first + 1)
        let logTerm = logBinomial + first * log(p) + (count - first) * log1p(-p)
        var term = 1.0, sum = 1.0, i = first
        while i < count {
            term *= (count - i) / (i + 1) * p / (1 - p)
            sum += term
            if term < sum * 1e-17 { break }
            i += 1
        }
        return (logTerm + log(sum)) / log(2)
    }

    /// Weight-3 columns for n items, from the fitted line through the phase transition (section 3.2, equations 2 and 3):
    /// bits = slope (e - 1.223) - 9.2 with log2 slope = 0.55 log2 n + 0.093 w^3 - 1.01 w^2 + 2.92 w - 0.13, w = log2 3.
    package static func sparseColumns(items n: Int, bits: Double) -> Int {
        let w = log2(3.0)
        let slope = exp2(0.55 * log2(Double(n)) + 0.093 * w * w * w - 1.01 * w * w + 2.92 * w - 0.13)
        return Int((Double(n) * (1.223 + (bits + 9.2) / slope)).rounded(.up))
    }

    /// Dense columns: the least g for which the gap exceeds g with probability at most 2^-bits.
    ///
    /// Right of the phase transition the gap comes from pairs of rows with equal positions (section 3.2): their number is
    /// nearly Poisson with mean c = C(n, 2) / C(columns, 3), so P[gap > g] is about c^(g+1) / (g+1)!. The paper's
    /// floor(bits / log2(columns)) replaces c by 1 / columns and drops the factorial, which is too small by one where the two
    /// disagree (at 2^20 items 2^-39.6 for g = 1); the greater of both is taken.
    package static func denseColumns(items n: Int, sparseColumns m: Int, bits: Double) -> Int {
        let log2Mean = log2DuplicatePairs(items: n, sparseColumns: m)
        var g = Int(bits / log2(Double(m)))
        while Double(g + 1) * log2Mean - lgamma(Double(g + 2)) / log(2) > -bits { g += 1 }
        return g
    }

    /// log2 of the expected number of pairs of rows with equal positions.
    package static func log2DuplicatePairs(items n: Int, sparseColumns m: Int) -> Double {
        let n = Double(n), m = Double(m)
        return log2(n * (n - 1) / 2) - log2(m * (m - 1) * (m - 2) / 6)
    }
}
