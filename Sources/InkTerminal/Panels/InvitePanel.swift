import InkFormats

/// How others can come: the command that they type, the link, and a short code where one was asked for.
struct InvitePanel: Sendable {
    private let invitation: Invitation?

    init(_ invitation: Invitation?) { self.invitation = invitation }

    func handle(_ key: Key) -> PanelAnswer {
        switch key {
        case .character("c"): invitation.map { .copies($0.link) } ?? .stays
        case .character("k"): invitation == nil ? .stays : .makesCode
        case .character("i"), .character("q"), .enter: .closes
        default: .stays
        }
    }

    /// The link is written from the left edge without a frame, so that it can be copied as one piece, and never in part.
    func draw(_ offer: CodeOffer, on buffer: inout CellBuffer, _ layout: Layout, _ style: GlyphStyle) {
        guard let invitation else {
            let box = Box(on: &buffer, width: 50, height: 3, title: "invite", layout, style)
            return box.write(
                box.fitting(["This board has no link: it has no way in.", "no link: no way in", "no link"]), row: 0, on: &buffer)
        }
        let command = Self.chunks(safeForTerminal(invitation.command), layout.columns)
        let link = Self.chunks(safeForTerminal(invitation.link), layout.columns)
        let reach = wordWrapped(safeForTerminal(invitation.reach), columns: layout.columns)
        let spoken = Self.spoken(offer, layout.columns)
        let whole =
            spoken + ["Whoever has this link can join. Others type:", ""] + command + ["", "and paste this link:", ""] + link
            + [""] + reach + [""] + wordWrapped(Self.keys(offer), columns: layout.columns)
        // Where rows do not suffice the sentences go first, of them how far it reaches last, then the link lies over the bars as well.
        let said = spoken.isEmpty ? [] : [spoken + command + link + ["c copies - Esc hides"], spoken + command + ["Esc hides"]]
        let forms =
            said + [
                command + link + reach + ["c copies - Esc hides"], command + link + ["c copies - Esc hides"],
                link + ["c copies - Esc hides"],
                link,
            ]
        let small = wordWrapped("window too small: c copies the link", columns: layout.columns)
        let lines =
            whole.count <= layout.canvasRows && layout.columns >= whole[0].utf8.count
            ? whole : forms.first { $0.count <= layout.rows } ?? small
        let top = max(0, ((lines.count <= layout.canvasRows ? layout.canvasRows : layout.rows) - lines.count) / 2)
        for row in 0..<min(lines.count, layout.rows) {
            buffer.fill(row: top + row)
            let isTitle = row == 0 && lines.count == whole.count
            buffer.write(lines[row], column: 0, row: top + row, style: CellStyle(attributes: isTitle ? .bold : []))
        }
    }

    /// What is said of the code, and how it came to its end.
    private static func spoken(_ offer: CodeOffer, _ columns: Int) -> [String] {
        var lines: [String] = []
        if let code = offer.code {
            lines = ["Say this code to one who joins, within ten minutes, while this board is open:", "", "    " + code, ""]
        } else if offer.isAsked {
            lines = ["A code is on its way ...", ""]
        }
        guard !offer.news.isEmpty else { return lines.flatMap { $0.isEmpty ? [""] : chunks(safeForTerminal($0), columns) } }
        return lines.flatMap { $0.isEmpty ? [""] : chunks(safeForTerminal($0), columns) }
            + wordWrapped(safeForTerminal(offer.news), columns: columns) + [""]
    }

    private static func keys(_ offer: CodeOffer) -> String {
        offer.isFree ? "c copies the link - k makes a code to be said aloud - Esc hides this" : "c copies the link - Esc hides this"
    }

    /// ASCII text in pieces of a width.
    private static func chunks(_ text: String, _ width: Int) -> [String] {
        var pieces: [String] = []
        var rest = Substring(text)
        while !rest.isEmpty {
            pieces.append(String(rest.prefix(max(1, width))))
            rest = rest.dropFirst(max(1, width))
        }
        return pieces
    }
}
