import InkBoard
import InkPrimitives
import InkSession

/// What any front end knows of one board: the fold of what the session tells, but for the answers to what was asked (`Requests`).
///
/// Give it every event; come back by `deadline`. Both say whether anything changed that a person could see: where nothing did, nothing need
/// be drawn. What others move changes without that: `glides` says what is drawn of it and when, and is a matter of who draws.
package struct FrontEnd: Sendable {
    /// The board's name, unsanitised.
    package var name: String
    /// The device key that signs our work; nil before the board is ready.
    package private(set) var me: AuthorID?
    /// What our person may do; nil without a right, before the board is ready, and on a board without roles.
    package private(set) var role: Role?
    /// False while a joined board has not arrived.
    package private(set) var isReady: Bool
    package private(set) var board = BoardView()
    /// What the event that was taken last changed of the picture: its own changes as they are drawn, and lines that go where their shapes went.
    package private(set) var redrawn: [ShapeChange] = []
    package private(set) var people = Roster()
    /// How the people are reached.
    package private(set) var ways: Ways
    /// How what the others move is drawn.
    package private(set) var glides = Glides()
    package private(set) var chats = Chats()
    package private(set) var typists = Typists()
    package private(set) var bubbles = Bubbles()
    /// Messages are seen as they come: none needs a notice.
    package var showsChats = false
    /// By which others name our person in messages; empty where that is not known.
    package var ownName = ""
    package var notices = Notices()
    /// Whose pointers are not shown.
    package var mutes = Mutes()
    /// Those who go by the name of one who is trusted.
    package private(set) var claims = IdentityClaims()
    /// The key that shows safety words here, said where they are to be compared; empty for none.
    package var safetyKey = ""
    /// What somebody asks all to look at, while that is fresh.
    package private(set) var call: Call?
    package private(set) var sync: SyncStatus?
    package private(set) var rendezvous: RendezvousStatus = .none
    /// Since when something is not on disk, or not with the others.
    private var unsavedSince: Instant?
    private var unsentSince: Instant?
    /// Since when nobody can be invited, why, and whether that was told; nil while it can be done.
    private var unreachable: (since: Instant, reason: String, isTold: Bool)?
    /// The mismatch of versions that was last told, and when.
    private var mismatch: (sentence: Sentence, at: Instant)?

    /// - Parameters:
    ///   - isStill: motion is not wanted: what others move is where they told it last.
    ///   - tellsOfRelays: that a relay is in use for want of a direct way is news: nothing else was chosen here.
    package init(
        name: String, me: AuthorID?, isReady: Bool, isStill: Bool = false, tellsOfRelays: Bool = false, shapes: [Shape]
    ) {
        (self.name, self.me, self.isReady) = (name, me, isReady)
        ways = Ways(tellsOfRelays: tellsOfRelays)
        board.replaceAll(shapes)
        glides.isStill = isStill
    }

    /// Takes the whole board anew: it arrived, or was opened.
    package mutating func replace(name: String, shapes: [Shape]) {
        self.name = name
        board.replaceAll(shapes)
    }

    /// The board is brought to the network anew, by us from now on or by another program.
    ///
    /// - Parameter ofRelays: as for `init`.
    package mutating func tell(ofRelays: Bool, now: Instant) { ways.tell(ofRelays: ofRelays, now: now) }

    /// Takes an event; true if a person could see that (FE-8).
    ///
    /// - Parameter holdsUnsaved: whether this front end itself holds work that the session has not taken.
    package mutating func take(_ event: Event, holdsUnsaved: Bool, now: Instant) -> Bool {
        glides.take(event, board: board, now: now)
        redrawn = []
        switch event {
        case .ready(_, let me, let role): (self.me, isReady, self.role) = (me, true, role)
        case .changed(let changes, _):
            for change in changes { redrawn += board.apply(change) }
            return !changes.isEmpty
        case .outcome(_, .skipped(let shapes)): notices.add(.skipped(shapes.count), now: now)
        case .outcome, .invited, .stopped: return false
        case .peer(let status): return take(status, holdsUnsaved: holdsUnsaved, now: now)
        case .gesture(let id, let change):
            people.take(change, of: id)
            return false
        case .cursor(let source, _):
            people.moved(source.peer, now: now)
            return false
        case .view(let peer, let box):
            people.sees(peer, box)
            return false
        case .lookHere(let peer, let box):
            guard let person = people[peer] else { return false }
            call = Call(peer: peer, name: people.name(of: person), box: box, until: now + Self.callLasts)
        case .typing(let peer): return typists.began(peer)
        case .typingEnded(let peer): return typists.ended(peer)
        case .chat(let message, _):
            guard message.author != me else {
                chats.take(message, by: "you")
                return false
            }
            chats.take(
                message, by: knownName(of: message.author), isRead: false, naming: Mention.names(ownName, in: message.text))
            // FE-133
            for (peer, person) in people.present where person.status.author == message.author { _ = typists.ended(peer) }
            bubbles.take(message.text, of: message.author, now: now)
            // TM-428
            if !showsChats { notices.add(.said(name(of: message.author), message.text), now: now) }
        case .chatState(let message): chats.change(message, by: "you")
        case .chatPage(let page, _): chats.take(page, me: me)
        case .chatsGone(let gone): chats.forget(gone)
        case .sync(let status): return take(status, now: now)
        case .rendezvous(let status):
            guard rendezvous != status else { return false }
            switch status {
            // FE-66
            case .unreachable(let reason): unreachable = (unreachable?.since ?? now, reason, unreachable?.isTold ?? false)
            case .none, .connected: unreachable = nil
            case .connecting: break
            }
            rendezvous = status
            ways.rendezvousChanged(now: now)
        // RV-183
        case .tokens(let news): notices.add(.tokens(news), as: .tokens, now: now)
        case .rejected(let author, let rule): notices.add(.rejected(author.map(name(of:)) ?? "a stranger", rule: rule), now: now)
        case .fork(let author, _): notices.add(.fork(name(of: author)), now: now)
        case .textMerged(let news): notices.add(.text(name(of: news.other), news.outcome), as: .text, now: now)
        case .restoring(let isUnderWay): notices.add(isUnderWay ? .restoring : .restored, as: .restoring, now: now)
        case .duplicateDevice(let author, let seconds):
            notices.add(.duplicateDevice(author == me ? nil : name(of: author), seconds: seconds), as: .device, now: now)
        case .meeting(_, let author, let obstacle):
            ways.take(author, obstacle, now: now)
            // That it is tried is over in a moment, or told again: it is seen by who looks at the connection.
            if let obstacle { notices.add(.unreachable(name(of: author), obstacle), as: .invites, now: now) }
        case .identity(let news):
            claims.take(news)
            tellClaims(now: now)
        case .knownName(_, let author, _) where claims[author] != nil: return false
        // FE-65
        case .knownName(let name, let author, let before):
            notices.add(.knownName(Roster.marked(name, author), isYours: before == me), now: now)
        case .notAdmitted: notices.add(.notAdmitted, as: .invites, now: now)
        case .code(let news): notices.add(.code(news.what), as: .code, now: now)
        case .rights(.role(let role, let giver)):
            self.role = role
            notices.add(.roleGiven(giver.map(name(of:)), role), as: .rights, now: now)
        case .rights(.removed(let remover, let reason, let unseen)):
            role = nil
            notices.add(.removed(by: remover.map(name(of:)), reason: reason, unseen: unseen), as: .rights, now: now)
        case .calm(.tookBack(let owner, let victim, let changes)):
            notices.add(
                .tookBack(by: owner == me ? nil : name(of: owner), of: victim == me ? nil : name(of: victim), changes: changes), now: now)
        case .calm(.pace(let milliseconds, let owner)):
            let setter: String? = owner.map { $0 == me ? nil : name(of: $0) } ?? ""
            notices.add(.slowMode(by: setter, milliseconds: milliseconds), as: .rights, now: now)
        case .versionMismatch(let theirs, let ours):
            let sentence = Sentence.versionMismatch(theirs: theirs, ours: ours)
            // Who speaks another version goes on knocking while he is there (FE-17).
            if let told = mismatch, told.sentence == sentence, now < told.at + Self.mismatchPause { return false }
            mismatch = (sentence, now)
            notices.add(sentence, now: now)
        }
        return true
    }

    private mutating func take(_ status: PeerStatus, holdsUnsaved: Bool, now: Instant) -> Bool {
        // Who goes is told by the name by which he was told from the others.
        let left = people[status.peer].map { people.name(of: $0) }
        ways.take(status, now: now)
        let before = people.take(status)
        if before?.status.state != status.state { people.changedState(status.peer, now: now) }
        let name = people[status.peer].map { people.name(of: $0) } ?? left ?? "somebody"
        // FE-90
        if let author = status.author, let known = knownName(of: author) { chats.name(author, known) }
        // One who was verified before, under another name, is not who he says now.
        if let author = status.author, status.isVerified, before?.status.isVerified == false {
            settleClaim(of: author, isVerified: true, now: now)
        }
        switch status.state {
        case .left:
            _ = typists.ended(status.peer)
            guard before?.isAnnounced == true else { return before != nil }
            notices.add(person: name, .left, now: now)
            if people.present.isEmpty { notices.add(.alone(isSaved: isSaved && !holdsUnsaved), as: .alone, now: now) }
            return true
        case .joining: break
        case .joined, .idle, .away:
            let isBack = people.isHere(status.peer, silentSeconds: status.silentSeconds, now: now)
            if isBack { notices.add(person: name, .back, now: now) }
            if announce(now: now) || isBack { return true }
        }
        return people[status.peer]?.looks(like: before) == false
    }

    private mutating func take(_ status: SyncStatus, now: Instant) -> Bool {
        if status.isSaved { unsavedSince = nil } else if unsavedSince == nil { unsavedSince = now }
        if status.unsent == 0 { unsentSince = nil } else if unsentSince == nil { unsentSince = now }
        let before = sync
        sync = status
        return before?.state != status.state || before?.missing != status.missing || before?.unsent != status.unsent
            || before?.isSaved != status.isSaved
    }

    private mutating func announce(now: Instant) -> Bool {
        let arrived = people.takeArrivals(now: now)
        for (name, person) in arrived {
            // FE-140
            let hint = person.status.isVerified || safetyKey.isEmpty ? "" : "\(safetyKey) compares safety words"
            notices.add(
                person: name, .joined, alone: .joinedAs(name, person.status.role, person.pathWord?.text, hint: hint), now: now)
        }
        return !arrived.isEmpty
    }

    /// The person has seen whom somebody claims to be, and leaves it at that; or has verified him.
    package mutating func settleClaim(of device: AuthorID, isVerified: Bool, now: Instant) {
        guard claims[device] != nil else { return }
        if isVerified { claims.verified(device) } else { claims.answer(device) }
        tellClaims(now: now)
    }

    /// The oldest claim that is not answered stays on the screen.
    private mutating func tellClaims(now: Instant) {
        guard let news = claims.unanswered else { return notices.drop(.identity) }
        let sentence = Sentence.identity(Roster.marked(news.name, news.device), wasVerified: news.wasVerified).text
        notices.add(sentence + (safetyKey.isEmpty ? "" : " (\(safetyKey))"), as: .identity, now: now)
    }

    /// Somebody asks all to look at a part of the board.
    package struct Call: Hashable, Sendable {
        package let peer: PeerID
        /// For a sentence, unsanitised.
        package let name: String
        package let box: WorldBox
        let until: Instant
    }

    /// Takes what all are asked to look at: who goes there need not be asked any more.
    package mutating func takeCall() -> Call? {
        defer { call = nil }
        return call
    }

    /// What was said is read, as far as it has come.
    package mutating func readChats() { chats.read() }

    /// Nobody reads what was said before the newest any more.
    package mutating func endReadingChats() { chats.endReading() }

    /// Who is typing a message, by their names, unsanitised.
    package var typingNames: [String] { typists.peers.compactMap { people[$0].map { people.name(of: $0) } } }

    /// A person's name for a sentence, unsanitised.
    package func name(of author: AuthorID) -> String {
        if author == me { return "you" }
        return people.present.first { $0.person.status.author == author }.map { people.name(of: $0.person) } ?? "somebody"
    }

    /// A name that somebody here has told; nil where nobody is, or he has not.
    private func knownName(of author: AuthorID) -> String? {
        people.present.first { $0.person.status.author == author && !$0.person.status.name.isEmpty }.map { people.name(of: $0.person) }
    }

    // MARK: What is said of it

    /// True if all that the session has taken is on the disk.
    package var isSaved: Bool { unsavedSince == nil }

    /// What a person holds that was not given to the session yet (FE-156).
    package enum InHand: Hashable, Sendable { case text, drawing }

    /// How safe what stands on the board is.
    ///
    /// - Parameters:
    ///   - isAsked: something was asked of the session and has no answer.
    ///   - isRefused: the disk refuses something, which is asked again.
    ///   - inHand: what is not even asked yet.
    package func savedWord(isAsked: Bool, isRefused: Bool, inHand: InHand?, now: Instant) -> Sentence {
        // Who holds something knows that it is not saved; not so what went before it (FE-9).
        if isRefused { return .notSavedYet }
        if let unsavedSince, now - unsavedSince >= Self.patience { return .notSavedYet }
        switch inHand {
        case .text: return .typing
        case .drawing: return .drawing
        case nil: return isAsked || unsavedSince != nil ? .saving : .saved
        }
    }

    /// How packets reach those who are heard, in a word; nil where nobody is and somebody could be.
    ///
    /// Direct is said only where all are: one relay is said, with how many it carries for. The round trip is that of the slowest: of who is silent
    /// nobody knows how packets reach him, or whether (FE-67).
    package var pathWord: Sentence? {
        let heard = people.present.map(\.person).filter { $0.status.state != .joining && $0.pathWord != nil }
        guard let step = heard.compactMap(\.shownRoundTrip).max() else {
            // FE-173
            if case .unreachable = rendezvous { return .offline }
            return nil
        }
        let relayed = heard.count { $0.status.path == .relayRendezvous }
        guard relayed > 0, relayed < heard.count else { return .path(relayed > 0 ? .relayRendezvous : .direct, step: step) }
        return .somePaths(relayed: relayed, of: heard.count, step: step)
    }

    /// What is still under way between us and the others; nil where it is not worth a word.
    package func sendingWord(now: Instant) -> Sentence? {
        guard let sync else { return nil }
        if sync.state == .behind, sync.missing > 0 { return .catchingUp }
        // That nobody has a board on which nothing stands yet is no news to who made it.
        guard sync.unsent > 0, !(board.isEmpty && people.present.isEmpty), let unsentSince, now - unsentSince >= Self.patience else {
            return nil
        }
        return .unsent(sync.unsent)
    }

    // MARK: Time

    /// When something changes by itself.
    package func deadline(now: Instant) -> Instant? {
        var next = earliest(earliest(notices.deadline, people.deadline), ways.deadline(people))
        next = earliest(next, earliest(call?.until, bubbles.deadline))
        if let unreachable, !unreachable.isTold, !people.present.isEmpty {
            next = earliest(next, unreachable.since + Self.unreachablePatience)
        }
        for since in [unsavedSince, unsentSince].compactMap({ $0 }) where since + Self.patience > now {
            next = earliest(next, since + Self.patience)
        }
        return next
    }

    /// Lets time pass; true if a person could see that (FE-8).
    package mutating func handleTimeout(now: Instant) -> Bool {
        var isGone = notices.expire(now: now)
        if bubbles.expire(now: now) { isGone = true }
        if let until = call?.until, until <= now { (call, isGone) = (nil, true) }
        let isNew = announce(now: now)
        let isUnreachable = tellUnreachable(now: now)
        let relayNotice = ways.takeRelayNotice(people, now: now)
        if let relayNotice { notices.add(relayNotice, now: now) }
        // Words of patience appear, and go when their cause is gone.
        return isGone || isNew || isUnreachable || relayNotice != nil || unsavedSince != nil || unsentSince != nil
    }

    /// Says that nobody can be invited once that has stayed so: where a program that was a rendezvous too ends, the next is one a moment later
    /// (FE-66).
    private mutating func tellUnreachable(now: Instant) -> Bool {
        guard let why = unreachable, !why.isTold, !people.present.isEmpty, now >= why.since + Self.unreachablePatience else { return false }
        unreachable?.isTold = true
        notices.add(.invitesUnavailable(reason: why.reason), as: .invites, now: now)
        return true
    }

    /// Longer than a board takes to get another holder, and the others to find that, trying again after a second at most (FE-66).
    package static let unreachablePatience = Duration.seconds(3)
    /// What is sent sooner than this needs no words, and what is not saved by then needs loud ones (FE-155).
    package static let patience = Duration.milliseconds(700)
    /// So long somebody who asked to be looked at can be gone to.
    private static let callLasts = Duration.seconds(20)
    /// A mismatch of versions is said again no sooner (FE-17).
    private static let mismatchPause = Duration.seconds(300)
}
