import InkConnectivity
import InkPrimitives
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Which local UDP port to use (RT-1).
public enum PortChoice: Hashable, Sendable {
    /// One that the system gives.
    case any
    /// The one used last time; another if it is busy, without a word.
    case saved(UInt16)
    /// One that the person asked for; busy is an error.
    case explicit(UInt16)
}

/// Why a socket could not be opened; fit for a status line.
public enum SocketError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The port that was asked for is used by another program (exit code 8).
    case portBusy(UInt16)
    /// Asked for a port or address that we may not or cannot use; the reason as the system gave it.
    case cannotBind(address: String, reason: String)

    public var description: String {
        switch self {
        case .portBusy(let port): "port \(port) is in use by another program"
        case .cannotBind(let address, let reason): "cannot listen on \(address): \(reason)"
        }
    }
}

/// Our UDP port in IPv4 and, where the system has it, in IPv6: two sockets with one number. Used on its event loop only.
package final class UDPSockets {
    package let port: UInt16
    package var hasV6: Bool { v6 != nil }
    /// Datagrams that the system refused to send (no route, no buffer). They are as good as lost on the way.
    package var refused: Int { outboxes.v4.refused + (outboxes.v6?.refused ?? 0) + homeless }

    private let v4: DatagramSender
    private let v6: DatagramSender?
    private let outboxes: (v4: DatagramOutbox, v6: DatagramOutbox?)
    /// Datagrams to addresses of a family that we have no socket of.
    private var homeless = 0

    /// Call on the loop.
    private init(v4: DatagramSender, v6: DatagramSender?, port: UInt16) {
        (self.v4, self.v6, self.port) = (v4, v6, port)
        outboxes = (Self.outbox(v4), v6.map(Self.outbox))
    }

    private static func outbox(_ sender: DatagramSender) -> DatagramOutbox {
        DatagramOutbox(loop: sender.loop, merges: sender.merges) { sender.send($0, $1) }
    }

    /// Opens the sockets. Blocks; not to be called on an event loop.
    ///
    /// - Parameters:
    ///   - receive: called on `loop` for each datagram.
    ///   - receivedAll: called on `loop` when those that one look at the socket brought are told: `readsPerLook` reads at most, so that whoever
    ///     floods one socket holds up neither the other nor anything else on the loop.
    package static func open(
        _ choice: PortChoice, onlyLoopback: Bool, on loop: any EventLoop,
        receive: @escaping @Sendable ([UInt8], InkPrimitives.SocketAddress) -> Void, receivedAll: @escaping @Sendable () -> Void = {}
    ) throws(SocketError) -> UDPSockets {
        let binder = Binder(onlyLoopback: onlyLoopback, loop: loop, receive: receive, receivedAll: receivedAll)
        switch choice {
        case .explicit(let port): return try binder.open(port: port)
        case .saved(let port):
            if let sockets = try? binder.open(port: port) { return sockets }
        case .any: break
        }
        // A port that is free in IPv4 may be busy in IPv6; the system is asked for another then (RT-121).
        for _ in 0..<8 {
            do { return try binder.open(port: 0) } catch SocketError.portBusy { continue }
        }
        return try binder.open(port: 0)
    }

    /// Gathers a datagram that is to leave at the next `flush()`, or before. One that the system refuses counts as lost on the way.
    package func write(_ datagram: [UInt8], to destination: InkPrimitives.SocketAddress) {
        guard let outbox = destination.ip.isV6 ? outboxes.v6 : outboxes.v4 else { return homeless += 1 }
        outbox.write(datagram, to: destination)
    }

    /// Sends what was written, in its order within a family (RT-90).
    package func flush() {
        outboxes.v4.flush()
        outboxes.v6?.flush()
    }

    /// True if routers may split our datagrams over IPv4 (RT-30). Not part of any promise of delivery: a firewall may drop the pieces.
    package func mayFragment() -> EventLoopFuture<Bool> {
        guard let option = Self.mayFragmentOption else { return v4.loop.makeSucceededFuture(true) }
        return v4.option(option.option).map { $0 == option.value }
    }

    /// What lets routers split IPv4 datagrams; nil where that is the custom of the system.
    private static var mayFragmentOption: (option: ChannelOptions.Types.SocketOption, value: Int)? {
        #if os(Linux)
            (ChannelOptions.Types.SocketOption(level: .ip, name: .init(rawValue: IP_MTU_DISCOVER)), Int(IP_PMTUDISC_DONT))
        #else
            nil
        #endif
    }

    /// Sends what is still to be sent, and closes both sockets.
    package func close() -> EventLoopFuture<Void> {
        outboxes.v4.close()
        outboxes.v6?.close()
        let closing = [v4.close(), v6?.close()].compactMap { $0 }
        // A socket that is closed already is what we want.
        return EventLoopFuture.whenAllComplete(closing, on: v4.loop).map { _ in () }
    }

    /// A burst of 200 datagrams of 1200 bytes overran the system's 208 KiB; the system may grant less than this.
    private static let receiveBufferBytes = 4 << 20
    private static let sendBufferBytes = 1 << 20
    private static let readsPerLook: UInt = 16
    /// A read brings one datagram, or neighbours of one size from one address that the kernel has put together, in as many bytes as IP can carry.
    private static let readBytes = 65_535

    private struct Binder {
        let onlyLoopback: Bool
        let loop: any EventLoop
        let receive: @Sendable ([UInt8], InkPrimitives.SocketAddress) -> Void
        let receivedAll: @Sendable () -> Void

        func open(port wanted: UInt16) throws(SocketError) -> UDPSockets {
            let v4 = try bind(onlyLoopback ? "127.0.0.1" : "0.0.0.0", wanted, isV6: false)
            guard let given = v4.localAddress?.port, let port = UInt16(exactly: given) else {
                throw .cannotBind(address: "0.0.0.0:\(wanted)", reason: "the system gave no port")
            }
            var v6: (any Channel)?
            do {
                v6 = try bind(onlyLoopback ? "::1" : "::", port, isV6: true)
            } catch SocketError.portBusy {
                closeQuietly(v4)
                throw .portBusy(port)
            } catch {
                // No IPv6 on this machine; IPv4 alone will do (RT-121).
                v6 = nil
            }
            do {
                let channels = (v4: v4, v6: v6)
                return try loop.submit {
                    let senders = (v4: try DatagramSender(channels.v4), v6: try channels.v6.map { try DatagramSender($0) })
                    return Opened(sockets: UDPSockets(v4: senders.v4, v6: senders.v6, port: port))
                }.wait().sockets
            } catch {
                throw .cannotBind(address: "UDP", reason: reasonText(error))
            }
        }

        /// Crosses from the loop to whoever opens; nobody else keeps it.
        private struct Opened: @unchecked Sendable { let sockets: UDPSockets }

        private func bind(_ host: String, _ port: UInt16, isV6: Bool) throws(SocketError) -> any Channel {
            var bootstrap = DatagramBootstrap(group: loop)
                .channelOption(.socketOption(.so_rcvbuf), value: .init(UDPSockets.receiveBufferBytes))
                .channelOption(.socketOption(.so_sndbuf), value: .init(UDPSockets.sendBufferBytes))
                .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: UDPSockets.readBytes))
                .channelOption(.maxMessagesPerRead, value: UDPSockets.readsPerLook)
                .channelInitializer { [receive, receivedAll] channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(DatagramHandler(receive: receive, receivedAll: receivedAll))
                    }
                }
            if isV6 {
                // Without this the IPv6 socket claims the IPv4 port too and the second bind fails.
                bootstrap = bootstrap.channelOption(.v6Only, value: 1)
            } else if let option = UDPSockets.mayFragmentOption {
                // Linux sets "don't fragment" on each datagram by itself: where a path takes less than our 1228 bytes and its routers' ICMP is
                // lost, nothing would ever arrive (mosh#299). IPv6 leaves it to us, and every path takes 1280.
                bootstrap = bootstrap.channelOption(option.option, value: option.value)
            }
            do {
                let channel = try bootstrap.bind(host: host, port: Int(port)).wait()
                mergeReads(channel)
                return channel
            } catch let error as IOError where error.isAddressInUse {
                throw .portBusy(port)
            } catch {
                throw .cannotBind(address: "\(host):\(port)", reason: reasonText(error))
            }
        }

        /// Has the kernel put neighbours together (UDP_GRO), if it can (RT-93). It must say first where each ends, or else they could not be told
        /// apart.
        private func mergeReads(_ channel: any Channel) {
            do {
                try channel.setOption(.datagramReceiveSegmentSize, value: true).wait()
                try channel.setOption(.datagramReceiveOffload, value: true).wait()
            } catch {
                // An older kernel, or another system: one read brings one datagram.
            }
        }

        private func closeQuietly(_ channel: any Channel) {
            // Nothing is lost if it was closed already.
            channel.close(promise: nil)
        }
    }
}

