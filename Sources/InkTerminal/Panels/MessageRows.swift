import InkFormats
import InkFrontEnd
import InkPrimitives
import InkSession

/// What was said, by whom, as rows: kept while messages and width stay, and of each message while the width does, so that a message that comes costs
/// itself and not all the others (TM-174).
struct MessageRows: Sendable {
    struct Row: Hashable, Sendable {
        let text: String
        /// It names the reader, or did not come (TM-274).
        var isStrong = false
        var isFaint = false
    }

    private(set) var all: [Row] = []
    private var byMessage: [TransactionName: Laid] = [:]
    private var order: [TransactionName] = []
    /// What the rows were made for; nil while there are none (TM-277).
    private var made: (version: Int, columns: Int, name: String)?
    /// Bytes of messages that were laid out so far.
    private(set) var work = 0

    private struct Laid: Sendable {
        var name: String?
        var state: MessageState?
        var rows: [Row]
    }

    init(work: Int = 0) { self.work = work }

    /// The newest message.
    var newest: TransactionName? { order.last }

    /// Rows of what came after a message; none where that is not known.
    func count(after name: TransactionName) -> Int {
        guard let index = order.lastIndex(of: name) else { return 0 }
        return order[(index + 1)...].reduce(0) { $0 + (byMessage[$1]?.rows.count ?? 0) }
    }

    /// - Parameter name: by which others name the reader.
    mutating func follow(_ chats: Chats, naming name: String, columns: Int) {
        guard made?.version != chats.version || made?.columns != columns || made?.name != name else { return }
        let before = made?.columns == columns && made?.name == name ? byMessage : [:]
        (all, byMessage, order, made) = ([], [:], [], (chats.version, columns, name))
        for said in chats.messages {
            let known = before[said.message.id].flatMap { $0.name == said.name && $0.state == said.message.state ? $0.rows : nil }
            let rows = known ?? layOut(said, naming: name, columns: columns)
            byMessage[said.message.id] = Laid(name: said.name, state: said.message.state, rows: rows)
            order.append(said.message.id)
            all += rows
        }
        if all.isEmpty {
            all = wordWrapped("nothing was said yet: / says something", columns: max(1, columns)).map { Row(text: $0, isFaint: true) }
        }
    }

    /// Nobody reads them.
    mutating func drop() { if made != nil { self = MessageRows(work: work) } }

    private mutating func layOut(_ said: Chats.Said, naming name: String, columns: Int) -> [Row] {
        work += said.message.text.utf8.count
        let isStrong = said.message.state == nil && Mention.names(name, in: said.message.text)
        let mark = said.message.state.map { " \(Self.mark(of: $0))" } ?? ""
        return wordWrapped(safeForTerminal("\(said.name ?? "somebody"): \(said.message.text)") + mark, columns: max(1, columns)).map {
            Row(text: $0, isStrong: isStrong)
        }
    }

    /// How far a message of ours has come, in few letters: nobody has it yet, so many of so many, all, it failed (TM-271).
    static func mark(of state: MessageState) -> String {
        switch state {
        case .waiting: "."
        case .sent(_, 0): ">"
        case .sent(let count, let all): ">\(count)/\(all)"
        case .delivered: "+"
        case .failed: "!"
        }
    }
}
