import InkBoard
import InkFormats
import InkFrontEnd
import InkPrimitives
import InkSession

/// How others can come: in which role, the command that they type, the link, and a short code where one was asked for; either as a QR code.
struct InvitePanel: Sendable {
    private let invitation: Invitation?
    /// What is asked for as a picture; nil where letters are shown.
    private(set) var picture: Picture?

    /// A QR code of what is offered.
    struct Picture: Sendable {
        let text: String
        /// Nil while it is made.
        var outcome: QROutcome?
    }

    init(_ invitation: Invitation?) { self.invitation = invitation }

    mutating func handle(_ key: Key, _ offer: CodeOffer) -> PanelAnswer {
        guard picture == nil else {
            // From the picture back to the letters.
            switch key {
            case .character("q"): picture = nil
            case .enter: return .closes
            default: break
            }
            return .stays
        }
        switch key {
        case .character("c"): return link(of: offer).map { .copies($0) } ?? .stays
        case .character("k"): return invitation == nil ? .stays : .makesCode
        case .character("l"): return invitation == nil ? .stays : .makesLink
        case .character("i"): return invitation == nil ? .closes : .choosesRole
        case .character("q"):
            guard let text = offer.code ?? link(of: offer) else { return .stays }
            picture = Picture(text: text)
            return .pictures(text)
        case .enter: return .closes
        default: return .stays
        }
    }

    mutating func hidePicture() { picture = nil }

    mutating func take(_ text: String, _ outcome: QROutcome) { if picture?.text == text { picture?.outcome = outcome } }

    /// The link that is shown: that of the role that is chosen, or the board's own for editors; nil where none was made yet.
    func link(of offer: CodeOffer) -> String? {
        guard let invitation else { return nil }
        guard let key = offer.key else { return offer.role == .editor ? invitation.link : nil }
        guard var invite = try? Invite(link: invitation.link) else { return invitation.link }
        invite.key = key
        return invite.link
    }

    /// The link is written from the left edge without a frame, so that it can be copied as one piece, and never in part (TM-17).
    func draw(_ offer: CodeOffer, on buffer: inout CellBuffer, _ layout: Layout, _ style: GlyphStyle, now: Instant) {
        guard let invitation else {
            let box = Box(on: &buffer, width: 50, height: 3, title: "invite", layout, style)
            return box.write(
                box.fitting(["This board has no link: it has no way in.", "no link: no way in", "no link"]), row: 0, on: &buffer)
        }
        if let picture { return draw(picture, on: &buffer, layout, style) }
        let command = Self.chunks(safeForTerminal(invitation.command), layout.columns)
        let reach = wordWrapped(safeForTerminal(invitation.reach), columns: layout.columns)
        let spoken = Self.spoken(offer, layout.columns, now: now)
        let isOwn = offer.key == nil && offer.role == .editor
        guard let shown = link(of: offer) else {
            let lines =
                Self.title(offer, columns: layout.columns) + spoken
                + wordWrapped(
                    "No link lets in \(Self.plural(offer.role)) yet: l makes one" + (offer.isFree ? ", k a code for one of them." : "."),
                    columns: layout.columns) + [
                    ""
                ]
                + wordWrapped(Self.keys(offer), columns: layout.columns)
            return Self.write(Array(lines.prefix(layout.rows)), isTitled: true, on: &buffer, layout)
        }
        let link = Self.chunks(safeForTerminal(shown), layout.columns)
        let title = Self.title(offer, columns: layout.columns)
        let whole =
            title + spoken + [
                isOwn
                    ? "Whoever has this link can join. Others type:"
                    : "Whoever has this link joins as \(Self.one(offer.role)). Others type:", "",
            ]
            + command + ["", "and paste this link:", ""] + link
            + [""] + reach + [""] + wordWrapped(Self.keys(offer), columns: layout.columns)
        let foot = offer.isFree && layout.columns >= Self.columnsForCode ? "c copies - k code - Esc hides" : "c copies - Esc hides"
        // Where rows do not suffice the sentences go first, of them how far it reaches last, then the link lies over the bars as well.
        let said =
            spoken.isEmpty
            ? []
            : [
                title + spoken + command + link + [foot], spoken + command + link + [foot],
                spoken + command + ["Esc hides"],
            ]
        let forms =
            said + [
                title + command + link + reach + [foot],
                command + link + reach + [foot], command + link + [foot],
                link + [foot],
                link,
            ]
        let small = wordWrapped("window too small: c copies the link", columns: layout.columns)
        let isWhole = whole.count <= layout.canvasRows && layout.columns >= Self.columnsForWhole
        Self.write(isWhole ? whole : forms.first { $0.count <= layout.rows } ?? small, isTitled: isWhole, on: &buffer, layout)
    }

    private static func write(_ lines: [String], isTitled: Bool, on buffer: inout CellBuffer, _ layout: Layout) {
        let top = max(0, ((lines.count <= layout.canvasRows ? layout.canvasRows : layout.rows) - lines.count) / 2)
        for row in 0..<min(lines.count, layout.rows) {
            buffer.fill(row: top + row)
            buffer.write(lines[row], column: 0, row: top + row, style: CellStyle(attributes: row == 0 && isTitled ? .bold : []))
        }
    }

    private func draw(_ picture: Picture, on buffer: inout CellBuffer, _ layout: Layout, _ style: GlyphStyle) {
        let foot = "q shows it in letters - Esc hides this"
        // TM-438
        func tell(_ words: String) {
            Self.write(
                wordWrapped(words, columns: layout.columns) + [""] + wordWrapped(foot, columns: layout.columns), isTitled: false,
                on: &buffer, layout)
        }
        switch picture.outcome {
        case nil: tell("The QR code is on its way ...")
        case .complaint(let why)?: tell(why)
        case .picture(let code)?:
            // It may lie over the bars: whoever holds a camera types nothing (TM-297).
            guard let rows = code.rows(columns: layout.columns, rows: layout.rows, style: style) else {
                let least = code.least(style)
                return tell(
                    "The QR code needs \(least.columns) columns and \(least.rows) rows, and here are \(layout.columns) and \(layout.rows): "
                        + "make the window larger or its letters smaller."
                )
            }
            let paper = CellStyle(foreground: Color(rgb: 0xFFFFFF), background: Color(rgb: 0))
            let (top, left) = ((layout.rows - rows.count) / 2, (layout.columns - (rows.first.map { $0.count } ?? 0)) / 2)
            for row in 0..<layout.rows { buffer.fill(row: row) }
            for (index, row) in rows.enumerated() { buffer.write(row, column: left, row: top + index, style: paper) }
        }
    }

    /// What the role is, and how another is chosen.
    private static func title(_ offer: CodeOffer, columns: Int) -> [String] {
        let words = "Invite \(one(offer.role)) (i: another role)"
        return columns >= words.utf8.count ? [words, ""] : []
    }

    private static func one(_ role: Role) -> String { "\(role == .owner || role == .editor ? "an" : "a") \(role)" }
    private static func plural(_ role: Role) -> String { "\(role)s" }

    /// What is said of the code, and how it came to its end (TM-422).
    private static func spoken(_ offer: CodeOffer, _ columns: Int, now: Instant) -> [String] {
        var lines: [String] = []
        if let code = offer.code {
            let time = offer.codeEnds.map { Self.time(max(.zero, $0 - now)) } ?? ""
            let role = offer.codeRole.map { ", \(one($0))" } ?? ""
            lines =
                wordWrapped("Say this code to one who joins\(role), within \(time), while this board is open:", columns: columns)
                + ["", "    " + code, ""]
        } else if offer.isAsked {
            lines = ["A code is on its way ...", ""]
        }
        lines = lines.flatMap { $0.isEmpty ? [""] : chunks(safeForTerminal($0), columns) }
        return offer.news.isEmpty ? lines : lines + wordWrapped(safeForTerminal(offer.news), columns: columns) + [""]
    }

    /// Minutes and seconds.
    private static func time(_ left: Duration) -> String {
        let seconds = left.components.seconds
        return "\(seconds / 60):\(seconds % 60 < 10 ? "0" : "")\(seconds % 60)"
    }

    private static func keys(_ offer: CodeOffer) -> String {
        let code = offer.isFree ? " - k makes a code to be said aloud" : ""
        return "c copies the link\(code) - l makes a new link - q QR code - i another role - Esc hides this"
    }

    /// The first sentence is one row there.
    private static let columnsForWhole = 46
    /// What it is that `k` makes has room.
    private static let columnsForCode = 29

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

/// What came of a text that was to be a QR code.
public enum QROutcome: Hashable, Sendable {
    case picture(QRPicture)
    /// Why there is none, in a sentence.
    case complaint(String)
}
