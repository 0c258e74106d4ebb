import Foundation
import NIOCore

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// Writes to stdout from a queue of its own, so that a slow reader holds up neither the session nor the others on the board.
///
///     loop ─bytes─▶ queue ─pieces─▶ stdout
///       ▲                   │
///       └── has room again ─┘
///
/// - Invariant of `@unchecked Sendable`: everything but the immutable and the counters, which lock, is touched on the loop only.
final class OutputWriter: @unchecked Sendable {
    /// What happens to it, told on the loop.
    enum News: Sendable {
        /// `isFull` has become false.
        case hasRoom
        /// Nobody reads any more. Nothing is written from here on.
        case readerIsGone
        /// The reader is there and does not take what there is.
        case readerIsStuck
    }

    /// Bytes that wait before no more commands are answered.
    private static let fullBytes = 32 << 20
    /// Bytes that wait at most: what others do goes on, and a reader that is so far behind will not catch up.
    private static let waitingMax = 256 << 20
    /// How long a reader may take nothing while we are full, or at the end.
    private static let patience = Duration.seconds(2)
    /// Bytes of one write to stdout.
    private static let pieceBytes = 64 << 10

    private let loop: any EventLoop
    private let queue = DispatchQueue(label: "inkwire.stdout")
    private let waiting = Counter()
    private let taken = Counter()
    private let lost = LostOutput()
    private var watch: Scheduled<Void>?
    private var isGone = false
    /// Called on the loop; set before the first byte.
    var tell: (News) -> Void = { _ in }

    init(loop: any EventLoop) { self.loop = loop }

    /// True while so much waits that questions with long answers should wait, too.
    var isFull: Bool { !isGone && waiting.add(0) > Self.fullBytes }

    /// Queues `bytes`; on the loop.
    func write(_ bytes: [UInt8]) {
        guard !bytes.isEmpty, !isGone else { return }
        let sum = waiting.add(bytes.count)
        queue.async { [self] in
            var (rest, isThere) = (bytes[...], true)
            while !rest.isEmpty {
                let piece = rest.prefix(Self.pieceBytes)
                rest = rest.dropFirst(piece.count)
                if isThere, !StandardStream.output.write(Array(piece)) {
                    isThere = false
                    lost.take(errno)
                }
                taken.add(piece.count)
                let left = waiting.add(-piece.count)
                if left <= Self.fullBytes, left + piece.count > Self.fullBytes { loop.execute { [self] in tell(.hasRoom) } }
            }
            if !isThere { loop.execute { [self] in end(.readerIsGone) } }
        }
        if sum > Self.fullBytes, watch == nil { watchReader(taken: taken.add(0)) }
    }

    /// Looks again after the patience whether the reader takes anything.
    private func watchReader(taken before: Int) {
        watch = loop.scheduleTask(in: .nanoseconds(Self.patience.nanoseconds)) { [self] in
            watch = nil
            let (sum, after) = (waiting.add(0), taken.add(0))
            if sum > Self.waitingMax || sum > Self.fullBytes && after == before { return end(.readerIsStuck) }
            if sum > Self.fullBytes { watchReader(taken: after) }
        }
    }

    /// Why output could not be written; nil when it could, or its reader had seen enough. Read after `flush` (CL-16).
    var failure: Failure? {
        guard let code = lost.code, code != EPIPE else { return nil }
        return .cannotWrite(code, next: "free some space, or write somewhere else; what was drawn is saved")
    }

    private func end(_ news: News) {
        guard !isGone else { return }
        isGone = true
        tell(news)
    }

    /// Blocks until all is written; not on the loop. A full pipe is no fault of its reader, who may come to it in its own time (CL-16).
    ///
    /// - Parameter isPatient: false to give up once nothing was taken for two seconds, as a process must that a signal ends.
    func flush(isPatient: Bool) {
        let written = DispatchSemaphore(value: 0)
        queue.async { written.signal() }
        if isPatient { return written.wait() }
        var before = taken.add(0)
        while written.wait(timeout: .now() + Self.patience.milliseconds / 1000) == .timedOut {
            let after = taken.add(0)
            guard after > before else { return }
            before = after
        }
    }
}

/// The first error of writing, told from one thread to another.
private final class LostOutput: @unchecked Sendable {
    // Guarded by the lock.
    private var first: Int32?
    private let lock = NSLock()

    func take(_ code: Int32) { lock.withLock { first = first ?? code } }
    var code: Int32? { lock.withLock { first } }
}

extension Failure {
    /// The output could not be written.
    ///
    /// - Parameter code: the system's reason.
    static func cannotWrite(_ code: Int32, next: String = "free some space, or write somewhere else") -> Failure {
        let isClosed = code == EBADF
        return Failure(
            .local, code: "cannot_write", what: "cannot write the output",
            why: isClosed ? "stdout is closed" : String(cString: strerror(code)),
            next: isClosed ? "give it a stdout, /dev/null if need be" : next)
    }

    /// The output's reader is there and takes nothing.
    static let nobodyReads = Failure(
        .local, code: "cannot_write", what: "not all of the output was written",
        why: "its reader took nothing for two seconds while much waited",
        next: "what was drawn is saved; commands that had not run yet must be given again")
}
