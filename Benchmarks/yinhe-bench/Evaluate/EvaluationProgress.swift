import Evaluation
import Foundation
import HTMLReport
import SandboxCore
import Synchronization

/// Lines on standard error while an evaluation runs.
final class EvaluationProgress: Sendable {
    private struct State {
        var points = 0
        var done = 0
        var started = ContinuousClock.now
    }
    private let state = Mutex(State())
    private let phrases: EvaluationPhrases
    private let isQuiet: Bool

    init(_ phrases: EvaluationPhrases, isQuiet: Bool) {
        self.phrases = phrases
        self.isQuiet = isQuiet
    }

    func write(_ text: String) {
        if !isQuiet { FileHandle.standardError.write(Data((text + "\n").utf8)) }
    }

    func begin(points: Int) {
        state.withLock { $0 = State(points: points) }
        write(phrases.begin(points))
    }

    func start(_ task: EvaluationTask, _ point: EvaluationTask.Point) {
        let (done, points) = state.withLock { ($0.done, $0.points) }
        let what = "\(phrases.area(task.area)) \(task.operation) n=\(point.size) \(phrases.threads(point.threads)) \(point.network)"
        if !isQuiet { FileHandle.standardError.write(Data("[\(done + 1)/\(points)] \(what) ... ".utf8)) }
    }

    func finish(_ m: EvaluationDocument.Measurement) {
        state.withLock { $0.done += 1 }
        let spread = Int((100 * m.seconds.spread).rounded())
        write("\(CostPrediction.rounded(m.seconds.median)) s (\(phrases.spread) \(spread) %), \(phrases.checked)")
    }

    func again(_ about: String, _ objection: String, points: Int) {
        state.withLock { $0.done -= points }
        write(phrases.again(about, objection))
    }

    func refused(_ about: String, _ objection: String) { write(phrases.refused(about, objection)) }

    func end() {
        let seconds = state.withLock { (ContinuousClock.now - $0.started).seconds }
        write(phrases.end(Int(seconds.rounded())))
    }
}

/// What an evaluation says, in English or Chinese.
struct EvaluationPhrases: Sendable {
    let isChinese: Bool

    init(_ language: Language) { isChinese = language == .chinese }

    func begin(_ points: Int) -> String {
        isChinese ? "共 \(points) 个测点。测评期间请勿在本机运行其他程序。" : "\(points) points to measure. Leave the machine to the evaluation."
    }

    func area(_ area: EvaluationDocument.Area) -> String {
        guard isChinese else { return area.rawValue }
        return switch area {
        case .arithmetic: "基础运算"
        case .statistics: "联合统计"
        case .psi: "安全求交"
        case .paillier: "同态加密"
        case .noise: "差分隐私噪声"
        case .transport: "传输"
        }
    }

    func threads(_ count: Int) -> String { isChinese ? "\(count) 线程" : count == 1 ? "1 thread" : "\(count) threads" }
    var spread: String { isChinese ? "波动" : "spread" }
    var checked: String { isChinese ? "结果正确" : "correct" }

    func again(_ about: String, _ objection: String) -> String {
        isChinese ? "\(about)：机器不够稳定，稍后重测（\(objection)）" : "\(about): the machine was not steady, measuring again (\(objection))"
    }

    func refused(_ about: String, _ objection: String) -> String {
        isChinese ? "\(about)：机器不够稳定，不予报告（\(objection)）" : "\(about): not reported, the machine was not steady (\(objection))"
    }

    func end(_ seconds: Int) -> String { isChinese ? "测量用时 \(seconds) 秒。" : "Measured in \(seconds) s." }

    func written(_ paths: [String]) -> String {
        (isChinese ? "已写入：" : "Written: ") + paths.joined(separator: isChinese ? "、" : ", ")
    }

    func network(_ obstacle: String) -> String {
        isChinese ? "网络由进程内整形通道模拟（内核 netem 不可用：\(obstacle)）。"
            : "Networks are shaped inside the parties' processes (no netem in the kernel: \(obstacle))."
    }

    func refusedBlocks(_ count: Int) -> String {
        isChinese
            ? "有 \(count) 组测量因机器不够稳定而未报告。请在空闲的机器上重测，或用 --force 带标记报告。"
            : "\(count) block(s) are not reported: the machine was not steady. Measure on an idle machine, or use --force to report them marked."
    }
}
