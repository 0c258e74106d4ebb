import Foundation
import InkBoard
import InkConnectivity
import InkPrimitives
import InkRendezvous
import InkSession
import NIOCore
import NIOPosix

/// Runs one `Node` on real sockets, clocks, disks and randomness, on one event loop.
///
///     UDP ──datagram──▶ ┌────────────┐ ──transmit──▶ impairment ──▶ UDP
///     WebSocket ──────▶ │ Node, on   │ ──rendezvous──▶ WebSocket
///     submit ─────────▶ │ the loop   │ ──persist──▶ RecordStore (own thread) ──▶ back to the loop
///     timer ──────────▶ └────────────┘ ──verify──▶ thread pool ──▶ back to the loop
///                             └──event──▶ those who listen, on the loop
///
/// The node is touched on the loop only, one input at a time, and drained before the next (RT-2). Several front ends may listen: the
/// holder's own, and others of the same person that attach (SE-26).
public final class Driver: Sendable {
    /// The UDP port in use, the same for IPv4 and IPv6.
    public let port: UInt16
    /// The peer id of this process.
    public let peerID: PeerID

    /// The loop on which the node lives; a shell that shares it needs no locks.
    package let loop: any EventLoop
    let core: NIOLoopBound<DriverCore>

    /// Opens the sockets and prepares the node; nothing is sent before `start()`. Blocks; not to be called on an event loop.
    ///
    /// - Parameters:
    ///   - configuration: of the node. `rendezvousCount` and `isOnOneMachine` are set by `options.rendezvous`.
    ///   - store: where records go; nil keeps nothing and says at once that it did, for boards that live in memory.
    ///   - clock: that of the process, `.system`.
    ///   - onEvent: as `listen` takes it.
    public init(
        node configuration: Node.Configuration, options: DriverOptions = DriverOptions(), store: (any RecordStore)?, clock: MonotonicClock,
        onEvent: (@Sendable (Event) -> Void)? = nil
    ) throws(SocketError) {
        // The process-wide loops: they outlive every driver, so that a disk or a signature check that answers late finds somebody.
        let loop: any EventLoop = options.kept?.loop ?? MultiThreadedEventLoopGroup.singleton.next()
        let inbox = Inbox()
        let sockets = try UDPSockets.open(
            options.port, onlyLoopback: options.onlyLoopback, on: loop, receive: { inbox.receive($0, from: $1) },
            receivedAll: { inbox.receivedAll() })
        var configuration = configuration
        configuration.rendezvousCount = options.rendezvous.count
        configuration.isOnOneMachine = options.rendezvous.allSatisfy(\.isLoopback)
        let parts = DriverCore.Parts(
            configuration: configuration, options: options, store: store, clock: clock, sockets: sockets, loop: loop)
        let made: Result<(NIOLoopBound<DriverCore>, PeerID), any Error> = Result {
            try loop.submit {
                let core = DriverCore(parts)
                inbox.core = core
                return (NIOLoopBound(core, eventLoop: loop), core.peerID)
            }.wait()
        }
        switch made {
        case .success((let core, let peerID)): (self.core, self.peerID) = (core, peerID)
        case .failure(let error): throw .cannotBind(address: "port \(parts.sockets.port)", reason: reasonText(error))
        }
        port = parts.sockets.port
        self.loop = loop
        if let onEvent { listen(onEvent) }
    }

    /// Begins: tells the node the time and its addresses, connects, dials.
    public func start() { loop.execute { [core] in core.value.start() } }

    /// Hears what the holder's own front end is told. Call it before `start()`: then nothing is missed.
    ///
    /// - Parameter onEvent: called on the loop, in order; must not block.
    public func listen(_ onEvent: @escaping @Sendable (Event) -> Void) {
        loop.execute { [core] in core.value.listeners[.holder] = onEvent }
    }

    /// Lets a further program of this person take part. It is told at once what those who were here before know.
    ///
    /// - Parameters:
    ///   - strand: its history of undo, the same each time that it attaches.
    ///   - onEvent: called on the loop, in order; must not block.
    /// - Returns: its number, as a future of the loop; nil when there are `FrontEndID.countMax` already.
    package func attach(strand: Strand, onEvent: @escaping @Sendable (Event) -> Void) -> EventLoopFuture<FrontEndID?> {
        loop.submit { [core] in core.value.attach(strand: strand, onEvent: onEvent) }
    }

    /// The program has gone: what its hand still held is committed.
    package func detach(_ frontEnd: FrontEndID) { loop.execute { [core] in core.value.detach(frontEnd) } }

    /// Gives the node a wish of the person. The outcome comes as an event with `ref`.
    public func submit(_ intent: Intent, from frontEnd: FrontEndID = .holder, ref: UInt64? = nil) {
        loop.execute { [core] in core.value.submit(intent, from: frontEnd, ref: ref) }
    }

    /// Looks at the node between two inputs.
    public func query<R: Sendable>(_ body: @escaping @Sendable (borrowing Node) -> R) async throws -> R {
        try await loop.submit { [core] in body(core.value.node) }.get()
    }

    /// As `query`, with the outcome as a future of the loop.
    public func queryFuture<R: Sendable>(_ body: @escaping @Sendable (borrowing Node) -> R) -> EventLoopFuture<R> {
        loop.submit { [core] in body(core.value.node) }
    }

    /// What went through the sockets so far.
    public func counters() async throws -> DriverCounters { try await loop.submit { [core] in core.value.countersNow }.get() }

    /// As `counters`, as a future of the loop.
    package func countersFuture() -> EventLoopFuture<DriverCounters> { loop.submit { [core] in core.value.countersNow } }

    /// How a session ended.
    public struct Ending: Hashable, Sendable {
        /// Own transactions that are not on disk.
        public var unsaved: Int
        /// Own transactions that no other device is known to have.
        public var unsent: Int
    }

    /// Finishes: saves, delivers to those present for up to ten seconds, says farewell, closes everything. Repeated calls get the same answer.
    ///
    /// - Returns: what is left; nil if it was abandoned before it could finish, which leaves that unknown.
    @discardableResult
    public func quit() async -> Ending? { await finish(handsOver: false) }

    /// Finishes for another process that goes on with the board: saves, and closes everything without a word to the others.
    package func handOver() async -> Ending? { await finish(handsOver: true) }

    private func finish(handsOver: Bool) async -> Ending? {
        do {
            let ending = try await loop.flatSubmit { [core] in core.value.quit(handsOver: handsOver) }.get()
            await abandon()
            return ending
        } catch {
            return nil
        }
    }

    /// Closes everything at once and tells nobody, as a crash would. The port is free when this returns.
    public func abandon() async {
        do {
            try await loop.flatSubmit { [core] in core.value.abandon() }.get()
        } catch {
            // A socket that cannot be closed is closed already.
        }
    }
}

/// Where the sockets put what arrives before there is a core, and after: nowhere, then the core. Used on the loop only.
private final class Inbox: @unchecked Sendable {
    // Written once, on the loop; read on the loop.
    weak var core: DriverCore?

    func receive(_ datagram: [UInt8], from source: InkPrimitives.SocketAddress) { core?.receive(datagram, from: source) }
    func receivedAll() { core?.receivedAll() }
}
