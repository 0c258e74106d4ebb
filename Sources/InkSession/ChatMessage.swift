import InkBoard
import InkPrimitives

/// A chat message as it stands in the board, or one of ours that did not come so far.
public struct ChatMessage: Hashable, Sendable {
    public var id: TransactionName
    public var author: AuthorID
    public var text: String
    /// Milliseconds since 1970 as its author claims; for display only.
    public var wallTime: UInt64
    /// How far it has come; nil of what others say.
    public var state: MessageState?
    /// The message of ours that never came to the board, and in whose place this one is (SE-370).
    public var instead: TransactionName?

    public init(
        id: TransactionName, author: AuthorID, text: String, wallTime: UInt64 = 0, state: MessageState? = nil,
        instead: TransactionName? = nil
    ) {
        (self.id, self.author, self.text) = (id, author, text)
        (self.wallTime, self.state, self.instead) = (wallTime, state, instead)
    }
}

/// How far a message of ours has come (SE-230).
///
///     waiting ──somebody is there, or has it──▶ sent ──every present peer has it──▶ delivered, for good
///        ⇅ the disk refuses
///      failed
public enum MessageState: Hashable, Sendable {
    /// It is here alone: on its way to our disk, or nobody is there.
    case waiting
    /// So many of those who are there have it. Where nobody is: so many had it when they were.
    case sent(by: Int, of: Int)
    /// Every present peer has it, or had it.
    case delivered
    /// It is not on our disk, and why. It goes to nobody before it is.
    case failed(Refusal)
}

/// A part of what was said, from a place on (SE-235).
public struct ChatOrder: Hashable, Sendable {
    /// What comes before this message; nil for the newest.
    public var before: TransactionName?
    /// At most so many messages, 1...`countMax`.
    public var count: Int

    public init(before: TransactionName? = nil, count: Int) { (self.before, self.count) = (before, count) }

    public static let countMax = 200
    /// A page whose texts take more ends there: it is one frame of a local socket, and one line of JSON.
    public static let textBytesMax = 256 * 1024
}

/// A part of what was said, oldest first.
public struct ChatPage: Hashable, Sendable {
    public struct Entry: Hashable, Sendable {
        public var message: ChatMessage
        /// What its author is called on the board, unsanitised; empty where he never said.
        public var name: String

        public init(_ message: ChatMessage, name: String) { (self.message, self.name) = (message, name) }
    }
    public var entries: [Entry]
    /// The place from which an older page goes on; nil where there is none (SE-371).
    public var next: TransactionName?

    public init(_ entries: [Entry], next: TransactionName?) { (self.entries, self.next) = (entries, next) }
}
