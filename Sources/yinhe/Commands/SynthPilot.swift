import ArgumentParser
import Foundation
import SandboxCore
import Tables

/// The made-up tables that `yinhe synth --pilot` can write. The credit pilot has sizes and dirt to choose; the others have a seed.
enum SynthPilot: String, CaseIterable, ExpressibleByArgument {
    case credit
    case inclusiveCredit = "inclusive-credit"
    case medicalServices = "medical-services"
    case lowCarbon = "low-carbon"
    case metro
    case tradeFacilitation = "trade-facilitation"

    struct File: Codable, Sendable {
        var path: String
        /// What it holds.
        var holds: String
    }

    /// Writes the tables of any pilot but the first into `folder`.
    func write(to folder: String, seed: UInt64) throws -> [File] {
        switch self {
        case .credit: preconditionFailure("the command writes this pilot's tables with their options")
        case .inclusiveCredit:
            let (enterprises, loans) = (folder + "/enterprises.csv", folder + "/loans.csv")
            try SyntheticPilot(seed: seed, effect: .gradeAndHeadcount).write(enterprisesTo: enterprises, loansTo: loans)
            return [File(path: enterprises, holds: "data centre, 公共数据中心"), File(path: loans, holds: "bank, 合作银行")]
        case .medicalServices:
            let (visits, claims) = (folder + "/visits.csv", folder + "/claims.csv")
            try SyntheticMedical(seed: seed).write(visitsTo: visits, claimsTo: claims)
            return [File(path: visits, holds: "fund, 医疗保障局"), File(path: claims, holds: "insurer, 商业保险公司")]
        case .lowCarbon:
            let parks = try SyntheticParks(seed: seed)
            try parks.write(to: folder)
            return (0..<parks.parks).flatMap { park in
                [
                    File(path: "\(folder)/\(parks.name(park))-enterprises.csv", holds: "\(parks.name(park)), 园区内企业"),
                    File(path: "\(folder)/\(parks.name(park)).csv", holds: "\(parks.name(park)), 按行业合计"),
                ]
            }
        case .metro:
            try MetroTables.write(to: folder, seed: seed)
            return zip(MetroTables.operators, MetroTables.titles).map { File(path: "\(folder)/\($0).csv", holds: "\($1.en), \($1.zh)") }
        case .tradeFacilitation:
            let (declarations, moves) = (folder + "/declarations.csv", folder + "/moves.csv")
            try ContainerTables(seed: seed).write(declarationsTo: declarations, movesTo: moves)
            return [File(path: declarations, holds: "customs, 海关"), File(path: moves, holds: "port, 港口集团")]
        }
    }
}
