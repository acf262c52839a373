import Arithmetic
import Foundation
import ObliviousTransfer
import SandboxCore
import TestSupport
import Testing

private struct Vectors: Decodable {
    struct Run: Decodable {
        let senderSeed: UInt64
        let receiverSeed: UInt64
        let choices: String
        let context: String
        let senderMessage: String
        let receiverMessage: String
        let senderKeys: [[String]]
        let receiverKeys: [String]
    }
    let runs: [Run]

    static func load() throws -> Vectors {
        let file = repositoryRoot.appending(path: "Protocols/Vectors/base-ot.json")
        return try JSONDecoder().decode(Self.self, from: Data(contentsOf: file))
    }
}

private func hex(_ key: Block128) -> String {
    [key.low, key.high].flatMap { word in withUnsafeBytes(of: word.littleEndian) { Array($0) } }.hex
}

private func choices(_ count: Int, _ random: SeededRandom) -> [Bool] { (0..<count).map { _ in random.word() & 1 == 1 } }

/// The error that `body` throws; the test fails without one.
private func refusal<T>(_ body: () throws -> T) -> YinheError? {
    do {
        _ = try body()
        return nil
    } catch {
        return error as? YinheError
    }
}

@Suite struct BaseOTTests {
    private let context = Array("two parties, one session".utf8)

    @Test func runsWithFixedRandomnessAreTheVectors() throws {
        let runs = try Vectors.load().runs
        #expect(runs.map(\.choices.count) == [1, 3, 37])
        for run in runs {
            let bits = run.choices.map { $0 == "1" }, context = [UInt8](hex: run.context)!
            let sender = BaseOT.Sender(random: SeededRandom(run.senderSeed))
            let receiver = BaseOT.Receiver(choices: bits, random: SeededRandom(run.receiverSeed))
            #expect(sender.message.hex == run.senderMessage)
            #expect(receiver.message.hex == run.receiverMessage)
            let pairs = try sender.keys(receiverMessage: receiver.message, count: bits.count, context: context)
            #expect(pairs.map { [hex($0.0), hex($0.1)] } == run.senderKeys)
            #expect(try receiver.keys(senderMessage: sender.message, context: context).map(hex) == run.receiverKeys)
        }
    }

    @Test(arguments: [(0, 1), (1, 1), (31, 2), (32, 1), (33, 2), (128, 2), (200, 3)])
    func theReceiverGetsTheChosenKeyAndNotTheOther(_ count: Int, _ threads: Int) throws {
        let random = SeededRandom(freshSeed())
        let bits = choices(count, random)
        let sender = BaseOT.Sender(random: random), receiver = BaseOT.Receiver(choices: bits, random: random)
        #expect(sender.message.count == BaseOT.senderMessageBytes)
        #expect(receiver.message.count == count * BaseOT.receiverBytesPerTransfer)
        let pairs = try sender.keys(receiverMessage: receiver.message, count: count, context: context, threads: threads)
        let keys = try receiver.keys(senderMessage: sender.message, context: context, threads: threads)
        #expect(pairs.count == count && keys.count == count)
        for j in 0..<count {
            #expect(keys[j] == (bits[j] ? pairs[j].1 : pairs[j].0), "transfer \(j), seed \(random.seed)")
            #expect(keys[j] != (bits[j] ? pairs[j].0 : pairs[j].1), "transfer \(j), seed \(random.seed)")
        }
        #expect(Set(pairs.flatMap { [$0.0, $0.1] }).count == 2 * count, "seed \(random.seed)")
    }

    @Test func systemRandomnessGivesFreshMessages() throws {
        let bits = [false, true, true, false]
        let first = BaseOT.Receiver(choices: bits), second = BaseOT.Receiver(choices: bits), sender = BaseOT.Sender()
        #expect(first.message != second.message)
        #expect(sender.message != BaseOT.Sender().message)
        let pairs = try sender.keys(receiverMessage: first.message, count: 4, context: context)
        #expect(try first.keys(senderMessage: sender.message, context: context) == zip(bits, pairs).map { $0 ? $1.1 : $1.0 })
    }

    @Test func anotherContextOrAnotherSenderGivesUnrelatedKeys() throws {
        let random = SeededRandom(freshSeed())
        let bits = choices(8, random)
        let sender = BaseOT.Sender(random: random), receiver = BaseOT.Receiver(choices: bits, random: random)
        let pairs = try sender.keys(receiverMessage: receiver.message, count: 8, context: context)
        let all = Set(pairs.flatMap { [$0.0, $0.1] })
        #expect(all.count == 16)

        let elsewhere = try receiver.keys(senderMessage: sender.message, context: context + [0])
        #expect(all.isDisjoint(with: elsewhere))
        let replayed = try sender.keys(receiverMessage: receiver.message, count: 8, context: [])
        #expect(all.isDisjoint(with: replayed.flatMap { [$0.0, $0.1] }))
        let other = BaseOT.Sender(random: random)
        #expect(all.isDisjoint(with: try receiver.keys(senderMessage: other.message, context: context)))
        let toOther = try other.keys(receiverMessage: receiver.message, count: 8, context: context)
        #expect(all.isDisjoint(with: toOther.flatMap { [$0.0, $0.1] }))
    }

