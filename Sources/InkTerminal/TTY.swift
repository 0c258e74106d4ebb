import CInkSystem
import InkPrimitives

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Why there is no terminal to draw on.
public enum TTYError: Error, Hashable, Sendable, CustomStringConvertible {
    case noTerminal
    case system(operation: String, code: Int32)

    public var description: String {
        switch self {
        case .noTerminal: "there is no terminal to draw on"
        case .system(let operation, let code): "\(operation) failed: \(String(cString: strerror(code)))"
        }
    }
}

/// The terminal of this process: raw while it is entered, as it was before on every way out, crashes included.
///
/// Opens the terminal anew, for the flags of standard input are shared with the shell. Owned by one thread.
public final class TTY {
    let descriptor: Int32
    /// Bytes of the newest frame that the terminal has not taken yet.
    private var waiting: ArraySlice<UInt8> = []

    /// True if standard input and output are a terminal, or could be.
    public static var isPresent: Bool { isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1 }

    /// Opens the terminal and lays down what crash handlers need. Writes nothing yet (TM-18).
    ///
    /// - Parameter note: printed on the normal screen after a crash.
    public convenience init(note: String) throws(TTYError) {
        guard Self.isPresent else { throw .noTerminal }
        let descriptor = ink_terminal_open()
        guard descriptor >= 0 else { throw .system(operation: "opening the terminal", code: -descriptor) }
        try self.init(descriptor: descriptor, note: note)
    }

    /// Takes over a terminal that is open, and must not block.
    package init(descriptor: Int32, note: String) throws(TTYError) {
        self.descriptor = descriptor
        let (restore, words) = (TerminalProfile.leave, Array(note.utf8))
        let failure = ink_guard_arm(descriptor, restore, restore.count, words, words.count)
        guard failure == 0 else { throw .system(operation: "reading the terminal's modes", code: failure) }
    }

    deinit {
        ink_guard_leave()
        close(descriptor)
    }

    /// Columns and rows; 80 by 24 where the terminal does not say.
    public var size: (columns: Int, rows: Int) {
        var (columns, rows): (Int32, Int32) = (0, 0)
        guard ink_window_size(descriptor, &columns, &rows) == 0, columns > 0, rows > 0 else { return (80, 24) }
        return (Int(columns), Int(rows))
    }

    /// Raw mode, alternate screen, mouse.
    public func enter() throws(TTYError) {
        let failure = ink_guard_enter()
        guard failure == 0 else { throw .system(operation: "switching the terminal to raw mode", code: failure) }
        isEntered = true
        write(TerminalProfile.enter)
    }

    /// True from `enter` to `leave`.
    private(set) var isEntered = false

    /// Raw still, but nothing is reported any more that was not asked for. What waits of the last frame is dropped.
    func silence() {
        waiting = TerminalProfile.reportsOff[...]
        flush()
    }

    /// Back to how it was at once; does nothing if it is. Whoever may be answered yet leaves by the loop (TM-408).
    public func leave() {
        isEntered = false
        waiting = []
        ink_guard_leave()
    }

    /// Ends this process by a signal's default action, after restoring the terminal (TM-18).
    public static func die(by signal: Int32) -> Never { ink_die_by(signal) }

    /// True while the terminal has not taken all of the last frame, or holds so much of it that the next would come late.
    var isBusy: Bool { !waiting.isEmpty || ink_output_pending(descriptor) > 4096 }

    var hasWaiting: Bool { !waiting.isEmpty }

    /// Writes as much as the terminal takes now and keeps the rest.
    func write(_ bytes: [UInt8]) {
        waiting.append(contentsOf: bytes)
        flush()
    }

    /// False if the terminal is gone.
    @discardableResult
    func flush() -> Bool {
        while !waiting.isEmpty {
            let written = waiting.withUnsafeBytes { systemWrite(descriptor, $0) }
            if written > 0 {
                waiting = waiting.dropFirst(written)
            } else if written < 0, errno == EINTR {
                continue
            } else if written < 0, errno == EAGAIN {
                return true
            } else {
                waiting = []
                return false
            }
        }
        return true
    }

    /// What has been typed, at most `limit` bytes; nil if the terminal is gone.
    func read(limit: Int) -> [UInt8]? {
        var result: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while result.count < limit {
            let count = chunk.withUnsafeMutableBytes { systemRead(descriptor, $0) }
            if count > 0 {
                result.append(contentsOf: chunk[..<count])
                if count < chunk.count { break }
            } else if count < 0, errno == EINTR {
                continue
            } else if count < 0, errno == EAGAIN {
                break
            } else {
                return result.isEmpty ? nil : result
            }
        }
        return result
    }
}

// The class has methods of the same names.
private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int { write(descriptor, bytes.baseAddress, bytes.count) }
private func systemRead(_ descriptor: Int32, _ bytes: UnsafeMutableRawBufferPointer) -> Int {
    read(descriptor, bytes.baseAddress, bytes.count)
}
