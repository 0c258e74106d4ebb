import InkPrimitives
import Testing

@Suite struct MonotonicClockTests {
    @Test(
        arguments: [
            (.zero, .zero), (.milliseconds(1), .milliseconds(1)), (.milliseconds(999), .milliseconds(999)), (.seconds(1), .seconds(1)),
            (.milliseconds(1001), .seconds(1)), (.seconds(86_400), .seconds(1)), (.seconds(-86_400), .zero),
        ] as [(Duration, Duration)])
    func `PR-10: a sleep ends at its deadline, and after a second at most`(ahead: Duration, sleep: Duration) {
        let now = Instant(nanoseconds: 7_000_000_000)
        #expect(MonotonicClock.sleep(until: now + ahead, now: now) == sleep)
    }

    @Test func `a clock says what it is given to read`() {
        #expect(MonotonicClock { Instant(nanoseconds: 42) }.now == Instant(nanoseconds: 42))
    }
}
