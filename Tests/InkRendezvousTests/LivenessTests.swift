import InkConnectivity
import InkPrimitives
import InkRendezvous
import Testing

/// How closely a rendezvous is watched, and what a change of the network does.
@Suite struct LivenessTests {
    @Test func `RV-37, RV-135: a rendezvous is watched closely while nobody is connected, or somebody by a relay or hardly`() {
        var meeting = Meeting()
        meeting.addPeer(1)
        #expect(meeting.peers[0].watches == [.seconds(10)])
        meeting.addPeer(2)
        #expect(meeting.peers[0].watches == [.seconds(10), .seconds(30)])
        let other = meeting.peers[1].id
        func watches(_ input: (inout RendezvousClient) -> Void) -> Duration? {
            meeting.peers[0].watches = []
            input(&meeting.peers[0].client)
            meeting.settle()
            #expect(meeting.peers[0].watches.count <= 1)
            return meeting.peers[0].watches.last
        }
        let now = meeting.now
        #expect(watches { $0.relayed(other, true) } == .seconds(10))
        #expect(watches { $0.degraded(other, true, now: now) } == nil, "it is already")
        #expect(watches { $0.relayed(other, false) } == nil, "it still does not answer")
        #expect(watches { $0.degraded(other, false, now: now) } == .seconds(30))
        #expect(watches { $0.relayed(Meeting.peerID(9), true) } == nil, "with that one there is no session")
        #expect(watches { $0.relayed(other, true) } == .seconds(10))
        #expect(watches { $0.sessionLives(with: Meeting.peerID(9), true, now: now) } == nil)
        #expect(watches { $0.sessionLives(with: other, false, now: now) } == .seconds(30), "nobody is relayed any more, and one is there")
        #expect(watches { $0.sessionLives(with: Meeting.peerID(9), false, now: now) } == .seconds(10))
    }

    @Test func `RV-37: each connection is told anew how it is watched`() {
        var meeting = Meeting()
        for number: UInt8 in [1, 2] { meeting.addPeer(number) }
        meeting.disconnect(0)
        meeting.peers[0].watches = []
        meeting.connect(0)
        #expect(meeting.peers[0].watches == [.seconds(30)])
    }

