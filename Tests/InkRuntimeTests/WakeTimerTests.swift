import InkPrimitives
import NIOCore
import NIOEmbedded
import Testing

@testable import InkRuntime

@Suite struct WakeTimerTests {
    private final class Sleeper {
        let loop: EmbeddedEventLoop
        let timer: WakeTimer
        let began: NIODeadline
        var wakes = 0

        init(_ loop: EmbeddedEventLoop) { (self.loop, timer, began) = (loop, WakeTimer(loop: loop), loop.now) }

        var now: Instant { .zero + .nanoseconds((loop.now - began).nanoseconds) }

        func sleep(for span: Duration) {
            let bound = NIOLoopBound(self, eventLoop: loop)
            timer.set(for: now + span, now: now) {
                bound.value.wakes += 1
                bound.value.sleep(for: .milliseconds(10))
            }
        }
    }

    @Test func `RT-31: however often it is set anew just as it fires, it wakes once each time`() {
        let loop = EmbeddedEventLoop()
        let sleeper = Sleeper(loop)
        for _ in 0..<50 {
            // What a loop finds due together it takes out together: this one runs first, and sets a timer that is about to fire.
            let bound = NIOLoopBound(sleeper, eventLoop: loop)
            let at = loop.now + .milliseconds(5)
            loop.scheduleTask(deadline: at) { bound.value.sleep(for: .milliseconds(10)) }
            sleeper.timer.cancel()
            sleeper.sleep(for: .milliseconds(5))
            loop.advanceTime(by: .milliseconds(5))
        }
        sleeper.wakes = 0
        loop.advanceTime(by: .milliseconds(100))
        #expect(sleeper.wakes == 10)
    }

    @Test func `RT-31: one that is soon enough is left alone, one that is not is replaced, and none wakes after a cancel`() {
        let loop = EmbeddedEventLoop()
        let sleeper = Sleeper(loop)
        sleeper.sleep(for: .milliseconds(20))
        sleeper.sleep(for: .milliseconds(30))
        #expect(sleeper.timer.at == .zero + .milliseconds(20))
        sleeper.sleep(for: .milliseconds(5))
        #expect(sleeper.timer.at == .zero + .milliseconds(5))
        sleeper.timer.cancel()
        loop.advanceTime(by: .seconds(1))
        #expect(sleeper.wakes == 0 && sleeper.timer.at == nil)
        sleeper.sleep(for: .seconds(60))
        #expect(sleeper.timer.at == sleeper.now + MonotonicClock.sleepMax)
    }
}
