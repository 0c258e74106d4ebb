import InkFrontEnd
import InkPrimitives
import InkSession
import Testing

@Suite struct WaysTests {
    private let bob: PeerID = identifier(7)
    private let eve: PeerID = identifier(8)
    private var front = FrontEnd(name: "plan", me: identifier(1), isReady: true, shapes: [])

    private func person(_ peer: PeerID, _ path: PeerStatus.Path?, _ milliseconds: Int? = 88, silent: Int? = nil) -> Event {
        .peer(
            PeerStatus(
                peer: peer, author: identifier(Int(peer == bob ? 7 : 8)), name: peer == bob ? "bob" : "eve", state: .joined, path: path,
                roundTrip: milliseconds.map { .milliseconds($0) }, silentSeconds: silent))
    }

    @Test func `FE-67, FE-173: one word says how packets travel, and direct only where all do`() {
        var front = front
        func hear(_ event: Event) { _ = front.take(event, holdsUnsaved: false, now: .zero) }
        #expect(front.pathWord == nil)
        hear(.rendezvous(.unreachable(reason: "refused")))
        #expect(front.pathWord == .offline)
        hear(person(bob, .direct, 90))
        #expect(front.pathWord == .path(.direct, step: 100))
        hear(person(eve, .relayRendezvous, 30))
        #expect(front.pathWord == .somePaths(relayed: 1, of: 2, step: 100))
        hear(person(bob, nil, nil, silent: 3))
        #expect(front.pathWord == .path(.relayRendezvous, step: 35))
        hear(person(eve, nil, nil, silent: 3))
        #expect(front.pathWord == .offline)
        hear(.rendezvous(.connected))
        #expect(front.pathWord == nil)
    }

    /// What is said of relays, by the second.
    private func words(until second: Int, isChosen: Bool = false, _ events: [Int: Event]) -> [Int] {
        var front = FrontEnd(name: "plan", me: identifier(1), isReady: true, tellsOfRelays: !isChosen, shapes: [])
        var told: [Int] = []
        for at in 0...second {
            let now = Instant.zero + .seconds(at)
            if let event = events[at] { _ = front.take(event, holdsUnsaved: false, now: now) }
            let before = front.notices.shown.contains { $0.text.hasPrefix("Direct path blocked") }
            _ = front.handleTimeout(now: now)
            guard let notice = front.notices.shown.first(where: { $0.text.hasPrefix("Direct path blocked") }), !before else { continue }
            #expect(notice.text == Sentence.usingRelay(milliseconds: 88).text)
            told.append(at)
        }
        return told
    }

    @Test func `FE-68: that a relay is used for want of a direct way is said once, and not at first`() {
        #expect(words(until: 60, [1: person(bob, .relayRendezvous), 20: person(eve, .relayRendezvous)]) == [6])
        // A relay is the first step of every connection.
        #expect(words(until: 60, [1: person(bob, .relayRendezvous), 4: person(bob, .direct)]) == [])
        // Who was reached directly is again, a moment after the network changed.
        #expect(words(until: 60, [1: person(bob, .direct), 9: person(bob, .relayRendezvous)]) == [])
        // Of who is silent nothing is known.
        #expect(
            words(until: 60, [1: person(bob, .relayRendezvous), 3: person(bob, nil, nil, silent: 2), 30: person(bob, .relayRendezvous)])
                == [30])
        #expect(words(until: 60, isChosen: true, [1: person(bob, .relayRendezvous)]) == [])
    }

    @Test func `FE-68: it is due by a deadline`() {
        var front = FrontEnd(name: "plan", me: identifier(1), isReady: true, tellsOfRelays: true, shapes: [])
        _ = front.take(person(bob, .relayRendezvous), holdsUnsaved: false, now: .zero)
        _ = front.handleTimeout(now: .zero + .milliseconds(4500))
        #expect(front.deadline(now: .zero + .milliseconds(4500)) == Instant.zero + Ways.directPatience)
        let isSeen = front.handleTimeout(now: .zero + Ways.directPatience)
        #expect(isSeen)
        _ = front.handleTimeout(now: .zero + .seconds(20))
        #expect(front.deadline(now: .zero + .seconds(20)) == nil)
    }

    @Test func `FE-69: who is heard is not among those who were not met, whichever process of the device it is`() {
        var front = front
        func hear(_ event: Event) { _ = front.take(event, holdsUnsaved: false, now: .zero) }
        let obstacle = Obstacle(way: .noPassage, relay: .notAllowed)
        // Started anew, the device has another peer, and the person who is back is told of by the one before.
        hear(person(bob, .direct))
        hear(person(bob, nil, nil, silent: 3))
        hear(.meeting(identifier(17), author: identifier(7), nil))
        hear(person(bob, nil, nil, silent: 4))
        #expect(front.ways.meetings.map(\.obstacle) == [nil])
        hear(.meeting(identifier(18), author: identifier(7), obstacle))
        #expect(front.ways.meetings.map(\.obstacle) == [obstacle])
        hear(person(eve, .direct))
        #expect(front.ways.meetings.count == 1)
        // A farewell is no meeting, whatever way it names.
        hear(.peer(PeerStatus(peer: bob, author: identifier(7), name: "bob", state: .left, path: .direct)))
        #expect(front.ways.meetings.count == 1)
        hear(person(bob, .direct))
        #expect(front.ways.meetings.isEmpty)
    }
}
