import InkPrimitives
import NIOCore

/// Relay frames that wait for a socket which takes no more now (RT-146). Bounded by number and by age: what is dropped is the oldest, and what of it
/// shows where somebody is before what somebody did, since the next position says more than the last.
struct FrameQueue {
    private struct Frame {
        let bytes: ByteBuffer
        let isPresence: Bool
        let since: Instant
    }

    /// Frames that wait at most.
    static let framesMax = 64
    /// How long one waits at most.
    static let ageMax: Duration = .milliseconds(100)

    private var frames: [Frame] = []
    /// Dropped so far.
    private(set) var dropped = 0

    var count: Int { frames.count }

    mutating func append(_ bytes: ByteBuffer, isPresence: Bool, now: Instant) {
        frames.append(Frame(bytes: bytes, isPresence: isPresence, since: now))
        guard frames.count > Self.framesMax else { return }
        frames.remove(at: frames.firstIndex { $0.isPresence } ?? 0)
        dropped += 1
    }

    /// The oldest that is not too old.
    mutating func next(now: Instant) -> ByteBuffer? {
        let late = frames.prefix { now - $0.since > Self.ageMax }.count
        frames.removeFirst(late)
        dropped += late
        return frames.isEmpty ? nil : frames.removeFirst().bytes
    }
}
