import InkPrimitives

/// Who stands behind an address as far as a server can tell: an IPv4 address, or all of an IPv6 /64, since a single machine has that many.
///
/// An office behind one NAT is one source.
public struct Source: Hashable, Comparable, Sendable {
    private let isV6: Bool
    private let bits: UInt64

    public init(_ ip: IPAddress) {
        switch ip {
        case .v4(let word): (isV6, bits) = (false, UInt64(word))
        case .v6(let high, _): (isV6, bits) = (true, high)
        }
    }

    private init(site high: UInt64) { (isV6, bits) = (true, high & ~0xFFFF) }

    /// The /48 of an IPv6 source: one customer may have 65 536 sources (RFC 6177). Nil for IPv4, where an address costs money.
    package var site: Source? { isV6 ? Source(site: bits) : nil }

    public static func < (left: Source, right: Source) -> Bool { (left.isV6 ? 1 : 0, left.bits) < (right.isV6 ? 1 : 0, right.bits) }
}

/// Shares of something bounded among sources: however many strangers take all that they can get, one more who has nothing yet gets some.
///
/// A source holds `perSource` while all is free, and the less the more is taken: by the square of the part that is free. A /48 of IPv6 holds at
/// most four times as much as a source. What is held is never taken back.
///
/// The idea is that of *dynamic thresholds* (Choudhury and Hahne, "Dynamic Queue Length Thresholds for Shared-Memory Packet Switches", 1998),
/// which are linear in what is free. Without eviction that does not do: those who come first keep what they got when much was free, and 100
/// sources that come one after the other take 10 000 places, with a first share of 128. With the square it takes 1690.
package struct SourceShares: Sendable {
    package let total: Int
    package let perSource: Int
    /// Held by all together.
    package private(set) var held = 0
    private var bySource: [Source: Int] = [:]
    private var bySite: [Source: Int] = [:]

    private static let sourcesPerSite = 4

    package init(total: Int, perSource: Int) { (self.total, self.perSource) = (total, perSource) }

    /// What a source holds.
    package func count(of source: Source) -> Int { bySource[source, default: 0] }

    /// Whether a source may have one more; nil is somebody who is bounded by the total alone.
    package func admits(_ source: Source?) -> Bool {
        guard held < total else { return false }
        guard let source else { return true }
        let free = total - held
        // Rounded up: the last of what is free is for those who have nothing.
        let share = (perSource * free * free + total * total - 1) / (total * total)
        guard count(of: source) < share else { return false }
        return source.site.map { bySite[$0, default: 0] < share * Self.sourcesPerSite } ?? true
    }

    /// Gives one to a source, whether or not it may have one.
    package mutating func take(_ source: Source?) {
        held += 1
        guard let source else { return }
        bySource[source, default: 0] += 1
        if let site = source.site { bySite[site, default: 0] += 1 }
    }

    /// Takes back one that the source held.
    package mutating func giveBack(_ source: Source?) {
        held -= 1
        guard let source else { return }
        Self.decrement(&bySource[source])
        if let site = source.site { Self.decrement(&bySite[site]) }
    }

    private static func decrement(_ count: inout Int?) {
        guard let old = count else { preconditionFailure("a source gives back no more than it took") }
        count = old > 1 ? old - 1 : nil
    }
}
