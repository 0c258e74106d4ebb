import InkCrypto
import InkPrimitives
import InkRendezvous
import Testing

@Suite struct RendezvousServerTests {
    typealias Token = RendezvousServer.ConnectionToken

    private func drain(_ server: inout RendezvousServer) -> [RendezvousServer.Output] {
        var outputs: [RendezvousServer.Output] = []
        while let output = server.nextOutput() { outputs.append(output) }
        return outputs
    }

    private func server(_ change: (inout RendezvousServer.Configuration) -> Void = { _ in }) -> RendezvousServer {
        var configuration = RendezvousServer.Configuration()
        change(&configuration)
        return RendezvousServer(configuration, seed: [UInt8](repeating: 3, count: 32))
    }

    private func topic(_ room: UInt8) throws -> Topic { try #require(Topic(Meeting.keys(room: room).topic)) }

    /// Opens a socket and gives its nonce.
    private func open(_ number: UInt64, _ server: inout RendezvousServer, now: Instant = .zero) throws -> [UInt8] {
        server.opened(Token(number), now: now)
        for case .send(.welcome(let nonce, _, _, _, _), Token(number)) in drain(&server) { return nonce }
        throw WireError.unexpected
    }

    private func join(_ room: UInt8, nonce: [UInt8]) throws -> ClientMessage {
        let keys = Meeting.keys(room: room)
        let topic = try topic(room)
        let signature = keys.topicKey.sign(Signalling.joinProof(topic: topic, nonce: nonce))
        return .join(topic: topic, key: keys.topicKey.author, signature: signature)
    }

    @discardableResult
    private func enter(_ number: UInt64, room: UInt8 = 1, _ server: inout RendezvousServer) throws -> UInt32 {
        let nonce = try open(number, &server)
        server.received(try join(room, nonce: nonce), from: Token(number), now: .zero)
        for case .send(.joined(_, let member, _), Token(number)) in drain(&server) { return member }
        throw WireError.unexpected
    }

    @Test func `RV-1: every socket gets its own nonce, and the right signature over it lets in`() throws {
        var server = server()
        let (first, second) = (try open(1, &server), try open(2, &server))
        #expect(first != second && first.count == 32)
        server.received(try join(1, nonce: first), from: Token(1), now: .zero)
        let topic = try topic(1)
        guard case .send(.joined(topic, _, 0), Token(1))? = drain(&server).first else {
            Issue.record("not let in")
            return
        }
    }

    @Test func `RV-1, RV-105: a signature over another nonce, by another key, or for another topic does not let in`() throws {
        var server = server()
        let stale = try open(1, &server)
        let wrongs: [(inout (topic: Topic, key: AuthorID, signature: [UInt8])) throws -> Void] = [
            { $0.signature[5] ^= 1 },
            { $0.key = Meeting.device(7).author },
            { $0.topic = try self.topic(2) },
            { wrong in
                // Another key signs, honestly, for a topic that is not its own.
                let key = Meeting.device(7)
                wrong = (wrong.topic, key.author, key.sign(Signalling.joinProof(topic: wrong.topic, nonce: stale)))
            },
        ]
        for (index, change) in wrongs.enumerated() {
            let number = UInt64(index + 10)
            let nonce = try open(number, &server)
            guard case .join(let topic, let key, let signature) = try join(1, nonce: nonce) else { throw WireError.unexpected }
            var wrong = (topic: topic, key: key, signature: signature)
            try change(&wrong)
            server.received(.join(topic: wrong.topic, key: wrong.key, signature: wrong.signature), from: Token(number), now: .zero)
            #expect(drain(&server) == [.send(.refused(.notAdmitted), to: Token(number)), .close(Token(number), .notAdmitted)])
        }
        _ = try open(30, &server)
        server.received(try join(1, nonce: stale), from: Token(30), now: .zero)
        #expect(drain(&server).contains(.close(Token(30), .notAdmitted)), "a signature made for another socket")
        #expect(server.topicCount == 0)
    }

    @Test func `RV-10: a box reaches the others of its topic and nobody else`() throws {
        var server = server()
        let one = try enter(1, &server)
        let two = try enter(2, &server)
        try enter(3, &server)
        try enter(4, room: 2, &server)
        let topic = try topic(1)
        server.received(.send(topic: topic, to: nil, box: [1, 2]), from: Token(1), now: .zero)
        #expect(
            Set(drain(&server)) == [
                .send(.envelope(topic: topic, from: one, box: [1, 2]), to: Token(2)),
                .send(.envelope(topic: topic, from: one, box: [1, 2]), to: Token(3)),
            ])
        server.received(.send(topic: topic, to: one, box: [3]), from: Token(2), now: .zero)
        #expect(drain(&server) == [.send(.envelope(topic: topic, from: two, box: [3]), to: Token(1))])
        server.received(.send(topic: topic, to: one &- 77, box: [3]), from: Token(2), now: .zero)
        #expect(drain(&server).isEmpty)
        server.received(.send(topic: topic, to: nil, box: [4]), from: Token(4), now: .zero)
        #expect(drain(&server) == [.send(.refused(.notJoined), to: Token(4))])
    }

