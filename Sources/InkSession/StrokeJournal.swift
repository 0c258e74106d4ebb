import InkBoard
import InkPrimitives

/// What the disk has of the stroke that the holder's hand draws, so that it is there after a kill (SE-57).
struct StrokeJournal: Sendable {
    /// The stroke of the process before, until it is on the board.
    private(set) var recovered: ShapeDraft?
    /// When the disk is to have what was drawn of the stroke under way; nil while it has it.
    private(set) var deadline: Instant?
    /// The disk holds a part of a stroke that is under way, or was.
    private var isKept = false

    /// - Parameter stored: what the process before gave to the disk; nil for nothing.
    init(stored: [UInt8]?) {
        guard let stored else { return }
        isKept = true
        // One that does not read is of a later program, or of a disk that is damaged elsewhere too: the board is there without it.
        recovered = try? StrokeDraft.decode(stored)
    }

    mutating func drew(now: Instant) {
        if deadline == nil { deadline = now + SessionTiming.journalInterval }
    }

    /// What the disk is to have of the gesture under way; nil for nothing.
    mutating func record(of gesture: Gesture?, isRefused: Bool) -> StoreRecord? {
        deadline = nil
        // While the disk refuses, all that it was given waits already; and what a process before left there is on the board first.
        guard recovered == nil, case .stroke(let draft)? = gesture, !draft.points.isEmpty, !isRefused else { return nil }
        isKept = true
        return .stroke(StrokeDraft.encode(draft))
    }

    /// The stroke has ended: what it became goes to the disk before this.
    mutating func forget() -> StoreRecord? {
        deadline = nil
        guard isKept, recovered == nil else { return nil }
        isKept = false
        return .stroke(nil)
    }

    /// The stroke of the process before goes to the board.
    mutating func isRecovered() { recovered = nil }
}
