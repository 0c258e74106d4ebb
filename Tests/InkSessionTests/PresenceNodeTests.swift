import InkBoard
import InkPrimitives
import InkSession
import Testing

/// Presence between whole nodes.
@Suite struct PresenceNodeTests {
    private static func pair() throws -> PerfectPipes {
        var pipes = try PerfectPipes()
        pipes.add(name: "ana")
        pipes.add(name: "bob")
        #expect(pipes.run(.seconds(10)) { $0.areEqual && $0.members.allSatisfy { $0.node.presentPeers == 1 } })
        return pipes
    }

    private static func stroke(_ x: Int32) -> Gesture {
        .stroke(ShapeDraft(kind: .freehand, position: Point(x: x, y: 0), points: [.zero]))
    }

    private static func changes(_ pipes: PerfectPipes) -> [(id: GestureID, change: GestureChange)] {
        pipes.members[1].events.compactMap { if case .gesture(let id, let change) = $0 { (id, change) } else { nil } }
    }

    @Test func `SE-88: datagrams that come together are answered together, and what they bring is the same`() throws {
        var counts: [Int] = []
        for comesTogether in [false, true] {
            var pipes = try Self.pair()
            pipes.comesTogether = comesTogether
            let before = pipes.traffic.datagrams
            for number in 0..<300 as Range<Int32> {
                pipes.intent(.draw(ShapeDraft(kind: .note, position: Point(x: number * 8, y: 0), text: "a word \(number)")), by: 0)
            }
            #expect(pipes.run(.seconds(20)) { $0.areEqual && $0.members[1].node.board?.shapes.count == 300 })
            counts.append(pipes.traffic.datagrams - before)
        }
        #expect(counts[1] < counts[0], "\(counts)")
    }

    @Test func `SE-26, SE-34: programs of one person draw side by side before the others, and one that goes takes its pointer with it`()
        throws
    {
        var pipes = try Self.pair()
        let second = try #require(FrontEndID(3))
        pipes.input(.attached(second, strand: .common), to: 0)
        pipes.intent(.begin(Self.stroke(0)), by: 0)
        pipes.input(.intent(.begin(Self.stroke(5000)), from: second, ref: nil), to: 0)
        for step in 1...20 as ClosedRange<Int32> {
            pipes.intent(.extend([Point(x: step * 10, y: 0)]), by: 0)
            pipes.input(.intent(.extend([Point(x: 5000 + step * 10, y: 5)]), from: second, ref: nil), to: 0)
            pipes.input(.intent(.cursor(Point(x: 1, y: step)), from: second, ref: nil), to: 0)
            _ = pipes.run(.milliseconds(20))
        }
        _ = pipes.run(.milliseconds(100))
        let peer = pipes.members[0].node.peerID
        var shown: [GestureID: Gesture] = [:]
        for (id, change) in Self.changes(pipes) { shown[id].take(change) }
        #expect(Set(shown.keys.map(\.source)) == [LiveSource(peer: peer), LiveSource(peer: peer, frontEnd: second)])
        let ends = shown.values.compactMap { if case .stroke(let draft) = $0 { draft.points.last } else { nil } }
        #expect(Set(ends) == [Point(x: 200, y: 0), Point(x: 200, y: 5)])
        func pointers() -> [(source: LiveSource, at: Point?)] {
            pipes.members[1].events.compactMap {
                if case .cursor(let source, let samples) = $0 { (source, samples.last?.position) } else { nil }
            }
        }
        #expect(pointers().last?.source.frontEnd == second && pointers().last?.at == Point(x: 1, y: 20))
        pipes.input(.detached(second), to: 0)
        _ = pipes.run(.milliseconds(100))
        #expect(pointers().last?.at == .some(nil))
        // What its hand held is on the board; the other goes on.
        shown = [:]
        for (id, change) in Self.changes(pipes) { shown[id].take(change) }
        #expect(shown.keys.map(\.source.frontEnd) == [.holder])
        #expect(pipes.run(.seconds(1)) { $0.members[1].node.board?.shapes.count == 1 })
    }

