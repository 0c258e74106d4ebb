import InkPrimitives
import NIOCore

/// The one timer of something that sleeps until its next deadline (RT-31).
///
/// A loop takes all that is due out of its list and then runs it, so a timer that is cancelled by what runs just before it fires all the same.
/// Whoever then forgot the timer that was set instead, and set a third, would have two from there on, and after each such turn one more: each
/// wakes, and sets itself anew. So one that was replaced is known by its number, and wakes nobody.
///
/// Used on its loop only.
package final class WakeTimer {
    private let loop: any EventLoop
    private var scheduled: Scheduled<Void>?
    /// When it fires, by our clock; nil while it is not set.
    package private(set) var at: Instant?
    private var number: UInt64 = 0

    package init(loop: any EventLoop) { self.loop = loop }

    /// Sets it for `deadline`, at most a second ahead (RT-122); nil cancels it. One that comes early does no harm, so one that is soon enough is left
    /// alone.
    ///
    /// - Parameter wake: called on the loop, once.
    package func set(for deadline: Instant?, now: Instant, wake: @escaping @Sendable () -> Void) {
        guard let deadline else { return cancel() }
        let wanted = now + MonotonicClock.sleep(until: deadline, now: now)
        if let at, at <= wanted, at > now { return }
        cancel()
        at = wanted
        let (bound, number) = (NIOLoopBound(self, eventLoop: loop), number)
        scheduled = loop.scheduleTask(in: TimeAmount(wanted - now)) {
            guard bound.value.number == number else { return }
            bound.value.cancel()
            wake()
        }
    }

    package func cancel() {
        scheduled?.cancel()
        (scheduled, at) = (nil, nil)
        number += 1
    }
}
