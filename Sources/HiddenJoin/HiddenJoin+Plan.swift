import ObliviousTransfer
import PrivateSetIntersection
import SandboxCore

extension HiddenJoin {
    /// Every size of one run, from public numbers alone. Protocols/hidden-join.md, "Parameters".
    package struct Plan: Sendable, Equatable {
        package let receiverSize: Int
        package let senderSize: Int
        package let bins: Int
        /// 64-bit words of the sender's columns in a row.
        package let payloadWords: Int
        /// The receiver's store of the OPRF.
        package let query: OKVSParameters
        /// The sender's store of targets and columns.
        package let program: OKVSParameters
        /// Bits of a target that are compared: a bin without a match has an equal one with probability 2^-targetBits, and all
        /// together with probability at most 2^-40.
        package let targetBits: Int

        /// Both sizes must be positive and within the limits.
        package init(receiverSize: Int, senderSize: Int, payloadWords: Int) throws {
            self.receiverSize = receiverSize
            self.senderSize = senderSize
            self.payloadWords = payloadWords
            bins = HiddenJoin.bins(items: receiverSize)
            query = try OKVSParameters.derive(items: receiverSize, clustered: true)
            program = try OKVSParameters.derive(items: functions * senderSize, clustered: true)
            targetBits = SecurityParameters.statistical + SecurityParameters.ceilLog2(bins)
            precondition(targetBits <= 64)
        }

        /// Words of a bin: the target, then the columns.
        package var words: Int { 1 + payloadWords }
        /// Vectors of the program with two words a key, and whether one with a single word follows.
        package var pairs: Int { words / 2 }
        package var hasSingle: Bool { words % 2 == 1 }

        /// A key that the receiver did not ask for gives Decode(P, key) = H_B(key) with probability 2^-64: for all 3 n_s of the
        /// sender's keys at most 2^-40 while these are at most 2^24.
        package func vole(threads: Int) -> SilentVOLE.Parameters {
            SilentVOLE.Parameters(count: query.columns, field: .bits64, security: .semiHonest, threads: threads)
        }
    }
}
