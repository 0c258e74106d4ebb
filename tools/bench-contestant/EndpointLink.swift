import InkCrypto
import InkPrimitives
import InkTransport

/// Where an endpoint's packets go.
protocol Carrier {
    /// Takes a packet, at the latest to send it at the next `flush`.
    mutating func write(_ packet: [UInt8], to address: SocketAddress)
    mutating func flush()
}

/// An `Endpoint` with one connection, as a link; driven by the contract of all state machines: one input, drain, come back at `deadline`.
///
/// A value, and so is its holder: an endpoint that is read as the property of an object is copied first, with all that it refers to.
struct EndpointLink<Way: Carrier>: Link {
    var endpoint: Endpoint
    var way: Way
    private var id: ConnectionID?
    private let lane: Lane
    /// Bytes that the peer has not acknowledged, as of the last drain, and what was given since.
    private var pending = 0
    private var given = 0
    private var now: Instant
    /// When the workload wants its next turn, of `Clock`; nil if that is up to what comes.
    private(set) var wakeAt: UInt64? = 0
    private(set) var failure: String?
    /// The bulk lane is kept as full as a session keeps it, beside whatever the workload sends.
    private let hasBulkBeside: Bool

    private static var besideMax: Int { 256 << 10 }
    private static var filler: [UInt8] { [UInt8](repeating: 0x58, count: 1024) }

    /// So much as waits to leave, and what the line carries in a round trip: what limits is to be the link.
    private var pendingMax = Self.waitingMax
    private static var waitingMax: Int { 1 << 20 }
    /// When the line was looked at last.
    private var lookedAt = Instant.distantPast
    private static var lookPause: Duration { .milliseconds(10) }
    private static var longWay: Duration { .milliseconds(10) }

    init(_ options: Options, way: Way, now: Instant) throws(Options.UsageError) {
        (self.way, self.now) = (way, now)
        lane = options.work == .stream && !options.with.contains("ops") ? .bulk : .ops
        hasBulkBeside = options.with.contains("beside") && !options.isServer
        let (own, other) = (Person(isServer: options.isServer), Person(isServer: !options.isServer))
        endpoint = Endpoint(
            Endpoint.Configuration(
                salt: own.salt, keys: RoomKeys(roomSecret: Person.secret(7)), staticKey: own.staticKey, certificate: own.certificate,
                seed: .random()))
        if options.with.contains("idle") { endpoint.setActivity(.idle) }
        let attempt = [UInt8](repeating: 5, count: Endpoint.attemptCount)
        // As a rendezvous would have announced it; a bare address costs a cookie's round trip.
        let isDirect = options.with.contains("direct")
        if !options.isServer {
            endpoint.dial(attempt: attempt, remote: isDirect ? nil : other.peerID, addresses: [try options.address], now: now)
        } else if !isDirect {
            endpoint.expect(attempt: attempt, remote: other.peerID, addresses: [], now: now)
        }
    }

    var isConnected: Bool { id != nil }
    var isDelivered: Bool { pending + given == 0 }

    mutating func send(_ message: UnsafeRawBufferPointer) -> Bool {
        guard let id else { return true }
        guard pending + given + message.count <= pendingMax else { return false }
        endpoint.send([UInt8](message), lane: lane, on: id, now: now)
        given += message.count
        return true
    }

    /// When to come back: the endpoint's deadline, on its clock.
    var deadline: Instant? { endpoint.deadline }

    mutating func receive(_ datagram: [UInt8], from source: SocketAddress, now: Instant) {
        self.now = now
        endpoint.receive(datagram, from: source, now: now)
    }

    /// The workload's turn and all that follows from it and from what came.
    mutating func run(_ workload: inout Workload, now: Instant) {
        self.now = now
        if endpoint.deadline.map({ $0 <= now }) ?? false { endpoint.handleTimeout(now: now) }
        drain(&workload)
        wakeAt = workload.turn(&self, now: Clock.now)
        if hasBulkBeside { refill() }
        drain(&workload)
    }

    private mutating func refill() {
        guard let id else { return }
        let filler = Self.filler
        while pending + given < Self.besideMax {
            endpoint.send(filler, lane: .bulk, on: id, now: now)
            given += filler.count
        }
    }

    private mutating func drain(_ workload: inout Workload) {
        while let output = endpoint.nextOutput() {
            switch output {
            case .transmit(let packet, over: .direct(let address), _): way.write(packet, to: address)
            case .message(let message, _, _, _):
                if message.withUnsafeBytes({ workload.receive($0) }) { wakeAt = workload.turn(&self, now: Clock.now) }
            case .established(let id, _): self.id = id
            case .closed(_, let reason): failure = "closed: \(reason)"
            case .attemptFailed: failure = "nobody answered"
            default: break
            }
        }
        way.flush()
        given = 0
        guard let id else { return }
        pending = endpoint.pendingBytes(on: id)
        guard now >= lookedAt + Self.lookPause, let line = endpoint.line(of: id) else { return }
        lookedAt = now
        // On a machine alone what is on the line is soon there, and what waits beside it only leaves the caches.
        let roundTrip = line.roundTrip ?? .zero
        guard roundTrip >= Self.longWay else { return }
        pendingMax = Self.waitingMax + Int((line.deliveryRate ?? 0) * roundTrip.milliseconds / 1000)
    }
}

/// Who an end of the bench is; both know each other.
private struct Person {
    let salt: PeerSalt
    let staticKey: StaticKey
    let certificate: DeviceCertificate

    init(isServer: Bool) {
        guard let salt = PeerSalt([UInt8](repeating: isServer ? 2 : 1, count: PeerSalt.byteCount)) else {
            preconditionFailure("a salt has \(PeerSalt.byteCount) bytes")
        }
        self.salt = salt
        staticKey = StaticKey(secret: Self.secret(isServer ? 51 : 50))
        certificate = .make(signing: SigningKey(seed: Self.secret(isServer ? 101 : 100)), staticKey: staticKey)
    }

    var peerID: PeerID { salt.peer(of: certificate.author) }

    static func secret(_ byte: UInt8) -> Secret32 {
        guard let secret = Secret32([UInt8](repeating: byte, count: 32)) else { preconditionFailure("a secret has 32 bytes") }
        return secret
    }
}
