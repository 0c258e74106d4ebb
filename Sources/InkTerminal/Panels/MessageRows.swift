import InkFormats
import InkFrontEnd
import InkPrimitives
import InkSession

/// What was said, by whom, as rows of a sheet: kept while messages and width stay, and of each message while the width does, so that a message that
/// comes costs itself and not all the others.
struct MessageRows: Sendable {
    private var rows: [String] = []
    private var byMessage: [TransactionName: (name: String?, rows: [String])] = [:]
    /// What the rows were made for; nil while there are none.
    private var made: (version: Int, columns: Int)?
    /// Bytes of messages that were laid out so far.
    private(set) var work = 0

    mutating func rows(of chats: Chats, columns: Int) -> [String] {
        guard made?.version != chats.version || made?.columns != columns else { return rows }
        let before = made?.columns == columns ? byMessage : [:]
        (rows, byMessage, made) = ([], [:], (chats.version, columns))
        for said in chats.messages {
            let known = before[said.message.id].flatMap { $0.name == said.name ? $0.rows : nil }
            let laid = known ?? layOut(said, columns: columns)
            byMessage[said.message.id] = (said.name, laid)
            rows += laid
        }
        if rows.isEmpty { rows = wordWrapped("nothing was said yet: / says something", columns: max(1, columns)) }
        return rows
    }

    /// Nobody reads them.
    mutating func drop() { if made != nil { self = MessageRows(work: work) } }

    init(work: Int = 0) { self.work = work }

    private mutating func layOut(_ said: Chats.Said, columns: Int) -> [String] {
        work += said.message.text.utf8.count
        return wordWrapped(safeForTerminal("\(said.name ?? "somebody"): \(said.message.text)"), columns: max(1, columns))
    }
}
