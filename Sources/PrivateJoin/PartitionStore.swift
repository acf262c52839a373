import SandboxCore

/// Records spread over partitions: in memory while they are few, in one file of the job's folder for each partition when they
/// are many. Filled by one thread; read by any once `finish` was called.
final class PartitionStore: @unchecked Sendable {
    private let name: String
    private let residentLimit: Int
    private let folder: () throws -> JobFolder
    /// One for each partition. Plain memory: every row of a file passes here.
    private let buffers = UnsafeMutablePointer<ByteBuffer>.allocate(capacity: PartitionHash.partitions)
    private let sizes = UnsafeMutablePointer<Int>.allocate(capacity: PartitionHash.partitions)
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
        buffers.initialize(repeating: ByteBuffer(), count: PartitionHash.partitions)
        sizes.initialize(repeating: 0, count: PartitionHash.partitions)
    }

    deinit {
        for partition in 0..<PartitionHash.partitions { buffers[partition].free() }
        buffers.deallocate()
        sizes.deallocate()
    }

    /// A store that an earlier run wrote.
    init(_ name: String, reopening sizes: [Int], in folder: JobFolder) throws {
        self.name = name
        residentLimit = 0
        flushBytes = 0
        self.folder = { folder }
        usedFolder = folder
        buffers.initialize(repeating: ByteBuffer(), count: PartitionHash.partitions)
        self.sizes.initialize(repeating: 0, count: PartitionHash.partitions)
        for (partition, size) in sizes.enumerated().prefix(PartitionHash.partitions) { self.sizes[partition] = size }
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
    var partitionSizes: [Int] { Array(UnsafeBufferPointer(start: sizes, count: PartitionHash.partitions)) }

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
        for partition in 0..<PartitionHash.partitions { try flush(partition) }
    }

    private func flush(_ partition: Int) throws {
        if buffers[partition].count > 0 { try usedFolder!.append(buffers[partition].bytes, to: file(partition)) }
        resident -= buffers[partition].count
        buffers[partition].empty(keeping: flushBytes)
    }

    /// Nothing is appended any more. `durable`: what is on disk survives a power failure.
    func finish(durable: Bool) throws {
        guard isSpilled else { return }
        try spill()
        for partition in 0..<PartitionHash.partitions {
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

/// Bytes that grow at the end. A plain value: its owner frees it, once.
struct ByteBuffer {
    private var base: UnsafeMutableRawPointer?
    private var capacity = 0
    private(set) var count = 0

    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

    @inline(__always)
    mutating func append(_ more: UnsafeRawBufferPointer) {
        if count + more.count > capacity { resize(to: max(count + more.count, capacity + capacity / 2, 64)) }
        if let source = more.baseAddress { (base! + count).copyMemory(from: source, byteCount: more.count) }
        count += more.count
    }

    private mutating func resize(to size: Int) {
        let moved = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 16)
        if let base {
            moved.copyMemory(from: base, byteCount: count)
            base.deallocate()
        }
        base = moved
        capacity = size
    }

    /// Forgets the bytes, and gives memory back when it is much more than `size`.
    mutating func empty(keeping size: Int) {
        count = 0
        if capacity > 2 * size { free() }
    }

    mutating func free() {
        base?.deallocate()
        base = nil
        capacity = 0
        count = 0
    }
}
