import Foundation
import SandboxCore
import Tables

/// Made-up passenger counts of four operators for one month: entries by day, station and band of hours. The same seed gives the same
/// bytes on every machine.
struct MetroTables {
    static let operators = ["metro-north", "metro-south", "city-rail", "tram"]
    static let titles = [
        Phrase(en: "metro north", zh: "地铁北线公司"), Phrase(en: "metro south", zh: "地铁南线公司"), Phrase(en: "city rail", zh: "市域铁路公司"),
        Phrase(en: "tram", zh: "有轨电车公司"),
    ]
    static let stations = ["城市广场", "火车站", "大学城", "体育中心", "科技园", "老码头"]
    static let bands = ["06-09", "09-16", "16-19", "19-24"]
    static let days = 30
    /// Station and band as one category, in the order of the totals.
    static let categories = stations.flatMap { station in bands.map { "\(station) \($0)" } }

    /// Whether the operator stops there: each leaves out one station.
    private static func serves(_ operator_: Int, _ station: Int) -> Bool { station != operator_ + 1 }

    /// Entries per day before chance, in passengers: [band] of an average station.
    private static let typical = [5200, 6100, 5600, 2300]
    /// The share of each operator, in percent.
    private static let share = [100, 85, 40, 12]
    /// How busy each station is, in percent.
    private static let size = [160, 210, 90, 60, 130, 45]

    /// Writes one file for each operator into `folder`; returns the true totals by category.
    @discardableResult
    static func write(to folder: String, seed: UInt64) throws -> [Int] {
        var totals = [Int](repeating: 0, count: categories.count)
        for (i, name) in operators.enumerated() {
            var random = SyntheticRandom(seed: seed &+ UInt64(i) &* 7919)
            // The smallest operator's system is an old one.
            let writer = try CSVWriter(
                path: "\(folder)/\(name).csv", header: ["date", "station_band", "passengers"], encoding: i == 3 ? .gb18030 : .utf8)
            for day in 1...days {
                let weekend = day % 7 == 6 || day % 7 == 0
                for station in stations.indices where serves(i, station) {
                    for band in bands.indices {
                        let mean = typical[band] * share[i] / 100 * size[station] / 100 * (weekend && band % 2 == 0 ? 45 : 100) / 100
                        let count = mean * (80 + random.below(41)) / 100
                        totals[station * bands.count + band] += count
                        let date = "2027-04-" + (day < 10 ? "0\(day)" : "\(day)")
                        try writer.write([date, categories[station * bands.count + band], "\(count)"])
                    }
                }
            }
            try writer.commit()
        }
        return totals
    }
}
