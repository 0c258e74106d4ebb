import InkBoard
import InkCrypto
import InkPrimitives
import InkRendezvous
import InkRuntime
import InkSession
import InkStore
import NIOCore

/// A board that this process holds, on the network: its store, its driver, a rendezvous of its own where none is configured, and the desk to
/// which further programs of this person come.
final class HeldBoard: Sendable {
    /// What a process goes on with that takes the board over from one that ended.
    struct Succession: Sendable {
        /// The history of undo of its own front end.
        var strand: Strand
        /// What programs had asked of the one before, and is on the disk.
        var requests: [StoredRequest]
    }

    let driver: Driver
    let store: BoardStore
    let boardID: BoardID
    private let linkSecret: LinkSecret
    /// The invite that links give; nil of a board on which people have no roles.
    private let inviteKey: InviteKey?
    /// Device key of this person.
    let me: AuthorID
    /// Where peers are introduced to each other, in order of preference.
    let rendezvous: [Invite.Host]
    private let usesTLS: Bool
    private let isRelayOnly: Bool
    let desk: AttachmentDesk
    /// What the person should know of how it was opened.
    let sentences: [String]
    private let service: RendezvousService?

    private init(
        driver: Driver, opened: OpenedBoard, linkSecret: LinkSecret, rendezvous: [Invite.Host], usesTLS: Bool, isRelayOnly: Bool,
        desk: AttachmentDesk,
        service: RendezvousService?,
        sentences: [String]
    ) {
        self.driver = driver
        store = opened.store
        boardID = opened.content.meta.board
        (self.linkSecret, inviteKey) = (linkSecret, opened.content.meta.inviteKey)
        me = opened.identity.signing.author
        self.rendezvous = rendezvous
        self.usesTLS = usesTLS
        self.isRelayOnly = isRelayOnly
        self.desk = desk
        self.service = service
        self.sentences = sentences
    }

    /// Opens sockets; nothing is sent before `driver.start()`. Blocks; not to be called on an event loop.
    ///
    /// - Parameter embeds: open a rendezvous in this process when none is configured.
    static func open(_ opened: OpenedBoard, options: GlobalOptions, embeds: Bool, succession: Succession? = nil) throws -> HeldBoard {
        let meta = opened.content.meta
        let plan = SessionPlan(
            meta: meta, given: try options.rendezvous(), port: options.port, direct: try options.direct(), embeds: embeds)
        if let remembered = plan.remembered { try opened.store.update { $0.rendezvous = remembered } }
        var (rendezvous, inviteHosts) = (plan.rendezvous, plan.rendezvous)
        var service: RendezvousService?
        var sentences = opened.complaints
        // CL-341
        let links = options.usesLAN ? openLinks(&sentences) : nil
        if let embedding = plan.embedding {
            guard options.relayPolicy != .only else {
                throw Failure(
                    .usage, code: "usage", what: "--relay-only needs a rendezvous that is not your own machine",
                    why: "without one this board is found at addresses of yours", next: "name one: --rendezvous ws://HOST:PORT")
            }
            let embedded = try embeddedService(
                port: embedding.port, roomSecret: meta.roomSecret, keepsLocalMailboxes: links != nil, clock: options.clock)
            service = embedded
            if let saved = embedding.port, saved != embedded.port {
                // Kept for the next time: it may be free again, and the links that name it good.
                sentences.append("port \(saved) is taken: links given before lead nowhere until it is free again")
            } else if embedding.port == nil {
                try opened.store.update { $0.embeddedPort = embedded.port }
            }
            let places = LinkPlaces()
            rendezvous = [Invite.Host(name: places.loopback.description, port: embedded.port)]
            inviteHosts = places.rendezvous(port: embedded.port)
        }
        var driverOptions = DriverOptions()
        driverOptions.rendezvous = rendezvous
        driverOptions.links = links
        driverOptions.kept = opened.meeting?.connection
        if plan.usesTLS { driverOptions.tls = try options.trust() }
        driverOptions.tokens = try options.tokenFiles()
        driverOptions.port = plan.port
        driverOptions.impairment = try options.impairment()
        let linkSecret = LinkSecret(opened.content.linkSecret)
        driverOptions.linkSecretChanged = { linkSecret.set(($0, $1)) }
        if let service { driverOptions.joins = { service.allow($0) } }
        if let path = options.keyLogFile {
            let log = try KeyLogFile(path)
            driverOptions.keyLog = { log.append($0) }
        }
        var configuration = try configuration(
            opened, plan: plan, displayName: options.displayName(profile: opened.profile), succession: succession)
        configuration.acquaintances = acquaintances(opened, options, &sentences)
        configuration.relayPolicy = options.relayPolicy
        configuration.isSparing = options.isMetered
        configuration.invitePlaces = InvitePlaces(inviteHosts, usesTLS: plan.usesTLS, isOnLinks: service != nil && links != nil)
        do {
            let driver = try Driver(node: configuration, options: driverOptions, store: opened.store, clock: options.clock)
            if meta.ownPort != driver.port { try opened.store.update { $0.ownPort = driver.port } }
            // Where a program that was not attached got the lock before those that were, they ask it what is done. If the disk does not tell, it
            // is better to have something twice than no board.
            let desk = AttachmentDesk(driver: driver, requests: succession?.requests ?? (try? opened.store.requests()) ?? [])
            let port = options.relayPolicy == .only ? nil : driver.port
            desk.link = { [inviteHosts] in
                Self.invite(
                    by: inviteHosts, usesTLS: plan.usesTLS, port: port, secret: linkSecret.value, board: meta.board, key: meta.inviteKey
                ).link
            }
            do throws(SocketError) {
                try desk.open(at: opened.localSocketPath)
            } catch {
                // The board works, alone: another program is told that it cannot attach.
                sentences.append("other programs cannot attach to this board: \(error)")
            }
            return HeldBoard(
                driver: driver, opened: opened, linkSecret: linkSecret, rendezvous: inviteHosts, usesTLS: plan.usesTLS,
                isRelayOnly: options.relayPolicy == .only, desk: desk, service: service,
                sentences: sentences)
        } catch let error as SocketError {
            throw Failure(error)
        }
    }

