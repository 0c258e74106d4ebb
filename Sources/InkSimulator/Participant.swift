import InkBoard
import InkCrypto
import InkPrimitives
import InkSession

/// One device: its keys, its disk, the person at it, and the process that runs now, if one does.
struct Participant {
    let signing: SigningKey
    let staticKey: StaticKey
    let name: String
    var disk = SimulatedDisk()
    var person: Person
    /// The process; nil while it is down.
    var node: Node?
    /// Counts processes; what was scheduled for an earlier one is void.
    var process = 0
    /// The socket of the process.
    var address: SocketAddress
    /// What stands between it and the others.
    var nat: NAT?
    /// Where the others see it.
    var outerIP: IPAddress { nat?.ip ?? address.ip }
    /// Networks that it was in besides its first.
    var moves: UInt32 = 0
    /// What the process's clock shows when the world's shows zero.
    var clockOffset: Duration = .zero
    /// How far the wall clock is wrong, milliseconds.
    var wallSkew: Int64 = 0
    /// What a front end of the process would show.
    var view = View()
    /// The timer that counts; older ones are void.
    var timer: UInt64 = 0
    var timerAt: Instant?
    /// Timeouts in a row during which virtual time stood still.
    var idleTimeouts = 0
    /// Until when the process is not run; nil or past while it is.
    var pausedUntil: Instant?
    /// Datagrams that came meanwhile.
    var heldDatagrams = 0
    /// The connection to the rendezvous.
    var connection: UInt64?
    /// Nothing passes between it and the rendezvous.
    var isCutOff = false
    /// After so long without a word its shell finds that the connection is gone.
    var noticesLossAfter: Duration = .seconds(12)
    /// What it sent since the world began.
    var traffic = Traffic()
    /// When the person asked to leave; nil while they stay.
    var leavingSince: Instant?
    /// How long the device then stays away; nil: for good.
    var returnsAfter: Duration? = .zero
    /// Nobody is there any more, or not yet: the copy of a device, before it was made and after it was put away.
    var isGone = false
    /// Two of the device's processes may have written without knowing of each other: after a backup was restored, or a disk copied.
    var mayFork = false
    /// What was on the device's disk and no longer is.
    var formerly: Set<TransactionName> = []
    /// When others' coming and going was told lately.
    var peerEvents = Queue<Instant>()
    /// When a pointer was told lately, by whose.
    var cursorEvents: [PeerID: Queue<Instant>] = [:]

    /// Transactions that the disk confirmed to any process of this device.
    var saved: Set<TransactionName> = []
    /// Datagrams that came to this process.
    var seen = RecentHashes()
    /// How many came that had come before in the same bytes, or were not as sent: no more packets may count as replayed (SM-8).
    var notFresh = 0

    /// Draws the device's keys and habits from its own stream (SM-2).
    init(index: Int, random: SplitMix64) {
        var keys = SecretGenerator(seed: random.seed("keys"))
        signing = SigningKey(seed: keys.secret())
        staticKey = StaticKey(secret: keys.secret())
        name = "person \(index)"
        person = Person(random: random.split("person"))
        address = SocketAddress(ip: .v4(0x0B00_0001 + UInt32(index)), port: 40_000)
    }

    /// A copy of `other`, in use at another place by another hand.
    init(copyOf other: Participant, index: Int, random: SplitMix64) {
        (signing, staticKey, name) = (other.signing, other.staticKey, other.name)
        person = Person(random: random.split("person"))
        address = SocketAddress(ip: .v4(0x0B00_0001 + UInt32(index)), port: 40_000)
        isGone = true
        mayFork = true
    }

    var author: AuthorID { signing.author }
    var isUp: Bool { node != nil }
}

/// What draws a board by the changes that it is told one by one: a world is given a front end's, to hold it against the board (SM-60).
package protocol BoardPicture: Sendable {
    init()
    /// What is drawn, lowest first.
    var shapes: [Shape] { get }
    mutating func replaceAll(_ standing: [Shape])
    mutating func take(_ change: ShapeChange)
}

