import InkPrimitives

/// Whose relay frame goes next, and when: what the rendezvous may carry is shared by rooms, and that of a room by its sockets (RV-51, RV-52).
///
/// Within a room the queues of FQ-CoDel (RFC 8290 §4): a socket that had nothing waiting is served before those that always have something, for
/// one quantum; those take turns, by bytes (RV-140). So whoever floods waits for itself, and cursors of the others pass by. Among rooms
/// it is the same, but that those who had nothing waiting have every second turn. Where RFC 8290 drops by a control loop we drop what has waited
/// for `ageMax`: a datagram that comes later than that is of less use than the next one.
struct RelayQueues: Sendable {
    typealias Token = RendezvousServer.ConnectionToken

    /// One frame that waits.
    struct Item: Sendable {
        let token: Token
        let topic: Topic
        let frame: RelayFrame.ToServer
        fileprivate let since: Instant

        /// What it takes of a room's rate.
        var cost: Double { RelayQueues.cost(frame.datagram.count + 6 + 4 * frame.receivers.count) }
    }

    private struct Sender: Sendable {
        private(set) var items = Queue<Item>()
        private(set) var cost = 0.0
        /// What it may still send in this turn; below zero it has to wait for its next one.
        var credit = RelayQueues.quantum

        mutating func add(_ item: Item) {
            items.append(item)
            cost += item.cost
        }

        mutating func popFirst() -> Item? {
            guard let item = items.popFirst() else { return nil }
            cost -= item.cost
            return item
        }
    }

    private struct Room: Sendable {
        var bucket: TokenBucket
        var senders: [Token: Sender] = [:]
        /// Those that had nothing waiting until now, and the others; each in the order of its turns.
        var fresh = Queue<Token>()
        var others = Queue<Token>()
        var waiting = 0
        /// What those frames cost.
        var waitingCost = 0.0
        /// What its place in `fresh`, `ready` or `resting` is called; nil where it has none.
        var ticket: UInt64?
        /// What it may still send in its turn among the rooms.
        var credit = RelayQueues.quantum

        /// Nobody waits: nobody owes anything.
        mutating func forgetTurns() {
            senders.removeAll()
            fresh.removeAll()
            others.removeAll()
        }
    }

    /// A place of a room in a list. It is nobody's where the room is called otherwise by now: a topic may be forgotten and come again.
    private struct Ticket: Sendable {
        let topic: Topic
        let number: UInt64
    }

    private enum Turn {
        case item(Item)
        case wait(Duration)
        case empty
    }

    /// How long a frame waits at most (RV-53).
    static let ageMax: Duration = .milliseconds(100)
    /// Frames of one socket that wait at most (RV-141).
    static let framesMax = 64
    /// For how long all together may have frames waiting: nothing that comes later finds its turn in time.
    private static let backlogMax = 0.2
    /// Bytes that may wait however small the total is: where many rooms flood it, those need their backlog, or each would count as one that had nothing
    /// waiting.
    private static let waitingMin = 1048576.0
    /// What a frame costs beside its own bytes: headers of WebSocket, TCP and IP (RV-139). Small ones are not for nothing.
    static let overhead = 44.0
    /// What a turn gives. A quarter of the largest frame, so that small frames, which are where somebody is, wait for a few of those that flood and
    /// not for all: a turn of seven takes 35 ms, with a quantum of one frame (RFC 8290 §5.2.3) 140 ms.
    private static let quantum = 320.0
    /// What waits in a room at most, in bursts: more would not leave within `ageMax`.
    private static let burstsWaiting = 2.0
    /// Times what is carried, beyond which one floods, and how much of that at once, seconds.
    private static let floodFactor = 4.0
    private static let floodBurst = 2.0
    /// Rooms that have to wait are looked at no more often.
    private static let restMin: Duration = .milliseconds(2)

    private let rate: Double
    private let waitingMax: Double
    private var total: TokenBucket
    private var waitingCost = 0.0
    private var rooms: [Topic: Room] = [:]
    /// Rooms that had nothing waiting until now, and the others; each in the order of its turns.
    private var fresh = Queue<Ticket>()
    private var ready = Queue<Ticket>()
    private var isTurnOfFresh = true
    private var resting: [Ticket] = []
    private var lastTicket: UInt64 = 0
    private var wakeAt: Instant?
    /// All together have sent what they may.
    private var totalAt: Instant?

    /// Dropped since they had waited too long, or since too many of one socket waited.
    private(set) var dropped = 0