    @Test func `a stroke is told piece by piece, each sample once and with its time`() throws {
        var pipes = try Self.pair()
        pipes.intent(.begin(Self.stroke(0)), by: 0)
        let began = pipes.now
        for step in 1...200 as ClosedRange<Int32> {
            _ = pipes.run(.milliseconds(8))
            pipes.intent(.extend([Point(x: step * 10, y: step % 7)]), by: 0)
        }
        _ = pipes.run(.milliseconds(100))
        let pieces = Self.changes(pipes).compactMap { if case .appended(let samples) = $0.change { samples } else { nil } }
        let samples = pieces.flatMap(\.self)
        #expect(samples.map(\.position) == [.zero] + (1...200).map { Point(x: $0 * 10, y: $0 % 7) })
        #expect(pieces.allSatisfy { $0.count <= 8 } && pieces.count > 60)
        #expect(zip(samples, samples.dropFirst()).allSatisfy { $1.at - $0.at == .milliseconds(8) })
        #expect(pipes.now - began > .seconds(1))
    }

    @Test func `SE-3: a stroke whose samples are replaced is another gesture to those who watch`() throws {
        var pipes = try Self.pair()
        pipes.intent(.begin(Self.stroke(0)), by: 0, ref: 9)
        pipes.intent(.extend([Point(x: 100, y: 0)]), by: 0)
        _ = pipes.run(.milliseconds(100))
        var draft = ShapeDraft(kind: .freehand, position: .zero, points: [.zero, Point(x: 100, y: 0)], stroke: Color(rgb: 7))
        pipes.intent(.update(.stroke(draft)), by: 0)
        _ = pipes.run(.milliseconds(100))
        draft.points = [Point(x: 5, y: 5), Point(x: 6, y: 6)]
        pipes.intent(.update(.stroke(draft)), by: 0)
        _ = pipes.run(.milliseconds(100))
        let changes = Self.changes(pipes)
        guard changes.count == 6, case .updated(.stroke(let recoloured), _) = changes[2].change else {
            return #expect(Bool(false), "\(changes)")
        }
        #expect(recoloured.stroke == Color(rgb: 7) && changes[2].id == changes[0].id)
        #expect(changes[3].change == .ended(.cancelled) && changes[4].id.number > changes[0].id.number)
        var shown: [GestureID: Gesture] = [:]
        for (id, change) in changes { shown[id].take(change) }
        #expect(Array(shown.values) == [.stroke(draft)])
        pipes.intent(.commit, by: 0)
        #expect(pipes.run(.seconds(1)) { $0.members[1].node.board?.shapes.first?.content.points == draft.points })
        // One gesture to who made it.
        let outcomes = pipes.members[0].events.filter { if case .outcome(9, _) = $0 { true } else { false } }
        #expect(outcomes == [.outcome(ref: 9, .done)])
    }

    @Test func `SE-291: times go on where they were when a session is lost and found again`() throws {
        var pipes = try Self.pair()
        func point(_ step: Int) {
            pipes.intent(.cursor(Point(x: Int32(step), y: 0)), by: 0)
            _ = pipes.run(.milliseconds(30))
        }
        for step in 0..<20 { point(step) }
        pipes.drop = { _, _ in true }
        #expect(pipes.run(.seconds(40)) { $0.members.allSatisfy { $0.node.presentPeers == 0 } })
        pipes.drop = { _, _ in false }
        #expect(pipes.run(.seconds(60)) { $0.members.allSatisfy { $0.node.presentPeers == 1 } })
        for step in 20..<40 { point(step) }
        let samples = pipes.members[1].events.flatMap { event -> [CursorSample] in
            if case .cursor(_, let samples) = event { samples } else { [] }
        }
        #expect(zip(samples, samples.dropFirst()).allSatisfy { $0.at <= $1.at })
        #expect(samples.contains { $0.position == nil } && samples.last?.position == Point(x: 39, y: 0))
    }
}
