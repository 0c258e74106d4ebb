import InkCrypto
import InkPrimitives
import InkTransport

/// Two endpoints on a line where the input does as it likes: it loses, doubles, holds back, cuts, bends and mirrors what goes over it, handshake and all.
///
/// Each two bytes are one deed: what, and to what. Messages of both come whole, once and in order, or the connection ends; nobody is busy without end.
final class LinkPair {
    private var ends: [Endpoint] = []
    private var sessions: [ConnectionID?] = [nil, nil]
    private var now = Instant.zero
    /// On the line, with the end that each goes to.
    private var flying: [(bytes: [UInt8], to: Int)] = []
    /// The number that the next message of each end must have; each session counts anew.
    private var awaited: [UInt8] = [0, 0]
    private var next: [UInt8] = [0, 0]
    private var delivered = 0

    /// What lies on the line at most.
    private static let flyingMax = 64

    init(_ room: RoomKeys) {
        for index in 0..<2 {
            let key = { (byte: Int) in Secret32([UInt8](repeating: UInt8(byte + index), count: 32)) ?? .random() }
            let (signing, staticKey) = (SigningKey(seed: key(100)), StaticKey(secret: key(50)))
            var generator = SecretGenerator(seed: key(150))
            ends.append(
                Endpoint(
                    Endpoint.Configuration(
                        salt: PeerSalt(using: &generator), keys: room, staticKey: staticKey,
                        certificate: .make(signing: signing, staticKey: staticKey), seed: key(200))))
        }
    }

    /// Runs the input. True if messages came through.
    func run(_ input: [UInt8]) -> Bool {
        ends[0].dial(attempt: [UInt8](repeating: 5, count: Endpoint.attemptCount), remote: nil, addresses: [Self.address(1)], now: now)
        drain(0)
        var deeds = input.prefix(400)[...]
        while let what = deeds.popFirst() { act(what, deeds.popFirst() ?? 0) }
        return delivered > 0
    }

    private static func address(_ index: Int) -> SocketAddress { SocketAddress(ip: .v4(0x0A00_0001 + UInt32(index)), port: 4000) }

    private func act(_ what: UInt8, _ how: UInt8) {
        let place = flying.isEmpty ? nil : Int(how) % flying.count
        switch (what & 15, place) {
        case (0..<5, _?): deliver(flying.removeFirst())
        case (5, let place?): deliver(flying.remove(at: place))
        case (6, let place?): flying.remove(at: place)
        case (7, let place?): deliver(flying[place])
        case (8, let place?):
            let at = Int(what >> 4) * 75 % max(1, flying[place].bytes.count)
            if !flying[place].bytes.isEmpty { flying[place].bytes[at] ^= how | 1 }
        case (9, let place?): flying[place].bytes.removeLast(min(flying[place].bytes.count, 1 + Int(what >> 4)))
        case (10, let place?): deliver((flying[place].bytes, 1 - flying[place].to))
        case (11, let place?):
            // The head of one, the tail of another.
            let other = flying[(place + 1) % flying.count].bytes
            flying[place].bytes.replaceSubrange(min(Int(how), flying[place].bytes.count)..., with: other.dropFirst(Int(how)))
        case (12, _): say(Int(how) & 1)
        case (13, _): pass(.milliseconds(Int(how)))
        case (14, _): pass(.milliseconds(20))
        default: pass(.seconds(Int(how) & 31))
        }
    }

    private func say(_ end: Int) {
        guard let session = sessions[end] else { return }
        ends[end].send([next[end], 1, 2, 3], lane: .ops, on: session, now: now)
        ends[end].sendPresence([next[end]], on: session, now: now)
        next[end] &+= 1
        drain(end)
    }

    private func pass(_ span: Duration) {
        now += span
        for end in 0..<2 {
            var turns = 0
            while let deadline = ends[end].deadline, deadline <= now {
                turns += 1
                precondition(turns < 100, "an endpoint is due again and again at one time")
                ends[end].handleTimeout(now: now)
                drain(end)
            }
        }
    }

    private func deliver(_ datagram: (bytes: [UInt8], to: Int)) {
        ends[datagram.to].receive(datagram.bytes, from: Self.address(1 - datagram.to), now: now)
        drain(datagram.to)
    }

    private func drain(_ end: Int) {
        while let output = ends[end].nextOutput() {
            switch output {
            case .transmit(let bytes, _, _): if flying.count < Self.flyingMax { flying.append((bytes, 1 - end)) }
            case .established(let id, _): (sessions[end], next[end], awaited[end]) = (id, 0, 0)
            case .closed(let id, _): if sessions[end] == id { sessions[end] = nil }
            case .message(let bytes, _, _, let id):
                precondition(
                    sessions[end] == id && bytes == [awaited[end], 1, 2, 3], "a message came twice, late or otherwise than it was sent")
                awaited[end] &+= 1
                delivered += 1
            case .presence(let bytes, _): precondition(bytes.count == 1, "presence came otherwise than it was sent")
            default: break
            }
        }
    }
}
