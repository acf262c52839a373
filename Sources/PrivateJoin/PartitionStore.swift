import SandboxCore

/// Records spread over partitions: in memory while they are few, in one file of the job's folder for each partition when they
/// are many. Filled by one thread; read by any once `finish` was called.
final class PartitionStore: @unchecked Sendable {
    private let name: String
    private let residentLimit: Int
    private let folder: () throws -> JobFolder
    private var buffers: [GrowingBytes]
    private var sizes = [Int](repeating: 0, count: PartitionHash.partitions)
    private var resident = 0
    private(set) var isSpilled = false
    private var usedFolder: JobFolder?
    /// Bytes of a partition that are gathered before they are written.
    private let flushBytes: Int

    /// - Parameters:
    ///   - residentLimit: bytes in memory, after which everything goes to disk.
    ///   - folder: called when that happens.
    init(_ name: String, residentLimit: Int, folder: @escaping () throws -> JobFolder) {
        self.name = name
        self.residentLimit = residentLimit
        self.folder = folder
        flushBytes = max(1 << 10, min(1 << 16, residentLimit / (2 * PartitionHash.partitions)))
        buffers = (0..<PartitionHash.partitions).map { _ in GrowingBytes() }
    }

    /// A store that an earlier run wrote.
    init(_ name: String, reopening sizes: [Int], in folder: JobFolder) throws {
        self.name = name
        residentLimit = 0
        flushBytes = 0
        self.folder = { folder }
        usedFolder = folder
        buffers = (0..<PartitionHash.partitions).map { _ in GrowingBytes() }
        self.sizes = sizes
        isSpilled = true
        for (partition, size) in sizes.enumerated() where size > 0 {
            guard folder.size(of: file(partition)) == size else {
                throw YinheError(
                    .system, "a file of the resume directory is missing or incomplete: \(file(partition))", at: folder.path,
                    remedy: "remove the folder on both sides and start again")
            }
        }
    }

    /// Bytes of each partition.
    var partitionSizes: [Int] { sizes }

    private func file(_ partition: Int) -> String { "\(name)-\(partition)" }

    @inline(__always)
    func append(_ bytes: UnsafeRawBufferPointer, to partition: Int) throws {
        buffers[partition].append(bytes)
        sizes[partition] += bytes.count
        resident += bytes.count
        if isSpilled {
            if buffers[partition].count >= flushBytes { try flush(partition) }
        } else if resident > residentLimit {
            try spill()
        }
    }

    /// Sends everything to disk, now and from now on.
    func spill() throws {
        if !isSpilled { usedFolder = try folder() }
        isSpilled = true
        for partition in buffers.indices { try flush(partition) }
    }

    private func flush(_ partition: Int) throws {
        let buffer = buffers[partition]
        if buffer.count > 0 { try usedFolder!.append(buffer.bytes, to: file(partition)) }
        resident -= buffer.count
        buffer.empty(keeping: flushBytes)
    }

    /// Nothing is appended any more. `durable`: what is on disk survives a power failure.
    func finish(durable: Bool) throws {
        guard isSpilled else { return }
        try spill()
        for partition in buffers.indices {
            buffers[partition].empty(keeping: 0)
            if durable, sizes[partition] > 0 { try usedFolder!.sync(file(partition)) }
        }
    }

    /// Lends the bytes of one partition.
    func withPartition<R>(_ partition: Int, _ body: (UnsafeRawBufferPointer) throws -> R) throws -> R {
        guard isSpilled else { return try body(buffers[partition].bytes) }
        let size = sizes[partition]
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: max(size, 1), alignment: 16)
        defer { buffer.deallocate() }
        if size > 0 {
            let read = try usedFolder!.read(file(partition), into: UnsafeMutableRawBufferPointer(rebasing: buffer[0..<size]))
            guard read == size else {
                throw YinheError(.system, "a file of the job's folder is incomplete: \(file(partition))", at: usedFolder!.path)
            }
        }
        return try body(UnsafeRawBufferPointer(rebasing: buffer[0..<size]))
    }
}

/// Bytes that grow at the end.
final class GrowingBytes {
    private var base = UnsafeMutableRawPointer.allocate(byteCount: 64, alignment: 16)
    private var capacity = 64
    private(set) var count = 0

    deinit { base.deallocate() }

    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

    @inline(__always)
    func append(_ more: UnsafeRawBufferPointer) {
        if count + more.count > capacity { grow(to: max(count + more.count, capacity + capacity / 2)) }
        if let source = more.baseAddress { (base + count).copyMemory(from: source, byteCount: more.count) }
        count += more.count
    }

    private func grow(to size: Int) {
        let moved = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 16)
        moved.copyMemory(from: base, byteCount: count)
        base.deallocate()
        base = moved
        capacity = size
    }

    /// Forgets the bytes, and gives memory beyond `size` back.
    func empty(keeping size: Int) {
        count = 0
        guard capacity > max(2 * size, 64) else { return }
        base.deallocate()
        capacity = max(size, 64)
        base = .allocate(byteCount: capacity, alignment: 16)
    }
}