    /// - Parameters:
    ///   - rate: bytes a second for a room.
    ///   - total: bytes a second for all, counted for each receiver.
    init(rate: Double, total: Double) {
        self.rate = rate
        waitingMax = max(total * Self.backlogMax, Self.waitingMin)
        self.total = TokenBucket(
            rate: total, burst: Self.burst(of: total, receivers: RelayFrame.receiverCounts.upperBound), now: .distantPast)
    }

    static func cost(_ bytes: Int) -> Double { Double(bytes) + overhead }

    /// What goes at once after a pause: 100 ms of the rate, and never less than one frame.
    static func burst(of rate: Double, receivers: Int = 1) -> Double { max(rate / 10, cost(RelayFrame.bytesMax) * Double(receivers)) }

    /// What one who gives frames to be carried may give, carried or not, before it is taken for one who floods (RV-54): who paces itself by the
    /// welcome never comes near that. At least a few frames, whatever the rate is.
    ///
    /// - Parameter rate: bytes a second that are carried.
    static func flood(of rate: Double) -> (rate: Double, burst: Double) {
        let flood = max(rate * floodFactor, cost(RelayFrame.bytesMax))
        return (flood, flood * floodBurst)
    }

    /// When to ask for the next one; nil when nothing waits.
    var deadline: Instant? { fresh.isEmpty && ready.isEmpty ? wakeAt : totalAt ?? .distantPast }

    /// Frames that wait now.
    var count: Int { rooms.values.reduce(0) { $0 + $1.waiting } }

    /// A frame for its turn.
    mutating func append(_ frame: RelayFrame.ToServer, from token: Token, in topic: Topic, now: Instant) {
        let item = Item(token: token, topic: topic, frame: frame, since: now)
        // A room that has nothing waiting pays for no other.
        guard waitingCost + item.cost <= waitingMax || rooms[topic].map({ $0.waiting == 0 }) ?? true else {
            dropped += 1
            return
        }
        // Taken out while it is changed, so that nothing is copied.
        var room = rooms.removeValue(forKey: topic) ?? Room(bucket: TokenBucket(rate: rate, burst: Self.burst(of: rate), now: now))
        let isNew = room.senders[token] == nil
        room.senders[token, default: Sender()].add(item)
        (room.waiting, room.waitingCost, waitingCost) = (room.waiting + 1, room.waitingCost + item.cost, waitingCost + item.cost)
        if isNew { room.fresh.append(token) }
        if let count = room.senders[token]?.items.count, count > Self.framesMax { drop(of: token, &room) }
        trim(&room)
        if room.ticket == nil {
            lastTicket += 1
            (room.ticket, room.credit) = (lastTicket, Self.quantum)
            fresh.append(Ticket(topic: topic, number: lastTicket))
        }
        rooms[topic] = room
    }

    /// The frame whose turn has come; nil when none may go now.
    mutating func next(now: Instant) -> Item? {
        if let at = wakeAt, at <= now {
            wakeAt = nil
            ready.append(contentsOf: resting)
            resting.removeAll(keepingCapacity: true)
        }
        totalAt = nil
        while !fresh.isEmpty || !ready.isEmpty {
            let isFresh = ready.isEmpty || isTurnOfFresh && !fresh.isEmpty
            guard let ticket = isFresh ? fresh.first : ready.first else { break }
            let topic = ticket.topic
            guard rooms[topic]?.ticket == ticket.number, var room = rooms.removeValue(forKey: topic) else {
                _ = isFresh ? fresh.popFirst() : ready.popFirst()
                continue
            }
            guard room.credit > 0 else {
                room.credit += Self.quantum
                rooms[topic] = room
                _ = isFresh ? fresh.popFirst() : ready.popFirst()
                ready.append(ticket)
                continue
            }
            let turn = take(from: &room, now: now)
            // The turn of all is over, not that of the room.
            if case .wait(let pause) = turn, totalAt != nil {
                totalAt = now + max(pause, Self.restMin)
                rooms[topic] = room
                return nil
            }
            isTurnOfFresh = !isFresh
            if case .item(let item) = turn {
                room.credit -= item.cost * Double(item.frame.receivers.count)
                if room.waiting == 0 { room.ticket = nil }
            }
            // It keeps its place as long as it has something to send and credit.
            if case .item = turn, room.ticket != nil {} else { _ = isFresh ? fresh.popFirst() : ready.popFirst() }
            switch turn {
            case .item(let item):
                rooms[topic] = room
                return item
            case .wait(let pause):
                resting.append(ticket)
                wakeAt = earliest(wakeAt, now + max(pause, Self.restMin))
            case .empty: room.ticket = nil
            }
            rooms[topic] = room
        }
        return nil
    }

