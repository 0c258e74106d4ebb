import Foundation
import InkBoard
import InkConnectivity
import InkCrypto
import InkPrimitives
import InkRendezvous
import InkSession
import NIOCore
import NIOPosix

/// What a driver consists of on its loop. Every method runs there.
final class DriverCore {
    /// What a core is made from; crosses to the loop once, and nobody else keeps the sockets.
    struct Parts: @unchecked Sendable {
        let configuration: Node.Configuration
        let options: DriverOptions
        let store: (any RecordStore)?
        let clock: MonotonicClock
        let sockets: UDPSockets
        let loop: any EventLoop
    }

    /// How often interfaces and the wall clock are looked at where the system says when the former change, and where it does not.
    static let lookAroundInterval: TimeAmount = .seconds(5)
    static let pollInterval: TimeAmount = .seconds(1)

    private(set) var node: Node
    /// When the node wants to be asked, as of the last drain. It is kept here, since a node that is read as the property of an object is copied first.
    private var deadline: Instant?
    /// Who hears events: the holder's front end and those that attached.
    var listeners: [FrontEndID: @Sendable (Event) -> Void] = [:]
    private var options: DriverOptions
    private let store: (any RecordStore)?
    private let sockets: UDPSockets
    private let loop: any EventLoop
    private let clock: MonotonicClock
    /// One for each rendezvous of the list, in its order.
    private var connectors: [RendezvousConnector] = []
    private var link: ImpairedLink?
    private var counters = DriverCounters()

    /// False until `start` or an end: until then inputs wait, and the node says nothing (RT-16).
    private var hasStarted = false
    /// What one look at a socket has brought so far.
    private var arrived: [(bytes: [UInt8], from: InkPrimitives.SocketAddress)] = []
    /// Inputs that came up while the node was being drained, or before the start.
    private var pending = Queue<Node.Input>()
    private var isDraining = false
    let timer: WakeTimer
    private var lookAround: Scheduled<Void>?
    private var gaps = GapWatch(turnMax: .nanoseconds(DriverCore.lookAroundInterval.nanoseconds))
    private var monitor: NetworkMonitor?
    private var addresses: [LocalAddress]?
    private var links: [LocalAddress] = []
    /// Where the rendezvous of the list answered last, by place.
    private var rendezvousAddresses: [Int: InkPrimitives.SocketAddress] = [:]
    /// The epoch of what links hold, as last told.
    private var toldEpoch: EpochID?
    /// Wall clock minus monotonic clock, milliseconds, as last told.
    private var wallOffset: Int64?
    private let ended: EventLoopPromise<Driver.Ending>
    private var closing: EventLoopFuture<Void>?
    private var isClosed: Bool { closing != nil }

    init(_ parts: Parts) {
        options = parts.options
        store = parts.store
        clock = parts.clock
        sockets = parts.sockets
        loop = parts.loop
        timer = WakeTimer(loop: parts.loop)
        link = parts.options.impairment.map { ImpairedLink($0) }
        ended = parts.loop.makePromise()
        var configuration = parts.configuration
        configuration.disclosesKeys = options.keyLog != nil
        node = Node(configuration, seed: .random(), now: clock.now)
        defer { tellLinkSecret() }
        connectors = options.rendezvous.enumerated().map { place, host in
            let hearer = hearer(of: host, at: place)
            return RendezvousConnector(
                host: host, loop: loop, clock: clock, tls: options.tls, tokens: options.tokens, opened: hearer.opened,
                received: hearer.received,
                receivedFrame: hearer.receivedFrame, closed: hearer.closed)
        }
    }

    private func hearer(of host: Invite.Host, at place: Int) -> RendezvousConnector.Hearer {
        .init(
            opened: { [weak self] address in self?.rendezvousOpened(host, to: address, at: place) },
            received: { [weak self] message in self?.handle(.rendezvousMessage(message, at: place)) },
            receivedFrame: { [weak self] frame in self?.handle(.rendezvousFrame(frame, at: place)) },
            closed: { [weak self] reason in self?.handle(.rendezvousClosed(reason: reason, at: place)) })
    }