    @Test func `RV-38: when the network changes what is open is asked at once, and many changes make one question a second`() throws {
        var meeting = Meeting()
        let index = meeting.addPeer(1, connect: false)
        let (local, other) = (try #require(IPAddress("192.168.1.5")), try #require(IPAddress("10.0.0.9")))
        meeting.connect(index, from: local)
        meeting.run(for: .seconds(3))
        let first = meeting.now
        for _ in 0..<20 {
            meeting.peers[index].client.networkChanged(from: [local], to: [other, local], now: meeting.now)
            meeting.run(for: .milliseconds(100))
        }
        meeting.run(for: .seconds(5))
        #expect(meeting.peers[index].probes == [first, first + .seconds(1), first + .seconds(2)])
        #expect(meeting.peers[index].isConnected && meeting.peers[index].refusals.isEmpty)
    }

    // Link-local addresses, those of a family without UDP and loopback are in no list, and one that was made before the first list is in none yet.
    @Test(
        arguments: [
            ("192.168.1.5", ["192.168.1.5"], true), ("192.168.1.5", [], false), ("fe80::5", ["192.168.1.5"], false),
            ("2001:db8::5", ["192.168.1.5"], false), ("127.0.0.1", [], false), (nil, [], false),
        ] as [(String?, [String], Bool)])
    func `RV-38: a connection from an address that is gone is opened again at once`(local: String?, listed: [String], isCutOff: Bool) throws
    {
        var meeting = Meeting()
        let index = meeting.addPeer(1, connect: false)
        meeting.peers[index].client.start(now: meeting.now)
        meeting.settle()
        meeting.connect(index, from: local.flatMap { IPAddress($0) })
        meeting.run(for: .seconds(3))
        let change = meeting.now
        let listed = listed.compactMap { IPAddress($0) }
        meeting.peers[index].client.networkChanged(from: listed, to: [try #require(IPAddress("10.0.0.9"))], now: change)
        meeting.settle()
        #expect(meeting.peers[index].connects == (isCutOff ? [.zero, change] : [.zero]))
        #expect(meeting.peers[index].refusals.count == (isCutOff ? 1 : 0) && meeting.peers[index].probes.count == (isCutOff ? 0 : 1))
        // The next loss has its pause again.
        meeting.connect(index)
        meeting.disconnect(index)
        #expect(meeting.peers[index].connects.count == (isCutOff ? 2 : 1))
    }

    @Test func `RV-38: an address that comes and goes has a connection opened again once a second and not each time`() throws {
        var meeting = Meeting()
        let index = meeting.addPeer(1, connect: false)
        let local = try #require(IPAddress("192.168.1.5"))
        meeting.peers[index].client.start(now: meeting.now)
        meeting.settle()
        let began = meeting.now
        for _ in 0..<50 {
            if meeting.peers[index].connects.last == meeting.now { meeting.connect(index, from: local) }
            meeting.peers[index].client.networkChanged(from: [local], to: [], now: meeting.now)
            meeting.settle()
            meeting.peers[index].client.networkChanged(from: [], to: [local], now: meeting.now)
            meeting.settle()
            meeting.run(for: .milliseconds(100))
        }
        #expect(meeting.peers[index].connects == (0...5).map { began + .seconds(Int64($0)) })
    }

    @Test(arguments: ["welcome", "joined", "nothing"])
    func `RV-40: one that accepts us and does not let us in is left ten seconds after the try began`(missing: String) {
        var meeting = Meeting()
        let index = meeting.addPeer(1, connect: false)
        meeting.meddle = { message, _ in
            switch message {
            case .welcome where missing == "welcome": .drop
            case .joined where missing == "joined": .drop
            default: .pass
            }
        }
        meeting.peers[index].client.start(now: meeting.now)
        meeting.settle()
        // It takes its time before it accepts us.
        meeting.run(for: .seconds(4))
        meeting.connect(index)
        meeting.run(until: .zero + .milliseconds(9999))
        #expect(meeting.peers[index].refusals.isEmpty && meeting.peers[index].isConnected)
        meeting.run(until: .zero + .seconds(10))
        let isLeft = missing != "nothing"
        #expect(meeting.peers[index].refusals == (isLeft ? ["it accepted us and did not let us in"] : []))
        meeting.run(for: .milliseconds(500))
        #expect(meeting.peers[index].connects.count == (isLeft ? 2 : 1), "it is tried again")
    }

    @Test
    func `RV-38: what waits to be opened again is tried when the network changes, at most once a second, and waits as long as before`()
        throws
    {
        var meeting = Meeting()
        let index = meeting.addPeer(1, connect: false)
        meeting.peers[index].client.start(now: meeting.now)
        meeting.settle()
        for _ in 0..<40 {
            meeting.peers[index].client.disconnected(now: meeting.now)
            meeting.run(until: try #require(meeting.peers[index].client.deadline))
        }
        // By now the pauses are long. One that waits is cut short.
        var longest = Duration.zero
        for _ in 0..<20 {
            meeting.peers[index].client.disconnected(now: meeting.now)
            let pause = try #require(meeting.peers[index].client.deadline) - meeting.now
            longest = max(longest, pause)
            let (before, asked) = (meeting.peers[index].connects.count, try #require(meeting.peers[index].connects.last))
            meeting.peers[index].client.networkChanged(from: [], to: [], now: meeting.now)
            meeting.settle()
            let due = min(pause, .seconds(1) - (meeting.now - asked))
            #expect(meeting.peers[index].connects.count == before + (due <= .zero ? 1 : 0))
            meeting.run(for: max(.zero, due))
            #expect(meeting.peers[index].connects.count == before + 1)
        }
        #expect(longest > .seconds(5), "a change shortens the pause, not those after it")
    }

    @Test func `RV-35, RV-136: when the network changes all with whom sessions live are told`() throws {
        var meeting = Meeting()
        for number: UInt8 in [1, 2] { meeting.addPeer(number) }
        meeting.run(for: .seconds(1))
        meeting.peers[1].client.networkChanged(from: [], to: [], now: meeting.now)
        meeting.settle()
        #expect(meeting.peers[0].told.map(\.remote) == [Meeting.peerID(2)] && meeting.peers[1].told.map(\.remote) == [Meeting.peerID(1)])
        #expect(meeting.peers[0].told.map(\.at) == [meeting.now])
    }
}
