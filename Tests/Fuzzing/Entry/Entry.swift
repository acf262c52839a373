import Foundation
import FuzzTargets

// The program that libFuzzer drives; Tests/Fuzzing/run-fuzz starts it once per target.
//   YINHE_FUZZ_TARGET=NAME   the decoder to fuzz
//   YINHE_FUZZ_SEEDS=FOLDER  instead: print the names of all targets, and write the seeds of each to FOLDER/NUMBER
private let target: FuzzTarget = {
    let environment = ProcessInfo.processInfo.environment
    if let folder = environment["YINHE_FUZZ_SEEDS"] {
        for (number, target) in FuzzTarget.all.enumerated() {
            try! FileManager.default.createDirectory(atPath: "\(folder)/\(number)", withIntermediateDirectories: true)
            for (i, seed) in target.seeds.enumerated() {
                try! Data(seed).write(to: URL(filePath: "\(folder)/\(number)/seed-\(i)"))
            }
            print("\(number)\t\(target.maximumBytes)\t\(target.name)")
        }
        fflush(nil)
        _exit(0)  // libFuzzer takes an ordinary exit for a finding
    }
    guard let chosen = FuzzTarget.all.first(where: { $0.name == environment["YINHE_FUZZ_TARGET"] }) else {
        fatalError("YINHE_FUZZ_TARGET names no target")
    }
    return chosen
}()

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    _ = target.accepts(Array(UnsafeBufferPointer(start: data, count: count)))
    return 0
}