/// Hands datagrams out of the pipeline.
private final class DatagramHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    private let receive: @Sendable ([UInt8], InkPrimitives.SocketAddress) -> Void
    private let receivedAll: @Sendable () -> Void

    init(receive: @escaping @Sendable ([UInt8], InkPrimitives.SocketAddress) -> Void, receivedAll: @escaping @Sendable () -> Void) {
        (self.receive, self.receivedAll) = (receive, receivedAll)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let envelope = unwrapInboundIn(data)
        guard let source = InkPrimitives.SocketAddress(envelope.remoteAddress) else { return }
        envelope.data.withUnsafeReadableBytes { bytes in
            let size = envelope.metadata?.segmentSize.flatMap { $0 > 0 ? $0 : nil } ?? bytes.count
            guard size < bytes.count else { return receive([UInt8](bytes), source) }
            for start in stride(from: 0, to: bytes.count, by: size) {
                receive([UInt8](bytes[start..<min(start + size, bytes.count)]), source)
            }
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        receivedAll()
        context.fireChannelReadComplete()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // An ICMP answer to something we sent, or a datagram that could not be read. The socket stays open: the next may be good, and
        // anybody can send ICMP.
    }
}

extension ChannelOption where Self == ChannelOptions.Types.SocketOption {
    /// The socket takes no IPv4 (RFC 3493 §5.3).
    static var v6Only: Self { .init(level: .ipv6, name: .ipv6_v6only) }
}

extension IOError {
    /// Another socket has the address.
    var isAddressInUse: Bool { errnoCode == EADDRINUSE }
}

/// Why something on the network failed, in words for a person: those of the system, or ours where it has none. No address: whoever asks knows it.
func reasonText(_ error: any Error) -> String {
    switch error {
    case let error as IOError: String(cString: strerror(error.errnoCode))
    case is HTTPParserError: "it does not speak HTTP"
    case is NIOHTTPClientUpgradeError: "it answers, but is no rendezvous"
    case let error as NIOConnectionError:
        error.connectionErrors.first.map { reasonText($0.error) } ?? (error.dnsAError ?? error.dnsAAAAError).map(reasonText) ?? "no address"
    case is SocketAddressError, is SocketAddressError.UnknownHost: "the name has no address"
    case let error as ChannelError:
        switch error {
        case .connectTimeout: "no answer"
        case .eof, .inputClosed, .outputClosed, .ioOnClosedChannel, .alreadyClosed, .inappropriateOperationForState:
            "it closed the connection"
        default: "\(error)"
        }
    case is NIOWebSocketError, is NIOWebSocketFrameAggregator.Error: "it breaks the rules of WebSocket"
    default: error.reasonOfTLS ?? "\(error)"
    }
}
