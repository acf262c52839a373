import PrivateSetIntersection
import SandboxCore

/// How a job is cut: a function of the two announced sizes and the two limits, computed alike by both sides in whole numbers.
package struct BucketPlan: Sendable, Codable, Equatable {
    /// A power of two, at most `PartitionHash.partitions`.
    package var buckets: Int
    /// Elements of each bucket after padding; nil when there is one bucket, which is not padded.
    var receiverElements: Int?
    var senderElements: Int?

    /// What a party announces instead of its number of usable rows: rounded up to seven significant bits, at most 1.6 % more.
    package static func announced(_ rows: Int) -> Int { rows.roundedUp(toBits: 7) }

    /// Elements that hold one bucket's share of `keys` different keys, except with probability 2^-40 over all buckets.
    ///
    /// A bucket's load is binomial with mean mu = keys / buckets. Bernstein's inequality bounds Pr[load >= mu + s] by
    /// exp(-s^2 / (2 (mu + s / 3))) (Boucheron, Lugosi, Massart, "Concentration inequalities", 2013, section 2.8), which is
    /// at most e^-t for s = t / 3 + sqrt(t^2 / 9 + 2 mu t); t = (40 + log2 buckets) ln 2.
    package static func padded(keys: Int, buckets: Int) -> Int {
        let bits = SecurityParameters.statistical + SecurityParameters.ceilLog2(buckets)
        let t = (bits * 45427 + 65535) / 65536  // ln 2 < 45427 / 65536
        let mean = (keys + buckets - 1) / buckets
        let root = (t * t / 9 + 1 + 2 * mean * t).squareRootRoundedUp
        return min(mean + t / 3 + 1 + root, max(keys, 1))
    }

    /// `limit`: the largest set that both sides can hold. Throws `.range` when no number of buckets is enough.
    package init(receiver: Int, sender: Int, limit: Int) throws {
        let larger = max(receiver, sender)
        if larger <= limit {
            self.init(buckets: 1)
            return
        }
        var buckets = 2
        while Self.padded(keys: larger, buckets: buckets) > limit {
            buckets *= 2
            guard buckets <= PartitionHash.partitions else {
                throw YinheError(
                    .range, "\(larger) rows are too many to join in parts of \(limit)",
                    remedy: "give both sides more memory, or split the files by a column that both have")
            }
        }
        self.init(
            buckets: buckets, receiverElements: Self.padded(keys: receiver, buckets: buckets),
            senderElements: Self.padded(keys: sender, buckets: buckets))
    }

    private init(buckets: Int, receiverElements: Int? = nil, senderElements: Int? = nil) {
        self.buckets = buckets
        self.receiverElements = receiverElements
        self.senderElements = senderElements
    }

    package func elements(of role: PrivateJoin.Role) -> Int? { role == .receiver ? receiverElements : senderElements }

    /// The sizes of all buckets together; nil when there is one, whose own sizes are the job's.
    var jobSizes: VOLEPSI.JobSizes? {
        guard let receiverElements, let senderElements else { return nil }
        return VOLEPSI.JobSizes(receiver: buckets * receiverElements, sender: buckets * senderElements)
    }

    /// The partitions of a bucket.
    package func partitions(of bucket: Int) -> Range<Int> {
        let width = PartitionHash.partitions / buckets
        return bucket * width..<(bucket + 1) * width
    }
}

extension Int {
    /// The smallest number with at most `bits` significant bits that is at least this one, which is not negative.
    func roundedUp(toBits bits: Int) -> Int {
        let shift = Swift.max(0, Int.bitWidth - leadingZeroBitCount - bits)
        return ((self + (1 << shift) - 1) >> shift) << shift
    }

    /// The smallest r with r * r >= self.
    var squareRootRoundedUp: Int {
        var r = Int(Double(self).squareRoot())
        while r * r >= self, r > 0 { r -= 1 }
        while r * r < self { r += 1 }
        return r
    }
}
