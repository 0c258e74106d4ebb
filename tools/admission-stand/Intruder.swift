import InkBoard
import InkCrypto
import InkPrimitives
import InkSession
import InkTransport

/// A stranger's program: it dials, says its words, and notes all that it hears.
struct Intruder {
    let attempt: Attempt?
    let address: SocketAddress
    private(set) var endpoint: Endpoint
    private(set) var heard = Heard()
    private var words: [[UInt8]]
    /// When it gives up: after its session has ended it listens for half a second.
    private(set) var until: Instant

    /// What came of the room.
    struct Heard {
        /// Sessions that there were, and that were closed as not admitted.
        var sessions = 0
        var refusals = 0
        /// Messages that only members may hear: genesis and whatever is neither `hello`, nor the question for a chain.
        var content = 0
        /// It was told that it may be there.
        var isWelcome = false
        /// Bytes of datagrams sent, and that came back.
        var sent = 0
        var received = 0
    }

    /// - Parameters:
    ///   - attempt: nil for one that comes by an invite that stands, and is to be let in.
    ///   - replayed: the claim of an honest device.
    init(
        _ attempt: Attempt?, number: Int, room: AdmissionRoom, replaying replayed: InviteClaim, from address: SocketAddress,
        to besieged: SocketAddress, using random: inout SecretGenerator, now: Instant
    ) {
        (self.attempt, self.address) = (attempt, address)
        until = now + .seconds(11)
        let device = attempt?.device(in: room, number: number, using: &random) ?? SigningKey(seed: random.secret())
        let staticKey = StaticKey(secret: random.secret())
        endpoint = Endpoint(
            Endpoint.Configuration(
                salt: PeerSalt(using: &random),
                keys: attempt?.keys(of: room, using: &random) ?? RoomKeys(roomSecret: room.secret), staticKey: staticKey,
                certificate: .make(signing: device, staticKey: staticKey), seed: random.secret()))
        let claim = InviteClaim(of: device.author, to: room.id, by: room.open.invite, key: SigningKey(seed: room.open.seed))
        words =
            attempt?.words(in: room, of: device, replaying: replayed, using: &random)
            ?? [SessionMessage.claim(claim).encode(), SessionMessage.hello(hasGenesis: false).encode()]
        endpoint.dial(attempt: random.bytes(Endpoint.attemptCount), remote: nil, addresses: [besieged], now: now)
    }

    /// What it sends.
    mutating func drain(now: Instant) -> [[UInt8]] {
        var datagrams: [[UInt8]] = []
        while let output = endpoint.nextOutput() {
            switch output {
            case .transmit(let bytes, _, _):
                heard.sent += bytes.count
                datagrams.append(bytes)
            case .established(let connection, _):
                heard.sessions += 1
                for word in words { endpoint.send(word, lane: .control, on: connection, now: now) }
                if attempt == .roomFirst { endpoint.send(Array(repeating: 7, count: 300), lane: .ops, stream: 1, on: connection, now: now) }
            case .message(let bytes, .control, _, _): take(bytes)
            case .message, .presence: heard.content += 1
            case .closed(_, let reason):
                if reason == .notAdmitted { heard.refusals += 1 }
                until = min(until, now + .milliseconds(500))
            default: break
            }
        }
        return datagrams
    }

    mutating func receive(_ datagram: [UInt8], from source: SocketAddress, now: Instant) {
        heard.received += datagram.count
        endpoint.receive(datagram, from: source, now: now)
    }

    mutating func handleTimeout(now: Instant) { endpoint.handleTimeout(now: now) }

    private mutating func take(_ bytes: [UInt8]) {
        switch try? SessionMessage(decoding: bytes) {
        case .hello, .askChain: break
        // Who was removed is shown by what (SE-187).
        case .removal where attempt == .revoked: break
        case .welcome:
            heard.isWelcome = true
            heard.content += 1
        default: heard.content += 1
        }
    }
}
