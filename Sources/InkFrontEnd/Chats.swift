import InkBoard
import InkPrimitives
import InkSession

/// What was said, oldest first, as far as it is known here: the newest messages, and older ones while somebody reads them.
package struct Chats: Sendable {
    package struct Said: Sendable {
        package fileprivate(set) var message: ChatMessage
        /// Unsanitised; nil while the author has not been here under a name.
        package fileprivate(set) var name: String?
        /// Counted as unread, and as naming our person.
        fileprivate var isUnread = false
        fileprivate var isNaming = false

        fileprivate var isFailed: Bool { if case .failed = message.state { true } else { false } }
    }

    /// How what is older than all of `messages` can be had.
    package enum Older: Hashable, Sendable {
        /// Nobody has asked.
        case unknown
        /// It comes before this message.
        case before(TransactionName)
        /// There is none, or no more is kept here.
        case none
    }

    package private(set) var messages: [Said] = []
    package private(set) var older = Older.unknown
    /// Messages of others that came since the last were read, and those of them that name our person.
    package private(set) var unread = (count: 0, naming: 0)
    /// Grows with every change.
    package private(set) var version = 0

    package init() {}

    /// Adds a message that entered the board. One that is there already is not added again.
    ///
    /// - Parameters:
    ///   - name: of who said it. It stays with the message: who said something is asked when he has gone, too.
    ///   - isRead: it is our own.
    ///   - naming: it names our person.
    package mutating func take(_ message: ChatMessage, by name: String?, isRead: Bool = true, naming: Bool = false) {
        // FE-7
        guard !messages.contains(where: { $0.message.id == message.id }) else { return }
        version += 1
        // What stood in its place never came to the board (FE-130, FE-192).
        if let before = message.instead { messages.removeAll { $0.message.id == before } }
        messages.append(Said(message: message, name: name, isUnread: !isRead, isNaming: naming))
        // FE-132
        if !isRead { unread = (unread.count + 1, unread.naming + (naming ? 1 : 0)) }
        if messages.count > limit { keep(limit) }
    }

    /// A message of ours came farther; one that is not here failed before it came to the board (FE-192).
    package mutating func change(_ message: ChatMessage, by name: String?) {
        guard let index = messages.firstIndex(where: { $0.message.id == message.id }) else {
            if case .failed = message.state { take(message, by: name) }
            return
        }
        version += 1
        messages[index].message.state = message.state
    }

    /// Adds what was said before, as it was asked for; `name` is what somebody is called here (FE-131).
    package mutating func take(_ page: ChatPage, me: AuthorID?) {
        guard messages.count < Self.readingMax else { return older = .none }
        version += 1
        let known = Set(messages.map(\.message.id))
        let new = page.entries.filter { !known.contains($0.message.id) }.map { entry in
            Said(message: entry.message, name: entry.message.author == me ? "you" : entry.name.isEmpty ? nil : entry.name)
        }
        messages.insert(contentsOf: new, at: 0)
        // FE-131
        older = messages.count < Self.readingMax ? page.next.map { .before($0) } ?? .none : .none
        isReading = isReading || messages.count > Self.messagesMax
    }

    /// The oldest message of ours that failed.
    package var firstFailed: TransactionName? { messages.first { $0.isFailed }?.message.id }

    /// True if such a message was refused for that and is kept by the session.
    package func keeps(_ text: String, _ refusal: Refusal) -> Bool {
        messages.contains { $0.message.text == text && $0.message.state == .failed(refusal) }
    }

    /// What has come is read.
    package mutating func read() {
        guard unread != (0, 0) else { return }
        unread = (0, 0)
        for index in messages.indices where messages[index].isUnread { messages[index].isUnread = false }
    }

    /// Nobody reads what is old any more.
    package mutating func endReading() {
        guard isReading else { return }
        isReading = false
        if messages.count > Self.messagesMax { keep(Self.messagesMax) }
    }

    /// Messages count no more: nobody finds them who looks for what he has not read.
    package mutating func forget(_ gone: [TransactionName]) {
        let gone = Set(gone)
        for said in messages where said.isUnread && gone.contains(said.message.id) {
            unread = (unread.count - 1, unread.naming - (said.isNaming ? 1 : 0))
        }
        messages.removeAll { gone.contains($0.message.id) }
        version += 1
    }

    /// An author of whom nobody knew the name is here, and has one (FE-90).
    mutating func name(_ author: AuthorID, _ name: String) {
        for index in messages.indices where messages[index].name == nil && messages[index].message.author == author {
            messages[index].name = name
            version += 1
        }
    }

    /// Older messages are kept than the newest.
    private var isReading = false

    private var limit: Int { isReading ? Self.readingMax : Self.messagesMax }

    private mutating func keep(_ count: Int) {
        version += 1
        messages.removeFirst(messages.count - count)
        // What failed may never have come to the board, and nothing is before it there.
        if let first = messages.first(where: { !$0.isFailed }) { older = .before(first.message.id) }
    }

    /// A front end shows what was said lately; the board keeps all of it. 256 messages of 4 KiB are 1 MiB at most (FE-7).
    package static let messagesMax = 256
    /// And while older ones are read: 16 MiB at most (FE-7).
    package static let readingMax = 4096
}
