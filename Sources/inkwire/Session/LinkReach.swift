import InkConnectivity
import InkPrimitives
import InkRuntime
import InkSession

/// How far a link leads, for who gives it to somebody (CL-44).
enum LinkReach {
    /// - Parameter isOwn: the rendezvous is that of this program.
    static func words(of invite: Invite, isOwn: Bool) -> String {
        let spaces = invite.rendezvous.map(space) + invite.direct.map { AddressSpace($0.ip) }
        guard !spaces.allSatisfy({ $0 == .loopback }) else { return "It works on this machine only." }
        if let host = invite.rendezvous.first(where: { space($0) == .global }), !isOwn {
            return "It works wherever \(host) can be reached."
        }
        guard spaces.contains(.global), isOwn || invite.rendezvous.isEmpty else {
            return "It works in this network only; for elsewhere open the board with --rendezvous."
        }
        return
            "It works in this network, and where this machine's addresses can be reached; for elsewhere open the board with --rendezvous."
    }

    /// A name may lead anywhere, but for those of this machine and of its network.
    private static func space(_ host: Invite.Host) -> AddressSpace {
        if host.isLoopback { return .loopback }
        if let ip = IPAddress(host.name) { return AddressSpace(ip) }
        return host.name.lowercased().hasSuffix(".local") ? .privateUse : .global
    }
}
