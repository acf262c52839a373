import Arithmetic
import SandboxCore
import Transport

extension RandomOT.Engine {
    /// Makes sure that there are transfers in stock in every direction that has to give some; what is left of an older
    /// correlation, too little for the next chunk, is dropped. `sending`, `receiving`: transfers that are still to come.
    func refill(sending: (chunk: Int, all: Int), receiving: (chunk: Int, all: Int)) async throws {
        let (send, receive) = (outgoing.inStock < sending.chunk, incoming.inStock < receiving.chunk)
        switch method {
        case .softSpoken:
            if send || receive { try await refillByRows(send, receive) }
        case .silent:
            for sender in 0..<2 {
                if sender == party, send { try await refillSilently(sending: sending.all) }
                if sender != party, receive { try await refillSilently(receiving: receiving.all) }
            }
        }
    }

    private func refillByRows(_ send: Bool, _ receive: Bool) async throws {
        let transfers = RandomOT.stockUnit, stride = transfers / 8
        if receive {
            let columns = HugeBuffer<Block128>(count: transfers, wiped: true)
            let choices = HugeBuffer<UInt64>(count: transfers / 64, wiped: true)
            let (rows, first, engine) = (incoming.rows!, incoming.used, self)
            let bytes = try await Parallel.offload {
                var bytes = [UInt8](repeating: 0, count: RandomOT.correctionBytes(transfers))
                bytes.withUnsafeMutableBytes { out in
                    let out = out.baseAddress!.assumingMemoryBound(to: UInt8.self)
                    for start in Swift.stride(from: 0, to: transfers, by: RandomOT.tile) {
                        engine.withMemory {
                            rows.receive(
                                from: first + start, RandomOT.tile, $0, choices: choices.pointer + start / 64,
                                columns: columns.pointer + start, corrections: out + start / 8, stride: stride)
                        }
                    }
                }
                return bytes
            }
            incoming.stock(columns, choices)
            try await session.send(RandomOT.Corrections(bytes: bytes))
        }
        if send {
            let message = try await session.receive(RandomOT.Corrections.self)
            try message.check(count: RandomOT.correctionBytes(transfers))
            let columns = HugeBuffer<Block128>(count: transfers, wiped: true)
            let (rows, first, engine) = (outgoing.rows!, outgoing.used, self)
            try await Parallel.offload {
                message.bytes.withUnsafeBytes { bytes in
                    let bytes = bytes.baseAddress!.assumingMemoryBound(to: UInt8.self)
                    for start in Swift.stride(from: 0, to: transfers, by: RandomOT.tile) {
                        engine.withMemory {
                            rows.send(
                                from: first + start, RandomOT.tile, $0, corrections: bytes + start / 8, stride: stride,
                                columns: columns.pointer + start)
                        }
                    }
                }
            }
            outgoing.stock(columns, HugeBuffer(count: 0, wiped: true))
        }
    }

    private func layout(_ wanted: Int) -> SilentLayout {
        let units = RandomOT.silentUnits
        let count = min(max((wanted + 63) / 64 * 64, units.lowerBound), units.upperBound)
        return SilentLayout(code: .expandConvolute7x24, outputs: count, noise: .bit, malicious: false)
    }

    private func refillSilently(sending wanted: Int) async throws {
        let core = SilentSender(layout(wanted), threads: threads, random: random)
        try await session.send(core.firstMessage)
        let columns = try await core.run(in: session, lane: SilentVOLE.offload)
        outgoing.stock(trimmed(columns, core.layout.outputs), HugeBuffer(count: 0, wiped: true))
        outgoing.delta = core.delta
    }

    private func refillSilently(receiving wanted: Int) async throws {
        let core = SilentReceiver(layout(wanted), threads: threads, random: random)
        try await session.send(core.firstMessage)
        _ = try await core.begin(in: session, lane: SilentVOLE.offload)
        let columns = trimmed(
            try await core.finish(core.receiveSums(in: session), lane: SilentVOLE.offload), core.layout.outputs)
        let choices = HugeBuffer<UInt64>(count: columns.count / 64, wiped: true)
        for i in 0..<columns.count { choices.pointer[i / 64] |= (columns.pointer[i].low & 1) << UInt64(i % 64) }
        incoming.stock(columns, choices)
    }

    private func trimmed(_ buffer: HugeBuffer<Block128>, _ count: Int) -> HugeBuffer<Block128> {
        let out = HugeBuffer<Block128>(count: count, wiped: true)
        out.pointer.update(from: buffer.pointer, count: count)
        return out
    }
}
