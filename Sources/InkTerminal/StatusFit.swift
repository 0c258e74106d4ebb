import InkFormats

/// Which parts of the status row are shown where it has no room for all.
///
/// They stand in the order in which they are read; what matters more is shown first, and what does not fit beside that is left out whole.
struct StatusFit: Sendable {
    /// How much a part matters, most first (TM-236).
    enum Rank: Int, Comparable, Sendable {
        /// Something is not saved.
        case unsaved
        /// Somebody is lost, or something is not sent; somebody writes in the same text.
        case warning
        /// What is seen otherwise than usual, with the key that ends it.
        case watching
        /// That all is saved, or what is in hand.
        case saved
        /// That somebody said something.
        case talk
        case name, zoom, people, rendezvous
        /// How packets travel: the list of people says so, too.
        case path

        static func < (left: Rank, right: Rank) -> Bool { left.rawValue < right.rawValue }
    }

    /// The parts that are shown, by their places, in order.
    let shown: [Int]
    /// False where what is not saved has no room beside the word for the mode, and takes its place (TM-236).
    let showsMode: Bool

    /// - Parameters:
    ///   - parts: in the order in which they are read, with their columns.
    ///   - mode: columns of the word for the mode.
    ///   - columns: of the row.
    init(_ parts: [(columns: Int, rank: Rank)], mode: Int, columns: Int) {
        let unsaved = parts.first { $0.rank == .unsaved }.map { $0.columns + Self.gap } ?? 0
        showsMode = mode + unsaved <= columns || unsaved > columns
        var room = columns - (showsMode ? mode : 0)
        var shown: [Int] = []
        for (index, part) in parts.enumerated().sorted(by: { ($0.element.rank, $0.offset) < ($1.element.rank, $1.offset) })
        where part.columns + Self.gap <= room {
            room -= part.columns + Self.gap
            shown.append(index)
        }
        self.shown = shown.sorted()
    }

    /// Cells before each part.
    static let gap = 2
}
