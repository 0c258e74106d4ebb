import InkBoard
import InkFrontEnd
import InkPrimitives
import InkSession
import Testing

@Suite struct FrontEndTests {
    private let bob: PeerID = identifier(7)
    private var front = FrontEnd(name: "plan", me: identifier(1), isReady: false, shapes: [])

    @Test func `FE-8: an event that shows nothing new is told apart`() {
        var front = front
        let author: AuthorID = identifier(7)
        let person = { (roundTrip: Int, state: PeerStatus.State) in
            Event.peer(
                PeerStatus(peer: bob, author: author, name: "bob", state: state, path: .direct, roundTrip: .milliseconds(roundTrip)))
        }
        let sync = { (number: Int, unsent: Int) in
            Event.sync(SyncStatus(state: .synced, missing: 0, unsent: unsent, isSaved: true, fingerprint: identifier(number)))
        }
        let shape = Shape(id: ShapeID(author: author, number: 1), content: ShapeDraft(kind: .rectangle, position: .zero), depth: .first)
        let message = { (author: AuthorID) in Event.chat(ChatMessage(id: identifier(3), author: author, text: "hello"), ref: nil) }
        let told: [(Event, Bool)] = [
            (.ready(identifier(2), me: identifier(1)), true), (person(24, .joined), true), (person(30, .joined), false),
            (person(90, .joined), true), (person(90, .idle), true), (sync(1, 0), true), (sync(2, 0), false), (sync(2, 3), true),
            (.typing(peer: bob), true), (.typing(peer: bob), false), (.typingEnded(peer: bob), true),
            (.cursor(LiveSource(peer: bob), [CursorSample(at: .zero, position: .zero)]), false),
            (.changed([], ref: 1), false),
            (.changed([ShapeChange(kind: .added, id: shape.id, author: author, shape: shape)], ref: nil), true),
            (message(identifier(1)), false), (message(author), true), (.rendezvous(.none), false), (.rendezvous(.connecting), true),
            (.rejected(author: nil, rule: "x"), true), (.stopped(unsaved: 0, unsent: 0), false), (person(90, .left), true),
            (person(90, .left), false),
        ]
        for (event, isVisible) in told { #expect(front.take(event, holdsUnsaved: false, now: .zero) == isVisible, "\(event)") }
        #expect(front.isReady && front.board.shapes == [shape] && front.chats.messages.count == 1)
    }

    @Test func `FE-66: that nobody can be invited is said when it stays so, and once`() {
        var front = front
        _ = front.take(.peer(PeerStatus(peer: bob, name: "bob", state: .joined)), holdsUnsaved: false, now: .zero)
        func hear(_ status: RendezvousStatus, at milliseconds: Int) {
            _ = front.take(.rendezvous(status), holdsUnsaved: false, now: .zero + .milliseconds(milliseconds))
        }
        func words(at milliseconds: Int) -> [String] {
            let now = Instant.zero + .milliseconds(milliseconds)
            if let due = front.deadline(now: now), due <= now { _ = front.handleTimeout(now: now) }
            return front.notices.shown.map(\.text).filter { $0.contains("Invites") }
        }
        // Another program took the board over.
        hear(.unreachable(reason: "refused"), at: 10_000)
        hear(.connecting, at: 10_500)
        hear(.connected, at: 10_510)
        #expect(words(at: 20_000).isEmpty)
        hear(.unreachable(reason: "refused"), at: 30_000)
        #expect(words(at: 32_999).isEmpty)
        hear(.connecting, at: 31_000)
        hear(.unreachable(reason: "timed out"), at: 31_500)
        #expect(words(at: 33_000) == [Sentence.invitesUnavailable(reason: "timed out").text])
        hear(.connecting, at: 40_000)
        hear(.unreachable(reason: "timed out"), at: 41_000)
        #expect(words(at: 50_000).isEmpty)
        // Who is alone when the time is over hears it when somebody comes, and waits for nothing until then.
        hear(.connected, at: 60_000)
        var gone = PeerStatus(peer: bob, name: "bob", state: .left)
        _ = front.take(.peer(gone), holdsUnsaved: false, now: .zero + .seconds(61))
        hear(.unreachable(reason: "refused"), at: 70_000)
        #expect(words(at: 80_000).isEmpty && front.deadline(now: .zero + .seconds(80)).map { $0 <= .zero + .seconds(80) } != true)
        gone.state = .joined
        _ = front.take(.peer(gone), holdsUnsaved: false, now: .zero + .seconds(81))
        #expect(words(at: 82_000) == [Sentence.invitesUnavailable(reason: "refused").text])
    }

    @Test func `FE-65, FE-172: of a known name with another key one sentence is said, and another of one's own`() {
        var front = front
        let other: AuthorID = identifier(9)
        for (before, isYours) in [(identifier(8) as AuthorID, false), (identifier(1), true)] {
            let isVisible = front.take(.knownName("bob", author: other, before: before), holdsUnsaved: false, now: .zero)
            #expect(isVisible && front.notices.shown.last?.text == Sentence.knownName("bob@\(other)", isYours: isYours).text)
        }
    }

    @Test func `FE-140, FE-193: who joins is announced with what he may do and how he is reached, and how words are compared`() {
        func told(_ people: [(name: String, isVerified: Bool)], key: String = "P") -> [String] {
            var front = front
            front.safetyKey = key
            for (number, person) in people.enumerated() {
                let status = PeerStatus(
                    peer: identifier(20 + number), author: identifier(30 + number), name: person.name, state: .joined, path: .direct,
                    roundTrip: .milliseconds(24), role: .editor, isVerified: person.isVerified)
                _ = front.take(.peer(status), holdsUnsaved: false, now: .zero)
            }
            return front.notices.shown.map(\.text)
        }
        let path = Sentence.path(.direct, step: RoundTripSteps.step(for: .milliseconds(24), shown: nil) ?? 0).text
        #expect(told([("bob", false)]) == ["bob joined as an editor, \(path); P compares safety words"])
        #expect(told([("bob", true)]) == ["bob joined as an editor, \(path)"])
        #expect(told([("bob", false)], key: "") == ["bob joined as an editor, \(path)"])
        #expect(told([("bob", false), ("eve", false)]) == ["bob, eve joined"])
    }

    @Test func `FE-142: that somebody goes by a trusted name stays until it is answered`() {
        var front = front
        let (bob, eve, mal): (AuthorID, AuthorID, AuthorID) = (identifier(8), identifier(9), identifier(10))
        func warning(_ device: AuthorID) -> String { Sentence.identity("bob@\(device)", wasVerified: true).text }
        for device in [eve, mal] {
            let news = IdentityNews(name: "bob", device: device, before: bob, wasVerified: true)
            let isSeen = front.take(.identity(news), holdsUnsaved: false, now: .zero)
            // It says more than that a known name came.
            let isSaidAgain = front.take(.knownName("bob", author: device, before: bob), holdsUnsaved: false, now: .zero)
            #expect(isSeen && !isSaidAgain)
        }
        for second in 1...100 { front.notices.add("news \(second)", now: .zero + .seconds(second)) }
        #expect(front.notices.shown.map(\.text) == [warning(eve), "news 100"])
        _ = front.handleTimeout(now: .zero + .seconds(3600))
        #expect(front.notices.shown.map(\.text) == [warning(eve)])
        front.settleClaim(of: bob, isVerified: false, now: .zero)
        front.settleClaim(of: eve, isVerified: false, now: .zero + .seconds(3600))
        #expect(front.notices.shown.map(\.text) == [warning(mal)] && front.claims[eve] != nil)
        // Who is verified goes by his own name.
        var status = PeerStatus(peer: identifier(20), author: mal, name: "bob", state: .joined)
        _ = front.take(.peer(status), holdsUnsaved: false, now: .zero + .seconds(3601))
        #expect(front.claims[mal] != nil)
        status.isVerified = true
        _ = front.take(.peer(status), holdsUnsaved: false, now: .zero + .seconds(3602))
        #expect(front.claims[mal] == nil && front.notices.shown.allSatisfy { $0.kind != .identity })
    }

    @Test func `FE-142: an answer to one claim is none to another, and who was verified under another name is warned of`() {
        var front = front
        let (bob, ana, mal): (AuthorID, AuthorID, AuthorID) = (identifier(8), identifier(9), identifier(10))
        func claim(_ name: String, _ before: AuthorID, second: Int) {
            let news = IdentityNews(name: name, device: mal, before: before, wasVerified: true)
            _ = front.take(.identity(news), holdsUnsaved: false, now: .zero + .seconds(second))
        }
        func warned() -> [String] { front.notices.shown.filter { $0.kind == .identity }.map(\.text) }
        claim("bob", bob, second: 1)
        front.settleClaim(of: mal, isVerified: false, now: .zero + .seconds(2))
        claim("bob", bob, second: 3)
        #expect(warned() == [])
        claim("ana", ana, second: 4)
        #expect(warned() == [Sentence.identity("ana@\(mal)", wasVerified: true).text])
        // His status comes anew with each round trip.
        front.settleClaim(of: mal, isVerified: true, now: .zero + .seconds(5))
        for (second, name) in [(6, "mal"), (7, "mal"), (8, "bob"), (9, "bob")] {
            if second == 8 { claim("bob", bob, second: second) }
            let status = PeerStatus(peer: identifier(20), author: mal, name: name, state: .joined, isVerified: true)
            _ = front.take(.peer(status), holdsUnsaved: false, now: .zero + .seconds(second))
        }
        #expect(warned() == [Sentence.identity("bob@\(mal)", wasVerified: true).text] && front.claims[mal] != nil)
    }

    @Test func `FE-17: a mismatch of versions is not said each time that somebody knocks`() {
        var front = front
        func knock(_ theirs: Int, at second: Int) -> Bool {
            let now = Instant.zero + .seconds(second)
            _ = front.handleTimeout(now: now)
            return front.take(.versionMismatch(theirs: theirs, ours: 2), holdsUnsaved: false, now: now)
        }
        #expect(
            [knock(1, at: 0), knock(1, at: 10), knock(3, at: 20), knock(3, at: 30), knock(3, at: 320)] == [true, false, true, false, true])
        #expect(front.notices.shown.map(\.text) == [Sentence.versionMismatch(theirs: 3, ours: 2).text])
    }

