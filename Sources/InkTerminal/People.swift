import InkBoard
import InkPrimitives
import InkSession

/// The others: who they are, where they point and what they are doing.
struct People: Sendable {
    struct Person: Sendable {
        var status: PeerStatus
        var slot: Int
        var gesture: Gesture?
        /// Gestures that have ended and are not on the board yet.
        var settling: [Gesture] = []
        var cursor: Point?
        var movedAt = Instant.distantPast
        /// The round trip as it is shown, in a coarse step; see `PathWords`.
        var shownRoundTrip: Int?
        /// True once the others of this screen know that the person is here.
        var isAnnounced = false
        /// When the person joined; a name may come a moment later.
        var joinedAt: Instant?
        /// True after a loss was told, until the person is back.
        var wasLost = false
    }

    private(set) var byPeer: [PeerID: Person] = [:]

    /// Those here, in an order that does not change while they stay.
    var present: [(peer: PeerID, person: Person)] {
        byPeer.filter { $0.value.status.state != .left }.sorted { ($0.value.slot, $0.key) < ($1.value.slot, $1.key) }.map {
            ($0.key, $0.value)
        }
    }

    subscript(peer: PeerID) -> Person? {
        get { byPeer[peer] }
        set { byPeer[peer] = newValue }
    }

    /// Who has joined, has not been announced, and has a name or has had the time to tell it. They count as announced from here on.
    mutating func takeArrivals(now: Instant) -> [String] {
        var names: [String] = []
        for (peer, person) in present {
            guard !person.isAnnounced, let joined = person.joinedAt else { continue }
            guard !person.status.name.isEmpty || now >= joined + Self.namePatience else { continue }
            byPeer[peer]?.isAnnounced = true
            names.append(person.status.name.isEmpty ? "somebody" : person.status.name)
        }
        return names
    }

    /// When a person without a name is announced nevertheless.
    var deadline: Instant? {
        byPeer.values.compactMap { $0.isAnnounced ? nil : $0.joinedAt.map { $0 + Self.namePatience } }.min()
    }

    private static let namePatience = Duration.seconds(2)

    /// Takes news of a peer; returns what it was before.
    mutating func take(_ status: PeerStatus) -> Person? {
        let before = byPeer[status.peer]
        if status.state == .left {
            byPeer[status.peer] = nil
            return before
        }
        var person = before ?? Person(status: status, slot: freeSlot(for: status))
        person.status = status
        // A name that was told does not go again.
        if status.name.isEmpty, let known = before?.status.name { person.status.name = known }
        person.shownRoundTrip = PathWords.step(for: status.roundTrip, shown: person.shownRoundTrip)
        byPeer[status.peer] = person
        return before
    }

    func color(_ person: Person) -> PersonColor { PersonColor.all[person.slot % PersonColor.all.count] }

    /// A colour follows from the key, so that it is the same on every screen unless it is taken.
    private func freeSlot(for status: PeerStatus) -> Int {
        let count = PersonColor.all.count
        let wish = Int((status.author?.prefix ?? status.peer.prefix) % UInt64(count))
        let taken = Set(byPeer.values.map(\.slot))
        return (0..<count).map { (wish + $0) % count }.first { !taken.contains($0) } ?? wish + count * (taken.count / count)
    }
}

/// Words for a path. Round trips are shown in steps with a dead band, so that an idle board stays silent.
enum PathWords {
    private static let steps = [5, 10, 20, 35, 50, 75, 100, 150, 200, 300, 500, 1000]

    /// The step to show, milliseconds: the least that is not below the sample; `shown` stays while the sample is within a fifth of its range.
    static func step(for roundTrip: Duration?, shown: Int?) -> Int? {
        guard let milliseconds = roundTrip?.milliseconds else { return shown }
        if let shown, let index = steps.firstIndex(of: shown) {
            let low = index > 0 ? Double(steps[index - 1]) * 0.7 : 0
            if milliseconds >= low, milliseconds <= Double(shown) * 1.3 { return shown }
        }
        return steps.first { milliseconds <= Double($0) } ?? steps[steps.count - 1]
    }
}

/// Short messages over the canvas: at most two, four seconds each.
struct Notices: Sendable {
    /// What a message is about: one takes the place of an older one of its kind, and names join it.
    enum Kind: Hashable, Sendable { case joined, left, back, invites, disk, setting }

    struct Notice: Sendable {
        var text: String
        var until: Instant
        /// Nil for a message that stands for itself.
        var kind: Kind?
        /// Of whom it tells.
        var names: [String] = []
    }
    private(set) var shown: [Notice] = []

    /// Adds a message, already in words; texts of peers in it are sanitised when it is drawn.
    mutating func add(_ text: String, as kind: Kind? = nil, of names: [String] = [], now: Instant) {
        shown.removeAll { kind == nil ? $0.text == text : $0.kind == kind }
        shown.append(Notice(text: text, until: now + .seconds(4), kind: kind, names: names))
        if shown.count > 2 { shown.removeFirst(shown.count - 2) }
    }

    /// Joins a person to those of whom the same is told: "bob, eve joined".
    mutating func add(person: String, _ kind: Kind, now: Instant) {
        let known = shown.first { $0.kind == kind }?.names.filter { $0 != person } ?? []
        let names = known + [person]
        let what =
            switch kind {
            case .joined: "joined"
            case .left: "left"
            default: names.count == 1 ? "is back" : "are back"
            }
        add("\(names.joined(separator: ", ")) \(what)", as: kind, of: names, now: now)
    }

    /// Drops what has been seen; true if anything was.
    mutating func expire(now: Instant) -> Bool {
        let before = shown.count
        shown.removeAll { $0.until <= now }
        return shown.count != before
    }

    var deadline: Instant? { shown.map(\.until).min() }
}
