import Foundation
import Tables
import Transport
import SandboxCore
package struct PhaseTime: Sendable, Codable { var name: String; var seconds: Double }
package struct BudgetSummary: Sendable, Codable { var unit, total, spentBefore, charged, remaining: String }
package struct ReleasedOutput: Codable, Sendable { var name, kind, unit: String; var epsilon: String; var cells: [ReleasedCell] }
package struct ReleasedCell: Codable, Sendable { var keys: [String]; var measure: String; var value: String; var standardError, low95, high95: Double }
package struct RunReport: Codable, Sendable {
  var contractName, contractHash, purpose, runID, party, peer, protocolName, adversary: String; var startedAt, finishedAt: Date
  var input: InputReport; var peerSetSize: Int; var outputs: [ReleasedOutput]; var learned: [String]; var traffic: Traffic; var phases: [PhaseTime]
  var budget: BudgetSummary; var ledgerHead: String; var ledgerEntries: Int }