    /// A machine on which others cannot be found has its board all the same.
    private static func openLinks(_ sentences: inout [String]) -> LinkSockets? {
        do throws(SocketError) {
            return try LinkSockets.open()
        } catch {
            sentences.append("nobody is looked for on this network: \(error)")
            return nil
        }
    }

    /// What of these cannot be read keeps nobody from the board.
    private static func acquaintances(_ opened: OpenedBoard, _ options: GlobalOptions, _ sentences: inout [String]) -> [Acquaintance] {
        do throws(StoreError) {
            let people = VerifiedPeople(ofProfile: options.catalog.directory(ofProfile: opened.profile))
            return try opened.store.acquaintances(among: people)
        } catch {
            sentences.append("who was verified on another board is not known here: \(error)")
            return (try? opened.store.acquaintances()) ?? []
        }
    }

    private static func configuration(
        _ opened: OpenedBoard, plan: SessionPlan, displayName: String, succession: Succession?
    ) -> Node.Configuration {
        let (meta, identity) = (opened.content.meta, opened.identity)
        var receipts: [AuthorID: UInt64] = [:]
        for receipt in opened.content.receipts where receipt.author == identity.signing.author {
            receipts[receipt.peerDevice] = receipt.sequence
        }
        var configuration = Node.Configuration(
            identity: identity.signing, staticKey: identity.staticKey, roomSecret: meta.roomSecret, boardID: meta.board,
            genesis: opened.content.transactions.first, displayName: displayName,
            stored: Array(opened.content.transactions.dropFirst()), receipts: receipts, lastPeers: meta.lastPeers,
            directAddresses: plan.direct)
        configuration.linkAddresses = plan.link
        configuration.invite = meta.inviteKey
        configuration.inviter = opened.meeting?.inviter
        (configuration.epoch, configuration.epochRecords) = (meta.epoch, opened.content.epochs)
        // What of these cannot be read keeps nobody from the board.
        configuration.inviteKeys = (try? opened.store.inviteKeys()) ?? []
        configuration.stroke = try? opened.store.stroke()
        if let succession {
            configuration.strand = succession.strand
            for request in succession.requests { configuration.claims[request.transaction] = request.strand }
        }
        return configuration
    }

