import InkCrypto
import InkPrimitives
import InkRendezvous
import InkRuntime
import InkSession
import NIOCore

/// A room as a rendezvous knows one. Its key is made anew for each who comes: each that is kept takes eight mappings of guarded memory, of which a
/// process has 65 530.
struct Room {
    let topic: Topic
    private let seed: [UInt8]

    /// - Parameter seed: 32 bytes.
    init(seed: [UInt8]) {
        self.seed = seed
        var generator = SecretGenerator(seed: seed)
        guard let topic = Topic(Blake2b.hash256(SigningKey(seed: generator.secret()).author.bytes)) else {
            preconditionFailure("a topic has 32 bytes")
        }
        self.topic = topic
    }

    var key: SigningKey {
        var generator = SecretGenerator(seed: seed)
        return SigningKey(seed: generator.secret())
    }
}

/// One that is connected to a rendezvous and in a topic, and comes back as programs do when the connection is lost (RV-9). On its loop.
///
///     resting ──pause──▶ connecting ──welcome, proof──▶ in ──lost──▶ resting
final class Visitor {
    /// Where it goes and from where.
    struct Way {
        let rendezvous: Invite.Host
        let from: InkPrimitives.SocketAddress
        let trust: TLSTrust?
    }

    /// What its crowd is told.
    enum News {
        case isIn
        /// It was in.
        case isOut
        /// It was not let in, or did not get there.
        case failed(String)
        case frame([UInt8])
    }

    /// Its number within its topic; nil while it is not in.
    private(set) var member: UInt32?

    private let room: Room
    private let loop: any EventLoop
    private var random: SplitMix64
    private var pause = Backoff(first: RendezvousClient.reconnectFirst, limit: RendezvousClient.reconnectLimit)
    private var inSince: NIODeadline?
    private var isLeaving = false
    private let tell: (News) -> Void
    private var connector: RendezvousConnector?

    /// - Parameters:
    ///   - seed: of its pauses.
    init(to way: Way, room: Room, seed: UInt64, loop: any EventLoop, tell: @escaping (News) -> Void) {
        (self.room, self.loop, self.tell) = (room, loop, tell)
        random = SplitMix64(seed: seed)
        let (host, to) = (way.rendezvous, InkPrimitives.SocketAddress("\(way.rendezvous)"))
        connector = RendezvousConnector(
            host: host, loop: loop, clock: .system, tls: way.trust, from: way.from,
            find: { _, loop in loop.makeSucceededFuture(to.map { [$0] } ?? []) },
            opened: { _ in },
            received: { [weak self] in self?.hear($0) },
            receivedFrame: { [weak self] in self?.tell(.frame($0)) },
            closed: { [weak self] in self?.lost($0) })
        connector?.setLiveness(interval: RendezvousClient.watchAtRest, patience: RendezvousClient.watchPatience)
    }

    func come() { connector?.connect() }

    /// Goes, and comes back after a pause as who has lost it.
    func go() {
        isLeaving = true
        connector?.disconnect(reason: "leaving")
    }

    func shutDown() {
        connector?.shutDown()
        connector = nil
    }

    /// Has a datagram carried to members of its topic. Only while it is in.
    func send(_ datagram: [UInt8], to members: [UInt32]) {
        guard let member else { return }
        connector?.send(frame: RelayFrame.ToServer(sender: member, receivers: members, datagram: datagram).encoded)
    }

    private func hear(_ message: ServerMessage) {
        switch message {
        case .welcome(let nonce, _, _, _, _):
            let key = room.key
            let proof = key.sign(Signalling.joinProof(topic: room.topic, nonce: nonce))
            connector?.send(.join(topic: room.topic, key: key.author, signature: proof))
        case .joined(_, let member, _):
            (self.member, inSince) = (member, .now())
            tell(.isIn)
        case .refused(let why): tell(.failed("\(why)"))
        case .envelope, .mailbox: break
        }
    }

    private func lost(_ reason: String) {
        guard connector != nil else { return }
        if let since = inSince {
            if NIODeadline.now() - since >= .nanoseconds(RendezvousClient.settledAfter.nanoseconds) { pause.reset() }
            tell(.isOut)
        } else if !isLeaving {
            tell(.failed(reason))
        }
        (member, inSince, isLeaving) = (nil, nil, false)
        let bound = NIOLoopBound(self, eventLoop: loop)
        loop.scheduleTask(in: .nanoseconds(pause.next(using: &random).nanoseconds)) { bound.value.come() }
    }
}
