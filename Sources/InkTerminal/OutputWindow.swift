import InkPrimitives

/// How much may be on its way to a terminal at the far end of a line (TM-231).
///
///     frame ─▶ 1 KiB written ─▶ question ───────────▶ terminal
///     frame ─▶ no more than 4 KiB …       ◀── answer ──┘
///
/// Whoever writes into ssh does not see that the terminal takes nothing: a megabyte fits between the two, and all of it would be shown later, one old
/// frame after another. So a question that every terminal answers (primary device attributes) follows what is written, now and then; the answer says
/// that all before it has been shown. While more than a window's worth has no answer no frame is made: the next shows the newest state.
///
/// Nothing is held up before the terminal has answered once, nor for ever by one that answers no more (TM-403).
struct OutputWindow: Sendable {
    /// True once the terminal has answered, until it has owed an answer for too long.
    private var isAnswering = false
    /// Bytes that the question follows which has no answer, and when it was asked; nil while none is open.
    private var asked: (count: Int, at: Instant)?
    /// Bytes since the last question.
    private var unasked = 0
    /// Questions to which an answer is on its way or still to be written, and when the last was asked.
    private var owed: (count: Int, at: Instant) = (0, .zero)

    /// True while a frame may be written. Where no question is open one follows that frame.
    var isOpen: Bool { asked.map { $0.count + unasked < Self.bytesMax } ?? true }

    /// Until when it stays closed if no answer comes; nil while it is open.
    var deadline: Instant? { isOpen ? nil : asked.map { $0.at + Self.patience } }

    /// So much is written; true if a question is to follow it.
    mutating func write(_ count: Int, now: Instant) -> Bool {
        guard isAnswering else { return false }
        unasked += count
        guard asked == nil, unasked >= Self.bytesBetween else { return false }
        (asked, unasked) = ((unasked, now), 0)
        noteQuestion(now: now)
        return true
    }

    /// The terminal was asked something that it ends with an answer of the same kind.
    mutating func noteQuestion(now: Instant) { owed = (owed.count + 1, now) }

    /// The terminal has answered: what the question follows is seen.
    mutating func takeAnswer() {
        (isAnswering, asked) = (true, nil)
        owed.count = max(0, owed.count - 1)
    }

    /// True while an answer may still come, which nobody but us would understand (TM-246).
    func owesAnswer(now: Instant) -> Bool { owed.count > 0 && now - owed.at < Self.patience }

    /// Lets time pass: of a terminal that owes an answer for so long none is expected any more.
    mutating func handleTimeout(now: Instant) {
        guard let deadline, deadline <= now else { return }
        // An answer that comes after all is still none of the shell's.
        (isAnswering, asked, unasked) = (false, nil, 0)
    }

    /// The terminal was left and entered again: what it owed may never come.
    mutating func reset() { (asked, unasked) = (nil, 0) }

    /// What follows so many bytes.
    static let question: [UInt8] = Array("\u{1B}[c".utf8)

    /// As much as the queue of a tty holds (TTY.isBusy): at 150 ms and 60 frames a second own ink takes a fifth of it.
    private static let bytesMax = 4096
    /// A question and its answer, of some twelve bytes, for each.
    private static let bytesBetween = 1024
    /// Longer than the round trip of any line on which one can draw (TM-403).
    private static let patience = Duration.seconds(10)
}
