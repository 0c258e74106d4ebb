import InkBoard
import InkConnectivity
import InkCrypto
import InkPrimitives
import InkRendezvous
import InkTransport

/// One participant of one board: peers, agreement, presence and the person's intents, without any I/O.
///
/// Contract: call `handle(_:now:)`; drain `nextOutput()` until nil; call `handle(.timeout, now:)` no later than `deadline`. Never two
/// inputs without draining. Only a runtime's driver and the simulator drive a node; both do nothing else, so that a session on sockets
/// and one replayed from a seed run the same code.
public struct Node: Sendable {
    /// What happened.
    public enum Input: Sendable {
        /// `deadline` has come (earlier is allowed and does nothing).
        case timeout
        /// What a person wants, by the hand of one of our front ends. With `ref` it gets exactly one outcome, after all its effects were told;
        /// what only moves (`Intent.isMotion`) gets none.
        case intent(Intent, from: FrontEndID = .holder, ref: UInt64?)
        /// A further program of this person takes part. `strand` is its history of undo, the same each time that it attaches.
        case attached(FrontEndID, strand: Strand)
        /// It has gone: what its hand still held is committed.
        case detached(FrontEndID)
        /// Milliseconds since 1970 at this instant, for display only. Give it first, and when the wall clock was set.
        case wallClock(UInt64)
        case datagram([UInt8], from: SocketAddress)
        /// A binary message of the rendezvous at this position of the list.
        case rendezvousFrame([UInt8], at: Int = 0)
        /// Several that came together: what follows from them is asked for once (SE-88).
        case datagrams([(bytes: [UInt8], from: SocketAddress)])
        /// Addresses of this machine with the port of the socket, each time that they, or what is known of them, change.
        case localAddresses([LocalAddress])
        /// Addresses of this machine on links where others may be, link-local ones among them, with the port of the socket; none where nobody is to
        /// be looked for there. Each time that they change.
        case links([LocalAddress])
        /// What was said to all on a link, with the number of the interface by which it came.
        case overheard([(bytes: [UInt8], from: SocketAddress, interface: Int)])
        /// The rendezvous at this position of the list answered at an address; `from` is ours, where that is known.
        case rendezvousConnected(to: SocketAddress, from: IPAddress? = nil, at: Int = 0)
        /// The name of the rendezvous that answered has these addresses, of both families.
        case rendezvousAddresses([SocketAddress], at: Int = 0)
        case rendezvousMessage(ServerMessage, at: Int = 0)
        /// The connection to it is gone, or was never made. `reason` names it, since there may be several.
        case rendezvousClosed(reason: String, at: Int = 0)
        case persisted(UInt64)
        case persistFailed(UInt64, reason: String)
        /// The verdicts on the signatures of one `.verify`, in its order.
        case verified(UInt64, [Bool])
        /// This program was stopped, or its machine asleep, for so long, and its clock went on.
        case resumed(after: Duration)
        /// Finish: save, deliver to those present, say good-bye; ends with the event `.stopped`.
        case quit
        /// Finish for another process that goes on with this board: save, and end without a word to anybody.
        case handOver
    }

    /// What must be done.
    public enum Output: Sendable {
        case transmit([UInt8], to: SocketAddress)
        /// Say it to all on the link of this interface, from this address. Who says it hears it, too.
        case call([UInt8], from: IPAddress, interface: Int)
        /// Say it to one who called, from another socket than that of sessions.
        case answerCall([UInt8], to: SocketAddress)
        case rendezvousSend(ClientMessage, at: Int)
        /// A binary message for this rendezvous. Of no use once it is a tenth of a second old; of those that wait, presence is dropped before others.
        case rendezvousFrame([UInt8], isPresence: Bool, at: Int)
        /// Connect to this rendezvous of the list now.
        case rendezvousConnect(at: Int)
        /// Close the connection to it, then say `.rendezvousClosed`.
        case rendezvousDisconnect(at: Int, reason: String)
        /// From now on ask it after each `interval` without a word of it whether it lives; close it where it does not answer within `patience`.
        case rendezvousLiveness(interval: Duration, patience: Duration, at: Int)
        /// Ask it now, with the same patience.
        case rendezvousProbe(at: Int)
        /// Commit these records in this order, then say `.persisted` or `.persistFailed` with the number. One is under way at a time.
        case persist(UInt64, [StoreRecord])
        /// Check the signatures, then say `.verified`.
        case verify(UInt64, [Transaction])
        case event(Event, to: Audience)
        /// Append to the log of keys; only where the configuration asks for it.
        case keys(KeyDisclosure)
    }

