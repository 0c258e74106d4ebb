import InkPrimitives
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Inputs for the terminal's thread from other threads, in order.
public final class TTYMailbox: Sendable {
    private struct State: Sendable {
        var inputs: [TerminalApp.Input] = []
        /// True while a byte lies in the pipe, so that a flood of events wakes once.
        var isAwake = false
    }

    private let state = Mutex(State())
    /// Read end and write end of a pipe that wakes the terminal's thread.
    let ends: (read: Int32, write: Int32)

    public init() throws(TTYError) {
        var pair: [Int32] = [0, 0]
        guard pipe(&pair) == 0 else { throw .system(operation: "opening a pipe", code: errno) }
        ends = (pair[0], pair[1])
        for end in pair {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
    }

    deinit {
        close(ends.read)
        close(ends.write)
    }

    /// Hands an input over. May be called from any thread.
    public func post(_ input: TerminalApp.Input) {
        state.withLock { state in
            state.inputs.append(input)
            guard !state.isAwake else { return }
            state.isAwake = true
            var byte: UInt8 = 1
            // Cannot be full: at most one byte lies in it.
            _ = write(ends.write, &byte, 1)
        }
    }

    /// What has been posted since the last call.
    func take() -> [TerminalApp.Input] {
        state.withLock { state in
            if state.isAwake {
                var byte: UInt8 = 0
                _ = read(ends.read, &byte, 1)
                state.isAwake = false
            }
            defer { state.inputs = [] }
            return state.inputs
        }
    }
}
