#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The text of an `errno` value.
public func systemErrorText(_ code: Int32) -> String {
    String(cString: strerror(code))
}

/// CPU time and peak memory of this process, as the operating system accounts them.
public struct ResourceUsage: Sendable {
    /// User plus system time, in seconds.
    public var cpuSeconds: Double
    /// Largest resident set so far, in bytes.
    public var peakResidentBytes: Int

    /// `children`: of the finished and awaited child processes instead of this process.
    public static func current(children: Bool = false) -> ResourceUsage {
        var usage = rusage()
        #if canImport(Glibc)
        getrusage(children ? __rusage_who_t(RUSAGE_CHILDREN.rawValue) : __rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        let unit = 1024
        #else
        getrusage(children ? RUSAGE_CHILDREN : RUSAGE_SELF, &usage)
        let unit = 1
        #endif
        func seconds(_ t: timeval) -> Double { Double(t.tv_sec) + Double(t.tv_usec) / 1e6 }
        return ResourceUsage(
            cpuSeconds: seconds(usage.ru_utime) + seconds(usage.ru_stime),
            peakResidentBytes: Int(usage.ru_maxrss) * unit)
    }
}

/// Cores available to this process.
public var availableCores: Int { max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }
