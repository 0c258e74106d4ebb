import InkPrimitives
import Testing

@testable import InkRuntime

@Suite struct GapWatchTests {
    @Test func `RT-120: a turn that comes much later than it must is a gap, as long as the pause before it`() {
        var watch = GapWatch(turnMax: .seconds(5))
        var now = Instant.zero + .seconds(100)
        #expect(watch.turn(now: now) == nil, "nothing is known of what was before")
        for pause in [Duration.milliseconds(10), .seconds(5), .milliseconds(6999)] {
            now += pause
            #expect(watch.turn(now: now) == nil, "\(pause)")
        }
        now += .seconds(7)
        #expect(watch.turn(now: now) == .seconds(7))
        now += .seconds(28_800)
        #expect(watch.turn(now: now) == .seconds(28_800))
        #expect(watch.turn(now: now) == nil, "once")
    }
}
