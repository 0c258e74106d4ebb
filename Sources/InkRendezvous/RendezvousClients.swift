import InkConnectivity
import InkCrypto
import InkPrimitives

/// Our side of the rendezvous for a room that has had several secrets: a client for each epoch where somebody may be, over the same connections (RV-63).
///
///     in force ── connections, STUN, whether it lives, its topic ─┐
///     passed   ── its topic, for an audience ─────────────────────┴─▶ one socket at each rendezvous
///
/// Positions of the list are as of one client. In a `RelayPoint` the position also says of which epoch it is: a member has a number in each topic, and
/// numbers of two topics may be alike.
public struct RendezvousClients: Sendable {
    /// What one client has to be done, and of which epoch it is.
    public struct Output: Hashable, Sendable {
        public let epoch: EpochID
        public let what: RendezvousClient.Output
    }

    private struct Entry: Sendable {
        let epoch: EpochID
        /// Its relay points are at positions from `slot * count` on.
        let slot: Int
        var client: RendezvousClient
    }

    /// A connection as it stands, for clients that come later (RV-145).
    private enum Connection: Sendable {
        case asked
        case open(SocketAddress?, from: IPAddress?, welcome: ServerMessage?)
    }

    private let device: SigningKey
    private let salt: PeerSalt
    private let policy: RelayPolicy
    private let count: Int
    private var generator: SecretGenerator
    /// That in force first.
    private var entries: [Entry]
    private var connections: [Int: Connection] = [:]
    /// Of no epoch: what is held at a connection stays while the room goes on to another topic (RV-156).
    private var mailboxes = MailboxHolder()
    private var mailboxNews = Outputs<MailboxNews>()
    private var isStarted = false
    // What is told to each, for clients that come later.
    private var candidates: (list: [Candidate], networks: [LocalNetwork]?)?
    private var living: Set<PeerID> = []
    private var degraded: Set<PeerID> = []
    private var relayed: Set<PeerID> = []
    private var outputs = Outputs<Output>()

    /// - Parameters: as for `RendezvousClient`; company is expected in the epoch that is the first.
    public init(
        keys: RoomKeys, device: SigningKey, salt: PeerSalt, seed: Secret32, policy: RelayPolicy = .any, expectsCompany: Bool = false,
        count: Int = 1
    ) {
        (self.device, self.salt, self.policy, self.count) = (device, salt, policy, count)
        generator = SecretGenerator(seed: seed)
        let client = RendezvousClient(
            keys: keys, device: device, salt: salt, seed: generator.secret(), policy: policy, expectsCompany: expectsCompany, count: count)
        entries = [Entry(epoch: keys.epoch, slot: 0, client: client)]
    }

    /// The room is at an epoch, and some of those who stay may still be at these that are passed.
    ///
    /// - Parameters:
    ///   - audience: devices that are heard and answered there.
    public mutating func change(to keys: RoomKeys, former: [RoomKeys], audience: Set<AuthorID>, now: Instant) {
        var next: [Entry] = []
        for (index, keys) in ([keys] + former).enumerated() {
            let audience = index == 0 ? Audience.room : .devices(audience)
            if let known = entries.firstIndex(where: { $0.epoch == keys.epoch }) {
                entries[known].client.setAudience(audience)
                next.append(entries.remove(at: known))
            } else {
                let taken = Set((next + entries).map(\.slot))
                let slot = (0...taken.count).first { !taken.contains($0) } ?? taken.count
                next.append(Entry(epoch: keys.epoch, slot: slot, client: fresh(keys, audience: audience, now: now)))
            }
        }
        for index in entries.indices {
            // Farewell is said to those who stay, and to each by himself; the connection is not its to close.
            entries[index].client.setAudience(.devices(audience))
            entries[index].client.leave()
            Self.drain(&entries[index], leads: false, count, &connections, &outputs, now: now)
        }
        entries = next
        settle(now: now)
    }

    /// A client that knows what all know.
    private mutating func fresh(_ keys: RoomKeys, audience: Audience, now: Instant) -> RendezvousClient {
        var client = RendezvousClient(
            keys: keys, device: device, salt: salt, seed: generator.secret(), policy: policy, audience: audience, count: count)
        if let candidates { client.setCandidates(candidates.list, networks: candidates.networks, now: now) }
        for peer in living.sorted() { client.sessionLives(with: peer, true, now: now) }
        for peer in degraded.sorted() { client.degraded(peer, true, now: now) }
        for peer in relayed.sorted() { client.relayed(peer, true) }
        if isStarted { client.start(now: now) }
        return client
    }

