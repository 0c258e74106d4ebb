import InkFormats

/// Rows in a box that scrolls: the help, the connection.
///
/// What a key does follows from how the rows were drawn last, as the person sees them (TM-55).
struct Sheet: Sendable {
    enum Subject: Hashable, Sendable {
        case help
        case connection

        var title: String {
            switch self {
            case .help: "keys"
            case .connection: "connection"
            }
        }

        /// The keys that open it, and close it.
        var keys: [Key] {
            switch self {
            case .help: [.character("?"), .function(1)]
            case .connection: [.character("N")]
            }
        }
    }

    let subject: Subject
    /// The first row that is shown.
    private var top = 0
    /// Rows that had room, and those that had none, which is as far as it scrolls; before it was drawn, farther than any text is long.
    private var (shown, hidden) = (1, 1 << 20)

    init(_ subject: Subject) { self.subject = subject }

    mutating func handle(_ key: Key) -> PanelAnswer {
        switch key {
        case .up, .character("k"): scroll(-1)
        case .down, .character("j"): scroll(1)
        case .pageUp: scroll(-page)
        case .pageDown, .character(" "): scroll(page)
        case .home: scroll(-hidden)
        case .end: scroll(hidden)
        case .character("q"), .enter: return .closes
        default: return subject.keys.contains(key) ? .closes : .stays
        }
        return .stays
    }

    mutating func scroll(_ rows: Int) { top = max(0, min(hidden, top + rows)) }

    /// Half of what is seen, so that the eye finds its place.
    private var page: Int { max(1, shown / 2) }

    /// - Parameter rows: what fits `columns`.
    mutating func draw(_ rows: [String], on buffer: inout CellBuffer, _ layout: Layout, _ style: GlyphStyle) {
        let box = Box(on: &buffer, width: Self.width, height: rows.count + 2, title: subject.title, layout, style)
        // Notices under it come and go, and with them how far it scrolls (TM-30).
        (shown, hidden) = (box.rows, max(0, rows.count - box.rows))
        scroll(0)
        for (index, row) in rows[top...].prefix(shown).enumerated() { box.write(row, row: index, on: &buffer) }
        guard hidden > 0 else { return }
        box.writeFoot([" arrows scroll ", " arrows "], on: &buffer)
    }

    /// Of its rows.
    static func columns(_ layout: Layout) -> Int { max(1, Box.columns(inside: width, layout)) }

    static let width = 70
}
