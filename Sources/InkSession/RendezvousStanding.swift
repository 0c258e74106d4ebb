import InkPrimitives

/// How we stand with each rendezvous of the list, and what of it the person is told: connected while one of them answers, unreachable once none
/// does and each has been tried.
struct RendezvousStanding: Sendable {
    private enum Place: Sendable {
        case trying
        case open(SocketAddress, stunPort: UInt16?)
        /// `reason` names the rendezvous.
        case lost(reason: String)
    }

    private var places: [Place]

    init(count: Int) { places = Array(repeating: .trying, count: count) }

    mutating func connected(to address: SocketAddress, at place: Int) { places[place] = .open(address, stunPort: nil) }

    mutating func closed(reason: String, at place: Int) { places[place] = .lost(reason: reason) }

    /// The welcome named a STUN service on the rendezvous' own host.
    mutating func answersSTUN(on port: UInt16, at place: Int) {
        if case .open(let address, _) = places[place] { places[place] = .open(address, stunPort: port) }
    }

    /// STUN services of those that answer, in the order of the list.
    var stunServers: [SocketAddress] {
        places.compactMap { place in
            guard case .open(let address, let port?) = place else { return nil }
            return SocketAddress(ip: address.ip, port: port)
        }
    }

    var status: RendezvousStatus {
        guard !places.isEmpty else { return .none }
        var reasons: [String] = []
        var isTrying = false
        for place in places {
            switch place {
            case .open: return .connected
            case .trying: isTrying = true
            case .lost(let reason): reasons.append(reason)
            }
        }
        return isTrying ? .connecting : .unreachable(reason: reasons.joined(separator: "; "))
    }
}
