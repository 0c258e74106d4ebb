import InkBoard
import InkCrypto
import InkPrimitives
import InkSession

/// A board in memory and the people at it: real nodes, whose disks are memory and whose lines lose nothing. For front ends and their tests.
///
/// *Give an input; take the events of whom it concerns; call `advance` no later than `deadline`.* With lines that take no time, what one
/// person does is at the others when the call returns.
package struct LocalBoard: Sendable {
    private struct Member: Sendable {
        var node: Node
        let address: SocketAddress
        var events: [Event] = []
    }

    private var members: [Member] = []
    private var datagrams: [(at: Instant, to: SocketAddress, from: SocketAddress, bytes: [UInt8])] = []
    private let genesis: Transaction
    private let secret: Secret32

    /// Why the disk of the first person takes nothing; nil while it does.
    package var diskRefuses: String?
    /// How long a datagram is under way.
    package var delay = Duration.zero

    /// A board of one person, that holds what is drawn on it.
    ///
    /// - Parameter seed: where keys and jitter come from.
    package init(name: String, owner: String, seed: UInt8 = 7, drawn: [ShapeDraft] = [], now: Instant) throws {
        var secrets = SecretGenerator(seed: [UInt8](repeating: seed, count: 32))
        let identity = SigningKey(seed: secrets.secret())
        genesis = try Board.makeGenesis(owner: identity, name: name, wallTime: 0, nonce: secrets.bytes(16))
        secret = secrets.secret()
        add(owner, identity, &secrets, now: now)
        if !drawn.isEmpty { handle(.intent(.drawAll(drawn), ref: nil), now: now) }
    }

    /// Somebody comes: known to the others when the call returns, where lines take no time. Their number.
    @discardableResult
    package mutating func join(_ name: String, now: Instant) -> Int {
        var secrets = SecretGenerator(seed: [UInt8](repeating: UInt8(100 + members.count), count: 32))
        add(name, SigningKey(seed: secrets.secret()), &secrets, now: now)
        return members.count - 1
    }

    private mutating func add(_ name: String, _ identity: SigningKey, _ secrets: inout SecretGenerator, now: Instant) {
        let index = members.count
        let node = Node(
            Node.Configuration(
                identity: identity, staticKey: StaticKey(secret: secrets.secret()), roomSecret: secret,
                boardID: BoardID(genesis.name.bytes) ?? .zero, genesis: index == 0 ? genesis : nil, displayName: name,
                directAddresses: index == 0 ? [] : [Self.address(0)]),
            seed: secrets.secret(), now: now)
        members.append(Member(node: node, address: Self.address(index)))
        handle(.timeout, by: index, now: now)
    }

    private static func address(_ index: Int) -> SocketAddress { SocketAddress(ip: .v4(0x0A00_0001 + UInt32(index)), port: 4000) }

    /// What one person's node knows.
    package func node(_ index: Int = 0) -> Node { members[index].node }

    /// The standing shapes, bottom first.
    package var shapes: [Shape] { members[0].node.board?.shapes ?? [] }

    /// Gives a node an input and plays its world.
    package mutating func handle(_ input: Node.Input, by index: Int = 0, now: Instant) {
        give(input, to: index, now: now)
        deliver(now: now)
    }

    /// Lets time pass.
    package mutating func advance(now: Instant) {
        for index in members.indices {
            if let deadline = members[index].node.deadline, deadline <= now { give(.timeout, to: index, now: now) }
        }
        deliver(now: now)
    }

    /// When `advance` is to be called.
    package var deadline: Instant? {
        members.reduce(datagrams.map(\.at).min()) { earliest($0, $1.node.deadline) }
    }

    /// What a node told its front end since the last call.
    package mutating func takeEvents(of index: Int = 0) -> [Event] {
        defer { members[index].events = [] }
        return members[index].events
    }

    /// Brings what has arrived to whom it is for, in the order in which it was sent, and what comes of it.
    private mutating func deliver(now: Instant) {
        while let next = datagrams.indices.first(where: { datagrams[$0].at <= now }) {
            let datagram = datagrams.remove(at: next)
            guard let index = members.firstIndex(where: { $0.address == datagram.to }) else { continue }
            give(.datagram(datagram.bytes, from: datagram.from), to: index, now: now)
        }
    }

    /// Gives one input, and what disk and checks answer at once.
    private mutating func give(_ input: Node.Input, to index: Int, now: Instant) {
        var inputs = Queue<Node.Input>()
        inputs.append(input)
        while let input = inputs.popFirst() {
            members[index].node.handle(input, now: now)
            while let output = members[index].node.nextOutput() {
                switch output {
                case .event(let event, let audience): if audience.includes(.holder) { members[index].events.append(event) }
                case .persist(let batch, _):
                    let refusal = index == 0 ? diskRefuses : nil
                    inputs.append(refusal.map { .persistFailed(batch, reason: $0) } ?? .persisted(batch))
                case .verify(let batch, let transactions): inputs.append(.verified(batch, transactions.map(\.hasValidSignature)))
                case .transmit(let bytes, let to):
                    datagrams.append((now + delay, to, members[index].address, bytes))
                case .call, .answerCall, .rendezvousSend, .rendezvousFrame, .rendezvousConnect, .rendezvousDisconnect, .rendezvousLiveness,
                    .rendezvousProbe,
                    .keys:
                    break
                }
            }
        }
    }
}
