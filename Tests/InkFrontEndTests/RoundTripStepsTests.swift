import InkFrontEnd
import InkPrimitives
import Testing

@Suite struct RoundTripStepsTests {
    @Test(arguments: [(0, 5), (5, 5), (6, 10), (24, 35), (100, 100), (101, 150), (1000, 1000), (90_000, 1000)])
    func `FE-4: a round trip is told in steps`(sample: Int, step: Int) {
        #expect(RoundTripSteps.step(for: .milliseconds(sample), shown: nil) == step)
    }

    @Test func `FE-4: a step stays while the sample is near it`() {
        let samples = [24.0, 34, 45, 45.6, 36, 34.9, 24.4].map { Duration.microseconds($0 * 1000) }
        var (shown, told): (Int?, [Int?]) = (nil, [])
        for sample in samples {
            shown = RoundTripSteps.step(for: sample, shown: shown)
            told.append(shown)
        }
        #expect(told == [35, 35, 35, 50, 50, 50, 35])
        #expect(RoundTripSteps.step(for: nil, shown: 35) == 35 && RoundTripSteps.step(for: nil, shown: nil) == nil)
    }
}