    @Test func transfersAndElementsThatChangePlacesGiveUnrelatedKeys() throws {
        let random = SeededRandom(freshSeed())
        let sender = BaseOT.Sender(random: random), receiver = BaseOT.Receiver(choices: [false, true], random: random)
        let message = receiver.message
        let keys = Set(try receiver.keys(senderMessage: sender.message, context: context))
        let transfersSwapped = Array(message[64...] + message[..<64])
        let elementsSwapped = Array(message[32..<64] + message[..<32] + message[96...] + message[64..<96])
        for changed in [transfersSwapped, elementsSwapped] {
            let pairs = try sender.keys(receiverMessage: changed, count: 2, context: context)
            #expect(keys.isDisjoint(with: pairs.flatMap { [$0.0, $0.1] }), "seed \(random.seed)")
        }
    }

    @Test func aChangedElementSpoilsBothKeysOfItsTransferOnly() throws {
        let random = SeededRandom(freshSeed())
        let bits = choices(3, random)
        let sender = BaseOT.Sender(random: random), receiver = BaseOT.Receiver(choices: bits, random: random)
        let keys = try receiver.keys(senderMessage: sender.message, context: context)
        var message = receiver.message
        message.replaceSubrange(64..<96, with: Ristretto255.encode(Ristretto255.generator))
        let pairs = try sender.keys(receiverMessage: message, count: 3, context: context)
        for j in 0..<3 {
            #expect([pairs[j].0, pairs[j].1].contains(keys[j]) == (j != 1), "transfer \(j), seed \(random.seed)")
        }
    }

    @Test func theMessageTellsNothingAboutTheChoicesByItsForm() throws {
        // With the same randomness both choices send the same uniformly random element, in different places.
        let no = BaseOT.Receiver(choices: [false], random: SeededRandom(9)).message
        let yes = BaseOT.Receiver(choices: [true], random: SeededRandom(9)).message
        #expect(no[32...] == yes[..<32])
        #expect(no[..<32] != yes[32...])
    }
}

@Suite struct BaseOTRefusalTests {
    private let context = Array("refusals".utf8)
    private let invalid: [(String, [UInt8])] = [
        ("the identity", [UInt8](repeating: 0, count: 32)),
        ("p, that is 0 in another form", [UInt8](hex: "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")!),
        ("2^255", [UInt8](repeating: 0, count: 31) + [0x80]),
        ("a negative number", [UInt8](hex: "0100000000000000000000000000000000000000000000000000000000000000")!),
        ("no square", [UInt8](hex: "26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371")!),
        ("negative x y", [UInt8](hex: "3eb858e78f5a7254d8c9731174a94f76755fd3941c0ac93735c07ba14579630e")!),
        ("y = 0, a point of order 4", [UInt8](hex: "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")!),
    ]

    @Test func theSenderNamesTheTransferWithAnInvalidElement() throws {
        let sender = BaseOT.Sender(random: SeededRandom(20))
        let receiver = BaseOT.Receiver(choices: [Bool](repeating: true, count: 41), random: SeededRandom(21))
        for (name, element) in invalid {
            for place in [0, 1, 34, 65, 81] {
                var message = receiver.message
                message.replaceSubrange(32 * place..<32 * (place + 1), with: element)
                let error = refusal { try sender.keys(receiverMessage: message, count: 41, context: context) }
                #expect(error?.code == .peerMisbehaved, "\(name) at \(place)")
                let text = "element \(place % 2) of base oblivious transfer \(place / 2) "
                #expect(error?.message.contains(text) == true, "\(name)")
            }
        }
    }

    @Test func theReceiverRefusesAnInvalidElement() throws {
        let receiver = BaseOT.Receiver(choices: [false, true], random: SeededRandom(22))
        for (name, element) in invalid {
            let error = refusal { try receiver.keys(senderMessage: element, context: context) }
            #expect(error?.code == .peerMisbehaved, "\(name)")
            #expect(error?.message.contains("sender's element") == true, "\(name)")
        }
    }

    @Test func messagesOfWrongLengthAreRefused() throws {
        let sender = BaseOT.Sender(random: SeededRandom(23))
        let receiver = BaseOT.Receiver(choices: [false, true], random: SeededRandom(24))
        for message in [[], Array(receiver.message.dropLast()), receiver.message + [0], Array(receiver.message.prefix(64))] {
            let error = refusal { try sender.keys(receiverMessage: message, count: 2, context: context) }
            #expect(error?.code == .peerMisbehaved)
            #expect(error?.message.contains("\(message.count) bytes instead of 128") == true)
        }
        for message in [[], Array(sender.message.dropLast()), sender.message + [0]] {
            #expect(refusal { try receiver.keys(senderMessage: message, context: context) }?.code == .peerMisbehaved)
        }
        #expect(try sender.keys(receiverMessage: [], count: 0, context: context).isEmpty)
    }
}
