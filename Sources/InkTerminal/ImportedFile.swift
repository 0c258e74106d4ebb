import InkBoard
import InkFrontEnd
import InkPrimitives
import InkSession

/// A file that is to be shapes: the program reads it, and answers.
///
///     :import ──importFile──▶ being read ──its shapes──────────▶ drawn
///                              │      └────all of a board──▶ waiting ──nothing is under way──▶ made what it says
///                              └──another is asked for──▶ dropped    └──silence──▶ not done, which is said
struct Importing: Sendable {
    let path: String
    /// What was picked when it was asked for.
    let tool: Tool
    /// What it says of all of the board, while that waits for what a person did before; nil while it is being read.
    fileprivate var whole: (drawing: Drawing, losses: [String], until: Instant)?

    /// When what was done before is no longer waited for.
    var until: Instant? { whole?.until }
}

extension BoardScene {
    mutating func importFile(at path: String, now: Instant) {
        guard front.isReady else { return front.notices.add(.refused(.notReady), now: now) }
        let dropped = importing?.path
        guard dropped != path else {
            return front.notices.add("\(path) is being read: :import of another file drops it", as: .setting, now: now)
        }
        importing = Importing(path: path, tool: pen.tool)
        outputs.append(.effect(.importFile(path: path)))
        // A disk may be slow (TM-417).
        front.notices.add("reading \(path)\(dropped.map { "; \($0) is dropped" } ?? "")", as: .setting, now: now)
    }

    /// The program has read it, or says why not. Who leaves draws nothing more (TM-252, TM-415).
    mutating func take(_ file: TerminalApp.FileDrawing, now: Instant) {
        // Of one that was dropped nothing is told.
        guard !mode.isLeaving, let asked = importing, asked.path == file.path, asked.whole == nil else { return }
        importing = nil
        redraw(.soon)
        switch file {
        case .failed(let path, let why): front.notices.add("not read: \(why): \(path)", as: .setting, now: now)
        case .whole(_, let drawing, let losses):
            importing = asked
            importing?.whole = (drawing, losses, now + Self.drawnPatience)
            goOnImporting(now: now)
        case .read(let path, let drawing, let isPlaced, let losses):
            guard !drawing.items.isEmpty else {
                return front.notices.add((["nothing to draw is in it: \(path)"] + losses).joined(separator: "; "), as: .setting, now: now)
            }
            // Its shapes are selected, unless something else was picked meanwhile.
            if mode.isIdle, pen.tool == asked.tool { pick(.select, now: now) }
            let step = isPlaced ? .zero : step(bringing: drawing.items.map(\.content), to: viewport.middle)
            let more = (isPlaced ? ["\(keys.word(of: .fit)) shows all"] : []) + losses
            // A path can be longer than the row: it stands last.
            let words =
                "\(Sentence.count(drawing.items.count, "shape")) added\(more.isEmpty ? "" : " (\(more.joined(separator: "; ")))") from \(path)"
            draw(drawing, by: step, saying: words, now: now)
        }
    }

    /// Makes the board what a file says, once all that was done before is on it: what is on its way would stand beside what the file says (TM-416).
    mutating func goOnImporting(now: Instant) {
        guard let asked = importing, let whole = asked.whole, !mode.isLeaving else { return }
        guard !requests.isAwaiting else {
            guard whole.until <= now else { return }
            importing = nil
            redraw(.soon)
            return front.notices.add("not read: what was done before has no answer: \(asked.path)", as: .setting, now: now)
        }
        importing = nil
        redraw(.soon)
        let becoming = Becoming(front.board, whole.drawing)
        let counts = becoming.counts
        let isHarmless = counts.changed + counts.deleted == 0
        let words = ([counts.words(of: asked.path) + (isHarmless ? "" : " (u takes it back)")] + whole.losses).joined(separator: "; ")
        guard !becoming.change.isEmpty else { return front.notices.add(words, as: .setting, now: now) }
        ask(.change(becoming.change), for: Purpose(told: words), now: now)
    }
}

extension TerminalApp {
    /// What a file holds that was to be drawn.
    public enum FileDrawing: Hashable, Sendable {
        /// Whether its shapes have places of their own on a board, and in words what of it is not among them.
        case read(path: String, Drawing, isPlaced: Bool, losses: [String])
        /// All that shall stand on the board, and in words what of the file is not among it.
        case whole(path: String, Drawing, losses: [String])
        case failed(path: String, why: String)

        /// The file, as it was asked for.
        var path: String {
            switch self {
            case .read(let path, _, _, _), .whole(let path, _, _), .failed(let path, _): path
            }
        }
    }
}
