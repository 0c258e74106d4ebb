import InkBoard
import InkPrimitives

// What people say: ours on its way to the others, and what was said, page by page.
extension Node {
    /// Refuses what is said faster than may be; nil for what may go on.
    mutating func refusesPace(of intent: Intent, now: Instant) -> Refusal? {
        switch intent {
        case .say, .resend: messages.mayCome(now: now) ? nil : .saidTooFast
        default: nil
        }
    }

    /// Says a message; what the disk or a rule refuses is kept, and can be said again.
    mutating func say(_ text: String, of asker: Asker, now: Instant) throws(Refusal) {
        guard !text.isEmpty, text.utf8.count <= Limits.chatBytes else { throw .badValue(field: "text") }
        presence.said()
        do throws(Refusal) {
            try perform(of: asker, now: now) { _, author throws(RuleViolation) in try Board.writes(saying: text, by: author) }
        } catch {
            guard error.keepsMessage else { throw error }
            let message = ChatMessage(
                id: TransactionName(using: &jitter), author: author, text: text, wallTime: clock.time(now: now), state: .failed(error))
            if messages.keep(message) { tell(.chatState(message)) }
            throw error
        }
    }

    /// Tries again what failed. What is in our set is never said a second time (SE-233): the disk alone is asked for it once more.
    mutating func resend(_ name: TransactionName, of asker: Asker, now: Instant) throws(Refusal) {
        guard isReady else { throw .notReady }
        guard var unsaid = messages.unsaid(name) else {
            guard board?.transaction(name)?.author == author, board?.message(name) != nil else { throw .noSuchMessage }
            if work.unsaved.contains(name) { saves.tryNow(now: now) }
            return
        }
        resending = name
        defer { resending = nil }
        do throws(Refusal) {
            try perform(of: asker, now: now) { _, author throws(RuleViolation) in try Board.writes(saying: unsaid.text, by: author) }
            messages.replace(name, by: nil)
        } catch {
            if unsaid.state != .failed(error), error.keepsMessage {
                unsaid.state = .failed(error)
                messages.replace(name, by: unsaid)
                tell(.chatState(unsaid))
            }
            throw error
        }
    }

    /// A message as front ends are told of it.
    func message(_ entry: ChatEntry) -> ChatMessage {
        ChatMessage(
            id: entry.name, author: entry.author, text: entry.text, wallTime: entry.claimedWallTime,
            state: entry.author == author ? state(of: entry.name, reach) : nil)
    }

    /// The same, of one that is new: from here on it is told how far it comes.
    mutating func newMessage(_ entry: ChatEntry) -> ChatMessage {
        var message = message(entry)
        guard let state = message.state, let sequence = board?.transaction(entry.name)?.sequence else { return message }
        messages.told(entry.name, sequence, as: state)
        message.instead = resending
        return message
    }

    private func state(of name: TransactionName, _ reach: OwnMessages.Reach) -> MessageState {
        messages.state(of: name, board?.transaction(name)?.sequence ?? 0, reach)
    }

    private var reach: OwnMessages.Reach {
        let own = board?.contiguousSequence(of: author) ?? 0
        return OwnMessages.Reach(
            unsaved: work.unsaved, refusal: saves.refusal,
            present: neighbours.values.filter(\.isPresent).map { min(own, $0.receipts.theirs ?? 0) }, known: agreement.receipts.all)
    }

    /// Tells of our messages that came farther, or could not (SE-369).
    mutating func tellMessages() {
        guard !messages.isEmpty else { return }
        for (name, state) in messages.news(reach) {
            guard let entry = board?.message(name) else { continue }
            tell(
                .chatState(
                    ChatMessage(
                        id: name, author: entry.author, text: entry.text, wallTime: entry.claimedWallTime, state: state)))
        }
    }

    /// Of what our person said before this process began the newest is followed, too.
    mutating func followEarlierMessages() {
        guard let board else { return }
        let reach = reach
        for entry in board.messages(before: nil, count: OwnMessages.openMax) where entry.author == author {
            guard let sequence = board.transaction(entry.name)?.sequence else { continue }
            messages.told(entry.name, sequence, as: messages.state(of: entry.name, sequence, reach))
        }
    }

    /// What was said before a message, and counts.
    func page(_ order: ChatOrder) throws(Refusal) -> ChatPage {
        guard let board, isReady else { throw .notReady }
        guard (1...ChatOrder.countMax).contains(order.count) else { throw .badValue(field: "count") }
        if let before = order.before, board.message(before) == nil { throw .noSuchMessage }
        // One more tells whether there is an older page.
        let found = board.messages(before: order.before, count: order.count + 1)
        var (entries, bytes): ([ChatPage.Entry], Int) = ([], 0)
        let reach = reach
        for entry in found.suffix(order.count).reversed() {
            bytes += entry.text.utf8.count
            guard entries.isEmpty || bytes <= ChatOrder.textBytesMax else { break }
            let message = ChatMessage(
                id: entry.name, author: entry.author, text: entry.text, wallTime: entry.claimedWallTime,
                state: entry.author == author ? state(of: entry.name, reach) : nil)
            entries.append(ChatPage.Entry(message, name: board.personName(entry.author) ?? ""))
        }
        return ChatPage(entries.reversed(), next: entries.count < found.count ? entries.last?.message.id : nil)
    }
}

extension Refusal {
    /// A message that is refused for this is kept, to be said again; what is wrong with the message itself, or passes, is not.
    fileprivate var keepsMessage: Bool {
        switch self {
        case .diskRefuses, .notAllowed, .noRight, .brokenRule, .ownHistoryMissing: true
        default: false
        }
    }
}