    // Who we are.
    let identity: SigningKey
    let boardID: BoardID
    /// What makes `peerID` with our device key; known to all that we meet.
    package let salt: PeerSalt
    /// This process, to the others.
    public let peerID: PeerID
    var displayName: String
    let invitePlaces: InvitePlaces
    /// The device key that signs our work.
    public var author: AuthorID { identity.author }

    // What there is, and who may be talked to.
    /// The board; nil until genesis is known.
    public internal(set) var board: Board?
    /// Stored transactions that no longer follow the rules: a damaged disk, or a bug of ours.
    public private(set) var unreadable = 0
    var endpoint: Endpoint
    var neighbours: [ConnectionID: Neighbour] = [:]

    // The parts, each of which alone changes what it knows.
    var phase = Phase.joining
    var work: OwnWork
    /// Texts that two people wrote at once.
    var texts = TextKeeper()
    /// What our person is doing, at all their programs.
    var presence: OwnPresence
    var agreement: Agreement
    var rights: OwnRights
    var epochs: Epochs
    var inviteKeys: InviteKeys
    var codes: Codes
    var codeMeetings: CodeMeetings
    var acquaintances: Acquaintances
    var saves = SaveQueue()
    var roster = Roster()
    var introductions: Introductions
    var nearby: Nearby
    var sweeps = Sweeps()
    var status = StatusTeller()
    var rejections = Rejections()
    /// How fast our person goes.
    var slowMode = SlowMode()
    /// What our person said.
    var messages: OwnMessages
    /// The message that is being said again, of those that never came to the board.
    var resending: TransactionName?
    var versions = OtherVersions()
    var clock = WallClock()
    var jitter: SplitMix64

    /// The time of the input that is being handled.
    var time: Instant

    private var outputs = Outputs<Output>()

    /// Starts a node.
    ///
    /// - Parameters:
    ///   - seed: where all its randomness comes from, in two streams: secrets and jitter. `Secret32.random()` in a real process, made of
    ///     the world's seed in the simulator.
    ///   - now: the clock of every later input.
    public init(_ configuration: Configuration, seed: Secret32, now: Instant) {
        var secrets = SecretGenerator(seed: seed.hash(of: "inkwire/1 node secrets"))
        jitter = SplitMix64(seed: ByteReader.prefix64(Blake2b.authenticate(Array("inkwire/1 node jitter".utf8), key: seed, count: 32)))
        time = now
        identity = configuration.identity
        boardID = configuration.boardID
        displayName = configuration.displayName
        invitePlaces = configuration.invitePlaces
        salt = PeerSalt(using: &secrets)
        peerID = salt.peer(of: configuration.identity.author)
        epochs = Epochs(
            epoch: configuration.epoch, secret: configuration.roomSecret, saved: configuration.epochRecords,
            generator: SecretGenerator(seed: seed.hash(of: "inkwire/1 node epochs")))
        let keys = epochs.inUse.keys
        var link = Endpoint.Configuration(
            salt: salt, keys: keys, staticKey: configuration.staticKey,
            certificate: DeviceCertificate.make(signing: configuration.identity, staticKey: configuration.staticKey),
            initiatorPayload: [], seed: secrets.secret())
        link.disclosesKeys = configuration.disclosesKeys
        link.rekeying = configuration.rekeying
        endpoint = Endpoint(link)
        var rendezvous: RendezvousClients?
        if configuration.rendezvousCount > 0 {
            rendezvous = RendezvousClients(
                keys: keys, device: configuration.identity, salt: salt, seed: secrets.secret(), policy: configuration.relayPolicy,
                expectsCompany: configuration.inviter != nil, count: configuration.rendezvousCount)
        }
        let stun = STUNClients(
            v4: SecretGenerator(seed: secrets.secret()), v6: SecretGenerator(seed: seed.hash(of: "inkwire/1 node STUN over IPv6")))
        // No two processes of a device give one number to two shapes, whatever their files know of each other (BD-30).
        let firstShapeNumber = 1 + secrets.next() % Limits.shapeNumberOrigin
        work = OwnWork(
            strand: configuration.strand, firstShapeNumber: firstShapeNumber, journal: StrokeJournal(stored: configuration.stroke))
        presence = OwnPresence(isSparing: configuration.isSparing, now: now)
        messages = OwnMessages(now: now)
        agreement = Agreement(receipts: configuration.receipts)
        rights = OwnRights(invite: configuration.invite, author: configuration.identity.author, board: configuration.boardID)
        inviteKeys = InviteKeys(
            stored: configuration.inviteKeys, random: SecretGenerator(seed: seed.hash(of: "inkwire/1 node invites")))
        codeMeetings = CodeMeetings(inviter: configuration.inviter)
        codes = Codes(
            device: configuration.identity, places: configuration.invitePlaces,
            random: SecretGenerator(seed: seed.hash(of: "inkwire/1 node codes")))
        acquaintances = Acquaintances(stored: configuration.acquaintances)
        introductions = Introductions(configuration, client: rendezvous, stun: stun, now: now)
        nearby = Nearby(random: SecretGenerator(seed: seed.hash(of: "inkwire/1 node links")))
        if let genesis = configuration.genesis, var board = try? Board(genesis: genesis), board.id == configuration.boardID {
            for (name, strand) in configuration.claims { board.claim(name, by: strand) }
            unreadable = board.load(configuration.stored).count
            self.board = board
            // Rows of ours whose parents the disk lost are as good a proof as what another shows us (SE-302).
            if board.hasWaitingWork(of: configuration.identity.author) { work.adoption.came(now: now) }
            for author in board.authors { endpoint.know(author) }
        }
        if board != nil { becomeReady(now: now) }
        introductions.client?.start(now: now)
        settle(now: now)
    }

