import InkPrimitives

/// When a connection gets new keys (TR-101, TR-106).
public struct RekeySchedule: Hashable, Sendable {
    /// Age of the keys from which on the session's initiator asks for new ones, within a twelfth of it; its peer does an eighth later.
    public var after: Duration
    /// Keys that are so old open and seal nothing any more.
    public var refusedAfter: Duration
    /// Packets sent under one set of keys after which new ones are asked for.
    public var packets: UInt64

    /// As WireGuard has it (its paper, §6.5), with fewer packets.
    public static let standard = RekeySchedule(after: .seconds(120), refusedAfter: .seconds(180), packets: 1 << 24)

    /// Other times than `standard` are for tests.
    public init(after: Duration, refusedAfter: Duration, packets: UInt64 = 1 << 24) {
        precondition(after > .zero && refusedAfter > after, "keys are renewed before they are refused")
        (self.after, self.refusedAfter, self.packets) = (after, refusedAfter, packets)
    }
}
