import Dispatch
import Synchronization

/// A board that was opened, with its session, which has not begun.
///
/// - Invariant of `@unchecked Sendable`: it is handed over once, and who made it does not touch it any more.
struct OpenedSession: @unchecked Sendable {
    var access: BoardAccess
    var session: BoardSession
    /// What the person should know of how it was opened.
    var sentences: [String]

    /// Gives up the board and its lock; blocks until that is done.
    ///
    /// - Parameter discards: a board that was never joined goes, for it holds nothing.
    /// - Returns: true if this process held the board and no other program goes on with it.
    @discardableResult
    func close(discards: Bool) -> Bool {
        let done = DispatchSemaphore(value: 0)
        let wasAlone = Mutex(false)
        Task {
            let isAlone = await session.close(discardIfEmpty: discards)
            wasAlone.withLock { $0 = isAlone }
            done.signal()
        }
        done.wait()
        return wasAlone.withLock { $0 }
    }
}

/// Opens a board beside the thread of the terminal, which shows its first frame and takes keys meanwhile (CL-60).
///
///     opening ──result──▶ done ──take──▶ taken
///        └────abandon───▶ abandoned; what is opened after that is discarded at once (CL-70)
final class BoardOpening: Sendable {
    private enum State {
        case opening
        case done(Result<OpenedSession, any Error>)
        case taken
        case abandoned
    }

    private let state = Mutex(State.opening)
    private let group = DispatchGroup()

    /// Begins.
    ///
    /// - Parameters:
    ///   - tell: called once the result can be taken, on another thread.
    ///   - discard: closes what comes too late, and takes away what was made for it; called there, too.
    init(
        _ open: @escaping @Sendable () throws -> OpenedSession, tell: @escaping @Sendable () -> Void,
        discard: @escaping @Sendable (OpenedSession) -> Void
    ) {
        DispatchQueue.global(qos: .userInitiated).async(group: group) { [self] in
            let result = Result { try open() }
            let isWanted = state.withLock { state in
                guard case .opening = state else { return false }
                state = .done(result)
                return true
            }
            if isWanted {
                tell()
            } else if case .success(let opened) = result {
                discard(opened)
            }
        }
    }

    /// What came of it; nil while that is not known, and once it was taken.
    func take() -> Result<OpenedSession, any Error>? {
        state.withLock { state in
            guard case .done(let result) = state else { return nil }
            state = .taken
            return result
        }
    }

    /// Waits no longer than that; what comes later is discarded at once.
    ///
    /// - Returns: what came of it in time.
    func abandon(patience: DispatchTimeInterval) -> Result<OpenedSession, any Error>? {
        _ = group.wait(timeout: .now() + patience)
        return take()
            ?? state.withLock { state in
                // It may have come just now.
                if case .done(let result) = state {
                    state = .taken
                    return result
                }
                state = .abandoned
                return nil
            }
    }
}
