// A private join inside your own program, over a socket of your own. The guide is README.md.
import Foundation
import PrivateSetIntersection
import SandboxCore
import Tables
import Transport

let arguments = CommandLine.arguments
guard arguments.count == 6, let port = UInt16(arguments[2]) else {
    fatalError("usage: private-join-in-60-lines listen|connect PORT KEY-FILE PEER-FINGERPRINT LIST.csv")
}
let isListening = arguments[1] == "listen"

// Your own socket: any connected stream socket will do, however your program came by it.
func ownSocket() -> Int32 {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    let size = socklen_t(MemoryLayout<sockaddr_in>.size)
    return withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
            for _ in 0..<300 {
                let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
                if !isListening, connect(socket, address, size) == 0 { return socket }
                if isListening, bind(socket, address, size) == 0, listen(socket, 1) == 0 { return accept(socket, nil, nil) }
                close(socket)
                usleep(100_000)
            }
            fatalError("nobody answered on port \(port)")
        }
    }
}

// Your own data: the first column is the key. Two spellings of one key become one token.
var rows: [[String]] = []
var tokens: [JoinToken] = []
var reader = try CSVReader(path: arguments[5])
while let row = try reader.next() {
    guard case .valid(let key) = JoinKeyNormalizer.uscc.normalize(row[0]) else { continue }
    rows.append(row)
    tokens.append(JoinToken(key))
}

// TLS with keys that you pin, on the socket that you made; then the join, of which both learn the common rows.
let identity = try Identity(contentsOf: arguments[3])
let peer = try Fingerprint(parsing: arguments[4])
let channel = try await SocketChannel.adopting(
    descriptor: ownSocket(), as: isListening ? .accepting : .connecting, security: .mutualTLS(identity: identity, peers: [peer]))
let options = PSI.Options(policy: .bothLearnMatches)
let report =
    isListening
    ? try await PSI.Sender(tokens: tokens, options: options).run(over: channel)
    : try await PSI.Receiver(tokens: tokens, options: options).run(over: channel)

// Line k is the same enterprise at both parties.
let joined = zip(report.output.ranks!, report.output.matches!).sorted { $0.0 < $1.0 }
for (rank, row) in joined { print(rank, rows[row].joined(separator: ",")) }
