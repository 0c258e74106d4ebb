import InkBoard
import InkCrypto
import InkPrimitives
import InkTransport
import Testing

@testable import InkSession

@Suite struct TransferTests {
    private func transactions(_ count: Int) throws -> [Transaction] {
        var random = SecretGenerator(seed: [UInt8](repeating: 5, count: 32))
        let key = SigningKey(seed: random.secret())
        var board = try Board(genesis: Board.makeGenesis(owner: key, name: "b", wallTime: 0, nonce: random.bytes(16)))
        return try (0..<count).map { try board.author(Board.writes(saying: "m\($0)", by: key.author), key: key, wallTime: 0).0 }
    }

    @Test func `SE-16: a backlog holds each name once, in order, also when it is long`() throws {
        let names = try transactions(300).map(\.name)
        var backlog = Backlog()
        for name in names + names { backlog.append(name, from: .live) }
        #expect(backlog.count == 300)
        var sent: [TransactionName] = []
        for _ in 0..<100 { if let name = backlog.popFirst() { sent.append(name) } }
        // What was sent may be found missing again.
        backlog.append(names[0], from: .live)
        backlog.append(names[299], from: .live)
        while let name = backlog.popFirst() { sent.append(name) }
        #expect(sent == names + [names[0]])
        #expect(backlog.isEmpty && backlog.count == 0)
    }

    @Test func `SE-394: a name that went by is remembered three seconds, longer while something waits, and then no more`() throws {
        var transfer = Transfer(reconciler: Reconciler(hashKey: [UInt8](repeating: 1, count: 16), isInitiator: true), now: .zero)
        let names = try transactions(2000).map(\.name)
        // A change each tenth of a second, for three minutes.
        for (index, name) in names.enumerated() {
            let now = Instant.zero + .milliseconds(100 * index)
            transfer.noteExchanged(name, now: now)
            transfer.drained(now: now)
            #expect(transfer.exchangedCount <= 62)
            #expect(transfer.exchangedLately(names[max(0, index - 29)], now: now))
        }
        // Then nothing.
        let end = Instant.zero + .milliseconds(100 * names.count)
        for seconds in 1...6 { transfer.drained(now: end + .seconds(seconds)) }
        #expect(transfer.exchangedCount == 0)
        // What may still wait in a connection that is full is remembered.
        transfer.noteExchanged(names[0], now: end + .seconds(7))
        transfer.noteExchanged(names[1], now: end + .seconds(60))
        #expect(transfer.exchangedLately(names[0], now: end + .seconds(60)))
    }

    @Test func `SE-164, SE-316: of a backlog what a comparison found can be left out, and nothing else`() throws {
        let names = try transactions(6).map(\.name)
        var backlog = Backlog()
        for name in names[0..<3] { backlog.append(name, from: .comparison) }
        backlog.append(names[3], from: .live)
        // Found, and then asked for by name; new, and then found.
        backlog.append(names[1], from: .live)
        backlog.append(names[3], from: .comparison)
        #expect(backlog.isHistory)
        backlog.removeFound()
        #expect(backlog.count == 2 && !backlog.isHistory)
        backlog.append(names[4], from: .history)
        backlog.append(names[5], from: .comparison)
        backlog.removeFound()
        #expect(backlog.count == 3 && backlog.isHistory)
        var left: [TransactionName] = []
        while let name = backlog.popFirst() { left.append(name) }
        #expect(left == [names[1], names[3], names[4]] && !backlog.isHistory)
    }

    @Test func `SE-312: what came as new is known as such while its parents are awaited, and no longer`() throws {
        let names = try transactions(1000).map(\.name)
        var (news, orphans) = (LateNews(), Set<TransactionName>())
        for name in names[0..<10] {
            orphans.insert(name)
            news.wait(name, orphanCount: orphans.count, isOrphan: orphans.contains)
        }
        #expect(news.isOver(names[3]) && !news.isOver(names[3]) && !news.isOver(names[20]))
        // The board forgets orphans by itself.
        for name in names {
            news.wait(name, orphanCount: 1) { $0 == name }
            #expect(news.count <= 2 + LateNews.staleMax)
        }
    }

    @Test func `SE-17: of a peer that names parents without end few are asked for, few times`() throws {
        let names = try transactions(1500).map(\.name)
        var asks = Asks()
        let (whom, other) = (ConnectionID(1), ConnectionID(2))
        for name in names { asks.expect(name, from: whom, now: .zero) }
        #expect(asks.count == Asks.openMax)
        // Another is not held up by that.
        let honest = TransactionName([UInt8](repeating: 255, count: 32))!
        asks.expect(honest, from: other, now: .zero)
        var (asked, honestlyAsked, now, turns) = (0, 0, Instant.zero, 0)
        while let deadline = asks.deadline, turns < 10_000 {
            turns += 1
            now = max(now, deadline)
            for (connection, questions) in asks.due(now: now, alive: { _ in true }) {
                #expect(questions.count <= SessionMessage.asksMax)
                if connection == whom { asked += questions.count } else { honestlyAsked += questions.count }
            }
        }
        #expect(asks.count == 0 && turns < 1000)
        #expect(asked == Asks.openMax * Asks.triesMax && honestlyAsked == Asks.triesMax)
    }

