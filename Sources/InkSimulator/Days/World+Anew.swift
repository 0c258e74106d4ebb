import InkBoard
import InkCrypto
import InkPrimitives
import InkSession

extension World {
    /// All that a device has: its disk, read again from its bytes, a process that starts from it, and what a front end knows.
    struct OpenedAnew {
        let transactions: [Transaction]
        /// As a disk has them, and as a world that remembers what was saved.
        let names: [Set<TransactionName>]
        let node: Node
        let view: View
    }

    func openedAnew(_ node: Int) -> OpenedAnew {
        let participant = participants[node]
        // Bytes of its own, as a disk gives them: what is shared with the world would count as nothing of it.
        let stored = participant.disk.transactions.compactMap { saved in
            try? Transaction(decoding: saved.encoded.withUnsafeBufferPointer { Array($0) })
        }
        let names = Set(stored.map(\.name))
        var copies = [names]
        copies.append(names.filter { participant.saved.contains($0) })
        let fresh = Node(configuration(of: node, stored: stored), seed: random.secret("anew"), now: clock(node))
        var view = View(drawnBy: picture)
        if let board = fresh.board {
            view.begin(with: board.shapes)
            view.chats = participant.view.chats
        }
        return OpenedAnew(transactions: stored, names: copies, node: fresh, view: view)
    }
}