    @Test func `who leaves or closes gets nothing more, and an empty topic is forgotten`() throws {
        var server = server()
        let topic = try topic(1)
        for number: UInt64 in 1...3 { try enter(number, &server) }
        server.received(.leave(topic: topic), from: Token(2), now: .zero)
        server.closed(Token(3), now: .zero)
        server.received(.send(topic: topic, to: nil, box: [1]), from: Token(1), now: .zero)
        #expect(drain(&server).isEmpty)
        server.received(.send(topic: topic, to: nil, box: [1]), from: Token(2), now: .zero)
        #expect(drain(&server) == [.send(.refused(.notJoined), to: Token(2))])
        server.closed(Token(1), now: .zero)
        #expect(server.topicCount == 0 && server.socketCount == 1)
    }

    @Test func `RV-8: a socket that joins nothing is closed after its time, one that joined is not`() throws {
        var server = server()
        _ = try open(1, &server)
        try enter(2, &server)
        #expect(server.deadline == .zero + .seconds(10))
        server.handleTimeout(now: .zero + .milliseconds(9999))
        #expect(drain(&server).isEmpty)
        server.handleTimeout(now: .zero + .seconds(10))
        #expect(drain(&server) == [.close(Token(1), .joinTimeout)])
        #expect(server.socketCount == 1 && server.deadline == nil)
    }

    @Test func `RV-8: limits of sockets, topics and members are kept`() throws {
        var server = server {
            ($0.socketsMax, $0.topicsMax, $0.socketsPerTopicMax, $0.topicsPerSocketMax) = (6, 2, 2, 1)
        }
        try enter(1, room: 1, &server)
        try enter(2, room: 1, &server)
        var nonce = try open(3, &server)
        server.received(try join(1, nonce: nonce), from: Token(3), now: .zero)
        #expect(drain(&server) == [.send(.refused(.topicFull), to: Token(3))])
        try enter(4, room: 2, &server)
        nonce = try open(5, &server)
        server.received(try join(3, nonce: nonce), from: Token(5), now: .zero)
        #expect(drain(&server) == [.send(.refused(.tooManyTopics), to: Token(5)), .close(Token(5), .noMoreTopics)])
        nonce = try open(6, &server)
        server.received(try join(2, nonce: nonce), from: Token(6), now: .zero)
        _ = drain(&server)
        server.received(try join(1, nonce: nonce), from: Token(6), now: .zero)
        #expect(drain(&server) == [.send(.refused(.topicFull), to: Token(6))])
        _ = try open(7, &server)
        server.opened(Token(8), now: .zero)
        #expect(drain(&server) == [.close(Token(8), .tooManySockets)])
    }

    @Test func `RV-8: a flood closes the flooder and nobody else`() throws {
        var server = server()
        let topic = try topic(1)
        for number: UInt64 in 1...2 { try enter(number, &server) }
        var delivered = 0
        for round in 0..<2000 {
            server.received(.send(topic: topic, to: nil, box: [1]), from: Token(1), now: .zero + .milliseconds(round))
            for output in drain(&server) {
                switch output {
                case .send(.envelope, Token(2)): delivered += 1
                case .close(let token, let reason): #expect(token == Token(1) && reason == .rateExceeded)
                default: Issue.record("unexpected \(output)")
                }
            }
        }
        // What it had left after its own joining.
        #expect((95...130).contains(delivered))
        #expect(server.socketCount == 1)
    }
}
