import SandboxCore

/// Made-up tables of industrial parks for an encrypted sum: the enterprises of each park, and its totals by industry.
///
/// The same seed and sizes give the same bytes on every machine. The electricity that an industry needs for output worth 10,000 yuan is
/// planted (`intensities`); an enterprise's own figure scatters around it.
public struct SyntheticParks: Sendable {
    public let seed: UInt64
    public let parks: Int
    /// Of all parks together.
    public let enterprises: Int

    public static let industries = ["钢铁", "水泥", "电解铝", "化工", "造纸", "纺织", "玻璃", "数据中心"]
    private static let industryWeights = [10, 8, 4, 24, 12, 26, 8, 8]
    /// kWh for 10,000 yuan of output.
    static let intensities = [900, 1_400, 6_500, 700, 800, 350, 600, 1_500]
    /// Median output of an enterprise in 10,000 yuan.
    private static let outputMedians = [42_000, 9_000, 18_000, 12_000, 6_000, 3_500, 5_000, 4_000]
    public static let header = ["industry", "electricity_mwh", "output_wan", "enterprises"]
    static let enterpriseHeader = ["credit_code", "industry", "electricity_mwh", "output_wan"]

    /// One industry's totals: MWh in 0.1, output in 0.01 of 10,000 yuan.
    public struct Total: Sendable, Hashable {
        public var electricity: Int64 = 0
        public var output: Int64 = 0
        public var enterprises: Int64 = 0
        public init() {}
    }

    public init(seed: UInt64, parks: Int = 10, enterprises: Int = 1_000) throws {
        guard parks > 0, enterprises >= 0 else { throw YinheError(.usage, "\(parks) parks with \(enterprises) enterprises") }
        self.seed = seed
        self.parks = parks
        self.enterprises = enterprises
    }

    /// "park-03".
    public func name(_ park: Int) -> String { "park-" + (park < 9 ? "0" : "") + "\(park + 1)" }

    /// Writes NAME-enterprises.csv and NAME.csv of every park into `folder`; returns what the sums over all parks must be, by industry.
    @discardableResult
    public func write(to folder: String) throws -> [Total] {
        let keys = SyntheticKeys(seed: seed)
        var all = [Total](repeating: Total(), count: Self.industries.count)
        let enterprises = (0..<enterprises).map { Enterprise(seed: seed, id: $0, parks: parks) }
        for park in 0..<parks {
            var totals = [Total](repeating: Total(), count: Self.industries.count)
            let own = try CSVWriter(path: "\(folder)/\(name(park))-enterprises.csv", header: Self.enterpriseHeader)
            for (id, enterprise) in enterprises.enumerated() where enterprise.park == park {
                totals[enterprise.industry].add(enterprise)
                all[enterprise.industry].add(enterprise)
                try own.write([
                    String(decoding: keys.code(id: id, district: park + 1), as: UTF8.self), Self.industries[enterprise.industry],
                    DecimalText.format(enterprise.electricity, scale: 1), DecimalText.format(enterprise.output, scale: 2),
                ])
            }
            try own.commit()
            let table = try CSVWriter(path: "\(folder)/\(name(park)).csv", header: Self.header)
            for (industry, total) in zip(Self.industries, totals) { try table.write([industry] + total.cells) }
            try table.commit()
        }
        return all
    }

    fileprivate struct Enterprise {
        let park: Int
        let industry: Int
        let electricity: Int64
        let output: Int64

        init(seed: UInt64, id: Int, parks: Int) {
            var random = SyntheticRandom(seed: seed, stream: 12, index: UInt64(id))
            park = random.below(parks)
            industry = random.weighted(SyntheticParks.industryWeights)
            let output = random.logNormal(median: 100 * SyntheticParks.outputMedians[industry], spread: 85_000)
            let intensity = random.logNormal(median: SyntheticParks.intensities[industry], spread: 22_000)
            self.output = Int64(output)
            // 0.01 times 10,000 yuan, times kWh for 10,000 yuan, is 10 Wh; 10,000 of them are 0.1 MWh.
            electricity = Int64(output * intensity / 10_000)
        }
    }
}

extension SyntheticParks.Total {
    fileprivate mutating func add(_ enterprise: SyntheticParks.Enterprise) {
        electricity += enterprise.electricity
        output += enterprise.output
        enterprises += 1
    }

    /// As a table of a park writes them.
    public var cells: [String] {
        [DecimalText.format(electricity, scale: 1), DecimalText.format(output, scale: 2), "\(enterprises)"]
    }
}