    /// Takes one input. Drain `nextOutput()` before the next.
    public mutating func handle(_ input: Input, now: Instant) {
        guard !phase.isOver else { return sayFarewell(now: now) }
        time = now
        switch input {
        case .timeout: handleTimeout(now: now)
        case .intent(let intent, let frontEnd, let ref): handle(intent, of: Asker(frontEnd: frontEnd, reference: ref), now: now)
        case .attached(let frontEnd, let strand): attach(frontEnd, strand: strand, now: now)
        case .detached(let frontEnd): detach(frontEnd, now: now)
        case .wallClock(let milliseconds):
            clock.set(to: milliseconds, now: now)
            planInviteEnds(now: now)
            introduce(now: now)
        case .datagram(let bytes, let from): receive(bytes, from: from, now: now)
        case .rendezvousFrame(let bytes, let place): introductions.client?.receivedFrame(bytes, at: place, now: now)
        case .datagrams(let arrived): for (bytes, from) in arrived { receive(bytes, from: from, now: now) }
        case .localAddresses(let addresses): localAddressesChanged(to: addresses, now: now)
        case .links(let addresses): linksChanged(to: addresses, now: now)
        case .overheard(let said): for (bytes, from, interface) in said { overhear(bytes, from: from, interface: interface, now: now) }
        case .rendezvousConnected(let address, let local, let place):
            rendezvousConnected(to: address, from: local, at: place, now: now)
        case .rendezvousAddresses(let addresses, let place):
            introductions.hasAddresses(addresses, at: place, now: now)
        case .rendezvousMessage(let message, let place):
            if let news = introductions.tokens.take(message) { tell(.tokens(news)) }
            introductions.client?.received(message, at: place, now: now)
        case .rendezvousClosed(let reason, let place): rendezvousClosed(reason: reason, at: place, now: now)
        case .persisted(let batch): persisted(batch, now: now)
        case .persistFailed(let batch, let reason):
            saves.failed(batch, reason: reason, now: now)
            statusChanged(now: now)
        case .verified(let batch, let verdicts): verified(batch, verdicts, now: now)
        case .resumed(let gap): resumed(after: gap, now: now)
        case .quit: quit(now: now)
        case .handOver: quit(handsOver: true, now: now)
        }
        settle(now: now)
    }

    /// The next thing to do; nil when there is nothing more.
    public mutating func nextOutput() -> Output? { outputs.next() }

    /// When to call `handle(.timeout)` next; nil when only an input can move the node.
    public var deadline: Instant? {
        switch phase {
        case .joining, .ready, .quitting: break
        case .leaving: return endpoint.goodbyeDeadline
        case .stopped: return nil
        }
        // Nothing is due much before, and to look for what is costs as much as the sweep.
        if let next = sweeps.next { return next }
        return soonestDeadline.map { sweeps.time(of: $0) }
    }

    private var soonestDeadline: Instant? {
        var soonest = earliest(endpoint.deadline, introductions.deadline(isEnding: phase.isEnding))
        soonest = earliest(soonest, saves.deadline)
        soonest = earliest(soonest, codes.deadline)
        if !phase.isEnding { soonest = earliest(soonest, nearby.deadline) }
        soonest = earliest(soonest, presence.deadline)
        soonest = earliest(soonest, rights.endsAt)
        soonest = earliest(soonest, agreement.deadline)
        soonest = earliest(soonest, roster.deadline)
        soonest = earliest(soonest, status.deadline)
        soonest = earliest(soonest, phase.quitting?.until)
        soonest = earliest(soonest, work.deadline(now: time))
        let waits = work.waits
        soonest = earliest(soonest, texts.deadline)
        let present = presentCount
        // By index, for an element of a loop would be a copy.
        for index in neighbours.values.indices {
            soonest = earliest(soonest, deadline(of: neighbours.values[index], present: present, waits: waits))
        }
        return soonest
    }

