import InkPrimitives

/// How we stand with each rendezvous of the list, and what of it the person is told: connected while one of them answers, unreachable once none
/// does and each has been tried (RV-26).
struct RendezvousStanding: Sendable {
    private enum Place: Sendable {
        case trying
        case open(Open)
        /// `reason` names the rendezvous.
        case lost(reason: String)
    }

    private struct Open: Sendable {
        var address: SocketAddress
        /// Of the same host, in the other family.
        var others: [SocketAddress] = []
        var stunPort: UInt16?

        var stunServers: [SocketAddress] {
            guard let stunPort else { return [] }
            return ([address] + others).map { SocketAddress(ip: $0.ip, port: stunPort) }
        }
    }

    private var places: [Place]

    init(count: Int) { places = Array(repeating: .trying, count: count) }

    mutating func connected(to address: SocketAddress, at place: Int) { places[place] = .open(Open(address: address)) }

    mutating func closed(reason: String, at place: Int) { places[place] = .lost(reason: reason) }

    /// The welcome named a STUN service on the rendezvous' own host.
    mutating func answersSTUN(on port: UInt16, at place: Int) {
        change(place) { $0.stunPort = port }
    }

    /// Its name has these addresses. Of the other family than the one that is in use the first is asked for STUN: a name may have any number.
    mutating func hasAddresses(_ addresses: [SocketAddress], at place: Int) {
        change(place) { open in
            let ip = open.address.ip
            open.others = addresses.filter { $0.ip.isV6 != ip.isV6 && $0.ip.isLoopback == ip.isLoopback }.prefix(1).map { $0 }
        }
    }

    private mutating func change(_ place: Int, _ body: (inout Open) -> Void) {
        guard case .open(var open) = places[place] else { return }
        body(&open)
        places[place] = .open(open)
    }

    /// STUN services of those that answer, in the order of the list (RV-125).
    var stunServers: [SocketAddress] { places.indices.flatMap { stunServers(at: $0) } }

    /// Those of one of the list.
    func stunServers(at place: Int) -> [SocketAddress] {
        guard case .open(let open) = places[place] else { return [] }
        return open.stunServers
    }

    /// Addresses at which rendezvous answer.
    var addresses: [SocketAddress] {
        places.compactMap { if case .open(let open) = $0 { open.address } else { nil } }
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
