import InkBoard
import InkPrimitives
import InkSession
import Testing

/// Nodes whose people are elsewhere, stopped or asleep.
@Suite struct BackgroundTests {
    private static func pair(isSparing: Bool = false) throws -> PerfectPipes {
        var pipes = try PerfectPipes()
        pipes.add(name: "ana")
        pipes.add(name: "bob", isSparing: isSparing)
        #expect(pipes.run(.seconds(10)) { $0.areEqual && $0.members.allSatisfy { $0.node.presentPeers == 1 } })
        return pipes
    }

    /// How the first sees the other.
    private static func state(_ pipes: PerfectPipes) -> PeerStatus.State? { pipes.members[0].node.peers.first?.state }

    /// What passes in a minute, both ways.
    private static func minute(_ pipes: inout PerfectPipes) -> (datagrams: Int, bytes: Int) {
        let before = pipes.traffic
        _ = pipes.run(.seconds(60))
        return (pipes.traffic.datagrams - before.datagrams, pipes.traffic.bytes - before.bytes)
    }

    /// The first moves and draws, thirty times a second.
    private static func scribble(_ pipes: inout PerfectPipes, for seconds: Int32) {
        for step in 0..<seconds * 30 {
            pipes.intent(.cursor(Point(x: step * 8, y: 0)), by: 0)
            _ = pipes.run(.microseconds(33_333))
        }
    }

    private static func cursors(_ pipes: PerfectPipes) -> Int {
        pipes.members[1].events.count { if case .cursor(_, let samples) = $0 { samples.contains { $0.position != nil } } else { false } }
    }

    @Test func `SE-275, SE-276, SE-392, TR-150: who is hidden is told as away, sent no motion, and has all in a second once back`() throws {
        var pipes = try Self.pair()
        pipes.intent(.attention(.hidden), by: 1)
        #expect(pipes.run(.seconds(1)) { Self.state($0) == .away })
        _ = pipes.run(.seconds(5))
        let quiet = Self.minute(&pipes)
        #expect(quiet.datagrams <= 10 && quiet.bytes <= 600, "\(quiet)")
        let (before, seen) = (pipes.traffic, Self.cursors(pipes))
        Self.scribble(&pipes, for: 20)
        let moved = pipes.traffic.datagrams - before.datagrams
        #expect(moved <= 6 && Self.cursors(pipes) == seen, "\(moved) datagrams while somebody points")
        // Work is sent all the same.
        pipes.intent(.draw(ShapeDraft(kind: .note, position: .zero, text: "work")), by: 0)
        #expect(pipes.run(.seconds(1)) { $0.areEqual })
        pipes.intent(.attention(.here), by: 1)
        #expect(pipes.run(.seconds(1)) { Self.state($0) == .joined && Self.cursors($0) > seen })
    }

    @Test(arguments: [(0, 1), (1, 0)])
    func `SE-392: two who hide at the same moment see each other again, whoever comes back first`(first: Int, second: Int) throws {
        var pipes = try Self.pair()
        pipes.delay = .milliseconds(40)
        _ = pipes.run(.seconds(5))
        for member in 0...1 { pipes.intent(.attention(.hidden), by: member) }
        _ = pipes.run(.seconds(30))
        for member in [first, second] {
            pipes.intent(.attention(.here), by: member)
            _ = pipes.run(.seconds(2))
        }
        let seen = Self.cursors(pipes)
        Self.scribble(&pipes, for: 1)
        #expect(Self.state(pipes) == .joined && Self.cursors(pipes) > seen + 10)
    }

    @Test func `SE-275: who has the keyboard elsewhere is away after 10 s, and sees all`() throws {
        var pipes = try Self.pair()
        pipes.intent(.attention(.elsewhere), by: 1)
        _ = pipes.run(.seconds(9))
        #expect(Self.state(pipes) != .away)
        #expect(pipes.run(.seconds(2)) { Self.state($0) == .away })
        let seen = Self.cursors(pipes)
        Self.scribble(&pipes, for: 1)
        #expect(Self.cursors(pipes) > seen + 10 && Self.state(pipes) == .away)
        pipes.intent(.cursor(.zero), by: 1)
        #expect(pipes.run(.seconds(1)) { Self.state($0) == .joined })
    }

    @Test(arguments: [(8, false), (8, true), (18, false), (18, true), (30, true), (600, false), (28_800, true)])
    func `SE-277, SE-278, TR-152: who was stopped or asleep is told as away within 30 s, and has all within a second of going on`(
        seconds: Int, isAsleep: Bool
    ) throws {
        var pipes = try Self.pair()
        // Both have been quiet for a while, which is when silence is noticed last.
        _ = pipes.run(.seconds(seconds > 20 ? 200 : 5))
        pipes.stop(1, isAsleep: isAsleep)
        let end = pipes.now + .seconds(seconds)
        if seconds >= 30 { #expect(pipes.run(.seconds(30)) { [.away, .left].contains(Self.state($0) ?? .left) }) }
        _ = pipes.run(end - pipes.now)
        pipes.intent(.draw(ShapeDraft(kind: .note, position: .zero, text: "meanwhile")), by: 0)
        _ = pipes.run(.seconds(1))
        let resumed = pipes.now
        pipes.resume(1)
        #expect(pipes.run(.seconds(5)) { $0.areEqual && $0.members.allSatisfy { $0.node.presentPeers == 1 } })
        let took = pipes.now - resumed
        #expect(took <= .seconds(1), "\(took) after \(seconds) s")
    }

    @Test func `SE-279, TR-150: what is paid for at one end is little at both`() throws {
        var counts: [Int] = []
        for isSparing in [false, true] {
            var pipes = try Self.pair(isSparing: isSparing)
            _ = pipes.run(.seconds(2))
            let before = pipes.traffic.datagrams
            for step in 0..<300 as Range<Int32> {
                for member in 0...1 { pipes.intent(.cursor(Point(x: step * 8, y: 0)), by: member) }
                _ = pipes.run(.microseconds(33_333))
            }
            counts.append(pipes.traffic.datagrams - before)
            #expect(Self.cursors(pipes) > 10)
        }
        #expect(counts[1] * 8 < counts[0] && counts[1] <= 80, "\(counts)")
    }
}
