import InkBoard
import InkFormats
import InkFrontEnd
import InkPrimitives
import InkSession

/// How shapes go from board to board: the program keeps what was copied, for this board and for every other of the same person on this machine.
///
///     y, X ──keepClip──▶ program ──clipKept──▶ said; what was cut is deleted (Cutting)
///     V ────fetchClip──▶ program ──clip──────▶ drawn, and selected
extension BoardScene {
    /// - Parameter cuts: what is copied goes once the program has it (TM-192).
    mutating func copyShapes(cuts: Bool = false, now: Instant) {
        guard hasSelection(now: now) else { return }
        do throws(ArrangementError) {
            let clip = try front.board.copying(selection.ids, within: selection.entered)
            let bytes = try clip.bytes()
            if cuts { cutting = Cutting(until: now + Self.drawnPatience) }
            outputs.append(
                .effect(
                    .keepClip(
                        TerminalApp.KeptClip(
                            bytes: bytes, shapeCount: clip.drafts.count,
                            cuts: cuts ? front.board.members(with: selection.ids, within: selection.entered) : []))))
        } catch {
            front.notices.add("\(error)", as: .setting, now: now)
        }
    }

    /// The program has what was copied, or says why not.
    mutating func clipWasKept(_ clip: TerminalApp.KeptClip, complaint: String?, now: Instant) {
        guard !mode.isLeaving else { return }
        redraw(.soon)
        guard clip.cuts.isEmpty else { return cutWasKept(clip, complaint: complaint, now: now) }
        if let complaint { return front.notices.add("not copied: \(complaint)", as: .setting, now: now) }
        let count = Sentence.count(clip.shapeCount, "shape")
        front.notices.add("\(count) copied: V pastes here, or on another board of yours", as: .setting, now: now)
    }

    /// Asks the program for what was copied last. Keys for what is selected wait for it (TM-357, TM-387).
    mutating func pasteShapes(now: Instant) {
        guard front.isReady else { return front.notices.add(.refused(.notReady), now: now) }
        pick(.select, now: now)
        selection.wait(for: Selection.Awaited(pastedUntil: now + Self.drawnPatience))
        if case .keys(let place) = mode.pointer { mode.point(.resting(place)) }
        outputs.append(.effect(.fetchClip))
    }

    /// The program has looked (TM-192).
    mutating func take(_ fetched: TerminalApp.FetchedClip, now: Instant) {
        guard !mode.isLeaving else { return }
        redraw(.soon)
        switch fetched {
        case .none: endPaste(saying: "nothing was copied: \(keys.word(of: .copy)) copies what is selected", now: now)
        case .failed(let why): endPaste(saying: "not pasted: \(why)", now: now)
        case .bytes(let bytes):
            do {
                let clip = try ShapeClip(bytes)
                let intent = try front.board.pasting(clip, by: step(bringing: clip.drafts, to: pointedPlace), author: front.me ?? .zero)
                guard case .drawAll(let drafts) = intent else { return }
                let reference = ask(intent, for: Purpose(overlay: Overlay(drawn: shown(drafts)), pasted: []), now: now)
                if let reference { selection.expect(reference) }
            } catch {
                endPaste(saying: "not pasted: \(error)", now: now)
            }
        }
    }

    // TM-388
    private mutating func endPaste(saying words: String, now: Instant) {
        if let awaited = selection.awaited, awaited.draft == nil { drawnWasAnswered(awaited.reference, made: nil, now: now) }
        front.notices.add(words, as: .setting, now: now)
    }

    /// Brings the middle of shapes, as they will be drawn (TM-245), to a cell, by whole cells.
    func step(bringing drafts: [ShapeDraft], to place: CellPlace) -> Point {
        // A line that is bound lies where its boxes are, whatever points it was given once.
        let boxes = shown(drafts).map(\.worldBox)
        guard let first = boxes.first else { return .zero }
        let box = boxes.dropFirst().reduce(first) { $0.union($1) }
        let middle = Point(clampingX: Int64(box.left + box.right) / 2, y: Int64(box.top + box.bottom) / 2)
        return grid.displacement(grid.place(of: middle), place)
    }

    /// The cell that is pointed at, by keys or the mouse, or else the middle of the view.
    var pointedPlace: CellPlace {
        let pointed = mouse.place.map { viewport.place(column: $0.column, row: $0.row) }
        return if case .resting(let place) = mode.pointer { place } else { keyPlace ?? pointed ?? viewport.middle }
    }

    /// Shapes that are not on the board yet, as they will be drawn there: lines end at what they are bound to.
    func shown(_ drafts: [ShapeDraft]) -> [ShapeDraft] {
        var view = BoardView()
        func id(_ index: Int) -> ShapeID { ShapeID(author: .zero, number: UInt64(index) + 1) }
        view.replaceAll(drafts.enumerated().map { Shape(id: id($0.offset), content: $0.element, depth: .first) })
        return drafts.indices.compactMap { view[id($0)]?.content }
    }
}

extension TerminalApp {
    /// Shapes that were copied, for the program to keep.
    public struct KeptClip: Hashable, Sendable {
        /// Of this program alone to read.
        public var bytes: [UInt8]
        public var shapeCount: Int
        /// What goes from the board once they are kept; empty for what is only copied.
        public var cuts: [ShapeID]

        package init(bytes: [UInt8], shapeCount: Int, cuts: [ShapeID]) {
            (self.bytes, self.shapeCount, self.cuts) = (bytes, shapeCount, cuts)
        }
    }

    /// What the program has of what was copied last.
    public enum FetchedClip: Hashable, Sendable {
        /// Of a file that anything may have written to.
        case bytes([UInt8])
        case none
        /// Why it cannot be read.
        case failed(String)
    }
}
