import InkSession

/// The newest messages of the board, oldest first.
package struct Chats: Sendable {
    package private(set) var messages: [ChatMessage] = []

    package init() {}

    /// Adds a message that entered the board. One that is there already is not added again.
    package mutating func take(_ message: ChatMessage) {
        guard !messages.contains(where: { $0.id == message.id }) else { return }
        messages.append(message)
        if messages.count > Self.messagesMax { messages.removeFirst(messages.count - Self.messagesMax) }
    }

    /// A front end shows what was said lately; the board keeps all of it. 256 messages of 4 KiB are 1 MiB at most.
    package static let messagesMax = 256
}
