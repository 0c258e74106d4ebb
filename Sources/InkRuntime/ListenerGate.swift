import Foundation
import InkConnectivity
import InkPrimitives
import InkRendezvous
import NIOCore

/// Connections of all listeners of one service, from accept to close. On the service's loop.
///
/// Those that are no WebSocket yet have shares of their own (RT-126): who opens connections and says nothing keeps nobody out, not even one of
/// the same source. What a WebSocket may do is the rendezvous' business.
final class ConnectionCount {
    /// One that is no WebSocket yet.
    private struct Pending {
        let number: UInt64
        /// Nil behind a proxy: for whom it speaks is known when it has said so.
        let source: Source?
        let channel: any Channel
    }

    let most: Int
    private let proxies: TrustedProxies
    private var counted: Set<ObjectIdentifier> = []
    private var pending: [ObjectIdentifier: Pending] = [:]
    private var lastNumber: UInt64 = 0
    /// Oldest first; may name some that are pending no more.
    private var order = Queue<(number: UInt64, id: ObjectIdentifier)>()
    /// Oldest first.
    private var bySource: [Source: [ObjectIdentifier]] = [:]
    private var shares: SourceShares
    private var arrivals: [Source: TokenBucket] = [:]
    private var sweepAt = ConnectionCount.sweepMin

    /// Closed at once.
    private(set) var turnedAway = 0
    var open: Int { counted.count }

    /// Connections of one source that have not got to the point (RT-126).
    static let pendingPerSource = 64
    /// New connections of one source a second and at once (RT-126).
    private static let arrivalRate = 100.0
    private static let arrivalBurst = 400.0
    private static let sweepMin = 4096

    init(most: Int, proxies: TrustedProxies) {
        (self.most, self.proxies) = (most, proxies)
        shares = SourceShares(total: most, perSource: Self.pendingPerSource)
    }

    /// Whether a connection is taken, if need be in the place of an older one that has not got to the point.
    func takes(_ channel: any Channel, now: Instant) -> Bool {
        let ip = channel.remoteAddress.flatMap { InkPrimitives.SocketAddress($0) }?.ip
        let source = ip.flatMap { proxies.addresses.contains($0) ? nil : Source($0) }
        guard isInTime(source, now: now) && makeRoom(for: source) else {
            turnedAway += 1
            return false
        }
        let id = ObjectIdentifier(channel)
        lastNumber += 1
        counted.insert(id)
        pending[id] = Pending(number: lastNumber, source: source, channel: channel)
        order.append((lastNumber, id))
        if let source {
            shares.take(source)
            bySource[source, default: []].append(id)
        }
        channel.closeFuture.assumeIsolated().whenComplete { [self] _ in
            settle(id)
            counted.remove(id)
        }
        return true
    }

    /// It is a WebSocket now.
    func settle(_ channel: any Channel) { settle(ObjectIdentifier(channel)) }

    private func settle(_ id: ObjectIdentifier) {
        guard let source = pending.removeValue(forKey: id)?.source else { return }
        shares.giveBack(source)
        bySource[source]?.removeAll { $0 == id }
        if bySource[source]?.isEmpty == true { bySource[source] = nil }
    }

    private func makeRoom(for source: Source?) -> Bool {
        if let source, !shares.admits(source), let oldest = bySource[source]?.first { displace(oldest) }
        while let first = order.first, pending[first.id]?.number != first.number || (open >= most && holdsNothing(source)) {
            _ = order.popFirst()
            if pending[first.id]?.number == first.number { displace(first.id) }
        }
        return open < most && source.map { shares.admits($0) } ?? true
    }

    /// Who has connections pending waits until they are through before others make room for more.
    private func holdsNothing(_ source: Source?) -> Bool { source.map { bySource[$0] == nil } ?? true }

    private func displace(_ id: ObjectIdentifier) {
        let channel = pending[id]?.channel
        settle(id)
        counted.remove(id)
        // It counts no more, and so must have no descriptor any more.
        channel?.closeAtOnce()
    }

    private func isInTime(_ source: Source?, now: Instant) -> Bool {
        guard let source else { return true }
        if arrivals[source] == nil, arrivals.count >= sweepAt {
            arrivals = arrivals.filter { entry in
                var bucket = entry.value
                return !bucket.isFull(now: now)
            }
            sweepAt = max(Self.sweepMin, arrivals.count * 2)
        }
        return arrivals[source, default: TokenBucket(rate: Self.arrivalRate, burst: Self.arrivalBurst, now: now)].take(now: now)
    }
}

/// Stands at the listening socket: closes at once what is too much, and lets the listener rest while the system has no descriptors (RT-11).
///
/// NIO reports a failing `accept` and tries again at once; the connection still waits in the kernel, so the loop would do nothing else.
final class ListenerGate: ChannelInboundHandler {
    typealias InboundIn = any Channel
    typealias InboundOut = any Channel

    /// How long nothing is accepted after the system ran out (RT-129).
    static let rest: TimeAmount = .milliseconds(100)

    private let takes: (any Channel) -> Bool
    private var isResting = false

    /// - Parameter takes: whether a connection is taken; called once for each, on the loop.
    init(_ takes: @escaping (any Channel) -> Bool) { self.takes = takes }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let channel = unwrapInboundIn(data)
        if takes(channel) {
            context.fireChannelRead(data)
        } else {
            channel.close(promise: nil)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? IOError, [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(error.errnoCode) else {
            context.fireErrorCaught(error)
            return
        }
        guard !isResting else { return }
        isResting = true
        setReading(false, context)
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: Self.rest) {
            let (gate, context) = bound.value
            gate.isResting = false
            gate.setReading(true, context)
        }
    }

    /// A listener that is closed meanwhile needs neither.
    private func setReading(_ isReading: Bool, _ context: ChannelHandlerContext) {
        context.channel.setOption(.autoRead, value: isReading).whenFailure { _ in }
    }
}

/// How many files and sockets this process may have open.
public enum DescriptorLimit {
    /// More than any rendezvous needs; a hard limit may be infinite.
    private static let enough: rlim_t = 65_536
    /// What macOS allows a process where its hard limit says "infinite": OPEN_MAX of <sys/syslimits.h>.
    private static let openMax: rlim_t = 10_240
    /// Left for what a process needs beside its connections: files, listeners, loops.
    private static let spare = 64

    /// Raises the soft limit to the hard one, as far as that is of use; never lowers it (RT-130).
    ///
    /// - Returns: the limit from now on.
    @discardableResult
    public static func raise() -> Int {
        var limit = read()
        for wanted in [min(limit.rlim_max, enough), min(limit.rlim_max, openMax)] where wanted > limit.rlim_cur {
            let old = limit.rlim_cur
            limit.rlim_cur = wanted
            if setrlimit(resource, &limit) == 0 { break }
            limit.rlim_cur = old
        }
        return current
    }

    /// The soft limit.
    public static var current: Int { Int(clamping: read().rlim_cur) }

    /// As many of `wanted` connections as descriptors can be found for.
    static func share(of wanted: Int, limit: Int = current) -> Int { max(1, min(wanted, limit - min(spare, limit / 2))) }

    private static func read() -> rlimit {
        var limit = rlimit()
        // It can fail for a wrong argument only.
        precondition(getrlimit(resource, &limit) == 0, "the system knows RLIMIT_NOFILE")
        return limit
    }

    #if canImport(Glibc)
        private static var resource: __rlimit_resource_t { __rlimit_resource_t(RLIMIT_NOFILE.rawValue) }
    #else
        private static var resource: Int32 { RLIMIT_NOFILE }
    #endif
}
