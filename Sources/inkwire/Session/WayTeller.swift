import InkPrimitives
import InkRuntime
import InkSession
import NIOCore

/// With `-v` and `-vv`: tells the way of each connection on stderr (CL-142).
final class WayTeller: @unchecked Sendable {
    // Touched on the driver's loop only.
    private var narrator: WayNarrator
    private let began: Instant
    private let clock: MonotonicClock
    private let say: @Sendable (String) -> Void

    /// How often connections are looked at.
    private static let pause: TimeAmount = .milliseconds(100)

    init(_ driver: Driver, level: Int, clock: MonotonicClock, say: @escaping @Sendable (String) -> Void) {
        narrator = WayNarrator(level: level)
        (self.clock, self.say) = (clock, say)
        began = clock.now
        driver.loop.execute { [self] in
            driver.loop.scheduleRepeatedTask(initialDelay: .zero, delay: Self.pause) { [weak self, weak driver] task in
                guard let self, let driver else { return task.cancel() }
                driver.queryFuture { $0.linkFigures }.whenSuccess { figures in
                    for line in self.narrator.look(figures, since: self.began, now: self.clock.now) { self.say(line) }
                }
            }
        }
    }
}
