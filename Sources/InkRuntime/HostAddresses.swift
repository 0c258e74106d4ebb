import Dispatch
import InkPrimitives
import InkSession
import NIOCore

/// Names to addresses, by the system's resolver.
enum HostAddresses {
    /// Addresses of one name that are dialled: a name may have any number, and each costs a socket.
    static let countMax = 16

    /// The addresses of a host, families in turns (RT-32) as RFC 8305 §4 has it; a literal address needs no network.
    static func find(_ host: Invite.Host, on loop: any EventLoop) -> EventLoopFuture<[InkPrimitives.SocketAddress]> {
        if let ip = IPAddress(host.name) { return loop.makeSucceededFuture([InkPrimitives.SocketAddress(ip: ip, port: host.port)]) }
        let promise = loop.makePromise(of: [InkPrimitives.SocketAddress].self)
        // Not where signatures are checked: a resolver that does not answer holds its thread for half a minute.
        DispatchQueue.global().async {
            let addresses = inTurns(HostResolver.addresses(of: host).map(\.ip)).prefix(countMax)
            if addresses.isEmpty {
                promise.fail(NoAddress())
            } else {
                promise.succeed(addresses.map { InkPrimitives.SocketAddress(ip: $0, port: host.port) })
            }
        }
        return promise.futureResult
    }

    /// One of each family after the other, beginning with that of the first; each once.
    static func inTurns(_ addresses: [IPAddress]) -> [IPAddress] {
        var seen: Set<IPAddress> = []
        let unique = addresses.filter { seen.insert($0).inserted }
        guard let first = unique.first else { return [] }
        var (left, right) = (unique.filter { $0.isV6 == first.isV6 }[...], unique.filter { $0.isV6 != first.isV6 }[...])
        var mixed: [IPAddress] = []
        while !left.isEmpty || !right.isEmpty {
            if let next = left.popFirst() { mixed.append(next) }
            if let next = right.popFirst() { mixed.append(next) }
        }
        return mixed
    }
}

/// Fit for a status line, as all reasons why a rendezvous is not reached.
struct NoAddress: Error, CustomStringConvertible { let description = "the name has no address" }
