import InkBoard
import InkFormats
import InkFrontEnd
import InkSession

/// What is looked through for words: what each shape says and where it stands, made once when somebody begins to look, and then by what changes.
struct ShapeWords: Sendable {
    struct Entry: Sendable {
        /// In small letters, a line break as a space.
        let text: String
        let kind: ShapeKind
        let place: Place
    }

    /// In the order in which a page is read. On one grid, so that a zoom changes nothing (TM-164).
    struct Place: Comparable, Sendable {
        let row: Int
        let column: Int
        let id: ShapeID

        static func < (left: Place, right: Place) -> Bool { (left.row, left.column, left.id) < (right.row, right.column, right.id) }
    }

    private(set) var entries: [ShapeID: Entry] = [:]
    /// Of the board that they are of; nil while nobody looks.
    private var version: Int?
    /// What changed since somebody looked last; nil for all.
    private var changed: Set<ShapeID>?
    /// Shapes that were read so far, and those that were compared with what is sought.
    private(set) var work = 0

    /// Is there for a board as it is now.
    mutating func follow(_ board: BoardView, _ regions: ShapeRegions) {
        guard version != board.version else { return }
        (entries, version, changed) = ([:], board.version, nil)
        entries.reserveCapacity(board.shapes.count)
        for shape in board.shapes { read(shape, regions) }
    }

    /// Takes what an event changed (TM-173).
    ///
    /// - Parameters:
    ///   - count: how many changes of the board it was.
    ///   - redrawn: these, and what follows from them.
    mutating func take(_ count: Int, _ redrawn: [ShapeChange], _ board: BoardView, _ regions: ShapeRegions) {
        guard let version else { return }
        // Of another board, or one that was replaced: it is read anew when somebody looks.
        guard version + count == board.version else { return drop() }
        self.version = board.version
        for change in redrawn {
            if let shape = board[change.id] { read(shape, regions) } else { entries[change.id] = nil }
            changed?.insert(change.id)
        }
    }

    /// What changed since the last call; nil for all.
    mutating func takeChanged() -> Set<ShapeID>? {
        defer { changed = [] }
        return changed
    }

    /// Nobody looks.
    mutating func drop() { if version != nil { self = ShapeWords(work: work) } }

    /// So many shapes were compared.
    mutating func spend(_ count: Int) { work += count }

    init(work: Int = 0) { self.work = work }

    private mutating func read(_ shape: Shape, _ regions: ShapeRegions) {
        work += 1
        let box = regions.extent(of: shape.id)?.box(on: .standard) ?? shape.content.cellRegion(on: .standard)
        entries[shape.id] = Entry(
            text: Self.plain(shape.content.text), kind: shape.content.kind, place: Place(row: box.row, column: box.column, id: shape.id))
    }

    /// Words as they are compared (TM-164).
    static func plain(_ text: String) -> String {
        text.lowercased().split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).joined(separator: " ")
    }
}