    /// - Parameter waits: what our person did waits for what the neighbours say of our work.
    private func deadline(of neighbour: Neighbour, present: Int, waits: Bool) -> Instant? {
        var soonest = earliest(earliest(neighbour.transfer.compareAt, neighbour.transfer.reconcileAt), neighbour.shown.gate.deadline)
        if let at = receiptDeadline(of: neighbour), at > time { soonest = earliest(soonest, at) }
        if neighbour.standing?.isStranger == true { soonest = earliest(soonest, neighbour.credentials.until) }
        if neighbour.isPresent {
            soonest = earliest(soonest, presenceDeadline(of: neighbour, present: present))
            soonest = earliest(soonest, neighbour.shown.inbox.showAt)
        }
        if waits, neighbour.owesReceipt(now: time) {
            soonest = earliest(soonest, neighbour.since + SessionTiming.receiptPatience)
        }
        return soonest
    }

    /// The board is there, and we know what the others have of it.
    var isReady: Bool { phase.isReady }

    mutating func emit(_ output: Output) { outputs.append(output) }
    mutating func tell(_ event: Event, to audience: Audience = .everybody) { outputs.append(.event(event, to: audience)) }

    /// Neighbours in a fixed order, so that a run replays.
    var connections: [ConnectionID] { neighbours.keys.sorted() }

    private mutating func receive(_ datagram: [UInt8], from: SocketAddress, now: Instant) {
        // From nobody who could know us.
        guard introductions.policy != .only else { return }
        if STUN.isSTUN(datagram) {
            introductions.stun.receive(datagram, from: from, now: now)
        } else {
            endpoint.receive(datagram, from: from, now: now)
        }
    }

    /// Brings everything that an input may have set in motion to its outputs.
    mutating func settle(now: Instant) {
        drainWays(now: now)
        drainSTUN(now: now)
        followCompany(now: now)
        followAdoption(now: now)
        endInvites(now: now)
        followRights(now: now)
        releaseHeld(now: now)
        recoverStroke(now: now)
        insertReleased(now: now)
        followGivers(now: now)
        sweep(now: now)
        drainWays(now: now)
        check(now: now)
        if let (batch, records) = saves.nextBatch(now: now) { emit(.persist(batch, records)) }
        finishQuitting(now: now)
    }

    /// Looks what is due to whom.
    private mutating func sweep(now: Instant) {
        guard sweeps.isDue(now: now) else { return }
        sweeps.began(present: presentCount, now: now)
        sendBacklogs(now: now)
        sendPresence(now: now)
    }

    /// Gives out the next signatures to check.
    private mutating func check(now: Instant) {
        let next = agreement.verification.nextBatch(now: now) { [board] in board?.contains($0) == true }
        if let (batch, transactions) = next { emit(.verify(batch, transactions)) }
    }

    private mutating func handleTimeout(now: Instant) {
        endpoint.handleTimeout(now: now)
        // What the transport gave up is gone before anybody is asked how it does.
        drainEndpoint(now: now)
        introductions.client?.handleTimeout(now: now)
        follow(codes.handleTimeout(now: now), now: now)
        introductions.stun.handleTimeout(now: now)
        presence.handleTimeout(now: now)
        for connection in connections {
            if let bytes = neighbours[connection]?.shown.gate.release(now: now) { readPresence(bytes, on: connection, now: now) }
            showPresence(of: connection, now: now)
        }
        followAttention()
        compareAndReconcile(now: now)
        askForParents(now: now)
        forgetOrphans(now: now)
        dialSaved(now: now)
        callNearby(now: now)
        sayGoodbyeToLost(now: now)
        if hasRoles { dismissStrangers(now: now) }
        if let at = roster.adjacency.deadline, now >= at { tellAdjacency(now: now) }
        if let at = introductions.whereabouts.deadline, now >= at { tellAddresses(now: now) }
        if !phase.isEnding { tellMeetings(now: now) }
        settleTexts(now: now)
        if let at = work.journal.deadline, now >= at { journalStroke() }
        for peer in roster.peers { tellPerson(peer) }
        if let at = agreement.receipts.deadline, now >= at { saveReceipts() }
        if status.isDue(now: now) { tellStatus() }
    }
}

extension ByteReader {
    /// The first eight of `bytes` as a big-endian number; `bytes` must hold at least eight.
    static func prefix64(_ bytes: [UInt8]) -> UInt64 { bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) } }
}
