import InkBoard
import InkCrypto
import InkPrimitives
import InkSimulator
import InkTransport

@testable import InkSession

/// A program that was changed: it comes in as its person may, and then sends whatever it likes to one member of the room.
struct PatchedMember {
    let key: SigningKey
    let address: SocketAddress
    private var endpoint: Endpoint
    private var connection: ConnectionID?
    private(set) var isWelcome = false
    private(set) var isRefused = false
    /// Names of the transactions that it was brought.
    private(set) var brought: Set<TransactionName> = []

    /// - Parameter number: from 10 on, and of nobody else here.
    init(_ key: SigningKey, number: Int, in pipes: PerfectPipes) {
        (self.key, address) = (key, PerfectPipes.address(number))
        var random = SecretGenerator(seed: PerfectPipes.seedBytes(UInt8(number)))
        let staticKey = StaticKey(secret: random.secret())
        endpoint = Endpoint(
            Endpoint.Configuration(
                salt: PeerSalt(using: &random), keys: RoomKeys(roomSecret: pipes.secret), staticKey: staticKey,
                certificate: .make(signing: key, staticKey: staticKey), seed: random.secret()))
    }

    mutating func dial(_ member: Int, now: Instant) {
        endpoint.dial(attempt: Array(repeating: 9, count: 16), remote: nil, addresses: [PerfectPipes.address(member)], now: now)
    }

    mutating func say(_ message: SessionMessage, now: Instant) {
        if let connection { endpoint.send(message.encode(), lane: .control, on: connection, now: now) }
    }

    mutating func send(_ transaction: Transaction, lane: Lane, now: Instant) {
        if let connection { endpoint.send(transaction.encoded, lane: lane, stream: 1, on: connection, now: now) }
    }

    mutating func show(_ presence: PresencePacket, now: Instant) {
        if let connection { _ = endpoint.sendPresence(presence.bytes, on: connection, now: now) }
    }

    /// Exchanges datagrams with the room, in steps of two milliseconds.
    mutating func run(_ span: Duration, in pipes: inout PerfectPipes) {
        let end = pipes.now + span
        while pipes.now < end {
            endpoint.handleTimeout(now: pipes.now)
            for datagram in pipes.takeStray() where datagram.to == address {
                endpoint.receive(datagram.bytes, from: datagram.from, now: pipes.now)
            }
            while let output = endpoint.nextOutput() {
                switch output {
                case .transmit(let bytes, .direct(let to), _): pipes.send(bytes, from: address, to: to)
                case .established(let connection, _): self.connection = connection
                case .message(let bytes, .control, _, _): if bytes == SessionMessage.welcome.encode() { isWelcome = true }
                case .message(let bytes, _, _, _):
                    if let transaction = try? Transaction(decoding: bytes) { brought.insert(transaction.name) }
                case .closed(_, .notAdmitted): isRefused = true
                default: break
                }
            }
            _ = pipes.run(.milliseconds(2))
        }
    }

    /// Signs writes without asking anybody whether it may.
    ///
    /// - Parameters:
    ///   - right: the one that the transaction names.
    ///   - board: what it is to come after.
    func sign(_ writes: [Write], under right: TransactionName, after board: Board) throws -> Transaction {
        try board.forge(writes, by: key, under: right)
    }
}
