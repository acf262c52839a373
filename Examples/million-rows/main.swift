// Joins two CSV files from file to file, in bounded memory: both roles in this process, over an in-memory channel.
// Arguments: left file, right file, key column, folder for the two outputs.
import PrivateJoin
import SandboxCore
import Transport

let arguments = CommandLine.arguments
guard arguments.count == 5 else { fatalError("usage: million-rows LEFT.csv RIGHT.csv KEY FOLDER") }

func options(_ input: String, output: String) -> PrivateJoin.Options {
    var options = PrivateJoin.Options(
        input: input, output: "\(CommandLine.arguments[4])/\(output)", keyColumn: CommandLine.arguments[3])
    options.joinType = .left
    options.rowOrder = .aligned
    options.memoryBytes = 256 << 20
    // With a folder of its own a job can be stopped and run again: options.resumeDirectory = "job"
    return options
}

let (left, right) = (options(arguments[1], output: "left.csv"), options(arguments[2], output: "right.csv"))
// Between two machines each party runs its own role, and `connect` returns a `SocketChannel`.
let (receiver, sender) = try await LocalRun.both(
    { channel in try await PrivateJoin.run(.receiver, options: left, connect: { channel }) },
    { channel in try await PrivateJoin.run(.sender, options: right, connect: { channel }) })

print("\(receiver.matchedKeys!) keys in common; \(receiver.outputRows!) and \(sender.outputRows!) lines, side by side")
