import InkCrypto
import InkPrimitives

/// A packet that is being made: what is written of it, what it still has room for, and what of it is remembered once it has left.
///
/// There is one of it: a copy would be another packet with the same number (TR-7).
struct PacketDraft: ~Copyable, Sendable {
    /// Type, slot, offset and length of a stream frame at their longest, bytes.
    static let streamHeaderMax = 15
    /// A ping or probe is padded to this, so that a challenge is no longer than what caused it. Not so a keepalive, of which there are many: where its
    /// address is new, the probe that follows it pays for the challenge.
    static let pingBytes = 40
    /// An acknowledgement, bytes at most.
    static let acknowledgementMax = 128

    /// Header and frames; after `seal` what leaves.
    private(set) var bytes: [UInt8] = []
    /// What it carries, as far as its fate matters.
    private(set) var frames: [SentFrame] = []
    private let number: UInt64
    private let headerCount: Int
    /// Where the last frame ends at the latest.
    private let end: Int
    /// What stands last, since it says no length.
    private var last: PresenceExchange.Value?

    /// - Parameter limit: longest packet, bytes.
    init(number: UInt64, receiverIndex: UInt32, largestAcknowledged: UInt64?, limit: Int) {
        bytes.reserveCapacity(limit)
        headerCount = DataHeader.write(number, receiverIndex: receiverIndex, largestAcknowledged: largestAcknowledged, to: &bytes)
        (self.number, end) = (number, limit - DataHeader.tagCount)
    }

    /// Bytes of frames that it still takes.
    var room: Int { end - bytes.count - (last?.frameCount ?? 0) }

    /// Bytes of frames that it still takes if they end at `position`.
    func room(before position: Int) -> Int { min(room, position - bytes.count) }

    /// How soon it wants to be acknowledged.
    var claim: AckClaim { frames.lazy.map(\.claim).max() ?? .none }

    /// Nothing but presence is in it. One that also acknowledges is not: what it acknowledges is owed no more (TR-68).
    var isPresence: Bool { claim == .lazy && frames.count == 1 }

    /// Keeps its frames in this room, which is empty, as long as the packet is made: so packets need none of their own (TR-90).
    @inline(__always) mutating func borrow(_ room: inout [SentFrame]) { swap(&room, &frames) }

    // MARK: Frames

    /// Frames that nobody repeats and nobody acknowledges.
    mutating func write(_ frames: [UInt8]) { bytes += frames }

    /// - Returns: false if there is nothing to acknowledge.
    mutating func writeAcknowledgement(of received: RangeSet, delay: Duration) -> Bool {
        guard let newest = received.ranges.last,
            Acknowledgement.write(received, delay: delay, limit: Self.acknowledgementMax, to: &bytes)
        else { return false }
        frames.append(.acknowledgement(largest: newest.upperBound - 1))
        return true
    }

    /// - Parameter sum: of all stream offsets that the peer may reach.
    mutating func writeCredit(_ sum: UInt64) {
        bytes.append(Frame.maxDataType)
        bytes.appendVarint(sum)
        frames.append(.maxData)
    }

    /// Asks for an acknowledgement.
    ///
    /// - Parameter length: of the packet, bytes: padding makes it so long.
    mutating func writePing(length: Int = pingBytes) {
        bytes.append(Frame.pingType)
        frames.append(.ping)
        bytes += repeatElement(Frame.paddingType, count: max(0, length - DataHeader.tagCount - bytes.count))
    }

    /// One frame of a stream. What it brings is told to `note`, in as many pieces as are remembered apart.
    ///
    /// - Parameter copy: appends the bytes of `range`.
    @inline(__always)
    mutating func writeStream(_ lane: Lane, slot: Int, range: Range<UInt64>, copy: (inout [UInt8]) -> Void) {
        bytes.append(Frame.streamType + lane.rawValue)
        bytes.appendVarint(UInt64(slot))
        bytes.appendVarint(range.lowerBound)
        bytes.appendVarint(UInt64(range.count))
        copy(&bytes)
    }

    mutating func note(_ frame: SentFrame) { frames.append(frame) }

    /// Keeps room at the end for presence.
    mutating func end(with value: PresenceExchange.Value) { last = value }

    // MARK: The end

    /// Nothing more is written.
    mutating func seal(with keys: TransportKeys) {
        if let last {
            bytes.append(Frame.presenceType)
            bytes += last.bytes
            frames.append(.presence(token: last.token))
            self.last = nil
        }
        keys.seal(&bytes, headerCount: headerCount, counter: number)
    }

    /// Gives the room of `frames` back, empty.
    ///
    /// - Parameter count: of the frames for which room is kept, at most.
    @inline(__always) mutating func giveBack(_ room: inout [SentFrame], keeping count: Int) {
        frames.clear(keeping: count)
        swap(&room, &frames)
    }
}