    // What is asked.

    /// True while some rendezvous has let us in, in the epoch in force.
    public var isJoined: Bool { entries[0].client.isJoined }

    /// Members that proved to be there, in whichever epoch, sorted.
    public var present: [PeerID] { Set(entries.flatMap(\.client.present)).sorted() }

    /// What was thrown away in the epoch in force.
    public var counters: RendezvousClient.Counters { entries[0].client.counters }

    public var hasRelay: Bool { entries.contains { $0.client.hasRelay } }

    /// - Parameter place: of a `RelayPoint`.
    public func relayRate(at place: Int) -> Int? { entry(at: place).flatMap { entries[$0].client.relayRate(at: place % count) } }

    public func relayPoints(of remote: PeerID) -> [RelayPoint] {
        entries.flatMap { entry in entry.client.relayPoints(of: remote).map { $0.shifted(by: entry.slot * count) } }
    }

    public var deadline: Instant? { entries.reduce(mailboxes.deadline) { earliest($0, $1.client.deadline) } }

    /// What rendezvous said about mailboxes that fits none of ours, or was too much.
    public var strayMailboxAnswers: Int { mailboxes.strays }

    // Inputs, as of `RendezvousClient`.

    public mutating func start(now: Instant) {
        isStarted = true
        each(now: now) { $0.start(now: now) }
    }

    public mutating func connected(to rendezvous: SocketAddress? = nil, from local: IPAddress? = nil, at place: Int = 0, now: Instant) {
        connections[place] = .open(rendezvous, from: local, welcome: nil)
        mailboxes.connected(at: place)
        each(now: now) { $0.connected(to: rendezvous, from: local, at: place, now: now) }
    }

    public mutating func disconnected(at place: Int = 0, now: Instant) {
        connections[place] = nil
        mailboxes.disconnected(at: place)
        each(now: now) { $0.disconnected(at: place, now: now) }
    }

    public mutating func received(_ message: ServerMessage, at place: Int = 0, now: Instant) {
        if case .welcome(_, _, _, let keeps, let auth) = message, case .open(let address, let local, _) = connections[place] {
            connections[place] = .open(address, from: local, welcome: message)
            mailboxes.welcomed(keeps: keeps, asGuest: auth == .guest, at: place)
        }
        if case .mailbox(let answer) = message {
            mailboxes.received(answer, at: place, now: now)
            settle(now: now)
            return
        }
        each(now: now) { $0.received(message, at: place, now: now) }
    }

    public mutating func receivedFrame(_ bytes: [UInt8], at place: Int = 0, now: Instant) {
        each(now: now) { $0.receivedFrame(bytes, at: place, now: now) }
    }

    public mutating func opened(attempt: [UInt8], remote: PeerID, opening: [UInt8]?, in epoch: EpochID, now: Instant) {
        each(now: now, in: epoch) { $0.opened(attempt: attempt, remote: remote, opening: opening, now: now) }
    }

    /// - Parameter place: of the `RelayPoint` of `.answer`.
    public mutating func answered(attempt: [UInt8], remote: PeerID, reply: [UInt8]?, at place: Int, now: Instant) {
        guard let index = entry(at: place) else { return }
        each(now: now, in: entries[index].epoch) { [count] client in
            client.answered(attempt: attempt, remote: remote, reply: reply, at: place % count, now: now)
        }
    }

    public mutating func relay(_ datagram: [UInt8], over point: RelayPoint, isPresence: Bool = false, now: Instant) {
        guard let index = entry(at: point.place) else { return }
        let inner = RelayPoint(place: point.place % count, member: point.member)
        entries[index].client.relay(datagram, over: inner, isPresence: isPresence, now: now)
        settle(now: now)
    }

    public mutating func moved(now: Instant) { each(now: now) { $0.moved(now: now) } }

    public mutating func degraded(_ remote: PeerID, _ isDegraded: Bool, now: Instant) {
        if isDegraded { degraded.insert(remote) } else { degraded.remove(remote) }
        each(now: now) { $0.degraded(remote, isDegraded, now: now) }
    }

    public mutating func relayed(_ remote: PeerID, _ isRelayed: Bool, now: Instant) {
        if isRelayed { relayed.insert(remote) } else { relayed.remove(remote) }
        each(now: now) { $0.relayed(remote, isRelayed) }
    }

