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
    /// Nothing on the way may split what is sent now.
    private var isKeptWhole = false

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
        guard let socket, keepWhole(bytes.count > Limits.datagramBytes, isV6: address.protocol == .inet6) else { return false }
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

    /// Sends trains (`ink_send_trains`), up to where longer or shorter datagrams than those at the beginning must be kept whole.
    ///
    /// - Returns: how many the system took whole; or -errno of the first.
    func send(_ bytes: UnsafePointer<UInt8>?, _ trains: UnsafeBufferPointer<ink_train>) -> Int {
        guard let socket, let first = trains.first else { return -Int(EBADF) }
        guard keepWhole(first.isLong, isV6: first.is_six != 0) else { return -Int(EMSGSIZE) }
        let count = trains.firstIndex { $0.isLong != first.isLong } ?? trains.count
        return Int(ink_send_trains(socket, bytes, trains.baseAddress, count))
    }

    /// True if the kernel splits what is sent into datagrams of one size.
    var merges: Bool { socket.map { ink_merges_datagrams($0) != 0 } ?? false }

    /// What is longer than every path carries shows how much this one does, and so must not be split (RT-30).
    ///
    /// - Returns: false where it might be: then it counts as lost.
    private func keepWhole(_ isWhole: Bool, isV6: Bool) -> Bool {
        guard let socket, isWhole != isKeptWhole else { return true }
        guard ink_keep_whole(socket, isV6 ? 1 : 0, isWhole ? 1 : 0) == 0 else { return !isWhole }
        isKeptWhole = isWhole
        return true
    }

    /// The value of an option of the socket.
    func option(_ option: ChannelOptions.Types.SocketOption) -> EventLoopFuture<Int> { channel.getOption(option) }

    func close() -> EventLoopFuture<Void> {
        socket = nil
        return channel.close()
    }
}

extension ink_train {
    /// It shows how much a path carries (RT-144).
    fileprivate var isLong: Bool { Int(segment) > Limits.datagramBytes }
}
