import InkConnectivity
import InkCrypto
import InkPrimitives
import InkRendezvous

/// Those who may be on our links: when we say that we are there, and what of what is heard is worth a word or a dial (SE-260 to SE-264).
///
///     silent ──links──▶ eager: a beacon now, and each 5 to 6 s ──a minute──▶ calm: each 20 to 24 s
///        ▲                │    ▲                                               │
///        ╰──no links──────┴────┴────────────── other links ────────────────────╯
///
/// Who comes later says so at once, and is dialled by all who hear it (SE-386): the others go on only for those who did not.
struct Nearby: Sendable {
    /// What was heard, and is for us.
    enum Heard: Hashable, Sendable {
        /// Somebody of the board is there, and is not met as far as is known here (SE-261).
        case beacon(Beacon, at: SocketAddress, epoch: EpochID)
        /// Somebody looks for a mailbox.
        case question(LinkQuestion)
    }

    /// At most so often something is said on each link.
    static let eagerInterval: Duration = .seconds(5)
    static let calmInterval: Duration = .seconds(20)
    static let eagerCount = 12
    /// Beacons of which a hash is made, for up to 16 keys each (16 hashes are 35 µs): a member has one each 5 s. What is more is not read (CL-205, SE-262).
    static let hashPace = (each: SenderLimiter.Pace(rate: 2, burst: 8), all: SenderLimiter.Pace(rate: 50, burst: 100))
    /// Dials that beacons bring about, 1200 bytes each and some more. Only members can cause one, or who plays what they said from where they are
    /// (CL-205, SE-262).
    static let dialPace = (each: SenderLimiter.Pace(rate: 0.2, burst: 4), all: SenderLimiter.Pace(rate: 2, burst: 16))
    /// Answers to those who look for a mailbox: who types a code asks six times (SE-388).
    static let answerPace = (each: SenderLimiter.Pace(rate: 2, burst: 12), all: SenderLimiter.Pace(rate: 20, burst: 60))
    /// An attempt lasts for 20 s, and until then one who was dialled is not dialled again.
    static let redialTime: Duration = .seconds(20)
    private static let dialledMax = 64

    private(set) var links = OwnLinks()
    private var random: SecretGenerator
    /// When something is said next; nil while there is no link.
    private var nextAt: Instant?
    private var said = 0
    /// When something was said on the link of each interface.
    private var saidAt: [Int: Instant] = [:]
    private var hashing = SenderLimiter(each: Nearby.hashPace.each, all: Nearby.hashPace.all)
    private var dialling = SenderLimiter(each: Nearby.dialPace.each, all: Nearby.dialPace.all)
    private var answering = SenderLimiter(each: Nearby.answerPace.each, all: Nearby.answerPace.all)
    /// Where somebody was dialled lately.
    private var dialled: [SocketAddress: Instant] = [:]
    /// Beacons for which hashes were made.
    private(set) var hashed = 0

    init(random: SecretGenerator) { self.random = random }

    var deadline: Instant? { nextAt }

    /// Our links are these now.
    mutating func move(to addresses: [LocalAddress], now: Instant) {
        let (before, after) = (links.speakers, OwnLinks(addresses))
        links = after
        guard !after.speakers.isEmpty else { return nextAt = nil }
        guard before != after.speakers else { return }
        (nextAt, said) = (now, 0)
        // Of one that has gone, too: it may be back in a moment.
        saidAt = saidAt.filter { now - $0.value < Self.eagerInterval }
    }

    /// The beacons that are due, with whence they leave (CL-204).
    mutating func due(_ peer: PeerID, under keys: RoomKeys, now: Instant) -> [(bytes: [UInt8], from: LocalAddress)] {
        guard let at = nextAt, now >= at else { return [] }
        said += 1
        let interval = said < Self.eagerCount ? Self.eagerInterval : Self.calmInterval
        nextAt = now + interval + interval.scaled(by: Double(random.next() >> 40) / Double(1 << 24) / 5)
        return links.speakers.compactMap { speaker in
            // Links that come and go must not make us say more.
            if let last = saidAt[speaker.interface], now - last < Self.eagerInterval { return nil }
            saidAt[speaker.interface] = now
            let beacon = Beacon(port: speaker.address.port, peer: peer)
            let nonce = random.bytes(Beacon.nonceCount)
            return (beacon.sealed(under: keys, from: speaker.address.ip, nonce: nonce), speaker)
        }
    }

    /// Something was said on a link.
    ///
    /// - Parameter keys: of the epochs in which members may be, those in force first.
    /// - Returns: nil for what is not for us, ours, or too much.
    mutating func hear(_ bytes: [UInt8], from source: SocketAddress, interface: Int, keys: [RoomKeys], now: Instant) -> Heard? {
        // Cheapest first. Where it comes from is looked at before anything is made of it (SE-387); where it leads to, when that is known.
        guard links.permits(SocketAddress(ip: source.ip, port: LinkGroup.port), heardBy: interface) else { return nil }
        guard Beacon.isBeacon(bytes) else {
            guard let question = try? LinkQuestion(decoding: bytes), links.permits(source, heardBy: interface) else { return nil }
            return .question(question)
        }
        guard hashing.allows(source.ip, now: now) else { return nil }
        hashed += 1
        guard let (beacon, epoch) = Beacon.open(bytes, from: source.ip, under: keys) else { return nil }
        let place = SocketAddress(ip: source.ip, port: beacon.port)
        guard links.permits(place, heardBy: interface) else { return nil }
        return .beacon(beacon, at: place, epoch: epoch)
    }

    /// Whether who is there is dialled now; then it counts as done (CL-204, SE-263).
    mutating func mayDial(_ place: SocketAddress, now: Instant) -> Bool {
        dialled = dialled.filter { now - $0.value < Self.redialTime }
        guard dialled[place] == nil, dialled.count < Self.dialledMax, dialling.allows(place.ip, now: now) else { return false }
        dialled[place] = now
        return true
    }

    mutating func mayAnswer(_ source: SocketAddress, now: Instant) -> Bool { answering.allows(source.ip, now: now) }
}
