import Testing

@testable import cursor_figures

@Suite struct ScoreTests {
    /// A second of rest, then so many pixels a millisecond to the right for `motion` milliseconds, then rest.
    private func trace(speed: Double = 0.5, motion: Double = 2000, rest: Double = 2000) throws -> Trace {
        var samples: [Trace.Sample] = []
        for time in stride(from: 0, through: 1000 + motion + rest, by: 8) {
            samples.append(.init(time: time, position: .init(speed * min(motion, max(0, time - 1000)), 7)))
        }
        return try #require(Trace(samples: samples))
    }

    private func frames(_ trace: Trace, _ show: (Double) -> Trace.Position) -> [Trace.Position] {
        (0..<Score.frames(in: trace.end)).map { show(Score.time(of: $0)) }
    }

    @Test func `what is shown as it was, later, has a lag and nothing else`() throws {
        let trace = try #require(Hand.trace(.mixed, seconds: 10, noise: 3, seed: 4))
        let score = Score(frames(trace) { trace.position(at: $0 - 87.5) }, of: trace)
        #expect(score.lag == 87.5)
        #expect(score.path < 1e-6)
        #expect(abs(score.jerk - 1) < 0.1)
        #expect(score.overshoot < 1e-6)
        #expect(score.frozen == 0)
    }

    @Test func `a constant error is the path's`() throws {
        let trace = try trace()
        let score = Score(frames(trace) { trace.position(at: $0) + .init(0, 3) }, of: trace, first: 0)
        #expect(score.lag == 0)
        #expect(abs(score.path - 3) < 1e-9)
        #expect(abs(score.jerk - 1) < 1e-9)
    }

    @Test func `every second frame held is half frozen, and stutters`() throws {
        let trace = try trace()
        let score = Score(
            (0..<Score.frames(in: trace.end)).map { trace.position(at: Score.time(of: $0 / 2 * 2)) }, of: trace, first: 0)
        #expect(abs(score.frozen - 0.5) < 0.02)
        #expect(score.jerk > 3)
        // Held for a frame, which is half a frame late in the mean.
        #expect(abs(score.lag - 8.5) <= 0.5)
    }

    @Test func `what goes too far at a rest is overshoot, but for what the hand did itself`() throws {
        let trace = try trace()
        let goal = trace.position(at: 4000)
        func beyond(_ way: Double) -> [Trace.Position] {
            frames(trace) { time in (3050..<3120).contains(time) ? goal + .init(way, 0) : trace.position(at: time) }
        }
        #expect(abs(Score(beyond(11), of: trace, first: 0).overshoot - 11) < 1e-9)
        #expect(Score(beyond(-11), of: trace, first: 0).overshoot == 0)
        // The hand goes twelve pixels too far and comes back.
        var samples = trace.samples
        for index in samples.indices where (2960..<3000).contains(samples[index].time) { samples[index].position.x = goal.x + 12 }
        let unsteady = try #require(Trace(samples: samples))
        #expect(Score(beyond(11), of: unsteady, first: 0).overshoot == 0)
    }

    @Test func `a trace is read line by line, and what is none is refused`() {
        let trace = Trace(text: "# mouse\n10 1 2\n\n18.5  3.5 -4\r\n30 3.5 -4\n")
        #expect(trace?.samples.map(\.time) == [0, 8.5, 20])
        #expect(trace?.position(at: 4.25) == .init(2.25, -1))
        #expect(trace?.news.count == 2)
        #expect(trace?.motion == 8.5)
        for text in [
            "", "0 1 2", "0 1 2\n0 1 2", "5 1 2\n4 1 2", "0 1 2\n8 1", "0 1 2\n8 1 2 3", "0 1 2\n8 x 2", "0 nan 1\n8 1 1",
            "0 1e300 1\n8 1 1",
        ] {
            #expect(Trace(text: text) == nil, "\(text)")
        }
    }

    @Test func `rests are found`() throws {
        let trace = try trace()
        #expect(trace.rests(of: 200) == [0..<1000, 3000..<5000])
        #expect(trace.rests(of: 1500) == [3000..<5000])
    }

    @Test func `a seed makes the same hand each time, and each task moves and rests`() throws {
        for task in Hand.Task.allCases {
            let trace = try #require(Hand.trace(task, seconds: 16, noise: 1, seed: 9))
            #expect(trace.samples == Hand.trace(task, seconds: 16, noise: 1, seed: 9)?.samples)
            #expect(trace.samples.count == 2000)
            #expect(trace.motion > 500 && trace.motion < 15_999)
        }
    }

    @Test func `numbers are written with as many digits as asked`() {
        #expect(
            [(2.0, 0), (2.345, 2), (0.04, 1), (-0.04, 1), (-1.25, 1), (12.0, 1)].map { $0.0.text($0.1) } == [
                "2", "2.35", "0.0", "0.0", "-1.3", "12.0",
            ])
    }
}
