import InkBoard
import InkFormats
import InkPrimitives

/// A recording to be played.
public struct ReplayContent: Sendable {
    /// The board's name, unsanitised.
    public var name: String
    var reel: Reel
    /// The shapes in the end, lowest first.
    var end: [Shape]
    /// What each author calls itself, unsanitised.
    var names: [AuthorID: String]
    /// What was said, ascending by time, unsanitised.
    var messages: [Message] = []
    /// The part that is played, ms since the beginning.
    public var part: ClosedRange<Int>
    /// How much faster than it was drawn.
    public var speed: Double
    /// Seconds to add to UTC for the times that are shown.
    public var zoneSeconds: Int

    struct Message: Sendable {
        let milliseconds: Int
        let author: AuthorID
        let text: String
    }

    /// Speeds that are of use; both ends are reached by doubling 1.
    public static let speeds = 0.0625...1024.0

    /// - Parameters:
    ///   - board: all of it.
    ///   - recording: of that board.
    public init(_ recording: Recording, of board: Board, name: String, speed: Double = 1, zoneSeconds: Int = 0) {
        (reel, end, self.name) = (Reel(recording), board.shapes, name)
        names = Dictionary(
            board.authors.compactMap { author in board.personName(author).map { (author, $0) } }, uniquingKeysWith: { $1 })
        let said = Dictionary(board.chats.map { ($0.name, $0) }, uniquingKeysWith: { $1 })
        if !said.isEmpty {
            messages = recording.steps.compactMap { step in
                said[step.transaction.name].map { Message(milliseconds: step.milliseconds, author: $0.author, text: $0.text) }
            }
        }
        part = 0...recording.durationMilliseconds
        (self.speed, self.zoneSeconds) = (speed, zoneSeconds)
    }
}

/// Times as a player shows them.
enum ReplayTime {
    /// `0:07`, `12:34`, `1:02:03`.
    static func text(milliseconds: Int) -> String {
        let seconds = max(0, milliseconds) / 1000
        let tail = "\(two(seconds / 60 % 60)):\(two(seconds % 60))"
        return seconds >= 3600 ? "\(seconds / 3600):\(tail)" : tail.first == "0" ? String(tail.dropFirst()) : tail
    }

    /// `2026-11-27 18:36` of ms since 1970; nil for what nobody can have meant, after the year 9999.
    static func date(_ claimed: UInt64, zoneSeconds: Int) -> String? {
        guard claimed < 253_402_300_800_000 else { return nil }
        let seconds = Int(claimed / 1000) + zoneSeconds
        let days = seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400
        let minutes = (seconds - days * 86_400) / 60
        // Years that begin in March end with the day that not all of them have (H. Hinnant, “chrono-compatible low-level date algorithms”).
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * month + 2) / 5 + 1
        let year = yearOfEra + era * 400 + (month >= 10 ? 1 : 0)
        return "\(year)-\(two(month < 10 ? month + 3 : month - 9))-\(two(day)) \(two(minutes / 60)):\(two(minutes % 60))"
    }

    private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