    private static func embeddedService(
        port: UInt16?, roomSecret: Secret32, keepsLocalMailboxes: Bool, clock: MonotonicClock
    ) throws -> RendezvousService {
        var configuration = RendezvousService.Configuration()
        // For this board only, and never so many that the board itself runs out of descriptors.
        configuration.server.topics = Topic(RoomKeys(roomSecret: roomSecret).topic).map { [$0] }
        configuration.server.socketsMax = 128
        configuration.server.keepsLocalMailboxes = keepsLocalMailboxes
        do throws(SocketError) {
            // What the system gives in one family may be taken in the other; then it is asked again.
            let ports = (port.map { [$0] } ?? []) + Array(repeating: 0, count: 8)
            return try RendezvousService.inBothFamilies(configuration, ports: ports, clock: clock)
        } catch {
            throw Failure(error)
        }
    }

    /// Where links may say that we are to be found; nil for who wants relays only.
    private var port: UInt16? { isRelayOnly ? nil : driver.port }

    /// Where people are introduced, as they write it; a rendezvous of our own by its port.
    var rendezvousAddresses: [String] {
        if let service { return ["of this program, port \(service.port)"] }
        return rendezvous.map { RendezvousAddress(host: $0, usesTLS: usesTLS).description }
    }

    /// What admits to this board.
    var invite: Invite {
        Self.invite(by: rendezvous, usesTLS: usesTLS, port: port, secret: linkSecret.value, board: boardID, key: inviteKey)
    }

    private static func invite(
        by rendezvous: [Invite.Host], usesTLS: Bool, port: UInt16?, secret: (secret: Secret32, epoch: EpochID), board: BoardID,
        key: InviteKey?
    ) -> Invite {
        // Whoever finds no rendezvous may still find us where we are.
        let direct = port.map { LinkPlaces(toward: rendezvous).direct(port: $0, onlyHere: rendezvous.allSatisfy(\.isLoopback)) } ?? []
        return Invite(
            rendezvous: rendezvous, usesTLS: usesTLS, direct: direct, roomSecret: secret.secret, board: board, key: key,
            epoch: secret.epoch)
    }

    /// Closes sockets, desk and embedded rendezvous, then gives up the lock.
    ///
    /// - Returns: true if no other program was attached, which would go on with the board.
    func close(discardIfEmpty: Bool) async -> Bool {
        await driver.abandon()
        let company = await desk.close()
        await service?.stop()
        // What stays on a disk that takes nothing means nobody who is still there.
        if company == .none { try? store.forgetRequests() }
        if discardIfEmpty { store.discardIfEmpty() } else { store.close() }
        return company != .some
    }
}

extension BoardStore: RecordStore {
    package func persist(_ records: [StoreRecord], completion: @escaping @Sendable (Result<Void, any Error>) -> Void) {
        persist(records) { (result: Result<Void, StoreError>) in completion(result.mapError { $0 }) }
    }
}

extension Failure {
    init(_ error: SocketError) {
        switch error {
        case .portBusy(let port):
            self.init(
                .local, code: "port_busy", what: "cannot use port \(port)", why: error.description,
                next: "end that program, or leave the port out to get a free one")
        case .cannotBind:
            self.init(
                .local, code: "cannot_listen", what: "cannot open a network socket", why: error.description,
                next: "check the address and whether this user may use the port")
        }
    }
}

extension GlobalOptions {
    /// How badly sent datagrams shall travel.
    func impairment() throws -> Impairment? {
        guard let impairText else { return nil }
        do {
            return try Impairment(impairText)
        } catch {
            throw Failure.usage(
                "--impair \(impairText) cannot be used", why: "\(error)", next: "for example --impair loss=10,delay=50,jitter=20,seed=7")
        }
    }
}
