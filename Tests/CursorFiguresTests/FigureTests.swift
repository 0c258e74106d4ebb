import Testing

@testable import cursor_figures

@Suite struct FigureTests {
    @Test func `the controls come out as others have measured them`() throws {
        // One trace of five: a fifth off, where the tool asks for a tenth on all.
        let trace = try #require(Hand.trace(.mixed, seconds: 40, noise: Hand.usualNoise, seed: 2))
        let controls = Controls(trace, over: Line.all[1], seed: 2)
        let (snap, linear) = (Score(controls.snapped(), of: trace, first: 1000), Score(controls.linear(), of: trace, first: 1000))
        for (value, table) in zip(
            [snap.path, snap.lag, snap.jerk, linear.path, linear.lag, linear.jerk], [12.8, 65, 2.48, 5.6, 101, 0.30])
        {
            #expect(abs(value / table - 1) < 0.2, "\(value), in the table \(table)")
        }
    }

    @Test func `a pointer is drawn smoothly, over a line of 40 ms that loses one packet of a hundred`() throws {
        let trace = try #require(Hand.trace(.mixed, seconds: 10, noise: Hand.usualNoise, seed: 2))
        let seen = try #require(Pair.show(trace, over: Line.all[1], seed: 2))
        let score = Score(seen.frames, of: trace)
        #expect(score.path <= 4)
        #expect(Score(seen.frames.map(\.cell), of: trace).path <= 7)
        #expect(score.lag <= 105)
        #expect((0.3...1.2).contains(score.jerk))
        #expect(score.overshoot <= 8)
        #expect(score.frozen <= 0.03)
        #expect(seen.bytesOut <= 1500)
    }
}
