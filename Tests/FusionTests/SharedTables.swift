import Foundation
import Fusion
import SandboxCore
import Tables
import TestSupport

/// Two small random tables under the columns of `ContractText`, and what they hold, for oracles that know no plan.
struct SharedTables {
    struct Enterprise {
        var code: String, grade: Int, district: Int
        /// In 0.01 kWh.
        var kwh: Int64
    }
    struct Loan {
        var code: String
        /// In 0.01.
        var amount: Int64
        var days: Int64, product: Int
    }
    static let grades = ["A", "B", "M"], districts = ["东", "西"], products = ["short", "long"]

    var enterprises: [Enterprise] = []
    var loans: [Loan] = []

    /// `subjects` enterprises, two thirds of them with 1 to `loanRows` loans, and some loans of others. The amount depends on kWh.
    init(subjects: Int, loanRows: Int, seed: UInt64) {
        let random = SeededRandom(seed)
        func below(_ bound: Int) -> Int { Int(random.uniform(below: UInt64(bound))) }
        func loan(_ code: String, _ kwh: Int64) -> Loan {
            let days = below(3) == 0 ? Int64(below(400)) : 0
            let amount = 20_000 + kwh / 10 + Int64(below(10_000))
            return Loan(code: code, amount: amount, days: days, product: below(2))
        }
        for i in 0..<subjects {
            let kwh = Int64(below(500_001))
            enterprises.append(
                .init(code: "E\(i)", grade: below(3), district: below(2), kwh: kwh))
            guard i % 3 != 0 else { continue }
            for _ in 0...below(loanRows) { loans.append(loan("E\(i)", kwh)) }
        }
        for i in 0..<subjects / 3 { loans.append(loan("X\(i)", 0)) }
    }

    private static func decimal(_ units: Int64) -> String { "\(units / 100)." + String(String(100 + units % 100).dropFirst()) }

    var enterpriseFile: String {
        "code,grade,district,kwh\n"
            + enterprises.map {
                "\($0.code),\(Self.grades[$0.grade]),\(Self.districts[$0.district]),\(Self.decimal($0.kwh))\n"
            }.joined()
    }

    var loanFile: String {
        "code,amount,days,product\n"
            + loans.map { "\($0.code),\(Self.decimal($0.amount)),\($0.days),\(Self.products[$0.product])\n" }.joined()
    }

    func write(to folder: TemporaryFolder) throws {
        _ = try folder.file("centre.csv", enterpriseFile)
        _ = try folder.file("bank.csv", loanFile)
    }

    func keyed(_ contract: Contract, in folder: TemporaryFolder) throws -> [String: KeyedTable] {
        try write(to: folder)
        return [
            "enterprises": try .load(path: folder.path + "/centre.csv", schema: contract.dataset(named: "enterprises")!.schema()),
            "loans": try .load(path: folder.path + "/bank.csv", schema: contract.dataset(named: "loans")!.schema()),
        ]
    }

    /// Each matched loan with its enterprise.
    var pairs: [(enterprise: Enterprise, loan: Loan)] {
        let known = Dictionary(uniqueKeysWithValues: enterprises.map { ($0.code, $0) })
        return loans.compactMap { loan in known[loan.code].map { ($0, loan) } }
    }
}
