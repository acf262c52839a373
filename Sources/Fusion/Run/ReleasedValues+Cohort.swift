// Minimum cohorts: groups that are too small for a reliable or an acceptable figure are not reported.
//
// A rule of reporting, applied to noised counts, so it reveals nothing that the counts do not. Privacy rests on the noise: both
// parties' programs have the noised numbers of a withheld group and drop them.

extension ReleasedValues {
    /// Counts the groups of one output that the contract's minimum withholds. Without noise (the truth of a demonstration) none is.
    struct Cohorts {
        let minimum: Int?
        let isNoised: Bool
        private(set) var groups = 0
        private(set) var withheld = 0

        init(minimum: Int?, isNoised: Bool) { (self.minimum, self.isNoised) = (minimum, isNoised) }

        /// Whether the next group is withheld, given its noised number of subjects.
        mutating func withholds(_ subjects: () throws -> Int128) rethrows -> Bool {
            guard let minimum, isNoised else { return false }
            groups += 1
            let isSmall = try subjects() < Int128(minimum)
            if isSmall { withheld += 1 }
            return isSmall
        }

        /// Nil when the output has no minimum.
        var note: ReleasedOutput.Note? {
            guard let minimum, isNoised else { return nil }
            return .init(
                code: "cohort-withheld", values: ["\(withheld)", "\(groups)", "\(minimum)"],
                text: "\(withheld) of \(groups) groups withheld: their noised number of subjects is below the contract's minimum of "
                    + "\(minimum).")
        }
    }

    /// The noised number of subjects in these cells of an output together.
    func cohort(_ index: Int, _ places: [Int]) throws -> Int128 {
        let contract = plan.contract
        let measure = Contract.cohortMeasure(of: contract.outputs[index].measures, contract.datasets)!
        return try places.reduce(0) { try $0 + noised(index, measure, $1).value }
    }
}

extension ReleasedCell {
    mutating func withhold(below minimum: Int?) {
        (value, standardError, low95, high95) = (nil, nil, nil, nil)
        withheldBelow = minimum
    }
}
