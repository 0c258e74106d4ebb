import InkBoard
import InkPrimitives
import InkSession

/// The others: who they are and whether they do something. Where they point and what they draw is in `Glides`.
package struct Roster: Sendable {
    package struct Person: Sendable {
        package fileprivate(set) var status: PeerStatus
        /// Which of the palette's colours is the person's; one beyond the palette shares the colour of another.
        package let slot: Int
        /// Gestures under way, and those that are done and not on the board yet.
        package fileprivate(set) var gestures: Set<GestureID> = []
        /// The part of the board that the person sees; nil where it is not told.
        package fileprivate(set) var view: WorldBox?
        /// When the pointer was last told to have moved.
        package fileprivate(set) var movedAt = Instant.distantPast
        /// The round trip as it is shown, in a coarse step; see `RoundTripSteps`.
        package fileprivate(set) var shownRoundTrip: Int?
        /// True once the others of this screen know that the person is here.
        package fileprivate(set) var isAnnounced = false
        /// Since when his state is what it is.
        fileprivate var stateSince = Instant.distantPast
        /// When the person joined; a name may come a moment later.
        fileprivate var joinedAt: Instant?
        /// True after a loss was told, until the person is back.
        fileprivate var wasLost = false

        /// The name for a sentence, unsanitised.
        package var name: String { status.name.isEmpty ? "somebody" : status.name }

        /// How packets reach the person, and how long that takes; nil before both are known, and while no packet is known to.
        package var pathWord: Sentence? {
            // FE-62
            guard let path = status.path, let shownRoundTrip, !isSilent else { return nil }
            return .path(path, step: shownRoundTrip)
        }

        /// True for a silence that is told.
        package var isSilent: Bool { (status.silentSeconds ?? 0) >= Roster.silentAfterSeconds }

        /// What the person does, in a word or two.
        ///
        /// - Parameter isTyping: a message.
        package func doing(isTyping: Bool, now: Instant) -> String {
            if !gestures.isEmpty { return "drawing" }
            if isTyping { return "typing" }
            guard status.state == .idle, let minutes = idleMinutes(now: now), minutes > 0 else { return status.state.rawValue }
            return "idle \(minutes) min"
        }

        /// A person is told to be idle after a minute.
        private func idleMinutes(now: Instant) -> Int? {
            stateSince == .distantPast ? nil : 1 + Int((now - stateSince).components.seconds) / 60
        }

        /// True if a status of this person says the same as one before did: round trips within one step are the same (FE-8).
        func looks(like other: Person?) -> Bool {
            guard let other else { return false }
            return status.name == other.status.name && status.state == other.status.state && status.path == other.status.path
                && status.hasOurName == other.status.hasOurName && status.isVerified == other.status.isVerified
                && status.role == other.status.role
                && status.silentSeconds == other.status.silentSeconds
                && shownRoundTrip == other.shownRoundTrip
        }
    }

    private var byPeer: [PeerID: Person] = [:]

    package init() {}

    /// Those here, in an order that does not change while they stay (FE-152).
    package var present: [(peer: PeerID, person: Person)] {
        byPeer.filter { $0.value.status.state != .left }.sorted { ($0.value.slot, $0.key) < ($1.value.slot, $1.key) }.map {
            ($0.key, $0.value)
        }
    }

    package subscript(peer: PeerID) -> Person? { byPeer[peer] }

    /// What those are called who are here and have told it, in their order, each name once.
    package var names: [String] {
        present.map(\.person.status.name).reduce(into: []) { names, name in if !name.isEmpty, !names.contains(name) { names.append(name) } }
    }

    /// A person is here, and was not heard for so many seconds; true if that was told of as a loss and is over (FE-10).
    package mutating func isHere(_ peer: PeerID, silentSeconds: Int?, now: Instant) -> Bool {
        guard var person = byPeer[peer] else { return false }
        defer { byPeer[peer] = person }
        if person.joinedAt == nil { person.joinedAt = now }
        guard silentSeconds == nil else {
            if let silentSeconds, silentSeconds >= Self.lostAfterSeconds { person.wasLost = true }
            return false
        }
        defer { person.wasLost = false }
        return person.wasLost
    }

    /// The state of a person is another from now on.
    mutating func changedState(_ peer: PeerID, now: Instant) { byPeer[peer]?.stateSince = now }

    /// When what somebody does is said in other words though nothing comes.
    package func nextDoing(after now: Instant) -> Instant? {
        var next: Instant?
        for person in byPeer.values {
            if person.status.state == .idle, person.stateSince != .distantPast {
                next = earliest(next, person.stateSince + .seconds(60 * (1 + (now - person.stateSince).components.seconds / 60)))
            }
        }
        return next
    }

    /// Those of whom nothing is heard, longest first (FE-62).
    package var silent: [Person] {
        present.map(\.person).filter(\.isSilent).enumerated().sorted { left, right in
            let (longer, shorter) = (left.element.status.silentSeconds ?? 0, right.element.status.silentSeconds ?? 0)
            return longer != shorter ? longer > shorter : left.offset < right.offset
        }.map(\.element)
    }

    /// Those who have been silent for so long that it is told in a sentence, longest first.
    package var lost: [Person] { silent.filter { ($0.status.silentSeconds ?? 0) >= Self.lostAfterSeconds } }

    /// A shorter silence is a hiccup, and needs no words (FE-62).
    private static let silentAfterSeconds = 2
    /// So long a silence is told in a sentence. It counts from the first probe without an answer, and that goes out a second after what it asks
    /// for was sent: the sentence stands within 6 s of the loss (FE-10).
    private static let lostAfterSeconds = 4

    // MARK: Names

    /// A person's name for a sentence, unsanitised: with digits of the key where somebody else here has a name that looks the same.
    package func name(of person: Person) -> String { person.name + mark(of: person) }

    /// What tells a person from namesakes, and from who reads where he is called as that one is; empty where there are none. Of ASCII.
    package func mark(of person: Person) -> String {
        guard let author = person.status.author else { return "" }
        let fold = PersonName.fold(person.name)
        // FE-61, FE-170
        let hasNamesake = byPeer.values.contains { other in
            other.status.state != .left && other.status.author != author && PersonName.fold(other.name) == fold
        }
        // FE-171, FE-172
        return hasNamesake || fold == "you" || person.status.hasOurName ? Self.marked("", author) : ""
    }

    /// Those here who may be meant by a name, a name with what tells its key from others, or eight digits or more with which a key begins (FE-151).
    package func called(_ text: String) -> [(peer: PeerID, person: Person)] {
        let isDigits = text.utf8.count >= Whom.digitsMin && text.unicodeScalars.allSatisfy { $0.isASCII && $0.properties.isASCIIHexDigit }
        return present.filter { _, person in
            if person.status.name == text || name(of: person) == text { return true }
            guard let author = person.status.author else { return false }
            return Self.marked(person.status.name, author) == text || isDigits && author.hex.hasPrefix(text.lowercased())
        }
    }

    /// A name with what tells its key from others.
    static func marked(_ name: String, _ author: AuthorID) -> String { "\(name)@\(author)" }

    /// A person's pointer was told of.
    mutating func moved(_ peer: PeerID, now: Instant) { byPeer[peer]?.movedAt = now }

    /// What a person sees was told of.
    mutating func sees(_ peer: PeerID, _ view: WorldBox?) { byPeer[peer]?.view = view }

    /// A step of a person's gesture was told of.
    mutating func take(_ change: GestureChange, of id: GestureID) {
        switch change {
        case .began: byPeer[id.source.peer]?.gestures.insert(id)
        case .ended: byPeer[id.source.peer]?.gestures.remove(id)
        case .appended, .updated: break
        }
    }

    /// Who has joined, has not been announced, and has a name or has had the time to tell it. They count as announced from here on (FE-2).
    package mutating func takeArrivals(now: Instant) -> [(name: String, person: Person)] {
        var arrived: [(name: String, person: Person)] = []
        for (peer, person) in present {
            guard !person.isAnnounced, let joined = person.joinedAt else { continue }
            guard !person.status.name.isEmpty || now >= joined + Self.namePatience else { continue }
            byPeer[peer]?.isAnnounced = true
            arrived.append((name(of: person), person))
        }
        return arrived
    }

    /// When a person without a name is announced nevertheless.
    package var deadline: Instant? {
        byPeer.values.compactMap { $0.isAnnounced ? nil : $0.joinedAt.map { $0 + Self.namePatience } }.min()
    }

    // FE-153
    private static let namePatience = Duration.seconds(2)

    /// Takes news of a peer; returns what it was before.
    package mutating func take(_ status: PeerStatus) -> Person? {
        let before = byPeer[status.peer]
        if status.state == .left {
            byPeer[status.peer] = nil
            return before
        }
        var person = before ?? Person(status: status, slot: freeSlot(for: status))
        person.status = status
        // A name that was told does not go again (FE-2).
        if status.name.isEmpty, let known = before?.status.name { person.status.name = known }
        person.shownRoundTrip = RoundTripSteps.step(for: status.roundTrip, shown: person.shownRoundTrip)
        byPeer[status.peer] = person
        return before
    }

    package func color(_ person: Person) -> PersonColor { PersonColor.all[person.slot % PersonColor.all.count] }

    /// The colour in which others see whoever has this key, unless it is taken there.
    package static func color(of author: AuthorID) -> PersonColor {
        PersonColor.all[Int(author.prefix % UInt64(PersonColor.all.count))]
    }

    /// A colour follows from the key, so that it is the same on every screen unless it is taken (FE-1).
    private func freeSlot(for status: PeerStatus) -> Int {
        let count = PersonColor.all.count
        let wish = Int((status.author?.prefix ?? status.peer.prefix) % UInt64(count))
        let taken = Set(byPeer.values.map(\.slot))
        return (0..<count).map { (wish + $0) % count }.first { !taken.contains($0) } ?? wish + count * (taken.count / count)
    }
}