    // A promise is kept even if nobody ever closed the driver.
    deinit { ended.fail(ChannelError.alreadyClosed) }

    var peerID: PeerID { node.peerID }

    var countersNow: DriverCounters {
        var counters = counters
        counters.refused = sockets.refused
        return counters
    }

    func start() {
        hasStarted = true
        options.links?.begin(on: loop) { [weak self] said in self?.handle(.overheard(said)) }
        monitor = NetworkMonitor(loop: loop) { [weak self] in self?.tellSurroundings() }
        lookAgain()
        drain()
    }

    private func lookAgain() {
        noticeGap()
        tellSurroundings()
        let bound = NIOLoopBound(self, eventLoop: loop)
        lookAround = loop.scheduleTask(in: monitor?.isWatching == true ? Self.lookAroundInterval : Self.pollInterval) {
            if !bound.value.isClosed { bound.value.lookAgain() }
        }
    }

    func quit(handsOver: Bool) -> EventLoopFuture<Driver.Ending> {
        hasStarted = true
        if !isClosed { handle(handsOver ? .handOver : .quit) }
        return ended.futureResult
    }

    /// Closes sockets and timers; the node is not asked.
    ///
    /// - Returns: done when the sockets are closed.
    @discardableResult
    func abandon() -> EventLoopFuture<Void> {
        if let closing { return closing }
        timer.cancel()
        lookAround?.cancel()
        monitor?.stop()
        for connector in connectors { connector.shutDown() }
        options.links?.close()
        let closing = sockets.close()
        self.closing = closing
        ended.fail(ChannelError.alreadyClosed)
        return closing
    }

    // Front ends.

    func attach(strand: Strand, onEvent: @escaping @Sendable (Event) -> Void) -> FrontEndID? {
        let free = (1..<FrontEndID.countMax).compactMap { FrontEndID($0) }.first { listeners[$0] == nil }
        guard let free, !isClosed else { return nil }
        listeners[free] = onEvent
        handle(.attached(free, strand: strand))
        return free
    }

    func detach(_ frontEnd: FrontEndID) {
        guard listeners.removeValue(forKey: frontEnd) != nil else { return }
        handle(.detached(frontEnd))
    }

    func submit(_ intent: Intent, from frontEnd: FrontEndID, ref: UInt64?) {
        // A program that has gone asks for nothing: what it sent before was taken before.
        guard frontEnd == .holder || listeners[frontEnd] != nil else { return }
        handle(.intent(intent, from: frontEnd, ref: ref))
    }

    // Inputs.

    /// Gives the node one input and does all that follows from it.
    func handle(_ input: Node.Input) {
        guard !isClosed else { return }
        noticeGap()
        pending.append(input)
        if hasStarted { drain() }
    }

    /// Before anything else is taken the node hears that it was not run: what it had to do meanwhile says nothing of the others.
    private func noticeGap() {
        guard hasStarted, let gap = gaps.turn(now: clock.now) else { return }
        pending.append(.resumed(after: gap))
        drain()
    }

    func receive(_ datagram: [UInt8], from source: InkPrimitives.SocketAddress) {
        counters.datagramsIn += 1
        counters.bytesIn += datagram.count
        // Ours begin with 0xF0...0xF5, STUN with 0...3 (RFC 7983); anything else was not meant for us (RT-4).
        guard let first = datagram.first, first & 0xF0 == 0xF0 || STUN.isSTUN(datagram) else {
            counters.foreign += 1
            return
        }
        // Whoever knew us before may send already; it is as lost as if the port had been opened later (RT-16).
        if hasStarted { arrived.append((datagram, source)) }
    }