/// What a front end knows: built from events alone, as a front end builds it.
struct View {
    private(set) var shapes: [ShapeID: Shape] = [:]
    /// What is drawn of them, if the world was given something that draws.
    private(set) var picture: (any BoardPicture)?
    var chats: Set<TransactionName> = []
    /// What is being done, and what has been done and is not on the board yet.
    var gestures: [GestureID: Gesture] = [:]
    var cursors: [PeerID: Point] = [:]
    /// The newest time that was told of a pointer, and of a stroke; at most one each.
    private var cursorTimes: [PeerID: [Duration]] = [:]
    private var inkTimes: [GestureID: [Duration]] = [:]
    var peers: [PeerID: PeerStatus] = [:]
    var status: SyncStatus?
    var isReady = false

    init(drawnBy kind: (any BoardPicture.Type)? = nil) { picture = kind?.init() }

    /// Takes what stands when a process starts.
    mutating func begin(with standing: [Shape]) {
        for shape in standing { shapes[shape.id] = shape }
        picture?.replaceAll(standing)
    }

    /// Takes an event. Throws where it contradicts what was told before.
    mutating func take(_ event: Event) throws(Violation) {
        switch event {
        case .ready:
            guard !isReady else { throw Violation("ready was told twice") }
            isReady = true
        case .changed(let changes, _):
            for change in changes {
                switch change.kind {
                case .added:
                    guard shapes.updateValue(change.shape, forKey: change.id) == nil else {
                        throw Violation("shape \(change.id) was added twice")
                    }
                case .changed:
                    guard shapes.updateValue(change.shape, forKey: change.id) != nil else {
                        throw Violation("shape \(change.id) changed without standing")
                    }
                case .removed:
                    guard shapes.removeValue(forKey: change.id) != nil else { throw Violation("shape \(change.id) went without standing") }
                }
                picture?.take(change)
            }
        case .chat(let message, _):
            guard chats.insert(message.id).inserted else { throw Violation("chat \(message.id) was told twice") }
        case .chatsGone(let gone): chats.subtract(gone)
        case .gesture(let id, let change):
            switch change {
            case .began: guard gestures[id] == nil else { throw Violation("a gesture of \(id.source.peer) began twice") }
            case .appended, .updated, .ended:
                guard gestures[id] != nil else { throw Violation("a gesture of \(id.source.peer) went on without having begun") }
            }
            gestures[id].take(change)
            switch change {
            case .began: inkTimes[id] = []
            case .appended(let samples):
                guard !samples.isEmpty else { throw Violation("a stroke grew by nothing") }
                try note(samples.map(\.at), after: &inkTimes[id, default: []])
            case .updated: break
            case .ended: inkTimes[id] = nil
            }
        case .cursor(let source, let samples):
            guard let newest = samples.last else { throw Violation("no samples of a cursor were told") }
            cursors[source.peer] = newest.position
            try note(samples.map(\.at), after: &cursorTimes[source.peer, default: []])
        case .peer(let status):
            peers[status.peer] = status.state == .left ? nil : status
            if status.state == .left { cursorTimes[status.peer] = nil }
        case .sync(let status): self.status = status
        case .versionMismatch: throw Violation("a member spoke another version")
        // Who may fork and who may be blamed the world knows.
        case .outcome, .typing, .typingEnded, .chatState, .chatPage, .view, .lookHere, .rendezvous, .rejected, .fork, .textMerged,
            .restoring, .duplicateDevice, .meeting, .tokens,
            .notAdmitted, .knownName,
            .invited, .code, .rights, .calm, .stopped, .identity:
            break
        }
    }
}

extension View {
    /// Times of one hand never go back (SM-12).
    private func note(_ times: [Duration], after last: inout [Duration]) throws(Violation) {
        for (before, next) in zip(last + times, times) where next < before { throw Violation("time went from \(before) to \(next)") }
        if let newest = times.last { last = [newest] }
    }
}

extension SplitMix64 {
    /// `seed(_:)` as a secret.
    func secret(_ name: String) -> Secret32 {
        guard let secret = Secret32(seed(name)) else { preconditionFailure("a seed has 32 bytes") }
        return secret
    }

    /// Thirty-two bytes that are a function of this stream and `name`.
    func seed(_ name: String) -> [UInt8] {
        var stream = split(name)
        return (0..<4).flatMap { _ in
            let word = stream.next()
            return (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(56 - $0 * 8)) }
        }
    }
}
