import CInkSystem
import Dispatch
import InkConnectivity
import InkPrimitives
import InkRendezvous
import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// What a process says to all on its links, and hears there: one socket in each family, which all programs of the machine have beside each other
/// (RT-100).
///
/// Everything but `open` is used on one loop only, that of `begin`.
package final class LinkSockets: @unchecked Sendable {
    /// One thing that was said to the group.
    package typealias Said = (bytes: [UInt8], from: InkPrimitives.SocketAddress, interface: Int)

    /// Datagrams that one look at a socket takes; of a flood the system keeps 64 KiB, and the rest is lost (RT-101).
    private static let readsPerLook = 64
    /// Longer than a loop is held up that will run again: one that has ended takes nothing more.
    private static let patience = DispatchTimeInterval.seconds(1)

    private let sockets: [LinkSocket]
    private var sources: [any DispatchSourceRead] = []
    private var isClosed = false
    private var receive: ([Said]) -> Void = { _ in }
    /// Where the group was joined: interfaces, by family.
    private var joined: [[Int]]

    private init(_ sockets: [LinkSocket]) {
        self.sockets = sockets
        joined = sockets.map { _ in [] }
    }

    /// Opens the sockets, of the families that the machine has (RT-100). Nothing is heard before `begin`.
    package static func open() throws(SocketError) -> LinkSockets {
        var (open, reason): ([LinkSocket], Int32) = ([], 0)
        for isV6 in [false, true] {
            let descriptor = LinkSocket.group(isV6: isV6).withUnsafeBufferPointer {
                ink_link_listen(isV6 ? 1 : 0, $0.baseAddress, LinkGroup.port)
            }
            if descriptor >= 0 { open.append(LinkSocket(descriptor: descriptor, isV6: isV6)) } else { reason = -descriptor }
        }
        guard !open.isEmpty else {
            throw .cannotBind(address: "UDP port \(LinkGroup.port)", reason: String(cString: strerror(reason)))
        }
        return LinkSockets(open)
    }

    /// Begins to hear.
    ///
    /// - Parameter receive: called on the loop with what one look brings.
    package func begin(on loop: any EventLoop, receive: @escaping ([Said]) -> Void) {
        self.receive = receive
        let weak = Weak(sockets: self)
        let queue = DispatchQueue(label: "inkwire links")
        for socket in sockets {
            let source = DispatchSource.makeReadSource(fileDescriptor: socket.descriptor, queue: queue)
            source.setEventHandler {
                let said = socket.read(most: Self.readsPerLook)
                guard !said.isEmpty else { return }
                // The next look waits for the loop: of a flood nothing may gather between the two.
                let isTaken = DispatchSemaphore(value: 0)
                loop.execute {
                    weak.sockets?.heard(said)
                    isTaken.signal()
                }
                _ = isTaken.wait(timeout: .now() + Self.patience)
            }
            source.setCancelHandler { socket.close() }
            source.activate()
            sources.append(source)
        }
    }

    private func heard(_ said: [Said]) { if !isClosed { receive(said) } }

    /// Joins the group on these links, and leaves it on all others (RT-103).
    package func follow(_ addresses: [LocalAddress]) {
        guard !isClosed else { return }
        for (index, socket) in sockets.enumerated() {
            var wanted: [Int] = []
            for address in addresses where address.address.ip.isV6 == socket.isV6 && !wanted.contains(address.interface) {
                wanted.append(address.interface)
            }
            // An interface that has gone took its membership with it.
            for interface in joined[index] where !wanted.contains(interface) { _ = socket.join(interface, joins: false) }
            // One that came back under its number has to be joined anew, and one where we are says that we are.
            joined[index] = wanted.filter { socket.join($0, joins: true) }
        }
    }

    /// Says it to all on a link. What the system does not take is lost, as anything on a link may be.
    package func call(_ bytes: [UInt8], from ip: IPAddress, interface: Int) {
        guard !isClosed else { return }
        sockets.first { $0.isV6 == ip.isV6 }?.call(bytes, from: ip, interface: interface)
    }

    /// Says it to one, from a port of its own.
    package func answer(_ bytes: [UInt8], to address: InkPrimitives.SocketAddress) {
        guard !isClosed, let socket = LinkSocket.asking(isV6: address.ip.isV6) else { return }
        socket.send(bytes, to: address)
        socket.close()
    }

    package func close() {
        guard !isClosed else { return }
        isClosed = true
        if sources.isEmpty { for socket in sockets { socket.close() } }
        for source in sources { source.cancel() }
    }

    deinit { close() }

    private struct Weak: Sendable {
        weak let sockets: LinkSockets?
    }
}