    /// A look at a socket has brought all that it brings: the node is asked once what follows from (RT-158) them together.
    func receivedAll() {
        guard !arrived.isEmpty else { return }
        defer { arrived.removeAll(keepingCapacity: true) }
        handle(.datagrams(arrived))
    }

    // Outputs.

    private func drain() {
        // An event handler or a socket may cause an input while we are here; it waits for its turn (RT-2).
        guard !isDraining else { return }
        isDraining = true
        defer { isDraining = false }
        repeat {
            while let output = node.nextOutput() { perform(output) }
            guard !isClosed, let input = pending.popFirst() else { break }
            node.handle(input, now: clock.now)
            tellLinkSecret()
        } while true
        // What follows from one input leaves together.
        sockets.flush()
        deadline = Self.deadline(of: &node)
        arm()
    }

    private func tellLinkSecret() {
        guard let tell = options.linkSecretChanged, node.linkSecret.epoch != toldEpoch else { return }
        let (secret, epoch) = node.linkSecret
        toldEpoch = epoch
        tell(secret, epoch)
    }

    /// In place: not a change, but so it needs no copy.
    private static func deadline(of node: inout Node) -> Instant? { node.deadline }

    private func perform(_ output: Node.Output) {
        switch output {
        case .transmit(let datagram, let destination): transmit(datagram, to: destination)
        case .call(let bytes, let ip, let interface): options.links?.call(bytes, from: ip, interface: interface)
        case .answerCall(let bytes, let address): options.links?.answer(bytes, to: address)
        case .rendezvousSend(let message, let place):
            if case .join(let topic, _, _) = message { options.joins?(topic) }
            connectors[place].send(message)
        case .rendezvousFrame(let bytes, let isPresence, let place): connectors[place].send(frame: bytes, isPresence: isPresence)
        case .rendezvousConnect(let place): connect(at: place)
        case .rendezvousDisconnect(let place, let reason): connectors[place].disconnect(reason: reason)
        case .rendezvousLiveness(let interval, let patience, let place):
            connectors[place].setLiveness(interval: interval, patience: patience)
        case .rendezvousProbe(let place): connectors[place].probe()
        case .persist(let number, let records): persist(number, records)
        case .verify(let number, let transactions): verify(number, transactions)
        case .keys(let disclosure): options.keyLog?(disclosure)
        case .event(let event, let audience):
            for (frontEnd, listener) in listeners where audience.includes(frontEnd) { listener(event) }
            if case .stopped(let unsaved, let unsent) = event { stop(Driver.Ending(unsaved: unsaved, unsent: unsent)) }
        }
    }

    private func transmit(_ datagram: [UInt8], to destination: InkPrimitives.SocketAddress) {
        if link == nil {
            write(.init(bytes: datagram, destination: destination))
        } else {
            let now = clock.now
            link?.send(.init(bytes: datagram, destination: destination), now: now)
            writeDue(now: now)
        }
    }

    private func write(_ datagram: ImpairedLink.Datagram) {
        counters.datagramsOut += 1
        counters.bytesOut += datagram.bytes.count
        sockets.write(datagram.bytes, to: datagram.destination)
    }

    private func writeDue(now: Instant) {
        while let datagram = link?.nextDue(now: now) { write(datagram) }
    }

    private func persist(_ number: UInt64, _ records: [StoreRecord]) {
        guard let store else {
            pending.append(.persisted(number))
            return
        }
        let bound = NIOLoopBound(self, eventLoop: loop)
        store.persist(records) { [loop] result in
            loop.execute {
                switch result {
                case .success: bound.value.handle(.persisted(number))
                case .failure(let error): bound.value.handle(.persistFailed(number, reason: "\(error)"))
                }
            }
        }
    }

    private func verify(_ number: UInt64, _ transactions: [Transaction]) {
        let bound = NIOLoopBound(self, eventLoop: loop)
        // One by one: a batch equation can accept what a single check refuses.
        NIOThreadPool.singleton.submit { [loop] state in
            guard case .active = state else { return }
            let verdicts = transactions.map(\.hasValidSignature)
            loop.execute { bound.value.handle(.verified(number, verdicts)) }
        }
    }

