import CInkSystem
import InkPrimitives
import NIOCore
import NIOPosix

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Sends datagrams from a channel's socket, straight to the system.
///
/// NIO closes a datagram channel for good when the system refuses to send: no route while the network is away, a firewall's no, an address
/// that is a broadcast. For us such a datagram is lost and the next may do better (RT-10). What finds no room in the system's buffer is for the
/// caller: an answer is lost as it would be at a router further on, and trains wait in a `DatagramOutbox`. Used on the channel's loop only.
final class DatagramSender: @unchecked Sendable {
    private let channel: any Channel
    // Read and written on the loop. Nil once the channel is closed: the number may name another file then.
    private var socket: NIOBSDSocket.Handle?

    var loop: any EventLoop { channel.eventLoop }

    /// Call on the channel's loop.
    ///
    /// - Throws: if the channel is closed already.
    init(_ channel: any Channel) throws {
        self.channel = channel
        socket = try channel.pipeline.syncOperations.withUnsafeTransportIfAvailable { (handle: NIOBSDSocket.Handle) in handle }
        guard socket != nil else { throw ChannelError.operationUnsupported }
        channel.closeFuture.whenComplete { [self] _ in socket = nil }
    }

    /// - Parameter source: an address of this machine, of the socket's family, that it comes from; nil leaves that to the system.
    /// - Returns: true if the system took it.
    func send(_ bytes: [UInt8], to address: NIOCore.SocketAddress, from source: NIOCore.SocketAddress? = nil) -> Bool {
        guard let socket else { return false }
        return address.withSockAddr { pointer, size in
            bytes.withUnsafeBytes { buffer in
                while true {
                    let count =
                        source?.withSockAddr { from, _ in
                            ink_send_from(socket, buffer.baseAddress, buffer.count, pointer, socklen_t(size), from)
                        } ?? sendto(socket, buffer.baseAddress, buffer.count, 0, pointer, socklen_t(size))
                    if count >= 0 { return true }
                    guard errno == EINTR else { return false }
                }
            }
        }
    }

    /// Sends trains (`ink_send_trains`).
    ///
    /// - Returns: how many the system took whole; or -errno of the first.
    func send(_ bytes: UnsafePointer<UInt8>?, _ trains: UnsafeBufferPointer<ink_train>) -> Int {
        guard let socket else { return -Int(EBADF) }
        return Int(ink_send_trains(socket, bytes, trains.baseAddress, trains.count))
    }

    /// True if the kernel splits what is sent into datagrams of one size.
    var merges: Bool { socket.map { ink_merges_datagrams($0) != 0 } ?? false }

    /// - Returns: true if the system does so.
    func setDontFragment(_ isOn: Bool, isV6: Bool) -> Bool {
        socket.map { ink_set_dont_fragment($0, isV6 ? 1 : 0, isOn ? 1 : 0) == 0 } ?? false
    }

    /// The value of an option of the socket.
    func option(_ option: ChannelOptions.Types.SocketOption) -> EventLoopFuture<Int> { channel.getOption(option) }

    func close() -> EventLoopFuture<Void> {
        socket = nil
        return channel.close()
    }
}
