import InkPrimitives
import InkRuntime
import NIOCore
import NIOPosix

/// The sockets and timers of the product's driver, on one loop, with an endpoint where the driver has a node: what comes together is handed over
/// together, drained once, and the timer is set once.
final class ProductLoop {
    private let loop: any EventLoop
    private let clock = MonotonicClock.system
    private let timer: WakeTimer
    private var link: EndpointLink<ProductSockets>
    private var workload: Workload
    private var arrived: [(bytes: [UInt8], from: InkPrimitives.SocketAddress)] = []
    private var isScheduled = false
    private let over: EventLoopPromise<Parts>

    private init(_ options: Options, workload: Workload, sockets: UDPSockets, loop: any EventLoop, over: EventLoopPromise<Parts>) throws {
        (self.loop, self.workload, self.over, timer) = (loop, workload, over, WakeTimer(loop: loop))
        link = try EndpointLink(options, way: ProductSockets(sockets: sockets), now: clock.now)
    }

    static func run(_ options: Options, workload: inout Workload) throws {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let over = loop.makePromise(of: Parts.self)
        let inbox = Inbox()
        let address = try options.address
        let sockets = try UDPSockets.open(
            options.isServer ? .explicit(options.port) : .any, onlyLoopback: address.ip.isLoopback, on: loop,
            receive: { inbox.core?.arrived.append(($0, $1)) }, receivedAll: { inbox.core?.step() })
        let parts = Parts(sockets: sockets, workload: workload)
        try loop.submit {
            inbox.core = try ProductLoop(options, workload: parts.workload, sockets: parts.sockets, loop: loop, over: over)
            inbox.core?.step()
        }.wait()
        if options.isServer { announceReady() }
        workload = try over.futureResult.wait().workload
    }

    private func step() {
        let now = clock.now
        for (bytes, source) in arrived { link.receive(bytes, from: source, now: now) }
        arrived.removeAll(keepingCapacity: true)
        link.run(&workload, now: now)
        guard !workload.isOver, link.failure == nil else { return finish() }
        let wake = link.wakeAt.map { now + .nanoseconds(max(0, Int64($0) - Int64(Clock.now))) }
        let bound = NIOLoopBound(self, eventLoop: loop)
        if let wake, wake <= now {
            // What is read from the sockets comes between.
            guard !isScheduled else { return }
            isScheduled = true
            loop.execute {
                bound.value.isScheduled = false
                bound.value.step()
            }
        } else {
            timer.set(for: earliest(link.deadline, wake), now: now) { bound.value.step() }
        }
    }

    private func finish() {
        timer.cancel()
        if let failure = link.failure, !workload.isOver { return over.fail(Failure(failure)) }
        over.succeed(Parts(sockets: link.way.sockets, workload: workload))
    }

    /// Crosses to the loop once and back at the end.
    private struct Parts: @unchecked Sendable {
        let sockets: UDPSockets
        let workload: Workload
    }

    /// Where datagrams go. Used on the loop only.
    private final class Inbox: @unchecked Sendable {
        // Written once, on the loop; read on the loop.
        var core: ProductLoop?
    }
}

struct ProductSockets: Carrier {
    let sockets: UDPSockets

    func write(_ packet: [UInt8], to address: InkPrimitives.SocketAddress) { sockets.write(packet, to: address) }
    func flush() { sockets.flush() }
}
