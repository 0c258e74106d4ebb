import InkBoard
import InkPrimitives
import InkSession
import Testing

/// What presence costs on a link, all UDP payload, measured between two whole nodes in virtual time. The figures are printed, and are the
/// same on every machine.
@Suite struct PresenceBytesTests {
    private static func pair(delay: Duration) throws -> PerfectPipes {
        var pipes = try PerfectPipes()
        pipes.delay = delay
        pipes.add(name: "ana")
        pipes.add(name: "bob")
        let isMet = pipes.run(.seconds(20)) { pipes in
            pipes.areEqual && pipes.members.allSatisfy { $0.node.presentPeers == 1 && $0.node.syncStatus.isSaved }
        }
        #expect(isMet)
        _ = pipes.run(.seconds(5))
        return pipes
    }

    /// Bytes a second that members 0 and 1 sent.
    private static func bytesOut(_ pipes: PerfectPipes) -> [Int] {
        pipes.members.map { member in member.node.statistics().reduce(0) { $0 + Int($1.statistics.bytesOut) } }
    }

    @Test(arguments: [("writing", false, 1), ("writing", false, 2), ("writing in whole pixels", true, 1)])
    func `SE-31: a live stroke costs at most thirteen bytes a point, both ways`(name: String, inPixels: Bool, seed: UInt64) throws {
        for tellsPointer in [false, true] {
            var pipes = try Self.pair(delay: .milliseconds(40))
            let trace = HandTrace.writing(seconds: 20, seed: seed)
            let points = (inPixels ? HandTrace.inPixels(trace) : trace).map(\.point)
            if tellsPointer { pipes.intent(.cursor(points[0]), by: 0) }
            _ = pipes.run(.seconds(1))
            let before = pipes.traffic
            pipes.intent(.begin(.stroke(ShapeDraft(kind: .freehand, position: points[0], points: [.zero]))), by: 0)
            for point in points.dropFirst() {
                _ = pipes.run(.milliseconds(8))
                pipes.intent(.extend([point]), by: 0)
                if tellsPointer { pipes.intent(.cursor(point), by: 0) }
            }
            // The last samples arrive and are acknowledged.
            _ = pipes.run(.milliseconds(500))
            let (bytes, datagrams) = (pipes.traffic.bytes - before.bytes, pipes.traffic.datagrams - before.datagrams)
            let each = Double(bytes) / Double(points.count)
            print("stroke, \(name) \(seed)\(tellsPointer ? " with its pointer" : ""): \(each) B a point, \(datagrams) datagrams")
            #expect(each <= 13)
            // All of it is seen.
            var shown: Gesture?
            for case .gesture(_, let change) in pipes.members[1].events { shown.take(change) }
            guard case .stroke(let draft)? = shown else { return #expect(Bool(false), "\(String(describing: shown))") }
            #expect(draft.points.map { draft.position + $0 } == points)
        }
    }

    @Test(arguments: [(40, 1500, "30 Hz"), (10, 2500, "60 Hz")])
    func `SE-31: a moving pointer costs at most one and a half kilobytes a second, on a short path two and a half`(
        delay: Int, limit: Int, name: String
    ) throws {
        for inPixels in [false, true] {
            var pipes = try Self.pair(delay: .milliseconds(delay))
            let trace = HandTrace.reaching(seconds: 20, seed: 7, pauses: false)
            let points = (inPixels ? HandTrace.inPixels(trace) : trace).map(\.point)
            let before = Self.bytesOut(pipes)
            for point in points {
                pipes.intent(.cursor(point), by: 0)
                _ = pipes.run(.milliseconds(8))
            }
            let after = Self.bytesOut(pipes)
            let (out, back) = ((after[0] - before[0]) / 20, (after[1] - before[1]) / 20)
            print("pointer at 125 Hz, \(name)\(inPixels ? ", whole pixels" : ""): \(out) B/s, acknowledgements \(back) B/s")
            #expect(out <= limit && back <= 320)
            let samples = pipes.members[1].events.flatMap { event -> [CursorSample] in
                if case .cursor(_, let samples) = event { samples } else { [] }
            }
            // Nothing was lost, so every place is seen, in its order and at its time.
            var places = points
            places = places.enumerated().filter { $0.offset == 0 || $0.element != places[$0.offset - 1] }.map(\.element)
            let moves = samples.withoutRests
            #expect(moves.compactMap(\.position) == Array(places.prefix(moves.count)) && moves.count >= places.count - 12)
            #expect(zip(samples, samples.dropFirst()).allSatisfy { $0.at < $1.at })
            #expect(moves.allSatisfy { ($0.at - moves[0].at).nanoseconds % 8_000_000 == 0 })
        }
    }

    @Test func `SE-289: who rests costs nothing but a sign of life`() throws {
        var pipes = try Self.pair(delay: .milliseconds(40))
        pipes.intent(.cursor(Point(x: 8, y: 8)), by: 0)
        _ = pipes.run(.seconds(1))
        let before = pipes.traffic
        _ = pipes.run(.seconds(30))
        #expect(pipes.traffic.datagrams - before.datagrams <= 2 * 30 / 4 + 2)
    }
}
