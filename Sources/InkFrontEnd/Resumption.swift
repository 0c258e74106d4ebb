import InkBoard
import InkSession

/// Asks the new holder of a board for what the one before took with it: one thing after the other, so that each finds what the one before made.
///
///     next ──steps──▶ new holder ──events──▶ take ─┬ told on, as far as the front end has not had it
///       ▲                                          └ answered ─┐
///       └──────────────────────────────────────────────────────┘
package struct Resumption: Sendable {
    /// What came of an event that the new holder told.
    package struct Heard: Hashable, Sendable {
        /// What of it the front end is to hear, who has had the outcome of some of this before.
        package var told: Event?
        /// True if what was asked for is answered.
        package var isAnswered: Bool

        package init(_ told: Event?, isAnswered: Bool = false) { (self.told, self.isAnswered) = (told, isAnswered) }
    }

    private var rest: ArraySlice<UInt64>
    /// What is being asked for, as it was before.
    package private(set) var current: WorkLedger.Entry?
    /// What the new holder said last of what is saved, where it did not know yet of all that the front end was told is done.
    package private(set) var tooEarly: SyncStatus?

    /// - Parameters:
    ///   - ledger: what was asked of the holder before.
    ///   - done: references of which the new one has what came of them.
    package init(_ ledger: WorkLedger, done: Set<UInt64>) { rest = ledger.pending.filter { !done.contains($0) }[...] }

    /// The steps of what is to be asked for now; nil when all has been asked for and answered (FE-41).
    package mutating func next(_ ledger: inout WorkLedger) -> [WorkLedger.Step]? {
        while let reference = rest.popFirst() {
            guard let entry = ledger.entries.first(where: { $0.reference == reference }) else { continue }
            current = entry
            ledger.begunAgain(reference)
            return entry.steps
        }
        return nil
    }

    /// Takes what the new holder tells meanwhile.
    package mutating func take(_ event: Event, _ ledger: inout WorkLedger) -> Heard {
        ledger.told(event)
        if case .sync(var status) = event {
            tooEarly = status.isSaved && ledger.isBehind ? status : nil
            status.isSaved = status.isSaved && !ledger.isBehind
            return Heard(.sync(status))
        }
        guard let current else { return Heard(event) }
        let reference = current.isAnswered ? nil : Optional(current.reference)
        switch event {
        case .changed(let changes, current.reference): return Heard(.changed(changes, ref: reference))
        case .chat(let message, current.reference): return Heard(.chat(message, ref: reference))
        case .chatPage(let page, current.reference): return Heard(.chatPage(page, ref: reference))
        case .outcome(current.reference, _):
            self.current = nil
            return Heard(current.isAnswered ? nil : event, isAnswered: true)
        case .outcome(let other, _) where current.isAnswered && current.steps.contains { $0.reference == other }: return Heard(nil)
        default: return Heard(event)
        }
    }
}
