import InkAutomation
import InkBoard
import InkFormats
import InkPrimitives
import InkSession
import InkSimulator

/// All that reads the files from which drawings come.
extension Decoders {
    static func files() throws -> [Decoder] {
        let board = try sketch()
        return [boardJSON(board), excalidraw(board), textDiagram, flowchart, boardText(board), boardMerge(board)]
    }

    /// A shape of each kind with all that it can have, and lines between them: short as a file, so that what is changed of it is often a file still.
    private static func sketch() throws -> Board {
        var local = try LocalBoard(name: "sketch", owner: "ana", now: .zero)
        var now = Instant.zero
        for (number, kind) in ShapeKind.allCases.enumerated() {
            var draft = ShapeDraft(kind: kind, position: Point(x: Int32(number) * 800, y: 40), stroke: Color(rgb: 0xD55E00))
            if kind.isPath {
                draft.points = (0..<6).map { Point(x: $0 * 90, y: $0 * $0 * 8) }
            } else {
                (draft.size, draft.text) = (Size(width: 640, height: 384), "text é")
            }
            draft.label = "label \(number)"
            local.handle(.intent(.draw(draft), ref: 1), by: 0, now: now)
            now += .milliseconds(40)
            local.advance(now: now)
        }
        let ends = local.shapes.filter { !$0.content.kind.isPath }.prefix(2).map { Binding($0.id) }
        var arrow = ShapeDraft(kind: .arrow, position: .zero, points: [.zero, Point(x: 80, y: 0)])
        (arrow.startBinding, arrow.endBinding, arrow.text) = (ends[0], ends[1], "to")
        local.handle(.intent(.draw(arrow), ref: 1), by: 0, now: now)
        local.advance(now: now + .milliseconds(40))
        guard let board = local.node().board else { throw WireError.unexpected }
        return board
    }

    /// What a reader of drawings says, with a number for each kind of sentence.
    private static func drawing(_ read: () throws(DrawingError) -> Drawing) -> Decoder.Verdict {
        do throws(DrawingError) {
            let drawing = try read()
            do throws(DrawingError) { _ = try drawing.checked() } catch { preconditionFailure("a board takes what was read, but \(error)") }
            return .accepted
        } catch {
            // Names and numbers of the file aside.
            let words = error.what.split(separator: " ").filter { $0.allSatisfy { $0.isASCII && $0.isLetter } }
            return .refused(words.joined().utf8.reduce(16) { ($0 &* 31 &+ Int($1)) & 0xFFFF })
        }
    }

    /// Many shapes come of one file: it may take twice its length and this.
    private static let memory = 16 << 20

    private static func boardJSON(_ board: Board) -> Decoder {
        let short = #"{"schema":1,"shapes":[{"id":"a","kind":"rectangle","x":1,"y":2,"w":3,"h":4}]}"#
        let words =
            jsonWords
            + ["\"kind\":\"", "\"id\":\"", "\"schema\":1", "\"points\":[[", "\"start_binding\":{\"id\":\""].map { Array($0.utf8) }
        return Decoder(
            name: "board-json", seeds: [BoardJSON.text(of: board), short].map { Array($0.utf8) }, memoryBase: memory, words: words
        ) { bytes in drawing { () throws(DrawingError) in try BoardJSON.drawing(reading: bytes) } }
    }

    private static func excalidraw(_ board: Board) -> Decoder {
        let short = #"{"type":"excalidraw","version":2,"elements":[{"id":"a","type":"arrow","x":1,"y":2,"points":[[0,0],[9,9]]}]}"#
        let words =
            jsonWords
            + ["\"type\":\"", "\"boundElements\":[{\"id\":", "\"containerId\":\"", "\"groupIds\":[", "\"angle\":", "\"points\":[["]
            .map { Array($0.utf8) }
        return Decoder(
            name: "excalidraw", seeds: [ExcalidrawWriter(board.drawnShapes).text, short].map { Array($0.utf8) }, memoryBase: memory,
            words: words
        ) { bytes in drawing { () throws(DrawingError) in try ExcalidrawReader(bytes).drawing } }
    }

    private static var flowchart: Decoder {
        let texts = [
            "flowchart LR\n  a([Start]) -->|go| b{\"Sure? #quot;\"}\n  b -.-> a & c\n  c --- d[(Store)]\n",
            "graph TD\n%% words\nsubgraph one [Title]\n  direction LR\n  x[[x]] == label ==> y>y]\nend\nstyle x fill:#f9f,stroke:#333\nclassDef k fill:#fff\ny:::k <--> z((z))\n",
            "---\ntitle: T\n---\nflowchart BT\n  a --> b --> c --> a\n  a --x d\n  d --o e\n  click a \"x\"\n",
        ]
        let words = ["-->", "-.->", "==>", "---", "|", "[", "]", "((", "{", "subgraph ", "end\n", "&", ":::", "\n  ", "a", "\"", "%%{"]
        return Decoder(
            name: "flowchart", seeds: texts.map { Array($0.utf8) }, memoryBase: memory, milliseconds: 1000,
            words: words.map { Array($0.utf8) }
        ) {
            bytes in
            drawing { () throws(DrawingError) in try FlowchartDrawing(bytes).drawing }
        }
    }

    private static let boardWords = ["at=1,2 ", "size=3,4 ", "depth=80 ", "text=\"", "\n", "start=~", "end\n", "points=0,0 "].map {
        Array($0.utf8)
    }

    private static func boardText(_ board: Board) -> Decoder {
        Decoder(name: "board-text", seeds: [Array(BoardText.text(of: board.shapes).utf8)], memoryBase: memory, words: boardWords) { bytes in
            drawing { () throws(DrawingError) in try BoardText.drawing(reading: bytes) }
        }
    }

    /// Ours against the board that both sides began from.
    private static func boardMerge(_ board: Board) -> Decoder {
        let base = Array(BoardText.text(of: board.shapes).utf8)
        return Decoder(name: "board-merge", seeds: [base], memoryFactor: 4, memoryBase: memory, words: boardWords) { bytes in
            drawing { () throws(DrawingError) in
                let (ours, theirs) = (try BoardMerge.Side(bytes), try BoardMerge.Side(base))
                _ = BoardMerge(base: theirs, ours: ours, theirs: theirs).text
                return Drawing()
            }
        }
    }

    private static var textDiagram: Decoder {
        let texts = [
            "+--------+     +--------+\n| client |---->| server |\n+--------+     +--------+\n",
            "┌───┐   ╔═══╗\n│ a ├──▶║ b ║\n└─┬─┘   ╚═══╝\n  ▼\n.---.\n| c |\n'---'\n",
            nested(40),
            "+-------+\n| +---+ |  yes\n| | x | |------+\n| +---+ |      |\n+---+---+      v\n    |        +---+\n    +------->| y |\n             +---+\n",
        ]
        let words = ["+--+", "|", "-->", "<--", "┌─┐", "│", "└", "┘", "▼", "\n", "    ", "\\", "/", "'-'", ".-."].map { Array($0.utf8) }
        return Decoder(name: "text-diagram", seeds: texts.map { Array($0.utf8) }, memoryBase: memory, milliseconds: 1000, words: words) {
            bytes in
            drawing { () throws(DrawingError) in try TextDiagram(bytes: bytes).drawing }
        }
    }

    /// Boxes in boxes.
    private static func nested(_ count: Int) -> String {
        let rows = (0..<count).map { depth in
            let bars = String(repeating: "|", count: depth)
            return "\(bars)+\(String(repeating: "-", count: 2 * (count - depth)))+\(bars)\n"
        }
        return rows.joined() + rows.reversed().joined()
    }
}
