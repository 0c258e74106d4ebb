import Foundation
import InkPrimitives
import NIOCore

/// Connections of all listeners of one service, from accept to close. On the service's loop.
struct ConnectionCount {
    let most: Int
    var open = 0
    /// Closed at once.
    var turnedAway = 0
}

/// Stands at the listening socket: closes at once what is too many, and lets the listener rest while the system has no descriptors (RT-11).
///
/// NIO reports a failing `accept` and tries again at once; the connection still waits in the kernel, so the loop would do nothing else.
final class ListenerGate: ChannelInboundHandler {
    typealias InboundIn = any Channel
    typealias InboundOut = any Channel

    /// How long nothing is accepted after the system ran out.
    static let rest: TimeAmount = .milliseconds(100)

    private let count: NIOLoopBoundBox<ConnectionCount>
    private var isResting = false

    init(_ count: NIOLoopBoundBox<ConnectionCount>) { self.count = count }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let channel = unwrapInboundIn(data)
        let count = count
        guard count.value.open < count.value.most else {
            count.value.turnedAway += 1
            channel.close(promise: nil)
            return
        }
        count.value.open += 1
        channel.closeFuture.whenComplete { _ in count.value.open -= 1 }
        context.fireChannelRead(data)
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

    /// Raises the soft limit to the hard one, as far as that is of use; never lowers it.
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
    static var current: Int { Int(clamping: read().rlim_cur) }

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
