import InkBoard
import InkCrypto
import InkPrimitives
import InkRendezvous
import InkRuntime
import InkSession
import InkStore

/// A board that this process holds, on the network: its store, its driver, and a rendezvous of its own where none is configured.
final class BoardSession: Sendable {
    let driver: Driver
    let store: BoardStore
    let boardID: BoardID
    let roomSecret: Secret32
    /// Device key of this person.
    let me: AuthorID
    /// What this machine calls the board; empty until a joined board has arrived.
    let savedName: String
    /// Where peers are introduced to each other, in order of preference.
    let rendezvous: [InviteLink.Host]
    private let service: RendezvousService?

    private init(
        driver: Driver, store: BoardStore, boardID: BoardID, roomSecret: Secret32, me: AuthorID, savedName: String,
        rendezvous: [InviteLink.Host], service: RendezvousService?
    ) {
        self.driver = driver
        self.store = store
        self.boardID = boardID
        self.roomSecret = roomSecret
        self.me = me
        self.savedName = savedName
        self.rendezvous = rendezvous
        self.service = service
    }

    /// Opens sockets; nothing is sent before `driver.start()`.
    ///
    /// - Parameters:
    ///   - embeds: make a rendezvous in this process when none is configured.
    static func open(_ opened: OpenedBoard, options: GlobalOptions, embeds: Bool) throws -> BoardSession {
        let meta = opened.content.meta
        let given = try options.rendezvous()
        var configured = given.map(\.host)
        if given.isEmpty {
            configured = meta.rendezvous.compactMap { RendezvousAddress($0)?.host }
        } else if meta.embeddedPort == nil, meta.rendezvous != given.map(\.description) {
            // A board that brings its own keeps it: links that name it are out there. What was given is for this time.
            try opened.store.update { $0.rendezvous = given.map(\.description) }
        }
        var service: RendezvousService?
        var inviteHosts = configured
        if configured.isEmpty, embeds {
            let embedded = try embeddedService(port: meta.embeddedPort, roomSecret: meta.roomSecret, clock: options.clock)
            service = embedded
            if let saved = meta.embeddedPort, saved != embedded.port {
                // Kept for the next time: it may be free again, and the links that name it good.
                options.notices.say("port \(saved) is taken: links given before lead nowhere until it is free again")
            } else if meta.embeddedPort == nil {
                try opened.store.update { $0.embeddedPort = embedded.port }
            }
            configured = [InviteLink.Host(name: "127.0.0.1", port: embedded.port)]
            // Machines of the same network come by its addresses, other terminals of this machine by loopback.
            let own = (try? Interfaces.addresses()) ?? []
            inviteHosts = (own.filter { !$0.isLoopback }.prefix(3).map(\.description) + ["127.0.0.1"])
                .map { InviteLink.Host(name: $0, port: embedded.port) }
        }
        var driverOptions = DriverOptions()
        driverOptions.rendezvous = configured
        driverOptions.port = options.port.map { .explicit($0) } ?? meta.ownPort.map { .saved($0) } ?? .any
        driverOptions.impairment = try options.impairment()
        let identity = opened.identity
        var receipts: [AuthorID: UInt64] = [:]
        for receipt in opened.content.receipts where receipt.author == identity.signing.author {
            receipts[receipt.peerDevice] = receipt.sequence
        }
        let configuration = Node.Configuration(
            identity: identity.signing, staticKey: identity.staticKey, roomSecret: meta.roomSecret, boardID: meta.board,
            genesis: opened.content.transactions.first, displayName: try options.displayName(),
            stored: Array(opened.content.transactions.dropFirst()), receipts: receipts, lastPeers: meta.lastPeers,
            directAddresses: try options.direct() + meta.direct)
        do {
            let driver = try Driver(node: configuration, options: driverOptions, store: opened.store, clock: options.clock)
            if meta.ownPort != driver.port { try opened.store.update { $0.ownPort = driver.port } }
            return BoardSession(
                driver: driver, store: opened.store, boardID: meta.board, roomSecret: meta.roomSecret, me: identity.signing.author,
                savedName: meta.name, rendezvous: inviteHosts, service: service)
        } catch let error as SocketError {
            throw Failure(error)
        }
    }

    private static func embeddedService(port: UInt16?, roomSecret: Secret32, clock: MonotonicClock) throws -> RendezvousService {
        var configuration = RendezvousService.Configuration()
        // For this board only, and never so many that the board itself runs out of descriptors.
        configuration.server.topics = Topic(RoomKeys(roomSecret: roomSecret).topic).map { [$0] }
        configuration.server.socketsMax = 128
        do throws(SocketError) {
            if let port {
                configuration.listen = [InviteLink.Host(name: "0.0.0.0", port: port)]
                do throws(SocketError) {
                    return try RendezvousService(configuration, clock: clock)
                } catch {
                    // The saved port is taken: old links are no good until it is free again, but the board opens.
                }
            }
            configuration.listen = [InviteLink.Host(name: "0.0.0.0", port: 0)]
            return try RendezvousService(configuration, clock: clock)
        } catch {
            throw Failure(error)
        }
    }

    /// The link that admits to this board.
    var link: InviteLink {
        // Whoever finds no rendezvous may still find us where we are.
        let own = (try? Interfaces.addresses()) ?? []
        let near = own.filter { !$0.isLoopback && $0.bytes.count == 4 }.prefix(2)
        let onlyLoopback = rendezvous.allSatisfy { $0.name == "127.0.0.1" || $0.name == "::1" || $0.name == "localhost" }
        let direct = onlyLoopback || near.isEmpty ? [IPAddress.v4(0x7F00_0001)] : Array(near)
        return InviteLink(
            rendezvous: rendezvous, direct: direct.map { SocketAddress(ip: $0, port: driver.port) }, roomSecret: roomSecret, board: boardID)
    }

    /// Stops the embedded rendezvous and gives up the lock. The driver has ended before.
    func close(discardIfEmpty: Bool) async {
        await service?.stop()
        if discardIfEmpty { store.discardIfEmpty() } else { store.close() }
    }
}

extension BoardStore: RecordStore {
    package func persist(_ records: [StoreRecord], completion: @escaping @Sendable (Result<Void, any Error>) -> Void) {
        persist(records) { (result: Result<Void, StoreError>) in completion(result.mapError { $0 }) }
    }
}

extension Failure {
    /// Why a board did not arrive in time.
    ///
    /// - Parameters:
    ///   - versionTheirs: of the protocol, where somebody answered with another.
    ///   - rendezvous: those that were never reached; empty if one was, or none is configured.
    ///   - reason: why not.
    static func notJoined(versionTheirs: Int?, rendezvous: [String], reason: String) -> Failure {
        if let versionTheirs {
            Failure(
                .version, code: "version", what: "cannot join this board",
                why: "the others speak version \(versionTheirs) of the protocol, not ours",
                next: "use the same version of inkwire on all sides")
        } else if !rendezvous.isEmpty {
            Failure(
                .rendezvous, code: "no_rendezvous", what: "cannot join: no rendezvous can be reached",
                why: "\(rendezvous.joined(separator: ", ")): \(reason)",
                next: "check the network and that the rendezvous runs, then join again")
        } else {
            Failure(
                .path, code: "nobody", what: "cannot join: nobody of the board could be reached", why: "no peer answered in time",
                next: "ask somebody who has the board to open it, then join again")
        }
    }

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
