import InkBoard
import InkPrimitives
import InkSession

/// What a program asked of the process that holds its board and does not know to be on the disk: when that process dies, the next one is
/// asked for it again.
///
///     asked ──outcome──▶ answered ──all saved──▶ forgotten
///       └── refused ──▶ forgotten
package struct WorkLedger: Sendable {
    /// One thing that was asked for.
    package struct Entry: Hashable, Sendable {
        /// Under which its outcome comes.
        package var reference: UInt64
        /// One intent; or a gesture, from its beginning to its commit.
        package var steps: [Step]
        /// True once its program has had the outcome.
        package var isAnswered = false
        /// True once the holder of now has done it: what it calls saved includes it from then on.
        package var isDone = false
        /// The shapes that it made, in the order in which they were told.
        package var made: [ShapeID] = []
    }

    /// An intent and the reference that it carries.
    package struct Step: Hashable, Sendable {
        package var intent: Intent
        package var reference: UInt64?

        package init(_ intent: Intent, reference: UInt64? = nil) { (self.intent, self.reference) = (intent, reference) }
    }

    /// Oldest first.
    package private(set) var entries: [Entry] = []
    private var live: LiveWork?

    /// The gesture under way, as it would be begun again (FE-40).
    private struct LiveWork: Sendable {
        var reference: UInt64?
        var gesture: Gesture
        /// Samples that came after the beginning, absolute.
        var samples: [Point] = []

        var steps: [Step] {
            let first = Step(.begin(gesture), reference: reference)
            return samples.isEmpty ? [first] : [first, Step(.extend(samples))]
        }
    }

    package init() {}

    /// References of everything that is not known to be on the disk, oldest first.
    package var pending: [UInt64] { entries.map(\.reference) }
    /// True while something that was asked has no answer.
    package var isWaiting: Bool { entries.contains { !$0.isAnswered } }
    /// True while something that its program was told is done is not yet done by the holder of now.
    package var isBehind: Bool { entries.contains { $0.isAnswered && !$0.isDone } }
    /// True while a gesture is under way.
    package var isDrawing: Bool { live != nil }
    /// What a new holder must be asked for so that the gesture under way goes on.
    package var liveSteps: [Step] { live?.steps ?? [] }

    /// The program asks for something. Work must bring a reference (FE-40).
    package mutating func asked(_ intent: Intent, reference: UInt64?) {
        switch intent {
        case .cursor, .laser, .view, .lookHere, .typing, .attention: return
        case .begin(let gesture): live = LiveWork(reference: reference, gesture: gesture)
        case .extend(let points): live?.samples += points
        case .update(let gesture):
            live?.gesture = gesture
            live?.samples = []
        case .cancel: live = nil
        case .commit:
            guard let reference, let ended = live else { return }
            entries.append(Entry(reference: reference, steps: ended.steps + [Step(.commit, reference: reference)]))
            live = nil
        case .draw, .drawAll, .change, .set, .setAll, .setEach, .amend, .type, .move, .resize, .delete, .undo, .redo, .say, .rename,
            .invite, .grant, .remove, .calm, .verify, .resend, .readChat:
            guard let reference else { return }
            entries.append(Entry(reference: reference, steps: [Step(intent, reference: reference)]))
        }
    }

    /// The holder tells something.
    package mutating func told(_ event: Event) {
        switch event {
        case .changed(let changes, let reference?):
            guard let index = entries.firstIndex(where: { $0.reference == reference }) else { return }
            entries[index].made += changes.filter { $0.kind == .added }.map(\.id)
        case .outcome(let reference, let outcome):
            if live?.reference == reference { live = nil }
            guard let index = entries.firstIndex(where: { $0.reference == reference }) else { return }
            if case .refused = outcome {
                entries.remove(at: index)
            } else {
                (entries[index].isAnswered, entries[index].isDone) = (true, true)
            }
        case .sync(let status):
            // Told only after all that stood before it: what was answered by then is on the disk (FE-40).
            if status.isSaved { entries.removeAll(where: \.isDone) }
        default: break
        }
    }

    /// A new holder found these on the disk: they are not asked for again. The others it has not done, whatever the one before said (FE-41).
    package mutating func found(_ done: Set<UInt64>) {
        for index in entries.indices {
            entries[index].isDone = done.contains(entries[index].reference)
            if entries[index].isDone { entries[index].isAnswered = true }
        }
    }

    /// Shapes of which the holder knows nothing, unless it is asked again for what made them.
    package var unmade: [ShapeID] { entries.filter { !$0.isDone }.flatMap(\.made) }

    /// The shapes that an entry made before it was asked for again are forgotten: what it makes now counts.
    package mutating func begunAgain(_ reference: UInt64) {
        if let index = entries.firstIndex(where: { $0.reference == reference }) { entries[index].made = [] }
    }
}

extension BoardView {
    /// What must be told so that who has seen this board sees `standing`. Put down to the makers of the shapes: nobody can say more (FE-168).
    package func changes(to standing: [Shape]) -> [ShapeChange] {
        let next = Dictionary(standing.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
        var changes: [ShapeChange] = []
        for shape in shapes where next[shape.id] == nil {
            changes.append(ShapeChange(kind: .removed, id: shape.id, author: shape.id.author, shape: shape))
        }
        for shape in standing {
            guard let before = self[shape.id] else {
                changes.append(ShapeChange(kind: .added, id: shape.id, author: shape.id.author, shape: shape))
                continue
            }
            if before != shape { changes.append(ShapeChange(kind: .changed, id: shape.id, author: shape.id.author, shape: shape)) }
        }
        return changes
    }

    /// The event for who sees this board: a shape that is made anew and never went for him has changed (FE-168).
    package func asSeen(_ event: Event) -> Event {
        guard case .changed(let changes, let reference) = event else { return event }
        let seen = changes.map { change in
            var seen = change
            if change.kind == .added, self[change.id] != nil { seen.kind = .changed }
            return seen
        }
        return .changed(seen, ref: reference)
    }
}
