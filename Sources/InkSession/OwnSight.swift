import InkBoard
import InkPrimitives

/// What our person sees of the board, and asked all to look at last. Each is told until it is known to have arrived, and costs nothing then.
package struct OwnSight: Sendable {
    /// The program that said last what is seen: of several the person looks at that one (SE-133).
    private(set) var frontEnd = FrontEndID.holder
    /// Nil: nothing that is told.
    private(set) var view: WorldBox?
    /// Since which version; 0 before anything was told.
    private(set) var viewVersion: UInt64 = 0
    private var asked: (value: LookValue, version: UInt64, at: Instant)?

    mutating func see(_ box: WorldBox?, by frontEnd: FrontEndID, version: UInt64) {
        (view, self.frontEnd, viewVersion) = (box, frontEnd, version)
    }

    /// The person looks at this program now, which shows the same as the one before: that is no news for anybody else.
    mutating func look(by frontEnd: FrontEndID) { self.frontEnd = frontEnd }

    func mayAsk(now: Instant) -> Bool { asked.map { now >= $0.at + PresenceTiming.lookPause } ?? true }

    mutating func ask(for box: WorldBox, version: UInt64, now: Instant) {
        asked = (LookValue(number: (asked?.value.number ?? 0) + 1, box: box), version, now)
    }

    /// What of it is to be told to a peer that has everything up to a version.
    ///
    /// - Parameter now: milliseconds. Who comes later than `PresenceTiming.lookLasts` is not asked any more.
    func untold(after acknowledged: UInt64, at now: Int64) -> (view: ViewValue?, look: LookValue?) {
        let isFresh = asked.map { $0.version > acknowledged && now <= ($0.at + PresenceTiming.lookLasts).wholeMilliseconds } ?? false
        return (viewVersion > acknowledged ? view.map { .part($0) } ?? ViewValue.none : nil, isFresh ? asked?.value : nil)
    }
}
