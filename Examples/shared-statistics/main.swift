// Two columns, two owners: how many rows have a loan above the income, the loans' sum among them, and a mean; nothing else is opened.
// Both parties run in this process, over an in-memory channel. Between two machines, run each over a `SocketChannel` instead.
import SandboxCore
import SecretSharing
import Transport

let incomes: [Int64] = [120, 80, 300, 45, 60, 210]  // the centre's, party 0
let loans: [Int64] = [100, 150, 40, 90, 60, 500]  // the bank's, party 1

/// What both parties run. Bounds are declared, so nothing can overflow unseen.
@Sendable func compare(_ c: TwoPartyComputation, own: [Int64]?) async throws -> [Int128] {
    let bounds = try DeclaredBounds(0, 1000)
    let wide = own?.map { Int128($0) }
    let income: SharedVector<UInt128> = try c.input(c.party == 0 ? wide : nil, from: 0, count: 6, bounds: bounds)
    let loan: SharedVector<UInt128> = try c.input(c.party == 1 ? wide : nil, from: 1, count: 6, bounds: bounds)
    let isAbove = try await c.lessThan(income, loan)
    let count: SharedVector<UInt128> = try await c.arithmetic(isAbove).sum()
    let total = try await c.multiply(isAbove, loan).sum()
    let mean = try await c.mean(loan, where: isAbove)
    return try await c.open(.joined([count, total, mean]))!
}

// Before any data: what it costs, and whether every range fits.
let plan = try await TwoPartyComputation.plan { try await compare($0, own: nil) }
print("plan: \(plan.rounds) rounds")

let (centre, bank) = try await LocalRun.both(
    { try await TwoPartyComputation.run(over: $0, party: 0) { try await compare($0, own: incomes) } },
    { try await TwoPartyComputation.run(over: $0, party: 1) { try await compare($0, own: loans) } })
precondition(centre == bank)
print("loans above the income: \(bank[0]), their sum \(bank[1]), their mean \(bank[2])")
