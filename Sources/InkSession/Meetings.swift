import InkPrimitives

/// Why somebody who is there cannot be met, fit for a sentence.
public struct Obstacle: Hashable, Sendable, CustomStringConvertible {
    /// Why no datagram passes.
    public enum Way: String, Hashable, Sendable, CaseIterable {
        /// No STUN service answers us: UDP does not get out of here.
        case noUDP = "no-udp"
        /// We have one version of IP, they the other.
        case noFamily = "no-family"
        /// They say no address that could be reached from here.
        case noAddress = "no-address"
        /// Addresses are known on both sides, and nothing comes through.
        case noPassage = "no-passage"
        /// Where a relay is to carry, addresses are told within the session, which has not begun.
        case notTried = "not-tried"
        /// Our person wants relays only.
        case relayOnly = "relay-only"
    }

    /// Why no rendezvous hands on what would be said.
    public enum Relay: String, Hashable, Sendable, CaseIterable {
        /// None of those where both are does.
        case notAllowed = "not-allowed"
        /// Our person wants none.
        case refusedHere = "refused-here"
        /// They want none.
        case refusedThere = "refused-there"
        /// It does, and nothing comes of it.
        case silent
    }

    public var way: Way
    public var relay: Relay

    public init(way: Way, relay: Relay) { (self.way, self.relay) = (way, relay) }

    public var description: String {
        let first =
            switch way {
            case .noUDP: "this network lets no UDP through"
            case .noFamily: "you and they have no version of IP in common"
            case .noAddress: "they have no address that can be reached from here"
            case .noPassage: "no way leads through the networks between you and them"
            case .notTried: "no direct way was tried yet"
            case .relayOnly: "only a relay is wanted here (--relay-only)"
            }
        let second =
            switch relay {
            case .notAllowed: "the rendezvous allows no relay"
            case .refusedHere: "no relay is wanted here (--no-relay)"
            case .refusedThere: "they want no relay"
            case .silent: "nothing comes over the relay"
            }
        return "\(first) and \(second)"
    }
}

/// Who has proved at a rendezvous to be there and is not met yet, and what the person is told of it (SE-115).
struct Meetings: Sendable {
    private struct Meeting: Sendable {
        let author: AuthorID
        let since: Instant
        /// Where they say to be, as far as that may be dialled.
        var named: [SocketAddress] = []
        var told = 0
    }

    /// What is to be told now: of whom, and whether it has become clear that they cannot be reached.
    struct News: Sendable {
        let peer: PeerID
        let author: AuthorID
        let isOver: Bool
        let named: [SocketAddress]
    }

    private var meetings: [PeerID: Meeting] = [:]

    /// Meeting takes less than that where all is well.
    static let connectingAfter: Duration = .milliseconds(1500)
    /// Both are to know within five seconds of the start of the second: the rest is for starting and for the first round trips.
    static let unreachableAfter: Duration = .seconds(4)
    private static let countMax = 64

    mutating func appeared(_ peer: PeerID, author: AuthorID, now: Instant) {
        guard meetings[peer] == nil, meetings.count < Self.countMax else { return }
        meetings[peer] = Meeting(author: author, since: now)
    }

    mutating func named(_ peer: PeerID, _ addresses: [SocketAddress]) { meetings[peer]?.named = addresses }

    /// Whoever is not among these is not known to be there any more.
    mutating func keep(_ present: Set<PeerID>) { meetings = meetings.filter { present.contains($0.key) } }

    /// They are met, or have gone.
    mutating func ended(_ peer: PeerID) { meetings[peer] = nil }

    var deadline: Instant? {
        meetings.values.compactMap { meeting in
            switch meeting.told {
            case 0: meeting.since + Self.connectingAfter
            case 1: meeting.since + Self.unreachableAfter
            default: nil
            }
        }.min()
    }

    /// What is due; each is told once.
    mutating func due(now: Instant) -> [News] {
        var news: [News] = []
        for peer in meetings.keys.sorted() {
            guard var meeting = meetings[peer] else { continue }
            for (step, after) in [Self.connectingAfter, Self.unreachableAfter].enumerated()
            where meeting.told == step && now >= meeting.since + after {
                meeting.told += 1
                news.append(News(peer: peer, author: meeting.author, isOver: step == 1, named: meeting.named))
            }
            meetings[peer] = meeting
        }
        return news
    }
}
