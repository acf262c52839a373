import ArgumentParser
import Evaluation
import SandboxCore

/// How much an evaluation measures.
enum EvaluationProfile: String, ExpressibleByArgument, CaseIterable {
    case quick, standard, full

    var runs: Int { self == .full ? 7 : self == .standard ? 5 : 3 }
    var warmUps: Int { 1 }

    /// Sizes of the three profiles, each with those of the ones before.
    func sizes(_ quick: [Int], standard: [Int] = [], full: [Int] = []) -> [Int] {
        switch self {
        case .quick: quick
        case .standard: Array(Set(quick + standard)).sorted()
        case .full: Array(Set(quick + standard + full)).sorted()
        }
    }

    func networks(quick: [String]) -> [String] { self == .quick ? quick : Self.slowNetworks }

    /// Over networks the smallest size, and in longer profiles the next ones.
    func networkSizes(_ sizes: [Int]) -> [Int] { Array(sizes.prefix(self == .full ? 3 : self == .standard ? 2 : 1)) }

    var moreThreads: [Int] {
        let cores = availableCores
        return cores < 2 ? [] : self == .full && cores > 2 ? Array(Set([2, cores])).sorted() : [cores]
    }

    static let slowNetworks = ["lan", "wan", "slow"]

    /// The links of the profiles: rate of each direction in bits a second, round trip in milliseconds.
    static let links: [(name: String, bitsPerSecond: Double?, roundTripMilliseconds: Double)] = [
        ("loopback", nil, 0), ("lan", 1e9, 0.2), ("wan", 1e8, 10), ("slow", 2e7, 50),
    ]
}

/// The tasks of an evaluation, in the order in which they run.
struct EvaluationPlan {
    let profile: EvaluationProfile
    /// One small size of each, loopback alone: a check that everything works.
    let isSmall: Bool

    func tasks(_ areas: [EvaluationTask.Area]) -> [EvaluationTask] {
        let all = EvaluationTask.Area.allCases.filter(areas.contains).flatMap { area in
            switch area {
            case .arithmetic: arithmetic
            case .statistics: statistics
            case .psi: psi
            case .paillier: paillier
            case .noise: noise
            case .transport: transport
            }
        }
        guard isSmall else { return all }
        return all.map { task in
            var task = task
            task.sizes = [task.sizes[0]]
            (task.networks, task.moreThreads) = ([], [])
            return task
        }
    }

    var runs: Int { isSmall ? 2 : profile.runs }
    var warmUps: Int { isSmall ? 0 : profile.warmUps }

    func floor(_ adversary: String, computational: Int? = SecurityParameters.computational, statistical: Int? = nil)
        -> EvaluationDocument.SecurityFloor
    { .init(computational: computational, statistical: statistical, adversary: adversary) }
}
