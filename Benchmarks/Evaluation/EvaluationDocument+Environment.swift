extension EvaluationDocument {
    /// What the figures were measured on.
    package struct Environment: Codable, Sendable, Equatable {
        package var cpu: String
        /// Instruction sets that kernels of this version use on this processor, by their names in /proc/cpuinfo.
        package var features: [String]
        package var cores: Int
        package var memoryBytes: Int
        package var operatingSystem: String
        /// Name, release and machine, as `uname` gives them.
        package var kernel: String
        package var swiftVersion: String
        package var cCompiler: String
        package var load: Load
        package var noise: Noise

        package init(
            cpu: String, features: [String], cores: Int, memoryBytes: Int, operatingSystem: String, kernel: String, swiftVersion: String,
            cCompiler: String, load: Load, noise: Noise
        ) {
            self.cpu = cpu
            self.features = features
            self.cores = cores
            self.memoryBytes = memoryBytes
            self.operatingSystem = operatingSystem
            self.kernel = kernel
            self.swiftVersion = swiftVersion
            self.cCompiler = cCompiler
            self.load = load
            self.noise = noise
        }
    }

    /// What else the machine did.
    package struct Load: Codable, Sendable, Equatable {
        /// Mean number of runnable processes over the minute before the run.
        package var averageBefore: Double
        /// Cores that other programs kept busy, before the run and during its blocks: the median and the largest of a block.
        package var otherCoresBefore: Double
        package var otherCoresMedian: Double
        package var otherCoresLargest: Double
        /// Part of the processor time that the hypervisor gave to other machines, 0 to 1, over the whole run.
        package var stolen: Double

        package init(
            averageBefore: Double, otherCoresBefore: Double, otherCoresMedian: Double = 0, otherCoresLargest: Double = 0,
            stolen: Double = 0
        ) {
            self.averageBefore = averageBefore
            self.otherCoresBefore = otherCoresBefore
            self.otherCoresMedian = otherCoresMedian
            self.otherCoresLargest = otherCoresLargest
            self.stolen = stolen
        }
    }

    /// How steady the machine was: a fixed loop of arithmetic, timed before and after each block of measurements.
    package struct Noise: Codable, Sendable, Equatable {
        /// The loop's time over all blocks.
        package var calibration: Spread
        /// Largest ratio, less 1, of a block's calibration after it to that before it (or the inverse): drift of the clock speed.
        package var largestDrift: Double
        /// Above these a block is refused.
        package var spreadLimit: Double
        package var driftLimit: Double

        package init(calibration: Spread, largestDrift: Double, spreadLimit: Double, driftLimit: Double) {
            self.calibration = calibration
            self.largestDrift = largestDrift
            self.spreadLimit = spreadLimit
            self.driftLimit = driftLimit
        }
    }
}

/// Median and range of repeated timings, in seconds.
package struct Spread: Codable, Sendable, Equatable {
    package var median: Double
    package var min: Double
    package var max: Double
    /// (max - min) / median; 0 of a single run.
    package var spread: Double

    /// Nil without samples. Of an even number the median is the mean of the middle two.
    package init?(_ samples: [Double]) {
        guard let first = samples.min(), let last = samples.max() else { return nil }
        let sorted = samples.sorted(), middle = sorted.count / 2
        median = sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
        (min, max) = (first, last)
        spread = median > 0 ? (last - first) / median : 0
    }
}
