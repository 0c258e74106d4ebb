import InkPrimitives

/// What a connection has seen of the way in use: for whoever decides how much to send there.
public struct LineSight: Hashable, Sendable {
    /// Smoothed, and the shortest ever seen on this way; nil before the first sample.
    public package(set) var roundTrip: Duration?
    public package(set) var shortestRoundTrip: Duration?
    /// Bytes a second that it was seen to carry lately, all lanes together; nil before anything was. While there is less to send than it carries, no
    /// more than what was sent.
    public package(set) var deliveryRate: Double?
    /// Share of packets lost, 0...1, over about 100 packets.
    public package(set) var loss = 0.0
    /// A rendezvous carries it.
    public package(set) var isRelay = false

    public init() {}
}
