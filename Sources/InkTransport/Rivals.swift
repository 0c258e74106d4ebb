import InkCrypto
import InkPrimitives

/// Sessions that compete for a place: what is known of peers and devices, and what `Admission` decides by it (TR-10, TR-22, TR-179, TR-50, TR-55).
struct Rivals: Sendable {
    /// Turned down so often in a row by one peer, our device is open twice; it is told once in a minute.
    private static let duplicateCount = 4
    private static let duplicatePause: Duration = .seconds(60)
    /// A session that lasts so long is not one that is pushed out again at once.
    private static let settledAfter: Duration = .seconds(10)

    /// The session with a peer, or with another process of its device.
    struct Rival {
        let id: ConnectionID
        let peer: PeerID
        let facts: Admission.Rival
    }

    private let own: PeerID
    private var calm = DeviceCalm()
    private var turnedAway = TurnedAway()
    /// When it was last told that our own device is open twice.
    private var duplicateToldAt: Instant = .distantPast
    /// Devices that have done something for the board, and since when.
    private var knownDevices: [AuthorID: Instant] = [:]

    init(own: PeerID) { self.own = own }

    /// The device has done something for the board.
    mutating func know(_ device: AuthorID, since: Instant) { if knownDevices[device] == nil { knownDevices[device] = since } }

    // MARK: Decisions

    /// Whether to dial `remote`, beside the attempts that `dialer` has.
    ///
    /// - Parameters:
    ///   - remote: nil for a bare address.
    ///   - isUnderWay: the attempt itself is one of those.
    func decideToDial(
        _ remote: PeerID?, at addresses: [SocketAddress], in epoch: EpochID, isUnderWay: Bool, dialer: Dialer, connections: ConnectionTable,
        now: Instant
    ) -> Admission.DialVerdict {
        var facts = Admission.DialFacts(isUnderWay: isUnderWay, attempts: dialer.count)
        if let remote {
            facts.isOurselves = remote == own
            facts.rival = Self.rival(of: remote, among: connections)?.facts
            facts.isToRest = !calm.mayDial(remote, now: now)
        } else {
            facts.isTried = dialer.isTrying(addresses, in: epoch)
        }
        return Admission.decide(facts)
    }

    /// Whether a handshake that we began is to be finished, now that it is known with whom.
    func isToFinish(with peer: PeerID, connections: ConnectionTable) -> Bool {
        Admission.isToFinish(rival: Self.rival(of: peer, among: connections)?.facts, isSmaller: own < peer)
    }

    /// What becomes of a finished handshake, and the session that it is about, if it is about one.
    func decide(on remote: Remote, connections: ConnectionTable, now: Instant) -> (Admission.SessionVerdict, Rival?) {
        let rival = Self.rival(of: remote.peer, device: remote.author, among: connections)
        var facts = Admission.SessionFacts(
            isInitiator: remote.isInitiator, isSmaller: own < remote.peer, rival: rival?.facts,
            mayReplace: calm.mayReplace(by: remote.peer, of: remote.author, now: now), host: Host(remote.route),
            network: Host(networkOf: remote.route), standing: standing(of: remote.author, now: now))
        if connections.count >= Endpoint.connectionsMax {
            facts.seats = connections.map { connection in
                Admission.Seat(
                    id: connection.id, host: Host(connection.route), network: Host(networkOf: connection.route),
                    establishedAt: connection.establishedAt, standing: standing(of: connection.remote.author, now: now))
            }
        }
        return (Admission.decide(facts), rival)
    }

    private static func rival(of peer: PeerID, device: AuthorID? = nil, among connections: ConnectionTable) -> Rival? {
        guard let connection = connections.first(where: { $0.remote.peer == peer || $0.remote.author == device }) else {
            return nil
        }
        let facts = Admission.Rival(
            isSamePeer: connection.remote.peer == peer, isInitiator: connection.remote.isInitiator, isUnanswered: connection.isUnanswered,
            isDegraded: connection.isDegraded)
        return Rival(id: connection.id, peer: connection.remote.peer, facts: facts)
    }

    private func standing(of device: AuthorID, now: Instant) -> Admission.Standing {
        Admission.Standing(worksSince: knownDevices[device], now: now)
    }

    // MARK: What became of it

    /// `remote` takes the place of the rival.
    mutating func replaced(_ rival: Rival, by remote: Remote, now: Instant) {
        guard !rival.facts.isSamePeer else { return }
        if rival.facts.isUnanswered {
            calm.died(remote.author)
        } else {
            calm.replaced(rival.peer, by: remote.peer, of: remote.author, now: now)
        }
    }

    /// `remote` is turned down, and the rival stays.
    ///
    /// - Returns: for how many seconds, where its device is to be told to be open twice.
    mutating func kept(_ rival: Rival, besides remote: Remote, now: Instant) -> Int? {
        guard !rival.facts.isSamePeer else { return nil }
        calm.turnedDown(remote.author, now: now)
        _ = calm.refused(remote.peer, now: now)
        return calm.news(of: remote.author, now: now)
    }

    /// A peer turned us down. Where it has a session with us nevertheless, that is the one which it keeps; else it keeps another process of our
    /// device (TR-50).
    ///
    /// - Returns: true if our device is to be told to be open twice.
    mutating func turnedDown(by peer: PeerID, connections: ConnectionTable, now: Instant) -> Bool {
        guard connections.first(where: { $0.remote.peer == peer }) == nil else { return false }
        let count = calm.refused(peer, now: now)
        guard count >= Self.duplicateCount, now >= duplicateToldAt + Self.duplicatePause else { return false }
        duplicateToldAt = now
        return true
    }

    // MARK: Who is not let in

    /// We do not let the device into the room: dialling it would bring the same.
    mutating func refused(_ remote: Remote, now: Instant) {
        turnedAway.refused(remote.author, as: remote.peer, now: now)
        _ = calm.refused(remote.peer, now: now)
    }

    /// The peer does not let us into the room.
    mutating func notAdmitted(by peer: PeerID, now: Instant) { _ = calm.refused(peer, now: now) }

    func mayCome(_ device: AuthorID, now: Instant) -> Bool { turnedAway.mayCome(device, now: now) }

    var refusedDevices: [AuthorID] { turnedAway.devices }

    /// The device may come, and be dialled, at once.
    mutating func forgive(_ device: AuthorID) {
        if let peer = turnedAway.forgive(device) { calm.settled(peer) }
    }

    /// Somebody turned us down, and no session with him has lasted since.
    var hasRefusals: Bool { calm.hasRefusals }

    /// There is a session with the peer, since then.
    mutating func lasts(_ peer: PeerID, since: Instant, now: Instant) { if now - since >= Self.settledAfter { calm.settled(peer) } }
}
