import Foundation
import SandboxCore

/// The airlines' departures and the authority's register, from the example's folder.
struct FlightTables {
    let aircraft: String
    let flights: String
    /// Different tail numbers by group of carriers, which the airlines can count in their own file.
    let ownAircraft: [(group: String, count: Int)]

    /// Copies the register and unpacks the departures into the work folder.
    init(_ stage: DemoStage) async throws {
        let example = TransportScenario.folder
        aircraft = stage.folder.file("aircraft.csv")
        flights = stage.folder.file("flights.csv")
        let register = try stage.examples.file(example, "data/aircraft.csv")
        guard let bytes = FileManager.default.contents(atPath: register) else {
            throw YinheError(.badInput, "cannot read the register", at: register)
        }
        try AtomicFile.write(Array(bytes), to: aircraft)
        let packed = try stage.examples.file(example, "data/flights.csv.gz")
        let text = try await Self.unpack(packed)
        try AtomicFile.write(text, to: flights)
        ownAircraft = Self.count(text)
    }

    private static func unpack(_ path: String) async throws -> [UInt8] {
        let child = try ChildProcess("/usr/bin/env", ["gzip", "-dc", path]) { _ in }
        let status = await child.wait()
        let output = await child.output()
        guard status == 0, !output.isEmpty else {
            throw YinheError(
                .badInput, "gzip could not unpack the file (status \(status))", at: path,
                remedy: "check that the file is whole (git status) and that gzip is installed")
        }
        return output
    }

    private static func count(_ text: [UInt8]) -> [(group: String, count: Int)] {
        var order: [String] = []
        var tails: [String: Set<[UInt8]>] = [:]
        for line in text.split(separator: UInt8(ascii: "\n")).dropFirst() {
            let cells = line.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
            guard cells.count == 6, !cells[0].isEmpty else { continue }
            let group = String(decoding: cells[2], as: UTF8.self)
            if tails[group] == nil { order.append(group) }
            tails[group, default: []].insert(Array(cells[0]))
        }
        return order.map { ($0, tails[$0]!.count) }
    }
}
