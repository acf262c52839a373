import SandboxCore
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

extension SignedFile {
    /// Reads such a file in two passes: the first hashes it and checks the signature, before anything in it is looked at; the
    /// second gives out the body piece by piece and checks at its end that the file has not changed meanwhile.
    package final class Reader {
        package let path: String
        package let kind: Kind
        package let header: [UInt8]
        /// Over everything but the signature, 32 bytes.
        package let digest: [UInt8]
        /// Who signed.
        package let signer: PublicIdentity
        package let bodyBytes: Int
        private let file: Descriptor
        private let bodyStart: Int
        private var position: Int
        private var running: DomainHash
        private static let pieceBytes = 1 << 20

        /// Throws `.badInput`, naming the file, when it is not a whole file of this kind or its signature is not valid.
        /// `progress` counts bytes.
        package init(path: String, kind: Kind, progress: ProgressMonitor? = nil) throws {
            func refuse(_ reason: String, _ remedy: String = "") -> YinheError {
                YinheError(.badInput, reason, at: path, remedy: remedy)
            }
            let file = try Descriptor(path)
            guard file.size >= prefixBytes + trailerBytes else { throw refuse("too short to be \(kind.article)") }
            let prefix = try file.read(0, prefixBytes)
            guard Array(prefix[..<8]) == magic else { throw refuse("not a file of a secure aggregation") }
            let version = UInt16(prefix[8]) | UInt16(prefix[9]) << 8
            guard version == SignedFile.version else {
                throw refuse("version \(version) of the format; this program reads version \(SignedFile.version)")
            }
            guard prefix[10] == kind.rawValue, prefix[11] == 0 else {
                let found = Kind(rawValue: prefix[10]).map(\.article) ?? "a file of an unknown kind"
                throw refuse("\(found) where \(kind.article) was expected")
            }
            let headerBytes = prefix[12...].reversed().reduce(0) { $0 << 8 | Int($1) }
            bodyBytes = file.size - prefixBytes - headerBytes - trailerBytes
            guard headerBytes <= maximumHeaderBytes, bodyBytes >= 0 else {
                throw refuse("the file is damaged or cut off", "ask for it again")
            }
            var hash = newDigest()
            var offset = 0
            let end = file.size - 64
            while offset < end {
                let piece = try file.read(offset, min(Self.pieceBytes, end - offset))
                hash.update(piece)
                offset += piece.count
                progress?(ProgressEvent(phase: "check signature", completed: offset, total: end))
            }
            digest = hash.finalize()
            let trailer = try file.read(end - 32, trailerBytes)
            signer = try PublicIdentity(publicKey: Array(trailer[..<32]))
            guard signer.isValid(signature: Array(trailer[32...]), over: digest, domain: kind.domain) else {
                throw refuse("the signature is not valid: the file was altered or damaged", "ask its sender for it again")
            }
            self.path = path
            self.kind = kind
            self.file = file
            header = try file.read(prefixBytes, headerBytes)
            bodyStart = prefixBytes + headerBytes
            position = bodyStart
            running = newDigest()
            try rewind()
        }

        /// Starts the body again.
        package func rewind() throws {
            position = bodyStart
            running = newDigest()
            running.update(try file.read(0, bodyStart))
        }

        package var bodyRemaining: Int { bodyStart + bodyBytes - position }

        /// The next bytes of the body; `.badInput` when fewer are left.
        package func read(_ count: Int) throws -> [UInt8] {
            guard count >= 0, count <= bodyRemaining else { throw malformed("\(count) bytes expected, \(bodyRemaining) are left") }
            let bytes = try file.read(position, count)
            running.update(bytes)
            position += count
            return bytes
        }

        /// A length-prefixed field of at most `maximum` bytes.
        package func readField(maximum: Int) throws -> [UInt8] {
            let count = try read(4).reversed().reduce(0) { $0 << 8 | Int($1) }
            guard count <= maximum else { throw malformed("a field of \(count) bytes, at most \(maximum) allowed") }
            return try read(count)
        }

        /// To be called when the whole body has been read: it must have been, and be what was signed.
        package func finish() throws {
            guard bodyRemaining == 0 else { throw malformed("\(bodyRemaining) bytes too many") }
            running.update(signer.publicKey)
            guard running.snapshot() == digest else {
                throw YinheError(.badInput, "the file changed while it was read", at: path, remedy: "read it again")
            }
        }

        /// Hands over the whole file, piece by piece; throws when it is no longer what was signed.
        func copyBytes(_ write: ([UInt8]) throws -> Void) throws {
            var hash = newDigest()
            var offset = 0
            let end = file.size - 64
            while offset < end {
                let piece = try file.read(offset, min(Self.pieceBytes, end - offset))
                hash.update(piece)
                try write(piece)
                offset += piece.count
            }
            guard hash.finalize() == digest else {
                throw YinheError(.badInput, "the file changed while it was read", at: path, remedy: "read it again")
            }
            try write(file.read(end, 64))
        }

        package func malformed(_ reason: String) -> YinheError {
            YinheError(.badInput, "malformed \(kind.name): \(reason)", at: path, remedy: "ask its sender for it again")
        }

        /// Decodes the header; what it throws names the file.
        package func decodeHeader<T>(_ body: (inout ByteReader) throws -> T) throws -> T {
            do {
                var reader = ByteReader(header, what: kind.name)
                let value = try body(&reader)
                try reader.finish()
                return value
            } catch let error as YinheError where error.place.isEmpty {
                throw YinheError(.badInput, error.message, at: path, remedy: error.remedy)
            }
        }
    }
}

extension SignedFile.Kind {
    package var article: String { (self == .aggregate || self == .opening ? "an " : "a ") + name }
}

/// A regular file that is read at given places.
private final class Descriptor {
    private let path: String
    private let descriptor: Int32
    let size: Int

    init(_ path: String) throws {
        self.path = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw YinheError(.badInput, "cannot open the file: \(systemErrorText(errno))", at: path, remedy: "check the path")
        }
        var info = stat()
        guard fstat(descriptor, &info) == 0, info.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw YinheError(.badInput, "not a regular file", at: path)
        }
        size = Int(info.st_size)
    }

    deinit { close(descriptor) }

    func read(_ offset: Int, _ count: Int) throws -> [UInt8] {
        try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let n = pread(descriptor, buffer.baseAddress! + filled, count - filled, off_t(offset + filled))
                if n < 0, errno == EINTR { continue }
                guard n >= 0 else { throw YinheError.system("cannot read", errno: errno, at: path) }
                guard n > 0 else { throw YinheError(.badInput, "the file became shorter while it was read", at: path) }
                filled += n
            }
        }
    }
}
