import SandboxCore

extension ChannelLimits {
    /// The frames that arrive on a connected stream socket until the peer's good-bye, or until something is wrong; takes over
    /// `descriptor`. For checks that feed the frame parser bytes of their own choice.
    package static func frames(arrivingOn descriptor: Int32) -> (frames: [[UInt8]], end: (any Error)?) {
        var reader = FrameReader(Wire(Socket(adopting: descriptor, peer: "frames"), nil))
        var frames: [[UInt8]] = []
        do {
            while case .frame(let frame) = try reader.next() { frames.append(frame) }
            return (frames, nil)
        } catch {
            return (frames, error)
        }
    }
}
