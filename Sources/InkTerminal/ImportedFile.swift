import InkBoard
import InkFrontEnd
import InkPrimitives
import InkSession

/// A file as shapes: the program reads it, and answers.
extension BoardScene {
    mutating func importFile(at path: String, now: Instant) {
        guard front.isReady else { return front.notices.add(.refused(.notReady), now: now) }
        pick(.select, now: now)
        outputs.append(.effect(.importFile(path: path)))
    }

    /// The program has read it, or says why not. Who leaves draws nothing more.
    mutating func take(_ file: TerminalApp.FileDrawing, now: Instant) {
        guard !mode.isLeaving else { return }
        redraw(.soon)
        switch file {
        case .failed(let path, let why): front.notices.add("not read: \(why): \(path)", as: .setting, now: now)
        case .whole(let path, let drawing, let losses):
            let becoming = Becoming(front.board, drawing)
            let words = ([becoming.counts.words(of: path)] + losses).joined(separator: "; ")
            guard !becoming.change.isEmpty else { return front.notices.add(words, as: .setting, now: now) }
            ask(.change(becoming.change), for: Purpose(told: words), now: now)
        case .read(let path, let drawing, let isPlaced, let losses):
            guard !drawing.items.isEmpty else {
                return front.notices.add((["nothing to draw is in it: \(path)"] + losses).joined(separator: "; "), as: .setting, now: now)
            }
            let step = isPlaced ? .zero : step(bringing: drawing.items.map(\.content), to: viewport.middle)
            let more = (isPlaced ? ["f shows all"] : []) + losses
            // A path can be longer than the row: it stands last.
            let words =
                "\(Sentence.count(drawing.items.count, "shape")) added\(more.isEmpty ? "" : " (\(more.joined(separator: "; ")))") from \(path)"
            draw(drawing, by: step, saying: words, now: now)
        }
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
    }
}
