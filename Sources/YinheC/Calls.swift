import CYinhe
import Dispatch
import SandboxCore
import Synchronization
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

// What all functions of the C interface share: errors become a status and a text, async calls block, objects become handles.
// The rules are in Sources/CYinhe/include/yinhe.h.

public typealias CText = UnsafePointer<CChar>
public typealias CTextResult = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
public typealias CHandle = OpaquePointer
public typealias CHandleResult = UnsafeMutablePointer<OpaquePointer?>

enum Call {
    /// Runs `body`; its error becomes the status that is returned and the text in `message`.
    static func run(_ message: CTextResult?, _ body: () throws -> Void) -> Int32 {
        message?.pointee = nil
        do {
            try body()
            return Int32(YINHE_OK)
        } catch let error as YinheError {
            message?.pointee = strdup(error.description)
            return error.code.exitCode
        } catch {
            message?.pointee = strdup("\(error)")
            return Int32(YINHE_INTERNAL)
        }
    }

    /// Runs an asynchronous function and blocks this thread, which belongs to the caller's program, until it is done.
    static func blocking<T: Sendable>(_ body: @escaping @Sendable () async throws -> T) throws -> T {
        let done = DispatchSemaphore(value: 0)
        let outcome = Mutex<Result<T, any Error>?>(nil)
        Task.detached {
            let result: Result<T, any Error>
            do { result = .success(try await body()) } catch { result = .failure(error) }
            outcome.withLock { $0 = result }
            done.signal()
        }
        done.wait()
        return try outcome.withLock { $0! }.get()
    }

    static func text(_ pointer: CText?, _ name: String) throws -> String {
        guard let pointer else { throw missing(name) }
        guard let text = String(validatingCString: pointer) else { throw YinheError(.usage, "\(name) is not UTF-8") }
        return text
    }

    static func handle<T: AnyObject>(_ object: T) -> CHandle { CHandle(Unmanaged.passRetained(object).toOpaque()) }

    static func object<T: AnyObject>(_ handle: CHandle?, _ name: String, as type: T.Type = T.self) throws -> T {
        guard let handle else { throw missing(name) }
        return Unmanaged<T>.fromOpaque(UnsafeRawPointer(handle)).takeUnretainedValue()
    }

    static func release<T: AnyObject>(_ handle: CHandle?, as type: T.Type) {
        if let handle { Unmanaged<T>.fromOpaque(UnsafeRawPointer(handle)).release() }
    }

    /// The place for a result; throws when there is none.
    static func required<T>(_ pointer: UnsafeMutablePointer<T>?, _ name: String) throws -> UnsafeMutablePointer<T> {
        guard let pointer else { throw missing(name) }
        return pointer
    }

    static func elements<T>(_ pointer: UnsafePointer<T>?, _ count: Int, _ name: String) throws -> UnsafeBufferPointer<T> {
        guard count >= 0, count == 0 || pointer != nil else { throw missing(name) }
        return UnsafeBufferPointer(start: pointer, count: count)
    }

    /// A copy that the caller frees with `yinhe_free`; nil for no elements.
    static func copy<T: BitwiseCopyable>(_ elements: [T]) -> UnsafeMutablePointer<T>? {
        guard !elements.isEmpty, let memory = malloc(elements.count * MemoryLayout<T>.stride) else { return nil }
        let out = memory.bindMemory(to: T.self, capacity: elements.count)
        elements.withUnsafeBufferPointer { out.update(from: $0.baseAddress!, count: elements.count) }
        return out
    }

    private static func missing(_ name: String) -> YinheError { YinheError(.usage, "the argument \"\(name)\" is NULL") }
}

@_cdecl("yinhe_abi_version")
public func abiVersion() -> UInt32 { UInt32(YINHE_ABI_VERSION) }

@_cdecl("yinhe_free")
public func freeMemory(_ memory: UnsafeMutableRawPointer?) { free(memory) }
