import Dispatch
import Foundation
import InkBoard
import InkPrimitives
import InkSession

/// Writes a board to a file again whenever other changes are saved (CL-130).
///
///     idle ──saved, and not what stands there──▶ due ──pause──▶ writing ──▶ idle, or due again
///                                                 ▲                │ fails
///                                                 └─ longer pause ─┘
///
/// - Invariant of `@unchecked Sendable`: everything but the immutable is touched on `queue` only.
final class ExportWatch: @unchecked Sendable {
    private let queue = DispatchQueue(label: "inkwire.export")
    private let place: String
    /// Writes what is saved, and says what that was.
    private let write: () throws -> Fingerprint
    private let say: (String) -> Void

    /// What stands in the file; nil before the board has come.
    private var written: Fingerprint?
    /// What the disk has.
    private var saved: Fingerprint?
    private var isDue = false
    /// The last of failures in a row.
    private var trouble: (words: String, pause: Double)?
    /// How long the last write took, s.
    private var cost = 0.0

    /// Between two writes, s: what happens meanwhile is in the second of them.
    private static let pause = 0.1
    /// A board that takes long to write takes no more of a processor than this part of it.
    private static let share = 0.25
    /// After a failure, s; twice as long after each further one (CL-320).
    private static let patience = 1.0...30.0
    /// For who leaves, s (as CL-62).
    private static let lastPatience = 2.0

    /// - Parameters:
    ///   - place: the file, as it is told.
    ///   - written: what stands in it.
    init(
        place: String, written: Fingerprint?, say: @escaping @Sendable (String) -> Void, write: @escaping @Sendable () throws -> Fingerprint
    ) {
        (self.place, self.written, self.say, self.write) = (place, written, say, write)
    }

    /// Something that the node told; from any thread.
    func receive(_ event: Event) {
        guard case .sync(let status) = event, status.isSaved else { return }
        queue.async { [self] in
            saved = status.fingerprint
            arm()
        }
    }

    /// Writes what was saved last, where that is not done, and returns: soon, whatever the disk does.
    func finish() {
        let done = DispatchSemaphore(value: 0)
        queue.async { [self] in
            if saved != nil, saved != written { writeNow() }
            done.signal()
        }
        if done.wait(timeout: .now() + Self.lastPatience) == .timedOut { say("\(place) is not written: the disk has not taken it") }
    }

    private func arm() {
        guard !isDue, saved != nil, saved != written else { return }
        isDue = true
        let pause = trouble?.pause ?? max(Self.pause, cost * (1 / Self.share - 1))
        queue.asyncAfter(deadline: .now() + pause) { [self] in
            isDue = false
            writeNow()
            arm()
        }
    }

    private func writeNow() {
        let begin = DispatchTime.now()
        do {
            let fingerprint = try write()
            // The next that is told to be saved may be older than what was read.
            (written, saved) = (fingerprint, fingerprint)
            if trouble != nil { say("\(place) is written again") }
            trouble = nil
        } catch {
            let words = (error as? Failure)?.sentence ?? "\(error)"
            if words != trouble?.words { say("\(words); it is tried again") }
            // What stands there now is not known.
            written = nil
            trouble = (words, min((trouble?.pause).map { $0 * 2 } ?? Self.patience.lowerBound, Self.patience.upperBound))
        }
        cost = Double(DispatchTime.now().uptimeNanoseconds - begin.uptimeNanoseconds) / 1e9
    }
}
