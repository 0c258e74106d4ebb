import InkBoard
import InkPrimitives
import InkSession

/// The newest messages of the board, oldest first, each with what its author was called when it came.
package struct Chats: Sendable {
    package struct Said: Sendable {
        package let message: ChatMessage
        /// Unsanitised; nil while the author has not been here under a name.
        package fileprivate(set) var name: String?
    }

    package private(set) var messages: [Said] = []
    /// Grows with every change.
    package private(set) var version = 0

    package init() {}

    /// Adds a message that entered the board. One that is there already is not added again.
    ///
    /// - Parameter name: of who said it. It stays with the message: who said something is asked when he has gone, too.
    package mutating func take(_ message: ChatMessage, by name: String?) {
        guard !messages.contains(where: { $0.message.id == message.id }) else { return }
        version += 1
        messages.append(Said(message: message, name: name))
        if messages.count > Self.messagesMax { messages.removeFirst(messages.count - Self.messagesMax) }
    }

    /// Messages count no more.
    mutating func forget(_ gone: [TransactionName]) {
        let gone = Set(gone)
        messages.removeAll { gone.contains($0.message.id) }
        version += 1
    }

    /// An author of whom nobody knew the name is here, and has one.
    mutating func name(_ author: AuthorID, _ name: String) {
        for index in messages.indices where messages[index].name == nil && messages[index].message.author == author {
            messages[index].name = name
            version += 1
        }
    }

    /// A front end shows what was said lately; the board keeps all of it. 256 messages of 4 KiB are 1 MiB at most.
    package static let messagesMax = 256
}
