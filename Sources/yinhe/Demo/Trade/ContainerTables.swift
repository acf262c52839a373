import Foundation
import SandboxCore
import Tables

/// Made-up import declarations of a customs office and container moves of a port's terminals, dirty in the ways of real ones. The same
/// seed gives the same bytes on every machine; the owner codes are invented.
///
/// Planted: the median dwell time depends on the commodity, and an inspected container stays longer.
struct ContainerTables {
    var declared = 24_000
    var landed = 22_000
    /// Containers in both files, before any key is spoilt.
    var common = 18_000
    let seed: UInt64

    static let commodities = ["机电产品", "机械设备", "纺织服装", "化工产品", "食品", "家具建材"]
    /// Hours of half the containers, and inspections in 100.
    private static let medianHours = [58, 66, 52, 96, 34, 74]
    private static let inspected = [8, 8, 6, 22, 18, 7]
    static let transports = ["公路", "铁路", "驳船"]
    private static let owners = ["YHA", "YHB", "YHC", "YHD"]

    func write(declarationsTo declarationPath: String, movesTo movePath: String) throws {
        let containers = (0..<declared + landed - common).map { Container($0, seed: seed) }
        var random = SyntheticRandom(seed: seed)
        var declarations = Array(0..<declared)
        // Consolidated cargo: one container in two declarations. And rows that were exported twice.
        declarations += (0..<declared / 20).map { _ in random.below(declared) }
        random.shuffle(&declarations)
        let customs = try CSVWriter(
            path: declarationPath, header: ["declaration_no", "container_no", "commodity", "inspection", "gross_kg"], encoding: .gb18030,
            lineEnd: .crlf)
        for (i, place) in declarations.enumerated() {
            let container = containers[place]
            let row = [
                "9988\(2027_0000_00000 + i)", container.declared(&random), Self.commodities[container.commodity],
                container.isInspected ? "查验" : "放行", "\(container.kilograms)",
            ]
            try customs.write(row)
            if random.below(200) == 0 { try customs.write(row) }
        }
        try customs.commit()

        var moves = Array(declared - common..<declared - common + landed)
        random.shuffle(&moves)
        let port = try CSVWriter(path: movePath, header: ["container_no", "transport", "dwell_hours"], encoding: .utf8BOM)
        for place in moves {
            let container = containers[place]
            try port.write([
                container.read(&random), Self.transports[container.transport], DecimalText.format(Int64(container.dwellTenths), scale: 1),
            ])
        }
        try port.commit()
    }

    /// One container and its cargo, the same in both files.
    private struct Container {
        /// With its check digit.
        let number: [UInt8]
        let commodity: Int
        let isInspected: Bool
        let kilograms: Int
        let transport: Int
        let dwellTenths: Int

        init(_ index: Int, seed: UInt64) {
            var random = SyntheticRandom(seed: seed ^ UInt64(index &+ 1) &* 0x9e37_79b9_7f4a_7c15)
            // Different for different indices: a step coprime to the number of serials.
            var serial = (index &* 7_368_787 &+ Int(seed % 4_000_000)) % 4_000_000
            number = {
                while true {
                    let owner = ContainerTables.owners[serial / 1_000_000]
                    let digits = String(serial % 1_000_000)
                    let text = Array((owner + "U" + String(repeating: "0", count: 6 - digits.count) + digits).utf8)
                    let check = ContainerTables.remainder(text)
                    // ISO 6346 advises against serial numbers whose remainder is 10, which shares its check digit with 0.
                    if check < 10 { return text + [UInt8(ascii: "0") + UInt8(check)] }
                    serial = (serial + 1) % 4_000_000
                }
            }()
            commodity = random.below(ContainerTables.commodities.count)
            isInspected = random.below(100) < ContainerTables.inspected[commodity]
            kilograms = 4_000 + random.below(22_000)
            transport = [0, 0, 0, 0, 0, 0, 1, 2, 2, 2][random.below(10)]
            var tenths = ContainerTables.medianHours[commodity] * 10
            // Two factors of 0.6 to 1.4, and one container in thirty that nobody collects.
            for _ in 0..<2 { tenths = tenths * (60 + random.below(81)) / 100 }
            if random.below(30) == 0 { tenths *= 3 }
            if isInspected { tenths += 240 + random.below(480) }
            dwellTenths = min(tenths, 7200)
        }

        /// As a declarant types it.
        func declared(_ random: inout SyntheticRandom) -> String {
            let text = String(decoding: number, as: UTF8.self)
            switch random.below(1000) {
            case 0..<30: return "\(text.prefix(4)) \(text.dropFirst(4).prefix(6)) \(text.suffix(1))"
            case 30..<50: return "\(text.prefix(10))-\(text.suffix(1))"
            case 50..<75: return text.lowercased()
            case 75..<85: return String(String.UnicodeScalarView(text.unicodeScalars.map { UnicodeScalar($0.value + 0xfee0)! }))
            case 85..<100: return wrongDigit(&random)
            case 100..<105: return ""
            case 105..<115: return text + " "
            default: return text
            }
        }

        /// As a gate camera reads it.
        func read(_ random: inout SyntheticRandom) -> String {
            let text = String(decoding: number, as: UTF8.self)
            switch random.below(1000) {
            // The check digit stands in a box of its own on the container, and is missed.
            case 0..<20: return String(text.prefix(10))
            case 20..<30: return text.replacing("0", with: "O")
            case 30..<40: return wrongDigit(&random)
            case 40..<42: return ""
            default: return text
            }
        }

        /// One digit of the serial number is another one: the check digit finds it.
        private func wrongDigit(_ random: inout SyntheticRandom) -> String {
            var wrong = number
            let place = 4 + random.below(6)
            wrong[place] = UInt8(ascii: "0") + (wrong[place] - UInt8(ascii: "0") + 1 + UInt8(random.below(9))) % 10
            return String(decoding: wrong, as: UTF8.self)
        }
    }

    /// The remainder that gives the check digit of ten characters (ISO 6346): the sum of value * 2^place, mod 11. Letters count from 10
    /// without multiples of 11.
    private static func remainder(_ text: [UInt8]) -> Int {
        var sum = 0
        for (place, byte) in text.enumerated() {
            let value: Int
            if byte >= UInt8(ascii: "A") {
                let letter = Int(byte - UInt8(ascii: "A"))
                value = 10 + letter + (letter + 9) / 10
            } else {
                value = Int(byte - UInt8(ascii: "0"))
            }
            sum += value << place
        }
        return sum % 11
    }
}
