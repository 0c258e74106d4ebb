import Dispatch
import InkTerminal
import Synchronization

/// Keeps and fetches what is copied, off the thread of the terminal: a disk may be slow, or hang (CL-68). One after another, in the order in which it was
/// asked for.
final class ClipDesk: Sendable {
    private struct State: Sendable {
        /// What was asked to be kept and has no answer.
        var open = 0
        /// True once nobody listens any more.
        var hasEnded = false
        /// Why the last of what came after that is not kept.
        var complaint: String?
    }

    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "inkwire.clip")
    private let group = DispatchGroup()
    private let place: @Sendable ([UInt8]) -> String?
    private let look: @Sendable () -> TerminalApp.FetchedClip
    private let tell: @Sendable (TerminalApp.Input) -> Void

    /// - Parameter tell: takes the answers, on a thread of its own.
    convenience init(_ kept: KeptClip, tell: @escaping @Sendable (TerminalApp.Input) -> Void) {
        self.init(place: { kept.keep($0) }, look: { kept.fetch() }, tell: tell)
    }

    init(
        place: @escaping @Sendable ([UInt8]) -> String?, look: @escaping @Sendable () -> TerminalApp.FetchedClip,
        tell: @escaping @Sendable (TerminalApp.Input) -> Void
    ) {
        (self.place, self.look, self.tell) = (place, look, tell)
    }

    /// Begins to keep it; answered by `clipKept`.
    func keep(_ clip: TerminalApp.KeptClip) {
        state.withLock { $0.open += 1 }
        queue.async(group: group) { [self] in
            let complaint = place(clip.bytes)
            let isHeard = state.withLock { state in
                state.open -= 1
                if state.hasEnded { state.complaint = complaint }
                return !state.hasEnded
            }
            if isHeard { tell(.clipKept(clip, complaint: complaint)) }
        }
    }

    /// Begins to look for what was copied last; answered by `clip`.
    func fetch() { queue.async(group: group) { [self] in tell(.clip(look())) } }

    /// Waits for what is being kept, no longer than that; nothing is answered any more (CL-313).
    ///
    /// - Returns: why what was copied last is not kept; nil where it is.
    func end(patience: DispatchTimeInterval) -> String? {
        let isOpen = state.withLock { state in
            state.hasEnded = true
            return state.open > 0
        }
        guard isOpen else { return nil }
        let isLate = group.wait(timeout: .now() + patience) == .timedOut
        let why = isLate ? "the disk has not taken it so far" : state.withLock { $0.complaint }
        return why.map { "what was copied last is not kept: \($0)" }
    }
}