    @Test func `SE-14: a false copy does not keep the true one out, nor a flood of one peer those of others`() throws {
        let transaction = try transactions(1)[0]
        var bytes = transaction.encoded
        bytes[bytes.count - 1] ^= 1
        let copy = try Transaction(decoding: bytes)
        #expect(copy.name == transaction.name && !copy.hasValidSignature)
        var verification = Verification()
        let isTaken = verification.append(.init(transaction: copy, source: ConnectionID(1), supplier: .zero), now: .zero)
        #expect(isTaken)
        let (one, two) = (ConnectionID(1), ConnectionID(2))
        #expect(
            !verification.contains(transaction, from: one) && verification.contains(copy, from: one)
                && verification.contains(copy, from: two))
        var taken = 0
        for transaction in try transactions(400) {
            for flip in 1...200 as ClosedRange<UInt8> {
                var bytes = transaction.encoded
                bytes[bytes.count - 2] ^= flip
                let flipped = Verification.Job(transaction: try Transaction(decoding: bytes), source: one, supplier: .zero)
                if verification.append(flipped, now: .zero) { taken += 1 }
            }
        }
        #expect(taken < 400 * 200)
        let isOthersTaken = verification.append(.init(transaction: transaction, source: two, supplier: .zero), now: .zero)
        #expect(isOthersTaken)
        var checked: [Transaction] = []
        while let (batch, transactions) = verification.nextBatch(now: .zero) {
            let finished = verification.finished(batch, transactions.map { _ in true }, now: .zero)
            #expect(finished.valid.count == transactions.count)
            checked += transactions
        }
        // Another's is among the first, however much there is of the flood (SE-80).
        #expect(checked.prefix(2).contains(transaction))
        #expect(verification.isEmpty && !verification.contains(transaction.name) && !verification.contains(copy, from: one))
    }

    @Test func `SE-73: with whom one has sessions is told by differences, at most once a second`() throws {
        var pipes = try PerfectPipes()
        pipes.add(name: "ana")
        pipes.add(name: "bob")
        #expect(pipes.run(.seconds(5)) { $0.areEqual })
        let theirs = try #require(pipes.members[1].node.neighbours.keys.first)
        func adjacent() -> Set<AuthorID>? { pipes.members[1].node.neighbours[theirs]?.adjacent }
        _ = pipes.run(.seconds(2))
        #expect(adjacent() == [pipes.members[1].node.author])
        let begun = pipes.now
        for number in 0..<8 { pipes.add(name: "p\(number)", dialling: [0]) }
        var tellings: Set<Instant> = []
        let isTold = pipes.run(.seconds(20)) { pipes in
            tellings.insert(pipes.members[0].node.roster.adjacency.toldAt)
            return pipes.members[1].node.neighbours[theirs]?.adjacent.count == 9
        }
        #expect(isTold)
        #expect(Double(tellings.count) <= 2 + (pipes.now - begun).milliseconds / 1000)
        // Each knows the same, whenever it came.
        let all = Set(pipes.members[1...].map(\.node.author))
        #expect(
            pipes.run(.seconds(5)) { pipes in
                pipes.members[1...].allSatisfy { member in member.node.neighbours.values.contains { $0.adjacent == all } }
            })
        pipes.input(.quit, to: 9)
        #expect(pipes.run(.seconds(5)) { $0.members[1].node.neighbours[theirs]?.adjacent.count == 8 })
    }

    /// Gives out, and takes verdicts on, all that may go now.
    private func drain(
        _ verification: inout Verification, now: Instant, isValid: (Transaction) -> Bool = { _ in true }
    ) -> (valid: [Transaction], forged: [Transaction]) {
        var (valid, forged) = (verification.released(now: now), [Verification.Job]())
        while let (batch, transactions) = verification.nextBatch(now: now) {
            let finished = verification.finished(batch, transactions.map(isValid), now: now)
            (valid, forged) = (valid + finished.valid, forged + finished.forged)
        }
        return (valid.map(\.transaction), forged.map(\.transaction))
    }

    private func chat(_ text: String, by member: Int) throws -> Transaction {
        var board = try Board(genesis: try PerfectPipes().genesis)
        let key = PerfectPipes.identity(member)
        return try board.author(Board.writes(saying: text, by: key.author), key: key, wallTime: 0).0
    }

    @Test func `SE-74, SE-296: what an author sends faster than its pace waits, in order, and nobody else's waits for it`() throws {
        let many = try transactions(3000)
        var verification = Verification()
        let source = ConnectionID(1)
        for transaction in many {
            let isKept = verification.append(.init(transaction: transaction, source: source, supplier: .zero, isLive: true), now: .zero)
            #expect(isKept)
        }
        var taken = drain(&verification, now: .zero).valid
        #expect(taken.count == Int(AuthorPace.burst) && verification.holds(of: source))
        // Somebody else, over the same peer.
        let other = try chat("x", by: 3)
        var now = Instant.zero + .seconds(1)
        _ = verification.append(.init(transaction: other, source: source, supplier: .zero, isLive: true), now: now)
        let second = drain(&verification, now: now).valid
        taken += second.filter { $0 != other }
        #expect(second.contains(other) && taken.count == Int(AuthorPace.burst + AuthorPace.rate))
        while let deadline = verification.deadline {
            #expect(deadline > now)
            now = max(now, deadline)
            taken += drain(&verification, now: now).valid
        }
        #expect(taken.map(\.name) == many.map(\.name) && verification.isEmpty && !verification.holds(of: source))
        #expect(now - .zero > .milliseconds(4900) && now - .zero < .milliseconds(5100))
    }

    @Test func `SE-81, SE-297: what others say in an author's name uses up nobody's pace but their own`() throws {
        let many = try transactions(2100)
        let (liar, author) = (ConnectionID(1), ConnectionID(2))
        var verification = Verification()
        var (looked, refused) = (0, 0)
        for transaction in many {
            var bytes = transaction.encoded
            bytes[bytes.count - 1] ^= 1
            let forged = Verification.Job(transaction: try Transaction(decoding: bytes), source: liar, supplier: .zero, isLive: true)
            if !verification.append(forged, now: .zero) { refused += 1 }
            looked += drain(&verification, now: .zero) { $0 != forged.transaction }.forged.count
        }
        // After some lies nothing of the liar is looked at, whatever the lane.
        #expect(looked == Int(Carrier.falseBurst) && refused == many.count - looked)
        let isLiarTaken = verification.takes(100, from: liar, now: .zero)
        let isAuthorTaken = verification.takes(100, from: author, now: .zero)
        let isLiarTakenLater = verification.takes(100, from: liar, now: .zero + .seconds(1))
        #expect(!isLiarTaken && isAuthorTaken && isLiarTakenLater)
        for transaction in many {
            _ = verification.append(.init(transaction: transaction, source: author, supplier: .zero, isLive: true), now: .zero)
        }
        let taken = drain(&verification, now: .zero).valid
        #expect(taken.map(\.name) == many.prefix(Int(AuthorPace.burst)).map(\.name))
        // Nor is what had come before the first verdict, but for the batches that were given out.
        var flooded = Verification()
        for transaction in many {
            _ = flooded.append(.init(transaction: transaction, source: liar, supplier: .zero, isLive: true), now: .zero)
        }
        let forged = drain(&flooded, now: .zero) { _ in false }.forged.count
        #expect((64...64 + 2 * 64).contains(forged))
    }

    @Test func `SE-299: a copy that waits for one peer's pace does not keep out that of another`() throws {
        let (slow, quick) = (ConnectionID(1), ConnectionID(2))
        var verification = Verification()
        let text = String(repeating: "x", count: Limits.chatBytes - 10)
        // In many names, so that none has used up its own pace.
        let long = try (0..<64).map { try chat(text, by: $0) }
        var (now, count) = (Instant.zero, 0)
        while !verification.holds(of: slow) {
            count += 1
            _ = verification.append(.init(transaction: long[count % 64], source: slow, supplier: .zero, isLive: true), now: now)
            _ = drain(&verification, now: now)
        }
        let stroke = try chat("mine", by: 70)
        _ = verification.append(.init(transaction: stroke, source: slow, supplier: .zero, isLive: true), now: now)
        #expect(verification.contains(stroke, from: slow) && !verification.contains(stroke, from: quick))
        let early = drain(&verification, now: now).valid
        #expect(early.isEmpty)
        _ = verification.append(.init(transaction: stroke, source: quick, supplier: .zero, isLive: true), now: now)
        let taken = drain(&verification, now: now).valid
        #expect(taken == [stroke])
        // When its turn comes, it is known.
        now += .seconds(60)
        var isOffered = false
        while let (batch, transactions) = verification.nextBatch(now: now, isKnown: { $0 == stroke.name }) {
            isOffered = isOffered || transactions.contains(stroke)
            _ = verification.finished(batch, transactions.map { _ in true }, now: now)
        }
        #expect(!isOffered && verification.isEmpty && verification.byteCount == 0)
    }

    @Test func `SE-80: history has a wide pace of its own`() throws {
        let text = String(repeating: "x", count: Limits.chatBytes - 10)
        let long = try (0..<40).map { try chat("\($0)" + text, by: 0) }
        let source = ConnectionID(1)
        var verification = Verification()
        var (taken, round, now) = (0, 0, Instant.zero)
        func pour() {
            while !verification.holds(of: source) {
                _ = verification.append(.init(transaction: long[round % long.count], source: source, supplier: .zero), now: now)
                round += 1
                taken += drain(&verification, now: now).valid.count
            }
        }
        pour()
        let each = AuthorPace.cost(of: long[20]) + Carrier.historyEach
        #expect(abs(Double(taken) * each - Carrier.historyBurst) < 3 * each)
        // What waits goes on by itself, a mebibyte a second.
        let before = taken
        while let deadline = verification.deadline, deadline <= .zero + .seconds(10) {
            now = max(now, deadline)
            taken += drain(&verification, now: now).valid.count
            pour()
        }
        #expect(abs(Double(taken - before) * each - 10 * Carrier.historyRate) < 4 * each)
    }

    @Test func `SE-298: a batch is no more than may be inserted in one go, and few are given out at a time`() throws {
        var board = try Board(genesis: try PerfectPipes().genesis)
        let key = PerfectPipes.identity(0)
        let draft = ShapeDraft(kind: .rectangle, position: .zero, size: Size(width: 8, height: 8))
        let writes = try (1...300 as ClosedRange<UInt64>).flatMap { try board.writes(for: draft, number: $0, by: key.author) }
        let wide = try (0..<8).map { _ in try board.author(writes, key: key, wallTime: 0).0 }
        #expect(AuthorPace.cost(of: wide[0]) == Double(wide[0].encoded.count + 299 * AuthorPace.bytesEachShape))
        var verification = Verification()
        for transaction in wide {
            _ = verification.append(.init(transaction: transaction, source: ConnectionID(1), supplier: .zero), now: .zero)
        }
        let batches = (0..<3).map { _ in verification.nextBatch(now: .zero) }
        #expect(batches.map { $0?.1.count } == [2, 2, nil])
        _ = verification.finished(try #require(batches[0]).0, [true, true], now: .zero)
        // What another brings meanwhile is next.
        let stroke = try chat("x", by: 3)
        _ = verification.append(.init(transaction: stroke, source: ConnectionID(2), supplier: .zero), now: .zero)
        let next = verification.nextBatch(now: .zero)
        #expect(next?.1.contains(stroke) == true)
    }

    @Test func `SE-70: what waits of all peers is bounded, and each peer finds room still`() throws {
        let text = String(repeating: "x", count: Limits.chatBytes - 10)
        var board = try Board(genesis: try PerfectPipes().genesis)
        let key = PerfectPipes.identity(0)
        let long = try (0..<1100).map { number in
            try board.author(Board.writes(saying: "\(number)" + text, by: key.author), key: key, wallTime: 0).0
        }
        var verification = Verification()
        for source in 1...8 as ClosedRange<UInt64> {
            for transaction in long {
                // Each peer's differ, or they would be looked at once.
                var bytes = transaction.encoded
                bytes[bytes.count - 1] ^= UInt8(source)
                let job = Verification.Job(transaction: try Transaction(decoding: bytes), source: ConnectionID(source), supplier: .zero)
                _ = verification.append(job, now: .zero)
            }
        }
        #expect(verification.byteCount > Verification.bytesMaxOfAll - Limits.transactionBytes)
        #expect(verification.byteCount <= Verification.bytesMaxOfAll + 8 * Verification.bytesMaxCrowded)
        let isTaken = verification.append(.init(transaction: try chat("x", by: 3), source: ConnectionID(9), supplier: .zero), now: .zero)
        #expect(isTaken)
        _ = drain(&verification, now: .zero)
        #expect(verification.byteCount == 0 && verification.isEmpty)
    }

    @Test func `SE-83: a board is there when what its peers sent is, whatever others' work is being checked`() throws {
        var pipes = try PerfectPipes()
        let history = try (0..<3).map { number in try chat("\(number)", by: 0) }
        pipes.add(name: "ana", stored: [history[0]])
        pipes.add(name: "bob")
        // Somebody's transaction of which no verdict comes.
        let stuck = Verification.Job(transaction: history[1], source: ConnectionID(77), supplier: .zero)
        _ = pipes.members[1].node.agreement.verification.append(stuck, now: .zero)
        _ = pipes.members[1].node.agreement.verification.nextBatch(now: .zero)
        // Somebody draws all the time, so that the fingerprints do not agree.
        for number in 0..<100 where !pipes.members[1].node.isReady {
            pipes.intent(.draw(ShapeDraft(kind: .note, position: .zero, text: "\(number)")), by: 0)
            _ = pipes.run(.milliseconds(7))
        }
        #expect(pipes.members[1].node.isReady)
        #expect(pipes.members[1].node.agreement.verification.isEmpty == false)
    }

    @Test func `SE-84: in a crowd all are looked at together, and not for each packet`() throws {
        var pipes = try PerfectPipes()
        pipes.add(name: "ana")
        let crowd = SessionTiming.crowd + 4
        for number in 0..<crowd { pipes.add(name: "p\(number)") }
        #expect(pipes.run(.seconds(20)) { $0.areEqual && $0.members[0].node.presentPeers == crowd })
        let pause = SessionTiming.sweepPauseEach * 4
        var sweeps: [Instant] = []
        pipes.intent(.draw(ShapeDraft(kind: .note, position: .zero, text: "to all")), by: 0)
        #expect(
            pipes.run(.seconds(5)) { pipes in
                if sweeps.last != pipes.members[0].node.sweeps.last { sweeps.append(pipes.members[0].node.sweeps.last) }
                return pipes.areEqual && pipes.members[1].node.board?.shapes.count == 1
            })
        #expect(sweeps.count > 2 && zip(sweeps, sweeps.dropFirst()).allSatisfy { $1 - $0 >= pause })
    }

    @Test func `SE-97: who does not answer is sent what was drawn meanwhile when he is heard again`() throws {
        var pipes = try PerfectPipes()
        pipes.add(name: "ana")
        pipes.add(name: "bob")
        #expect(pipes.run(.seconds(20)) { $0.areEqual && $0.members[0].node.presentPeers == 1 })
        pipes.drop = { _, _ in true }
        pipes.intent(.draw(ShapeDraft(kind: .note, position: .zero, text: "before")), by: 0)
        #expect(pipes.run(.seconds(8)) { $0.members[0].node.presentPeers == 0 })
        let pending = { (pipes: PerfectPipes) in pipes.members[0].node.statistics().reduce(0) { $0 + $1.statistics.pendingBytes } }
        let before = pending(pipes)
        for number in 0..<100 {
            pipes.intent(.draw(ShapeDraft(kind: .note, position: .zero, text: "note \(number)")), by: 0)
        }
        _ = pipes.run(.seconds(1))
        #expect(pending(pipes) < before + 100 * 20, "fingerprints at most")
        pipes.drop = { _, _ in false }
        #expect(pipes.run(.seconds(4)) { $0.areEqual && $0.members[1].node.board?.shapes.count == 101 })
        #expect(pipes.members[0].node.statistics().count == 1, "in the same session")
    }

    @Test func `SE-16: over a slow line a newcomer gets everything once`() throws {
        var pipes = try PerfectPipes()
        var board = try Board(genesis: pipes.genesis)
        let key = PerfectPipes.identity(0)
        let history = try (0..<3000).map {
            try board.author(Board.writes(saying: "message \($0)", by: key.author), key: key, wallTime: 0).0
        }
        pipes.add(name: "ana", stored: history)
        pipes.bytesPerSecond = 120_000
        pipes.add(name: "bob")
        let isEqual = pipes.run(.seconds(120)) { $0.members[1].node.board?.fingerprint == $0.members[0].node.board?.fingerprint }
        #expect(isEqual)
        // What comes after agreement counts, too.
        _ = pipes.run(.seconds(20))
        let useful = history.reduce(0) { $0 + $1.encoded.count }
        #expect(useful > 120_000 * 4, "or it does not last")
        let figures = try #require(pipes.members[0].node.statistics().first).statistics
        // Repetitions for loss are the transport's; what the session gave it is the rest.
        let given = Int(figures.bytesOut - figures.bytesRetransmitted)
        #expect(given < useful * 13 / 10 + 50_000, "\(given) bytes for \(useful)")
    }

    @Test(arguments: [300, 1000])
    func `SE-395, SE-396: over a line that carries next to nothing comparisons do not pile up`(bytesPerSecond: Int) throws {
        var pipes = try PerfectPipes()
        var board = try Board(genesis: pipes.genesis)
        let key = PerfectPipes.identity(0)
        let history = try (0..<1000).map {
            try board.author(Board.writes(saying: "message \($0)", by: key.author), key: key, wallTime: 0).0
        }
        for name in ["ana", "bob", "eve"] { pipes.add(name: name, stored: history) }
        #expect(pipes.run(.seconds(20)) { $0.areEqual && $0.members[0].node.presentPeers == 2 })
        pipes.bytesPerSecond = bytesPerSecond
        pipes.hasWideLine = [2]
        var most = 0
        for second in 0..<180 {
            for index in pipes.members.indices {
                pipes.intent(.draw(ShapeDraft(kind: .note, position: .zero, text: "note \(second)")), by: index)
            }
            _ = pipes.run(.seconds(1)) { pipes in
                for member in pipes.members {
                    for connection in member.node.connections {
                        most = max(most, member.node.endpoint.pendingBytes(on: connection, lane: .control))
                    }
                }
                return false
            }
        }
        #expect(most < 3 * SessionTiming.controlFull)
        // And once it carries something again all is made good.
        pipes.bytesPerSecond = 50_000
        #expect(pipes.run(.seconds(60)) { $0.areEqual })
    }

    @Test func `SE-11: a stroke with points far apart is cut by bytes, and loses none`() throws {
        var pipes = try PerfectPipes()
        pipes.add(name: "ana")
        var random = SplitMix64(seed: 4)
        let points = (0..<9000).map { _ in Point(x: Int32(random.below(1 << 30)) - 1 << 29, y: Int32(random.below(1 << 30)) - 1 << 29) }
        pipes.intent(.begin(.stroke(ShapeDraft(kind: .freehand, position: points[0], points: [.zero], label: "far"))), by: 0)
        for start in stride(from: 1, to: points.count, by: 700) {
            pipes.intent(.extend(Array(points[start..<min(points.count, start + 700)])), by: 0)
        }
        pipes.intent(.commit, by: 0)
        let shapes = try #require(pipes.members[0].node.board).shapes.sorted { $0.id < $1.id }
        #expect(shapes.count > 1)
        #expect(shapes.map(\.content.label).filter { !$0.isEmpty } == ["far"])
        var drawn: [Point] = []
        for shape in shapes { drawn += shape.content.points.dropFirst(drawn.isEmpty ? 0 : 1).map { shape.content.position + $0 } }
        #expect(drawn == points)
        pipes.intent(.undo, by: 0)
        #expect(pipes.members[0].node.board?.shapes.isEmpty == true)
    }

    @Test func `SE-11: a text that is saved while it is typed is one step of undo`() throws {
        var pipes = try PerfectPipes()
        pipes.add(name: "ana")
        func texts(_ pipes: PerfectPipes) -> [String] { pipes.members[0].node.board?.shapes.map(\.content.text) ?? [] }
        pipes.intent(.draw(ShapeDraft(kind: .note, position: .zero, text: "before")), by: 0)
        let shape = try #require(pipes.members[0].node.board?.shapes.first?.id)
        // A new step, and what belongs to it.
        pipes.intent(.set(shape, [.text("before a")]), by: 0)
        pipes.intent(.amend(shape, [.text("before ab")]), by: 0)
        pipes.intent(.amend(shape, [.text("before abc")]), by: 0)
        #expect(texts(pipes) == ["before abc"])
        pipes.intent(.undo, by: 0)
        #expect(texts(pipes) == ["before"])
        pipes.intent(.redo, by: 0)
        #expect(texts(pipes) == ["before abc"])
        // What was done between is not drawn in.
        pipes.intent(.draw(ShapeDraft(kind: .text, position: .zero, text: "other")), by: 0)
        pipes.intent(.amend(shape, [.text("later")]), by: 0)
        pipes.intent(.undo, by: 0)
        #expect(texts(pipes) == ["before abc", "other"])
        // A new text: all of it goes.
        pipes.intent(.begin(.shape(ShapeDraft(kind: .text, position: .zero, text: "n"))), by: 0)
        pipes.intent(.commit, by: 0)
        let new = try #require(pipes.members[0].node.board?.shapes.last?.id)
        pipes.intent(.amend(new, [.text("ne")]), by: 0)
        pipes.intent(.amend(new, [.text("new")]), by: 0)
        #expect(texts(pipes) == ["before abc", "other", "new"])
        pipes.intent(.undo, by: 0)
        #expect(texts(pipes) == ["before abc", "other"])
    }

    @Test func `SE-18, SE-282: from older files nothing is written until the own newer work is back`() throws {
        var pipes = try PerfectPipes()
        var board = try Board(genesis: pipes.genesis)
        let key = PerfectPipes.identity(0)
        let history = try (0..<2000).map {
            try board.author(Board.writes(saying: "message \($0)", by: key.author), key: key, wallTime: 0).0
        }
        // Bob has all; ana comes back from files that end in the middle.
        pipes.add(name: "", stored: Array(history.prefix(700)))
        pipes.bytesPerSecond = 60_000
        pipes.add(name: "bob", stored: history)
        func own(_ pipes: PerfectPipes) -> UInt64 { pipes.members[0].node.board?.contiguousSequence(of: key.author) ?? 0 }
        let isHalfWay = pipes.run(.seconds(60)) { own($0) > 800 }
        #expect(isHalfWay && own(pipes) < 2000)
        let before = own(pipes)
        pipes.intent(.draw(ShapeDraft(kind: .text, position: .zero, text: "early")), by: 0, ref: 7)
        #expect(pipes.members[0].events.contains(.restoring(isUnderWay: true)))
        #expect(own(pipes) == before && !pipes.members[0].events.contains { if case .outcome(7, _) = $0 { true } else { false } })
        let isBack = pipes.run(.seconds(60)) { $0.areEqual && own($0) >= 2002 }
        #expect(isBack && pipes.members[0].events.contains(.outcome(ref: 7, .done)))
        #expect(pipes.members[0].events.contains(.restoring(isUnderWay: false)))
        pipes.intent(.draw(ShapeDraft(kind: .text, position: .zero, text: "now")), by: 0, ref: 8)
        #expect(own(pipes) == 2003 && pipes.members[0].node.board?.shapes.map(\.content.text) == ["early", "now"])
        #expect(!pipes.members.contains { $0.events.contains { if case .fork = $0 { true } else { false } } })
    }

    @Test func `BD-21, SE-302: what follows a row that the disk lost is as good a proof as what another shows`() throws {
        var pipes = try PerfectPipes()
        var board = try Board(genesis: pipes.genesis)
        let key = PerfectPipes.identity(0)
        let history = try (0..<5).map { try board.author(Board.writes(saying: "message \($0)", by: key.author), key: key, wallTime: 0).0 }
        let left = history.indices.filter { $0 != 2 }.map { history[$0] }
        pipes.add(name: "", stored: left)
        pipes.intent(.draw(ShapeDraft(kind: .text, position: .zero, text: "early")), by: 0, ref: 1)
        #expect(pipes.members[0].node.board?.shapeCount == 0 && pipes.members[0].events.contains(.restoring(isUnderWay: true)))
        // Somebody has the row.
        pipes.add(name: "bob", stored: history)
        #expect(pipes.run(.seconds(9)) { $0.areEqual && $0.members[0].events.contains(.outcome(ref: 1, .done)) })
        #expect(pipes.members[0].node.board?.contiguousSequence(of: key.author) == 7)
        #expect(!pipes.members.contains { $0.events.contains { if case .fork = $0 { true } else { false } } })
        // Nobody has it: it is waited for in vain, and then what was drawn is written.
        var alone = try PerfectPipes()
        alone.add(name: "", stored: left)
        alone.intent(.draw(ShapeDraft(kind: .text, position: .zero, text: "early")), by: 0, ref: 1)
        alone.intent(.say("hello"), by: 0, ref: 2)
        _ = alone.run(.seconds(9))
        #expect(alone.members[0].node.board?.shapeCount == 0)
        #expect(alone.run(.seconds(2)) { $0.members[0].events.contains(.outcome(ref: 2, .done)) })
        #expect(alone.members[0].node.board?.shapes.map(\.content.text) == ["early"])
        alone.intent(.undo, by: 0, ref: 3)
        #expect(alone.members[0].events.contains(.outcome(ref: 3, .done)))
    }

    @Test func `SE-91: who shows the same of our work again and again keeps us from writing no longer than once`() throws {
        var pipes = try PerfectPipes()
        var board = try Board(genesis: pipes.genesis)
        let key = PerfectPipes.identity(0)
        let own = try (0..<2).map { try board.author(Board.writes(saying: "\($0)", by: key.author), key: key, wallTime: 0).0 }
        pipes.add(name: "")
        pipes.add(name: "")
        _ = pipes.run(.seconds(3))
        let connection = try #require(pipes.members[1].node.neighbours.keys.first)
        func show() {
            // The one before it, which it names, nobody has.
            pipes.members[1].node.endpoint.send(own[1].encoded, lane: .ops, on: connection, now: pipes.now)
            pipes.input(.timeout, to: 1)
            _ = pipes.run(.milliseconds(100))
        }
        show()
        pipes.intent(.draw(ShapeDraft(kind: .text, position: .zero, text: "mine")), by: 0, ref: 1)
        #expect(!pipes.members[0].events.contains(.outcome(ref: 1, .done)))
        for _ in 0..<6 {
            _ = pipes.run(.seconds(5))
            show()
        }
        #expect(pipes.members[0].events.contains(.outcome(ref: 1, .done)))
    }

    /// The second member says to have so much of the first one's work.
    private func claim(_ sequence: UInt64, _ pipes: inout PerfectPipes) throws {
        let connection = try #require(pipes.members[1].node.neighbours.keys.first)
        pipes.members[1].node.say(.receipt(sequence: sequence), on: connection, now: pipes.now)
        pipes.input(.timeout, to: 1)
        _ = pipes.run(.milliseconds(100))
    }

    @Test func `SE-20: a merge waits for the words of the others as any other first change does`() throws {
        var pipes = try PerfectPipes()
        var board = try Board(genesis: pipes.genesis)
        let (ana, eve) = (PerfectPipes.identity(0), PerfectPipes.identity(9))
        let box = ShapeDraft(kind: .rectangle, position: .zero, size: Size(width: 640, height: 512), text: "base")
        var stored = [try board.author(board.writes(for: box, number: 5, by: ana.author), key: ana, wallTime: 0).0]
        let id = try #require(board.shapes.first?.id)
        var elsewhere = board
        stored.append(try board.author(board.writes(typing: "base ANA", in: id), key: ana, wallTime: 0).0)
        for step in 0..<2 { _ = try elsewhere.author(Board.writes(saying: "\(step)", by: eve.author), key: eve, wallTime: 0) }
        _ = try elsewhere.author(elsewhere.writes(typing: "base EVE", in: id), key: eve, wallTime: 0)
        // Ana's process has written nothing, and bob says to have more of her work than she does, when eve's words come.
        pipes.add(name: "", stored: stored)
        pipes.add(name: "")
        _ = pipes.run(.seconds(3))
        try claim(1 << 40, &pipes)
        pipes.add(name: "", stored: stored + elsewhere.transactions.filter { $0.author == eve.author })
        func text(_ pipes: PerfectPipes) -> String? { pipes.members[0].node.board?.shapes.first?.content.text }
        #expect(pipes.run(.seconds(10)) { text($0) == "base EVE" })
        _ = pipes.run(.milliseconds(500))
        #expect(text(pipes) == "base EVE")
        #expect(pipes.run(.seconds(4)) { text($0)?.count == 12 })
    }

    @Test func `SE-20, SE-284: a lie about our work keeps a stroke of the process before for a moment only`() throws {
        var pipes = try PerfectPipes()
        let draft = ShapeDraft(kind: .freehand, position: .zero, points: [.zero, Point(x: 8, y: 0)])
        pipes.add(name: "", stroke: StrokeDraft.encode(draft), knowsTime: false)
        pipes.add(name: "bob")
        _ = pipes.run(.seconds(3))
        try claim(1 << 40, &pipes)
        pipes.tellTime(to: 0)
        #expect(pipes.members[0].node.board?.shapeCount == 0)
        #expect(pipes.run(.seconds(3)) { $0.members[0].node.board?.shapeCount == 1 })
    }

    @Test func `SE-18, SE-20, SE-284: who says to have what never was delays the first change by a moment, and no other`() throws {
        var pipes = try PerfectPipes()
        pipes.add(name: "")
        pipes.add(name: "bob")
        _ = pipes.run(.seconds(3))
        func answers() -> Int { pipes.members[0].events.count { if case .outcome(_, .done) = $0 { true } else { false } } }
        try claim(1 << 40, &pipes)
        pipes.intent(.draw(ShapeDraft(kind: .text, position: .zero, text: "first")), by: 0, ref: 1)
        #expect(answers() == 0)
        // Saying it again, or more, buys no more time.
        for step in 1...20 { try claim(1 << 40 + UInt64(step), &pipes) }
        #expect(answers() == 1)
        for step in 2...90 {
            _ = pipes.run(.milliseconds(400))
            pipes.intent(.draw(ShapeDraft(kind: .text, position: .zero, text: "\(step)")), by: 0, ref: UInt64(step))
            #expect(answers() == step)
            try claim((pipes.members[0].node.board?.contiguousSequence(of: pipes.members[0].node.author) ?? 0) + 1, &pipes)
        }
        #expect(!pipes.members[0].events.contains { if case .restoring = $0 { true } else { false } })
    }

    @Test func `SE-18, SE-282: own work that comes slowly is waited for, and counts as delivered when it is there`() throws {
        var pipes = try PerfectPipes()
        var board = try Board(genesis: pipes.genesis)
        let key = PerfectPipes.identity(0)
        let history = try (0..<300).map {
            try board.author(
                Board.writes(saying: "message \($0) " + String(repeating: "x", count: 900), by: key.author), key: key, wallTime: 0
            ).0
        }
        pipes.add(name: "", stored: [])
        pipes.bytesPerSecond = 8_000
        pipes.add(name: "bob", stored: history)
        func own(_ pipes: PerfectPipes) -> UInt64 { pipes.members[0].node.board?.contiguousSequence(of: key.author) ?? 0 }
        // Longer than the patience, but never without progress.
        #expect(pipes.run(.seconds(30)) { own($0) > 5 })
        let began = pipes.now
        var drawn = 0
        while own(pipes) < 301, pipes.now - began < .seconds(300) {
            pipes.intent(.draw(ShapeDraft(kind: .text, position: .zero, text: "early")), by: 0)
            drawn += 1
            _ = pipes.run(.seconds(1))
        }
        #expect(pipes.members[0].node.board?.shapeCount == drawn)
        #expect(pipes.now - began > .seconds(15))
        #expect(pipes.run(.seconds(60)) { $0.areEqual && $0.members[0].node.syncStatus.unsent == 0 && $0.members[0].node.isDelivered })
        #expect(!pipes.members.contains { $0.events.contains { if case .fork = $0 { true } else { false } } })
    }

    @Test func `SE-20: the first change waits for what the others say of our work, and the ones after it wait behind it`() throws {
        var pipes = try PerfectPipes()
        var board = try Board(genesis: pipes.genesis)
        let key = PerfectPipes.identity(0)
        let history = try (0..<20).map {
            try board.author(Board.writes(saying: "message \($0)", by: key.author), key: key, wallTime: 0).0
        }
        // Ana's files lack the last ten, and she draws in the very moment in which bob is there.
        pipes.add(name: "", stored: Array(history.prefix(10)))
        pipes.add(name: "bob", stored: history)
        #expect(pipes.run(.seconds(5)) { !$0.members[0].node.neighbours.isEmpty })
        let draft = ShapeDraft(kind: .text, position: .zero, text: "at once")
        pipes.intent(.begin(.shape(draft)), by: 0, ref: 1)
        pipes.intent(.commit, by: 0, ref: 2)
        #expect(pipes.members[0].node.board?.shapes.isEmpty == true)
        #expect(pipes.run(.seconds(5)) { $0.members[0].events.contains(.outcome(ref: 2, .done)) })
        #expect(pipes.run(.seconds(20)) { $0.areEqual && $0.members[0].node.board?.shapes.map(\.content.text) == ["at once"] })
        #expect(!pipes.members.contains { $0.events.contains { if case .fork = $0 { true } else { false } } })
        // With nothing to learn it is only a moment, and nothing is lost or out of order.
        var others = try PerfectPipes()
        others.add(name: "", stored: history)
        others.add(name: "bob", stored: history)
        #expect(others.run(.seconds(5)) { !$0.members[0].node.neighbours.isEmpty })
        others.intent(.begin(.shape(draft)), by: 0, ref: 1)
        others.intent(.commit, by: 0, ref: 2)
        others.intent(.draw(ShapeDraft(kind: .text, position: .zero, text: "after")), by: 0, ref: 3)
        #expect(others.members[0].node.board?.shapes.isEmpty == true)
        #expect(others.run(.milliseconds(200)) { $0.members[0].node.board?.shapes.map(\.content.text) == ["at once", "after"] })
    }

    @Test func `SE-22: a peer that asks for comparisons without end is left unanswered`() throws {
        var pipes = try PerfectPipes()
        pipes.add(name: "ana")
        for step in 0..<300 { pipes.intent(.draw(ShapeDraft(kind: .text, position: Point(x: Int32(step), y: 0), text: "x")), by: 0) }
        pipes.add(name: "bob")
        #expect(pipes.run(.seconds(20)) { $0.areEqual })
        let mine = try #require(pipes.members[0].node.neighbours.keys.first)
        let theirs = try #require(pipes.members[1].node.neighbours.keys.first)
        var reconciler = try #require(pipes.members[1].node.neighbours[theirs]).transfer.reconciler
        let empty = try Board(genesis: pipes.genesis)
        func ask() {
            for _ in 0..<100 {
                for message in reconciler.start(board: empty) { pipes.members[1].node.say(.reconcile(message), on: theirs, now: pipes.now) }
            }
            pipes.input(.timeout, to: 1)
            _ = pipes.run(.milliseconds(100))
        }
        func charge(_ cost: Double) {
            let now = pipes.now
            pipes.members[0].node.neighbours[mine]?.transfer.work.charge(cost, now: now)
        }
        func tokens() -> Int {
            guard var work = pipes.members[0].node.neighbours[mine]?.transfer.work else { return 0 }
            return (0..<1_000_000).first { _ in !work.take(now: pipes.now) } ?? 1_000_000
        }
        // Each says to have nothing, and makes ana look at all that she has.
        charge(500_000)
        let before = tokens()
        ask()
        #expect(before - tokens() > 10_000)
        // With nothing left she does not look, and what was asked costs nothing more.
        charge(Double(tokens()) + 100_000)
        ask()
        ask()
        _ = pipes.run(.milliseconds(799))
        #expect(tokens() == 0)
        _ = pipes.run(.milliseconds(21))
        #expect(tokens() > 0)
        pipes.intent(.draw(ShapeDraft(kind: .text, position: .zero, text: "on")), by: 0)
        #expect(pipes.run(.seconds(200)) { $0.areEqual })
    }
}