    /// The node said that it is done: its last words leave, then everything closes.
    private func stop(_ ending: Driver.Ending) {
        guard !isClosed else { return }
        // The impaired line is not asked to lose a farewell's last copy for good: what it still holds leaves now.
        while let at = link?.deadline, let datagram = link?.nextDue(now: at) { write(datagram) }
        ended.succeed(ending)
        abandon()
    }

    // Time and surroundings.

    /// Sets the timer for what is due first.
    private func arm() {
        let bound = NIOLoopBound(self, eventLoop: loop)
        timer.set(for: isClosed ? nil : earliest(deadline, link?.deadline), now: clock.now) { bound.value.wake() }
    }

    private func wake() {
        noticeGap()
        let now = clock.now
        writeDue(now: now)
        if let deadline, deadline <= now {
            handle(.timeout)
        } else {
            drain()
        }
    }

    /// Tells the node the wall clock and our addresses, where they differ from what it was told (RT-60).
    private func tellSurroundings() {
        guard !isClosed else { return }
        let wall = Int64(Date().timeIntervalSince1970 * 1000)
        let offset = wall - clock.now.nanoseconds / 1_000_000
        if wallOffset.map({ abs($0 - offset) > 1000 }) ?? true {
            wallOffset = offset
            handle(.wallClock(UInt64(max(0, wall))))
        }
        tellLinks()
        // When the system does not list its interfaces, the last list is as good as any.
        guard
            let found = try? Interfaces.addresses(
                port: sockets.port, toward: rendezvousAddresses.sorted { $0.key < $1.key }.map(\.value), onlyLoopback: options.onlyLoopback,
                hasV6: sockets.hasV6),
            found != addresses
        else { return }
        addresses = found
        handle(.localAddresses(found))
    }

    /// Has the group joined on our links, and tells the node of them.
    private func tellLinks() {
        guard let groups = options.links, let all = try? Interfaces.links(port: sockets.port) else { return }
        let found = OwnLinks(all.filter { sockets.hasV6 || !$0.address.ip.isV6 }).addresses
        // Also where nothing seems to have changed: an interface that went and came back has lost its membership.
        groups.follow(found)
        guard found != links else { return }
        links = found
        handle(.links(found))
    }

    /// Dials a rendezvous, unless a connection to it is open already.
    private func connect(at place: Int) {
        let host = options.rendezvous[place]
        guard let open = options.kept?.take(to: host, usesTLS: options.tls != nil) else { return connectors[place].connect() }
        options.kept = nil
        open.connector.hand(to: hearer(of: host, at: place), inPlaceOf: connectors[place])
        connectors[place] = open.connector
        rendezvousOpened(host, to: open.address, at: place)
        handle(.rendezvousMessage(open.welcome, at: place))
    }

    private func rendezvousOpened(_ host: Invite.Host, to address: InkPrimitives.SocketAddress, at place: Int) {
        handle(.rendezvousConnected(to: address, from: connectors[place].localAddress?.ip, at: place))
        if rendezvousAddresses.updateValue(address, forKey: place) != address { tellSurroundings() }
        resolve(host, at: place)
    }

    /// Asks for the addresses of a rendezvous that the WebSocket had no use for: the other family's answers STUN, too (RT-61).
    private func resolve(_ host: Invite.Host, at place: Int) {
        guard IPAddress(host.name) == nil else { return }
        let bound = NIOLoopBound(self, eventLoop: loop)
        // Not where signatures are checked: a resolver that does not answer holds its thread for half a minute.
        DispatchQueue.global().async { [loop, resolver = options.resolver] in
            let found = resolver(host)
            loop.execute { bound.value.handle(.rendezvousAddresses(found, at: place)) }
        }
    }
}
