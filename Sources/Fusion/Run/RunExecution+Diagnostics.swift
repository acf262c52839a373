import Arithmetic
import SandboxCore
import Tables
import Transport

extension RunExecution {
    /// Tells the peer this side's row counts with noise, after both are charged; what is made of the peer's needs the released
    /// numbers, so it comes as a function of the report. Nil without a `diagnostics` clause.
    func exchangeDiagnostics(_ session: Session, _ table: KeyedTable) async throws -> ((RunReport) -> MatchDiagnostics)? {
        guard let epsilon = contract.diagnostics else { return nil }
        let own = MatchDiagnostics.Side(table.report)
        let message = try own.noised(epsilon: epsilon, rowsPerSubject: contract.dataset(of: me)!.rowsPerSubject)
        try await session.send(message)
        let peer = MatchDiagnostics.Side(try await session.receive(FusionMessage.Diagnostics.self), distinct: peerSubjects)
        return { report in
            MatchDiagnostics(epsilon: epsilon, own: own, peer: peer, matched: report.matchedSubjects)
        }
    }
}

extension RunReport {
    /// The released number of all matched subjects, where there is one.
    fileprivate var matchedSubjects: Int? {
        outputs.lazy.flatMap(\.cells).first { $0.keys.isEmpty && $0.measure == "count" }.flatMap { $0.value.flatMap { Int($0) } }
    }
}