    public mutating func networkChanged(from old: [IPAddress], to new: [IPAddress], now: Instant) {
        each(now: now) { $0.networkChanged(from: old, to: new, now: now) }
    }

    public mutating func setCandidates(_ list: [Candidate], networks: [LocalNetwork]? = nil, now: Instant) {
        candidates = (list, networks)
        each(now: now) { $0.setCandidates(list, networks: networks, now: now) }
    }

    public mutating func sessionLives(with remote: PeerID, _ lives: Bool, now: Instant) {
        if lives { living.insert(remote) } else { living.remove(remote) }
        if !lives {
            degraded.remove(remote)
            relayed.remove(remote)
        }
        each(now: now) { $0.sessionLives(with: remote, lives, now: now) }
    }

    public mutating func leave(now: Instant) {
        isStarted = false
        mailboxes.leave(now: now)
        each(now: now) { $0.leave() }
    }

    /// What an inviter wants with a mailbox; what comes of it is told by `nextMailboxNews()`.
    public mutating func mailbox(_ wish: MailboxWish, now: Instant) {
        mailboxes.take(wish, now: now)
        settle(now: now)
    }

    public mutating func handleTimeout(now: Instant) {
        mailboxes.handleTimeout(now: now)
        each(now: now) { $0.handleTimeout(now: now) }
    }

    public mutating func nextOutput() -> Output? { outputs.next() }

    /// What is to be told of mailboxes, in order; drain it as `nextOutput()`.
    public mutating func nextMailboxNews() -> MailboxNews? { mailboxNews.next() }

    // Within.

    private mutating func each(now: Instant, in epoch: EpochID? = nil, _ body: (inout RendezvousClient) -> Void) {
        for index in entries.indices where epoch == nil || entries[index].epoch == epoch { body(&entries[index].client) }
        settle(now: now)
    }

    private mutating func settle(now: Instant) {
        for index in entries.indices { Self.drain(&entries[index], leads: index == 0, count, &connections, &outputs, now: now) }
        mailboxes.settle(isIn: { entries[0].client.isJoined(at: $0) }, count: count, now: now)
        entries[0].client.setHeld(mailboxes.keeping)
        while let output = mailboxes.nextOutput() {
            switch output {
            case .send(let request, let place): outputs.append(Output(epoch: entries[0].epoch, what: .send(.mailbox(request), at: place)))
            case .news(let news): mailboxNews.append(news)
            }
        }
    }

    /// - Parameter leads: connections are its to open and to close.
    private static func drain(
        _ entry: inout Entry, leads: Bool, _ count: Int, _ connections: inout [Int: Connection], _ outputs: inout Outputs<Output>,
        now: Instant
    ) {
        while let what = entry.client.nextOutput() {
            switch what {
            case .connect(let place):
                switch connections[place] {
                case .open(let address, let local, let welcome):
                    entry.client.connected(to: address, from: local, at: place, now: now)
                    if let welcome { entry.client.received(welcome, at: place, now: now) }
                case .asked: break
                case nil:
                    guard leads else { break }
                    connections[place] = .asked
                    outputs.append(Output(epoch: entry.epoch, what: what))
                }
            case .disconnect(let place, _) where !leads: entry.client.disconnected(at: place, now: now)
            case .liveness, .probe, .stunServer, .joined: if leads { outputs.append(Output(epoch: entry.epoch, what: what)) }
            default: outputs.append(Output(epoch: entry.epoch, what: what.shifted(by: entry.slot * count)))
            }
        }
    }

    private func entry(at place: Int) -> Int? { entries.firstIndex { $0.slot == place / count } }
}

extension RelayPoint {
    fileprivate func shifted(by places: Int) -> RelayPoint { RelayPoint(place: place + places, member: member) }
}

extension RendezvousClient.Output {
    /// The same, with relay points at further positions.
    fileprivate func shifted(by places: Int) -> Self {
        switch self {
        case .answer(let attempt, let remote, let opening, let point, let addresses):
            .answer(attempt: attempt, remote: remote, opening: opening, via: point.shifted(by: places), addresses: addresses)
        case .complete(let attempt, let remote, let reply, let point, let addresses):
            .complete(attempt: attempt, remote: remote, reply: reply, via: point.shifted(by: places), addresses: addresses)
        case .reachable(let remote, let point): .reachable(remote, at: point.shifted(by: places))
        case .unreachable(let remote, let place): .unreachable(remote, place: place + places)
        case .relayed(let bytes, let point): .relayed(bytes, from: point.shifted(by: places))
        default: self
        }
    }
}
