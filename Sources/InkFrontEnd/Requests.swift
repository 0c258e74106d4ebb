import InkPrimitives
import InkSession

/// What was asked of the session and has no answer, and what the disk refused and is asked for again.
///
///     asked ──done, skipped──▶ gone
///       │ └───refused────────▶ gone, or, where it can be asked again: waiting
///       └◀──────────────────── its time ─────────────────────────────────┘
///
/// One ledger for all: nobody may call saved what stands here. What hangs on an answer is the front end's own `Purpose`.
package struct Requests<Purpose: Sendable>: Sendable {
    /// One intent on its way.
    package struct Request: Sendable {
        package let intent: Intent
        package var purpose: Purpose
        /// How it is asked for again where the disk refuses it; nil for what then goes.
        package var again: Intent?
        /// True once the disk has refused it.
        package fileprivate(set) var wasRefused = false
        fileprivate var state: State
        /// Requests are shown in the order in which they were first asked.
        fileprivate let order: UInt64

        /// True while the disk does not take it, as far as is known.
        fileprivate var isKept: Bool { if case .waiting = state { true } else { wasRefused } }
    }

    fileprivate enum State: Sendable {
        /// Its effect is shown until then: an answer that takes longer will not come soon.
        case asked(shownUntil: Instant)
        case waiting(until: Instant)
    }

    /// What became of a request.
    package struct Answer: Sendable {
        package let request: Request
        /// True if it stays in the ledger, to be asked again.
        package let isKept: Bool
    }

    /// By the reference under which each was asked last.
    private var requests: [UInt64: Request] = [:]
    private var nextReference: UInt64 = 1

    package init() {}

    /// Gives an intent its reference and remembers it until its outcome; nil for one that has no outcome (FE-11).
    package mutating func ask(_ intent: Intent, for purpose: Purpose, again: Intent? = nil, now: Instant) -> UInt64? {
        guard !intent.isMotion else { return nil }
        defer { nextReference += 1 }
        requests[nextReference] = Request(
            intent: intent, purpose: purpose, again: again, state: .asked(shownUntil: now + Self.patience), order: nextReference)
        return nextReference
    }

    /// What was asked under a reference and has no answer. Its purpose may change, and how it is asked for again.
    package subscript(reference: UInt64) -> Request? {
        get { requests[reference] }
        set { if let newValue, requests[reference] != nil { requests[reference] = newValue } }
    }

    /// Takes an outcome; nil for one of which nothing is known.
    ///
    /// What the disk refused is kept where it can be asked again, at most `keptMax` of them. A gesture whose beginning the disk refused is not
    /// there when it ends: what it drew is asked for at once.
    package mutating func take(_ outcome: Outcome, of reference: UInt64, now: Instant) -> Answer? {
        guard var request = requests[reference] else { return nil }
        let answered = request
        requests[reference] = nil
        guard case .refused(let refusal) = outcome, request.again != nil else { return Answer(request: answered, isKept: false) }
        // FE-12
        let isDisk = if case .diskRefuses = refusal { true } else { false }
        guard isDisk || refusal == .noGesture, request.isKept || keptCount < Self.keptMax else {
            return Answer(request: answered, isKept: false)
        }
        request.state = .waiting(until: isDisk ? now + Self.interval : now)
        if isDisk { request.wasRefused = true }
        requests[reference] = request
        return Answer(request: answered, isKept: true)
    }

    /// Forgets what waits to be asked again, for it is asked for otherwise; false for what is on its way, or has its answer.
    package mutating func withdraw(_ reference: UInt64) -> Bool {
        guard case .waiting? = requests[reference]?.state else { return false }
        requests[reference] = nil
        return true
    }

    /// Asks again for what has waited long enough, each under a new reference in place of that before; call at or after `deadline`.
    package mutating func handleTimeout(now: Instant) -> [(intent: Intent, reference: UInt64, before: UInt64)] {
        var asked: [(intent: Intent, reference: UInt64, before: UInt64)] = []
        for (reference, var request) in inOrder {
            guard case .waiting(let until) = request.state, until <= now, let again = request.again else { continue }
            request.state = .asked(shownUntil: now + Self.patience)
            requests[reference] = nil
            requests[nextReference] = request
            asked.append((again, nextReference, reference))
            nextReference += 1
        }
        return asked
    }

    /// When something is asked again, or is no longer shown.
    package func deadline(now: Instant) -> Instant? {
        requests.values.reduce(nil) { next, request in
            switch request.state {
            case .waiting(let until): earliest(next, until)
            case .asked(let shownUntil): shownUntil > now ? earliest(next, shownUntil) : next
            }
        }
    }

    /// True while work has no answer (FE-157).
    package var isAwaiting: Bool { requests.values.contains { $0.intent.isWork } }

    /// How many finished things the disk has refused so far.
    package var keptCount: Int { requests.values.count { $0.isKept } }

    /// Whose effects are to be shown, in the order in which they were asked.
    package func shown(now: Instant) -> [Request] {
        inOrder.compactMap { _, request in
            if case .asked(let shownUntil) = request.state, shownUntil <= now { nil } else { request }
        }
    }

    private var inOrder: [(reference: UInt64, request: Request)] {
        requests.map { (reference: $0.key, request: $0.value) }.sorted { $0.request.order < $1.request.order }
    }

    // FE-158
    private static var patience: Duration { .seconds(5) }
    // FE-12
    private static var interval: Duration { .seconds(1) }
    // FE-12
    package static var keptMax: Int { 64 }
}

extension Intent {
    /// True for what is to stay on the board; false for what is only seen while it happens (FE-11).
    package var isWork: Bool {
        switch self {
        case .draw, .drawAll, .change, .set, .setAll, .setEach, .amend, .type, .move, .resize, .delete, .undo, .redo, .commit, .say,
            .rename, .invite, .grant, .remove, .calm, .verify:
            true
        case .begin, .extend, .update, .cancel, .cursor, .laser, .view, .lookHere, .typing, .attention, .resend, .readChat: false
        }
    }
}