    @Test func `FE-9, FE-155, FE-156: nothing is called saved that is not, and a short wait needs no words`() {
        var front = front
        func status(isSaved: Bool, unsent: Int = 0) -> Event {
            .sync(SyncStatus(state: .ahead, missing: 0, unsent: unsent, isSaved: isSaved, fingerprint: .zero))
        }
        let word = { (front: FrontEnd, now: Instant) in front.savedWord(isAsked: false, isRefused: false, inHand: nil, now: now) }
        #expect(word(front, .zero) == .saved)
        #expect(front.savedWord(isAsked: true, isRefused: false, inHand: nil, now: .zero) == .saving)
        #expect(front.savedWord(isAsked: true, isRefused: true, inHand: nil, now: .zero) == .notSavedYet)
        // What is in hand is not saved either, and does not hide what the disk refuses.
        #expect(front.savedWord(isAsked: true, isRefused: false, inHand: .text, now: .zero) == .typing)
        #expect(front.savedWord(isAsked: false, isRefused: false, inHand: .drawing, now: .zero) == .drawing)
        #expect(front.savedWord(isAsked: true, isRefused: true, inHand: .text, now: .zero) == .notSavedYet)
        _ = front.take(status(isSaved: false, unsent: 2), holdsUnsaved: false, now: .zero)
        let late = Instant.zero + .milliseconds(700)
        #expect(word(front, .zero + .milliseconds(699)) == .saving && front.deadline(now: .zero) == late)
        #expect(front.savedWord(isAsked: false, isRefused: false, inHand: .drawing, now: late) == .notSavedYet)
        #expect(word(front, late) == .notSavedYet && front.deadline(now: late) == nil)
        // Of a board on which nothing stands nobody misses anything.
        #expect(front.sendingWord(now: late) == nil)
        _ = front.take(.peer(PeerStatus(peer: bob, name: "bob", state: .joined)), holdsUnsaved: false, now: .zero)
        #expect(front.sendingWord(now: late) == .unsent(2) && front.sendingWord(now: .zero) == nil)
        _ = front.take(status(isSaved: true), holdsUnsaved: false, now: late)
        #expect(word(front, late) == .saved && front.sendingWord(now: late) == nil)
    }

