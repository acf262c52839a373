extension Contract {
    /// The linear measure that says how many subjects a cell is about: `count`, or the rows of a dataset with one row per subject.
    static func cohortMeasure(of measures: [Measure], _ datasets: [Dataset]) -> Measure? {
        let linear = PlanBuilder.linearMeasures(measures)
        if linear.contains(.count) { return .count }
        return linear.first { measure in
            guard case .rows(let name) = measure else { return false }
            return datasets.first { $0.name == name }?.rowsPerSubject == 1
        }
    }
}
