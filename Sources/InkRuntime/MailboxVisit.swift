import InkPrimitives
import InkRendezvous
import InkSession
import NIOCore
import NIOPosix

/// Runs one `MailboxVisitor` on a real socket and clock: a WebSocket to one rendezvous, over which nothing is joined.
///
/// Nothing is sent before `start()`. It ends by itself, with the event `.failed`, or by `stop()`; both close the socket, and so does letting go of it.
public final class MailboxVisit: Sendable {
    private let loop: any EventLoop
    private let core: NIOLoopBoundBox<MailboxVisitCore>
    private let host: Invite.Host
    private let usesTLS: Bool

    /// - Parameters:
    ///   - mailbox: its number at this rendezvous.
    ///   - host: the rendezvous.
    ///   - tls: nil where it is spoken to in clear; otherwise whom we take for it.
    ///   - tokens: the one for this host is shown to it.
    ///   - knock: the first words, at most `Signalling.mailboxBodyBytesMax` bytes.
    ///   - clock: that of the process, `.system`.
    ///   - onEvent: called on the loop, in order; must not block. Nothing is told after `.failed`, and what was on its way may be after `stop()`.
    public convenience init(
        to mailbox: MailboxNumber, at host: Invite.Host, tls: TLSTrust? = nil, tokens: TokenFiles? = nil, knock: [UInt8],
        clock: MonotonicClock, onEvent: @escaping @Sendable (MailboxVisitor.Event) -> Void
    ) {
        self.init(MailboxVisitor(mailbox: mailbox, knock: knock), at: host, tls: tls, tokens: tokens, clock: clock, onEvent: onEvent)
    }

    init(
        _ visitor: MailboxVisitor, at host: Invite.Host, tls: TLSTrust?, tokens: TokenFiles? = nil, clock: MonotonicClock,
        onEvent: @escaping @Sendable (MailboxVisitor.Event) -> Void
    ) {
        let loop: any EventLoop = MultiThreadedEventLoopGroup.singleton.next()
        (self.loop, self.host, usesTLS) = (loop, host, tls != nil)
        let parts = MailboxVisitCore.Parts(
            visitor: visitor, host: host, tls: tls, tokens: tokens, clock: clock, loop: loop, onEvent: onEvent)
        core = NIOLoopBoundBox.makeBoxSendingValue(MailboxVisitCore(parts), eventLoop: loop)
    }

    deinit { loop.execute { [core] in core.value.stop() } }

    /// Begins, once.
    public func start() { loop.execute { [core] in core.value.start() } }

    /// Says something to him who holds the mailbox, once he has said something.
    public func pass(_ body: [UInt8]) { loop.execute { [core] in core.value.pass(body) } }

    /// Ends the visit with a last word to him who holds the mailbox, and keeps the connection for who goes on over it.
    public func leave(saying last: [UInt8]) -> KeptConnection {
        KeptConnection(to: host, usesTLS: usesTLS, on: loop) { [core] in core.value.leave(saying: last) }
    }

    /// Ends the visit, and closes the socket. Repeated calls do nothing.
    public func stop() { loop.execute { [core] in core.value.stop() } }
}

/// What a visit consists of on its loop.
private final class MailboxVisitCore {
    struct Parts {
        let visitor: MailboxVisitor
        let host: Invite.Host
        let tls: TLSTrust?
        let tokens: TokenFiles?
        let clock: MonotonicClock
        let loop: any EventLoop
        let onEvent: @Sendable (MailboxVisitor.Event) -> Void
    }

    private var visitor: MailboxVisitor
    private let clock: MonotonicClock
    private let loop: any EventLoop
    private let onEvent: @Sendable (MailboxVisitor.Event) -> Void
    private let timer: WakeTimer
    private let host: Invite.Host
    private let tls: TLSTrust?
    private let tokens: TokenFiles?
    private var connector: RendezvousConnector?
    /// What the connection goes to, and what was said there first.
    private var address: InkPrimitives.SocketAddress?
    private var welcome: ServerMessage?
    private var isDraining = false

    init(_ parts: sending Parts) {
        (visitor, host, tls, tokens, clock) = (parts.visitor, parts.host, parts.tls, parts.tokens, parts.clock)
        (loop, onEvent) = (parts.loop, parts.onEvent)
        timer = WakeTimer(loop: parts.loop)
    }

    func start() {
        visitor.start(now: clock.now)
        drain()
    }

    func pass(_ body: [UInt8]) {
        visitor.pass(body)
        drain()
    }

    func stop() {
        visitor.leave()
        drain()
    }

    /// Ends the visit; nil where there is no connection left to go on over.
    func leave(saying last: [UInt8]) -> NIOLoopBound<KeptConnection.Open>? {
        pass(last)
        defer { drain() }
        guard visitor.leaveOpen(), let connector, connector.isOpen, let address, let welcome else {
            visitor.leave()
            return nil
        }
        // Until somebody goes on over it nobody hears.
        connector.hand(to: .init(opened: { _ in }, received: { _ in }, receivedFrame: { _ in }, closed: { _ in }))
        self.connector = nil
        return NIOLoopBound(KeptConnection.Open(connector: connector, address: address, welcome: welcome), eventLoop: loop)
    }

    private func drain() {
        // A socket may cause an input while we are here: the outer round goes on with what that left.
        guard !isDraining else { return }
        isDraining = true
        while let output = visitor.nextOutput() { perform(output) }
        isDraining = false
        let bound = NIOLoopBound(self, eventLoop: loop)
        timer.set(for: visitor.deadline, now: clock.now) { bound.value.wake() }
    }

    private func wake() {
        visitor.handleTimeout(now: clock.now)
        drain()
    }

    private func perform(_ output: MailboxVisitor.Output) {
        switch output {
        case .connect: connect()
        case .send(let message): connector?.send(message)
        case .disconnect:
            connector?.shutDown()
            connector = nil
        case .event(let event): onEvent(event)
        }
    }

    /// A connector of its own for each try, so that nothing of one comes into another.
    private func connect() {
        (address, welcome) = (nil, nil)
        let connector = RendezvousConnector(
            host: host, loop: loop, clock: clock, tls: tls, tokens: tokens,
            opened: { [weak self] address in
                self?.address = address
                self?.visitor.connected()
                self?.drain()
            },
            received: { [weak self] message in
                guard let self else { return }
                if case .welcome = message { welcome = message }
                visitor.received(message, now: clock.now)
                drain()
            },
            closed: { [weak self] reason in
                self?.visitor.disconnected(reason: reason)
                self?.drain()
            })
        self.connector = connector
        connector.connect()
    }
}