    @Test func `FE-9: who goes last leaves one alone, with a true word about what is saved`() {
        for (isSaved, holdsUnsaved) in [(true, false), (true, true), (false, false)] {
            var front = front
            let status = SyncStatus(state: .synced, missing: 0, unsent: 0, isSaved: isSaved, fingerprint: .zero)
            _ = front.take(.sync(status), holdsUnsaved: holdsUnsaved, now: .zero)
            for state in [PeerStatus.State.joined, .left] {
                _ = front.take(.peer(PeerStatus(peer: bob, name: "bob", state: state)), holdsUnsaved: holdsUnsaved, now: .zero)
            }
            let words = isSaved && !holdsUnsaved ? "Only you. Everything is saved on this machine." : "Only you."
            #expect(front.notices.shown.map(\.text) == ["bob left", words])
        }
    }

    @Test func `FE-10: a loss is told after four seconds of silence, and its end once`() {
        var front = front
        func hear(silent: Int?) -> Bool {
            front.take(
                .peer(PeerStatus(peer: bob, name: "bob", state: .joined, silentSeconds: silent)), holdsUnsaved: false,
                now: .zero + .seconds(10))
        }
        for (silent, isLost) in [(nil, false), (3, false), (4, true), (5, true)] as [(Int?, Bool)] {
            let isVisible = hear(silent: silent)
            #expect(isVisible && front.people.lost.isEmpty != isLost)
        }
        let isBack = hear(silent: nil)
        let isAgain = hear(silent: nil)
        #expect(isBack && !isAgain && front.people.lost.isEmpty && front.notices.shown.last?.text == "bob is back")
    }
}
