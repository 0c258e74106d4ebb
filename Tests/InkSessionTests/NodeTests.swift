import InkBoard
import InkPrimitives
import InkSession
import Testing

@Suite struct NodeTests {
    @Test(arguments: [true, false])
    func `SE-72: one who falls silent has one clock until he is back or has left, and no path beside it`(comesBack: Bool) throws {
        var pipes = try PerfectPipes()
        pipes.add(name: "ana")
        pipes.add(name: "bob")
        #expect(pipes.run(.seconds(5)) { $0.areEqual && $0.members[0].node.presentPeers == 1 })
        let (bob, seen) = (pipes.members[1].address, pipes.members[0].told.count)
        pipes.drop = { $0 == bob || $1 == bob }
        pipes.intent(.draw(ShapeDraft(kind: .note, position: .zero, text: "a")), by: 0)
        // The session ends after sixteen seconds, the grace twelve later; a return meanwhile is a new session.
        if comesBack {
            _ = pipes.run(.seconds(22))
            #expect(pipes.members[0].node.presentPeers == 0)
            pipes.drop = { _, _ in false }
        }
        _ = pipes.run(.seconds(30))
        let told = pipes.members[0].told[seen...].compactMap { if case .peer(let status) = $0.0 { status } else { nil } }
        let counts = told.compactMap(\.silentSeconds)
        let last = try #require(told.lastIndex { $0.silentSeconds != nil })
        #expect(counts.first == 1 && counts == counts.sorted() && (counts.last ?? 0) >= (comesBack ? 19 : 26))
        #expect(
            told[...last].drop { $0.silentSeconds == nil }.allSatisfy { $0.silentSeconds != nil && $0.path == nil && $0.roundTrip == nil })
        let after = told[(last + 1)...]
        if comesBack {
            #expect(after.first?.path == .direct && after.allSatisfy { $0.silentSeconds == nil && $0.state != .left })
        } else {
            #expect(after.map(\.state) == [.left])
        }
    }

    private func rectangle(_ x: Int32, label: String = "") -> ShapeDraft {
        ShapeDraft(kind: .rectangle, position: Point(x: x, y: 0), size: Size(width: 800, height: 400), label: label)
    }

    @Test func `two nodes that dial each other agree on what both drew`() throws {
        var pipes = try PerfectPipes()
        pipes.add(name: "ana")
        pipes.intent(.draw(rectangle(0)), by: 0)
        pipes.add(name: "bob")
        #expect(pipes.run(.seconds(10)) { $0.members[1].events.contains { if case .ready = $0 { true } else { false } } })
        pipes.intent(.draw(rectangle(900)), by: 1)
        #expect(
            pipes.run(.seconds(10)) {
                $0.areEqual && $0.members.allSatisfy { ($0.node.board?.shapes.count ?? 0) == 2 && $0.node.isDelivered }
            })
        #expect(pipes.run(.seconds(5)) { $0.members.allSatisfy { $0.node.syncStatus.state == .synced && $0.node.syncStatus.isSaved } })
        #expect(pipes.members[0].node.peers.map(\.name) == ["bob"])
        #expect(pipes.members[1].node.peers.map(\.name) == ["ana"])
    }

    @Test func `SE-2, SE-280: of two who lack genesis the one that gets it gives it to the other`() throws {
        var pipes = try PerfectPipes()
        let (ana, bob, cem) = (PerfectPipes.address(0), PerfectPipes.address(1), PerfectPipes.address(2))
        // Bob and Cem meet long before Ana has answered, whom Cem never reaches.
        pipes.delays[ana] = .milliseconds(200)
        pipes.drop = { Set([$0, $1]) == [ana, cem] }
        pipes.add(name: "ana")
        pipes.intent(.draw(rectangle(0)), by: 0)
        pipes.add(name: "bob")
        pipes.add(name: "cem", dialling: [1])
        let met = pipes.run(.milliseconds(150)) { $0.members[1].node.presentPeers == 1 && $0.members[2].node.presentPeers == 1 }
        #expect(!met && pipes.members[1].node.board == nil && pipes.members[2].node.board == nil && bob == pipes.members[1].address)
        #expect(pipes.run(.seconds(5)) { $0.areEqual && $0.members[2].node.board?.shapes.count == 1 })
    }

    @Test func `SE-1: what the disk has not taken is shown here and told to nobody`() throws {
        var pipes = try PerfectPipes()
        pipes.add(name: "ana")
        pipes.add(name: "bob")
        #expect(pipes.run(.seconds(10)) { $0.areEqual && $0.members.allSatisfy { $0.node.syncStatus.isSaved } })
        pipes.members[0].diskRefuses = true
        pipes.intent(.draw(rectangle(0)), by: 0)
        #expect(pipes.members[0].node.board?.shapes.count == 1)
        _ = pipes.run(.seconds(8))
        #expect(pipes.members[1].node.board?.shapes.isEmpty == true)
        #expect(pipes.members[0].node.syncStatus.isSaved == false)
        pipes.members[0].diskRefuses = false
        #expect(pipes.run(.seconds(4)) { $0.members[1].node.board?.shapes.count == 1 })
    }

    @Test func `SE-7: while the disk refuses an intent is refused with its reason`() throws {
        var pipes = try PerfectPipes()
        pipes.add(name: "")
        pipes.members[0].diskRefuses = true
        pipes.intent(.draw(rectangle(0)), by: 0)
        _ = pipes.run(.milliseconds(100))
        pipes.intent(.draw(rectangle(1)), by: 0, ref: 7)
        #expect(pipes.members[0].events.contains(.outcome(ref: 7, .refused(.diskRefuses("no space left on device")))))
        #expect(pipes.members[0].node.board?.shapes.count == 1)
    }

    @Test func `SE-3: a stroke is seen growing before it is committed, and its preview goes with its transaction`() throws {
        var pipes = try PerfectPipes()
        pipes.add(name: "ana")
        pipes.add(name: "bob")
        #expect(pipes.run(.seconds(10)) { $0.areEqual && $0.members.allSatisfy { $0.node.presentPeers == 1 } })
        pipes.intent(.begin(.stroke(ShapeDraft(kind: .freehand, position: .zero, points: [.zero]))), by: 0)
        for step in 1...10 {
            pipes.intent(.extend([Point(x: Int32(step) * 50, y: 10)]), by: 0)
            _ = pipes.run(.milliseconds(40))
        }
        var shown: Gesture?
        var steps = 0
        for case .gesture(_, let change) in pipes.members[1].events {
            shown.take(change)
            steps += 1
        }
        guard case .stroke(let draft)? = shown else { return #expect(Bool(false), "\(String(describing: shown))") }
        #expect(steps >= 8 && draft.points == [.zero] + (1...10).map { Point(x: $0 * 50, y: 10) })
        #expect(pipes.members[1].node.board?.shapes.isEmpty == true)
        let before = pipes.members[1].events.count
        pipes.intent(.commit, by: 0)
        #expect(pipes.run(.seconds(2)) { $0.members[1].node.board?.shapes.count == 1 })
        _ = pipes.run(.milliseconds(200))
        let after = pipes.members[1].events[before...]
        let end = after.firstIndex { if case .gesture(_, .ended(.committed(let shapes))) = $0 { shapes.count == 1 } else { false } }
        let arrival = after.firstIndex { if case .changed = $0 { true } else { false } }
        #expect(end != nil && arrival != nil && (arrival ?? 0) < (end ?? 0))
    }

    @Test func `SE-3: the preview of a stroke stays until its transaction comes, though the next one has begun`() throws {
        var pipes = try PerfectPipes()
        pipes.add(name: "ana")
        pipes.add(name: "bob")
        #expect(pipes.run(.seconds(10)) { $0.areEqual && $0.members.allSatisfy { $0.node.presentPeers == 1 } })
        pipes.diskTime = .milliseconds(400)
        for stroke in 0..<3 {
            let start = Point(x: 0, y: Int32(stroke) * 500)
            pipes.intent(.begin(.stroke(ShapeDraft(kind: .freehand, position: start, points: [.zero]))), by: 0)
            pipes.intent(.extend([start + Point(x: 300, y: 0)]), by: 0)
            _ = pipes.run(.milliseconds(80))
            pipes.intent(.commit, by: 0)
        }
        pipes.intent(.begin(.stroke(ShapeDraft(kind: .freehand, position: .zero, points: [.zero]))), by: 0)
        #expect(pipes.run(.seconds(3)) { $0.members[1].node.board?.shapes.count == 3 })
        pipes.intent(.cancel, by: 0)
        _ = pipes.run(.milliseconds(200))
        // At every moment what was drawn is seen: as a gesture or as a shape.
        var (gestures, shapes): ([GestureID: Gesture], Int) = ([:], 0)
        var most = 0
        for event in pipes.members[1].events {
            switch event {
            case .gesture(let id, let change): gestures[id].take(change)
            case .changed(let changes, _): shapes += changes.count
            default: continue
            }
            // The last one, which was cancelled, is not missed.
            #expect(shapes + gestures.count >= min(most, 3))
            most = max(most, shapes + gestures.count)
        }
        #expect(most >= 4 && shapes == 3 && gestures.isEmpty)
    }

    @Test func `SE-3: a cancelled gesture leaves no trace at the other side`() throws {
        var pipes = try PerfectPipes()
        pipes.add(name: "ana")
        pipes.add(name: "bob")
        #expect(pipes.run(.seconds(10)) { $0.members.allSatisfy { $0.node.presentPeers == 1 } })
        pipes.intent(.begin(.shape(rectangle(0))), by: 0)
        _ = pipes.run(.milliseconds(100))
        pipes.intent(.cancel, by: 0)
        _ = pipes.run(.milliseconds(200))
        let changes = pipes.members[1].events.compactMap { event -> GestureChange? in
            if case .gesture(_, let change) = event { change } else { nil }
        }
        guard changes.count == 2, case .began = changes[0] else { return #expect(Bool(false), "\(changes)") }
        #expect(changes[1] == .ended(.cancelled))
        #expect(pipes.members[1].node.board?.shapes.isEmpty == true)
    }

    @Test func `SE-5, SE-9: a transaction reaches a peer that its author cannot reach`() throws {
        var pipes = try PerfectPipes()
        pipes.drop = { from, to in Set([from, to]) == Set([PerfectPipes.address(1), PerfectPipes.address(2)]) }
        pipes.add(name: "ana")
        pipes.add(name: "bob")
        pipes.add(name: "eve")
        #expect(pipes.run(.seconds(10)) { $0.areEqual && $0.members[0].node.presentPeers == 2 })
        for step in 0..<20 { pipes.intent(.draw(rectangle(Int32(step))), by: 1) }
        #expect(pipes.run(.milliseconds(200)) { $0.members[2].node.board?.shapes.count == 20 })
    }

    @Test func `SE-10: a peer that says good-bye leaves at once, a lost one after the grace`() throws {
        var pipes = try PerfectPipes()
        pipes.add(name: "ana")
        pipes.add(name: "bob")
        pipes.add(name: "eve", dialling: [0])
        #expect(pipes.run(.seconds(10)) { $0.areEqual && $0.members[0].node.presentPeers == 2 })
        pipes.input(.quit, to: 1)
        #expect(pipes.run(.seconds(1)) { $0.members[0].node.peers.count == 1 })
        pipes.drop = { from, to in from == PerfectPipes.address(2) || to == PerfectPipes.address(2) }
        #expect(!pipes.run(.seconds(20)) { $0.members[0].node.peers.isEmpty })
        #expect(pipes.run(.seconds(25)) { $0.members[0].node.peers.isEmpty })
    }

    @Test func `SE-8, SE-12: quitting waits until those present have all, and says what is left`() throws {
        var pipes = try PerfectPipes()
        pipes.add(name: "ana")
        pipes.add(name: "bob")
        #expect(pipes.run(.seconds(10)) { $0.areEqual && $0.members.allSatisfy { $0.node.presentPeers == 1 } })
        for step in 0..<50 { pipes.intent(.draw(rectangle(Int32(step))), by: 0) }
        #expect(!pipes.members[0].node.isDelivered)
        pipes.input(.quit, to: 0)
        #expect(pipes.run(.seconds(10)) { $0.members[0].events.contains(.stopped(unsaved: 0, unsent: 0)) })
        #expect(pipes.members[1].node.board?.shapes.count == 50)
    }

    @Test func `SE-19: saved is taken back before a change is told that is not on the disk`() throws {
        var pipes = try PerfectPipes()
        pipes.add(name: "ana")
        pipes.add(name: "bob")
        let areQuiet = { (pipes: PerfectPipes) in
            pipes.areEqual && pipes.members.allSatisfy { $0.node.presentPeers == 1 && $0.node.syncStatus.isSaved }
        }
        #expect(pipes.run(.seconds(10)) { areQuiet($0) })
        for step in 0..<30 {
            pipes.intent(.draw(rectangle(Int32(step))), by: step % 2)
            // Before, between and after what a tenth of a second gathers.
            _ = pipes.run(.milliseconds(Int64(step * 7)))
        }
        #expect(pipes.run(.seconds(10)) { areQuiet($0) })
        _ = pipes.run(.milliseconds(100))
        for member in pipes.members {
            var (isSaved, changes, wasSaved) = (false, 0, 0)
            for event in member.events {
                switch event {
                case .sync(let status):
                    isSaved = status.isSaved
                    wasSaved += isSaved ? 1 : 0
                case .changed:
                    changes += 1
                    #expect(!isSaved)
                default: break
                }
            }
            #expect(isSaved && changes == 30 && wasSaved > 10)
        }
    }

    #if DEBUG
        /// One by one, the quarter of a minute that code takes which is not optimised would be most of what all tests here take.
        private static let batches = [25, 500]
    #else
        private static let batches = [1, 500]
    #endif

    // One by one as a mouse brings them, and in batches as a script does.
    @Test(arguments: batches)
    func `SE-11: a stroke beyond the limit of points is committed and goes on, as one step to undo`(batch: Int) throws {
        var pipes = try PerfectPipes()
        pipes.add(name: "")
        pipes.intent(.begin(.stroke(ShapeDraft(kind: .freehand, position: .zero, points: [.zero]))), by: 0)
        for step in 0..<12_500 / batch { pipes.intent(.extend((1...batch).map { Point(x: Int32(step * batch + $0), y: 0) }), by: 0) }
        pipes.intent(.commit, by: 0)
        let shapes = pipes.members[0].node.board?.shapes ?? []
        #expect(shapes.map(\.content.points.count) == [Limits.pointsPerStroke, 12_501 - Limits.pointsPerStroke + 1])
        #expect(shapes.last?.content.position == Point(x: Int32(Limits.pointsPerStroke - 1), y: 0))
        // One gesture, one step.
        pipes.intent(.undo, by: 0)
        #expect(pipes.members[0].node.board?.shapes.isEmpty == true)
        pipes.intent(.redo, by: 0)
        #expect(pipes.members[0].node.board?.shapes == shapes)
    }

    @Test func `SE-12: quitting does not wait for what the others go on drawing`() throws {
        var pipes = try PerfectPipes()
        pipes.add(name: "ana")
        pipes.add(name: "bob")
        #expect(pipes.run(.seconds(10)) { $0.areEqual && $0.members.allSatisfy { $0.node.presentPeers == 1 } })
        pipes.diskTime = .milliseconds(100)
        var quitAt: Instant?
        for step in 0..<100 where !pipes.members[0].events.contains(where: { if case .stopped = $0 { true } else { false } }) {
            pipes.intent(.draw(rectangle(Int32(step))), by: 1)
            if step == 20 {
                quitAt = pipes.now
                pipes.intent(.draw(rectangle(-1)), by: 0)
                pipes.input(.quit, to: 0)
            }
            _ = pipes.run(.milliseconds(20))
        }
        #expect(pipes.members[0].events.contains { if case .stopped(unsaved: 0, unsent: _) = $0 { true } else { false } })
        #expect(pipes.now - (try #require(quitAt)) < .seconds(1))
        #expect(pipes.saved(by: 0).contains { $0.author == pipes.members[0].node.author && $0.sequence > 2 })
    }

    @Test func `SE-12: quitting gives up after ten seconds and says what is left`() throws {
        var pipes = try PerfectPipes()
        pipes.add(name: "ana")
        pipes.members[0].diskRefuses = true
        pipes.intent(.draw(rectangle(1)), by: 0)
        _ = pipes.run(.seconds(1))
        let began = pipes.now
        pipes.input(.quit, to: 0)
        let isOver = pipes.run(.seconds(20)) {
            $0.members[0].events.contains { if case .stopped(let unsaved, _) = $0 { unsaved > 0 } else { false } }
        }
        #expect(isOver)
        #expect(pipes.now - began >= .seconds(10) && pipes.now - began < .seconds(11))
    }

    @Test func `SE-21: a stroke that was begun before the disk refused waits for it, one that a hand holds at quitting is kept`() throws {
        var pipes = try PerfectPipes()
        pipes.add(name: "ana")
        _ = pipes.run(.milliseconds(100))
        pipes.intent(.begin(.stroke(ShapeDraft(kind: .freehand, position: .zero, points: [.zero]))), by: 0)
        pipes.members[0].diskRefuses = true
        pipes.intent(.draw(rectangle(1)), by: 0)
        _ = pipes.run(.seconds(2))
        pipes.intent(.extend([Point(x: 500, y: 0)]), by: 0)
        pipes.intent(.commit, by: 0, ref: 5)
        #expect(pipes.members[0].node.board?.shapes.count == 2)
        pipes.intent(.begin(.shape(rectangle(2))), by: 0, ref: 6)
        #expect(pipes.members[0].events.contains { if case .outcome(6, .refused(.diskRefuses)) = $0 { true } else { false } })
        pipes.members[0].diskRefuses = false
        #expect(pipes.run(.seconds(3)) { $0.members[0].node.syncStatus.isSaved })
        pipes.intent(.begin(.stroke(ShapeDraft(kind: .freehand, position: .zero, points: [.zero]))), by: 0)
        pipes.intent(.extend([Point(x: 900, y: 900)]), by: 0)
        pipes.input(.quit, to: 0)
        #expect(pipes.run(.seconds(3)) { $0.members[0].events.contains { if case .stopped(0, _) = $0 { true } else { false } } })
        #expect(pipes.members[0].node.board?.shapes.count == 3)
        // Genesis was there before.
        #expect(pipes.saved(by: 0).count + 1 == pipes.members[0].node.board?.transactionCount)
    }

    @Test func `SE-12: who quits is seen to have left, though the first goodbye is lost`() throws {
        var pipes = try PerfectPipes()
        pipes.add(name: "ana")
        pipes.add(name: "bob")
        #expect(pipes.run(.seconds(10)) { $0.areEqual && $0.members.allSatisfy { $0.node.presentPeers == 1 && $0.node.isDelivered } })
        #expect(pipes.run(.seconds(1)) { $0.members[1].node.syncStatus.isSaved })
        pipes.drop = { from, _ in from == PerfectPipes.address(1) }
        pipes.input(.quit, to: 1)
        #expect(!pipes.members[1].events.contains(.stopped(unsaved: 0, unsent: 0)))
        pipes.drop = { _, _ in false }
        #expect(pipes.run(.milliseconds(150)) { $0.members[1].events.contains(.stopped(unsaved: 0, unsent: 0)) })
        #expect(pipes.run(.milliseconds(50)) { $0.members[0].node.peers.isEmpty })
        #expect(pipes.members[1].node.deadline == nil)
    }

    @Test func `SE-6: changes made while the link was down are exchanged when it is back`() throws {
        var pipes = try PerfectPipes()
        pipes.add(name: "ana")
        pipes.add(name: "bob")
        #expect(pipes.run(.seconds(10)) { $0.areEqual && $0.members.allSatisfy { $0.node.presentPeers == 1 } })
        pipes.drop = { _, _ in true }
        for step in 0..<30 {
            pipes.intent(.draw(rectangle(Int32(step))), by: 0)
            pipes.intent(.draw(rectangle(Int32(-step))), by: 1)
        }
        _ = pipes.run(.seconds(40))
        #expect(!pipes.areEqual)
        pipes.drop = { _, _ in false }
        #expect(pipes.run(.seconds(45)) { $0.areEqual })
        #expect(pipes.members[1].node.board?.shapes.count == 60)
    }

    @Test func `SE-13: a restarted peer finds the others by their saved addresses and loses nothing that was saved`() throws {
        var pipes = try PerfectPipes()
        pipes.add(name: "ana")
        pipes.add(name: "bob")
        pipes.intent(.draw(rectangle(1)), by: 0)
        #expect(
            pipes.run(.seconds(10)) { $0.areEqual && $0.members.allSatisfy { $0.node.presentPeers == 1 && $0.node.syncStatus.isSaved } })
        let disk = pipes.saved(by: 1)
        pipes.add(name: "bob", seed: 77, stored: disk.filter { $0.name != pipes.genesis.name }, identityIndex: 1)
        #expect(pipes.members[2].node.board?.fingerprint == pipes.members[0].node.board?.fingerprint)
        #expect(pipes.run(.seconds(10)) { $0.members[2].node.presentPeers == 1 })
        pipes.intent(.draw(rectangle(5)), by: 2)
        #expect(pipes.run(.seconds(3)) { $0.members[0].node.board?.shapes.count == 2 })
        #expect(!pipes.members[0].events.contains { if case .fork = $0 { true } else { false } })
    }
}