    /// Fewer had it than it named: what it took for the others is given back, and what it took of its room where nobody had it (RV-51).
    mutating func giveBack(_ item: Item, carriedTo count: Int, now: Instant) {
        total.giveBack(item.cost * Double(item.frame.receivers.count - count), now: now)
        if count == 0 { rooms[item.topic]?.bucket.giveBack(item.cost, now: now) }
    }

    /// The socket has left the topic: what it wanted carried is forgotten.
    mutating func forget(_ token: Token, in topic: Topic) {
        guard var room = rooms.removeValue(forKey: topic) else { return }
        while takeOut(of: token, &room) != nil {}
        room.senders[token] = nil
        room.fresh = room.fresh.without(token)
        room.others = room.others.without(token)
        rooms[topic] = room
    }

    /// The topic is empty.
    mutating func forget(_ topic: Topic) {
        guard let room = rooms.removeValue(forKey: topic) else { return }
        waitingCost -= room.waitingCost
    }

    /// Makes room where too much waits: who has most waiting pays (RFC 8290 §4.1; RV-141), the oldest first. An eighth more goes than has to, so
    /// that all senders are looked at once for many frames that are too much, and not once for each.
    private mutating func trim(_ room: inout Room) {
        let most = max(Self.burst(of: rate) * Self.burstsWaiting, Self.cost(RelayFrame.bytesMax) * 8)
        guard room.waitingCost > most else { return }
        let goal = most * 7 / 8
        let senders = room.senders.filter { !$0.value.items.isEmpty }.map { (cost: $0.value.cost, token: $0.key) }
            .sorted { ($0.cost, $0.token) > ($1.cost, $1.token) }
        // What is left to each: those who have more are cut to this, and the rest has less and keeps it.
        var (level, above) = (0.0, 0.0)
        for (index, sender) in senders.enumerated() {
            above += sender.cost
            level = (above - (room.waitingCost - goal)) / Double(index + 1)
            if index + 1 < senders.count, level >= senders[index + 1].cost { break }
        }
        for sender in senders {
            while room.waitingCost > goal, let cost = room.senders[sender.token]?.cost, cost > level { drop(of: sender.token, &room) }
        }
    }

    private mutating func drop(of token: Token, _ room: inout Room) {
        if takeOut(of: token, &room) != nil { dropped += 1 }
    }

    /// The oldest frame of a socket.
    private mutating func takeOut(of token: Token, _ room: inout Room) -> Item? {
        guard let item = room.senders[token]?.popFirst() else { return nil }
        (room.waiting, room.waitingCost, waitingCost) = (room.waiting - 1, room.waitingCost - item.cost, waitingCost - item.cost)
        return item
    }

    private mutating func take(from room: inout Room, now: Instant) -> Turn {
        while room.waiting > 0 {
            let isFresh = !room.fresh.isEmpty
            guard let token = room.fresh.first ?? room.others.first else { break }
            while let oldest = room.senders[token]?.items.first, now - oldest.since > Self.ageMax {
                drop(of: token, &room)
            }
            guard let credit = room.senders[token]?.credit, let item = room.senders[token]?.items.first else {
                // A socket that has nothing more takes its place behind the others first (RFC 8290 §4.2): else one that sends one frame at a
                // time would always be before them.
                if isFresh {
                    _ = room.fresh.popFirst()
                    if room.senders[token] != nil { room.others.append(token) }
                } else {
                    _ = room.others.popFirst()
                    room.senders[token] = nil
                }
                continue
            }
            guard credit > 0 else {
                room.senders[token]?.credit += Self.quantum
                _ = isFresh ? room.fresh.popFirst() : room.others.popFirst()
                room.others.append(token)
                continue
            }
            let ownPause = room.bucket.wait(for: item.cost, now: now)
            guard ownPause == .zero else { return .wait(ownPause) }
            let sent = item.cost * Double(item.frame.receivers.count)
            guard total.take(sent, now: now) else {
                totalAt = now
                return .wait(total.wait(for: sent, now: now))
            }
            _ = room.bucket.take(item.cost, now: now)
            _ = takeOut(of: token, &room)
            room.senders[token]?.credit -= item.cost
            if room.waiting == 0 { room.forgetTurns() }
            return .item(item)
        }
        room.forgetTurns()
        return .empty
    }
}

extension Queue where Element: Equatable {
    fileprivate func without(_ element: Element) -> Queue {
        var rest = Queue()
        for other in self where other != element { rest.append(other) }
        return rest
    }
}
