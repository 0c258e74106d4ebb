import Foundation
import InkBoard
import InkFormats
import InkPrimitives
import Testing

/// Files as their makers write them: of the years of Excalidraw, of its plugins, and of scripts.
@Suite struct ExcalidrawCorpusTests {
    private static let folder = Bundle.module.bundleURL.appending(path: "Resources/excalidraw")

    /// What is read of each, as a person lists it: a shape a row, then what is told.
    private static let corpus: [(file: String, rows: [String])] = [
        (
            "first-version",
            [
                "rectangle 100,80 160x60", "text 120,99.5 Start", "arrow 260,110 (0,0 140,30)", "arrow 0,300 (0,0 50,20)",
                "freehand 10,200 (0,0 8,6 20,12)", "diamond 400,100 120x80 on #40C057", "told: 1 patterns of fills, plain ones",
            ]
        ),
        (
            "sharpness-2021",
            [
                "rectangle 0,0 120x64 #C92A2A round", "ellipse 300,0 100x64 dotted 4 px", "arrow 124,32 (0,0 172,0) from 0 to 1",
                "line 0,100 (0,0 40,40 80,0)", "line 0,200 (0,0 40,40 80,0) dot-bar", "told: 1 curved lines, straight pieces",
            ]
        ),
        (
            "containers-2022",
            [
                "rectangle 0,0 200x100 first line second", "diamond 300,0 160x120 ok?",
                "arrow 200,50 (0,0 100,0) yes -triangle from 0 to 1",
                "ellipse 0,200 100x60 one/two", "told: 1 colours of texts, those of their shapes",
            ]
        ),
        (
            "frames-2023",
            [
                "rectangle 0,0 400x300 Screen 1 dashed", "rectangle 20,20 100x50 round", "rectangle 500,0 400x300 dashed",
                "rectangle 0,400 200x100 Idea dashed", "told: 3 frames, boxes", "told: 1 elements of type embeddable",
                "told: 1 elements of type iframe",
            ]
        ),
        (
            "elbow-2024",
            [
                "rectangle 0,0 80x48 round", "rectangle 240,160 80x48 on #A5D8FF round", "arrow 80,24 (0,0 200,136) elbow from 0 to 1",
                "arrow 0,300 (0,0 100,80 300,0) arrow-dot", "told: 1 curved lines, straight pieces", "told: 2 heads of arrows, others",
            ]
        ),
        (
            "polygon-2025",
            [
                "line 0,0 (0,0 100,0 50,80 0,0)", "text 200,9 wrapped by/its width", "arrow 0,200 (0,0 100,0) bar-",
                "told: 1 heads of arrows, others",
            ]
        ),
        (
            "notes",
            [
                "text 0,4.5 a page", "rectangle 0,100 160x60", "freehand 300,0 (0,0 10,5 40,40)", "freehand 400,0 (0,0)", "told: 1 links",
            ]
        ),
        ("clipboard", ["ellipse 0,0 64x64 #1971C2 dashed 2 px", "told: 1 opacities, opaque ones"]),
        (
            "by-a-script",
            [
                "rectangle 0,0 160x48 2 px", "text 8,16 no width 2 px", "arrow 160,24 (0,0 80,0) 2 px",
                "ellipse 240,0 96x48 #FF0000 on #FFFF00 2 px",
                "line 0,100 (0,0 10,0) #112233 2 px", "told: 1 opacities, opaque ones", "told: 1 elements of another version's type",
            ]
        ),
        ("images", ["rectangle 300,0 40x40", "text 50,114.5 a caption", "told: 1 images"]),
        (
            "groups",
            [
                "rectangle 0,0 10x10 in outer/inner", "rectangle 20,0 10x10 in outer/inner", "ellipse 40,0 10x10 in outer",
                "ellipse 60,0 10x10 in g11/g10/g9/g8/g7/g6/g5/g4", "ellipse 80,0 10x10 in x", "told: 1 groups that are nested too deep",
            ]
        ),
        (
            "turned",
            [
                "rectangle 30,-30 40x100", "rectangle 200,0 100x40", "ellipse 0,200 100x40", "line 400,0 (50,-50 50,50)",
                "freehand 400,200 (40,40 40,-40)", "text 12,400 on its side", "told: 2 turned shapes, upright ones",
            ]
        ),
        (
            "points",
            [
                "line 100,100 (10,10 60,60)", "arrow 0,0 (0,0 -40,-62)", "freehand 0,0 (0,0 5,5)", "freehand 30,30 (0,0)",
                "line 0.125,1 (0,0 0.5,0)", "told: 2 elements without an extent",
            ]
        ),
        (
            "leftovers",
            [
                "rectangle 0,0 50x50", "rectangle 100,0 50x50", "arrow 54,25 (0,0 42,0) from 0", "arrow 0,200 (0,0 42,0) - from 0",
                "text 0,100 no box here", "told: 1 elements without an extent", "told: 1 ends bound to what is not here, points",
            ]
        ),
        (
            "texts",
            [
                "text 188,42 big", "text 260,200 right", "text 0,300 a        b/c", "text 0,400 漢字", "text 0,500 ␛[31mred",
                "told: 1 sizes of letters, one size",
            ]
        ),
        (
            "hostile-names",
            [
                "rectangle 0,0 80x40 in title", "arrow 100,20 (0,0 60,0) from 0", "told: 1 links", "told: 1 colours that are not known",
                "told: 1 heads of arrows, others",
            ]
        ),
    ]

    @Test(arguments: corpus.indices)
    func `FM-170: files of all makers are read as a person lists them`(index: Int) throws {
        let (file, rows) = Self.corpus[index]
        let drawing = try ExcalidrawReader([UInt8](Data(contentsOf: Self.folder.appending(path: "\(file).excalidraw")))).drawing
        let read = drawing.items.map { Self.row($0.content, drawing) } + drawing.losses.map(Self.row)
        #expect(read == rows, "\(file):\n\(read.joined(separator: "\n"))")
    }

    @Test func `FM-255: a library is refused with what to do`() throws {
        let bytes = [UInt8](try Data(contentsOf: Self.folder.appending(path: "library.excalidrawlib")))
        let error = #expect(throws: DrawingError.self) { try ExcalidrawReader(bytes) }
        #expect(error?.description.contains("put what you need of it on a board there") == true)
    }
}

extension ExcalidrawCorpusTests {
    private static func row(_ loss: Drawing.Loss) -> String {
        "told: \(loss.count) \(loss.what)" + (loss.became.map { ", \($0)" } ?? "")
    }

    private static func row(_ shape: ShapeDraft, _ drawing: Drawing) -> String {
        func pair(_ x: Int32, _ y: Int32, _ between: String = ",") -> String { [x, y].map(number).joined(separator: between) }
        var words = [shape.kind.name, pair(shape.position.x, shape.position.y)]
        if shape.kind.isPath {
            words.append("(" + shape.points.map { pair($0.x, $0.y) }.joined(separator: " ") + ")")
        } else if shape.kind != .text {
            words.append(pair(shape.size.width, shape.size.height, "x"))
        }
        if !shape.text.isEmpty { words.append(shown(shape.text)) }
        if let stroke = shape.stroke { words.append(stroke.text.uppercased()) }
        if let fill = shape.fill { words.append("on \(fill.text.uppercased())") }
        if shape.corners == .round { words.append("round") }
        if shape.lineStyle != .solid { words.append("\(shape.lineStyle)") }
        if shape.strokeWidth != 8 { words.append("\(shape.strokeWidth / 8) px") }
        let usual = shape.kind == .arrow ? (LineHead.none, LineHead.arrow) : (.none, .none)
        if shape.hasEnds, shape.heads != usual {
            let names = [shape.heads.start, shape.heads.end].map {
                $0 == .none || $0 == .arrow && usual.1 == .arrow && $0 == shape.heads.end ? "" : "\($0)"
            }
            words.append(names.joined(separator: "-"))
        }
        if shape.route == .elbow { words.append("elbow") }
        let groups = ["outer", "inner", "x", "\u{1B}]0;title\u{7}"] + (0..<12).map { "g\($0)" }
        let known = Dictionary(
            uniqueKeysWithValues: groups.map { (GroupID($0) ?? GroupID(hashing: Array($0.utf8)), $0.contains("title") ? "title" : $0) })
        if !shape.groups.isEmpty { words.append("in " + shape.groups.map { known[$0] ?? "?" }.joined(separator: "/")) }
        for (word, binding) in [("from", shape.startBinding), ("to", shape.endBinding)] {
            if let binding { words.append("\(word) \(drawing.index(of: binding.shape).map { "\($0)" } ?? "nothing")") }
        }
        return words.joined(separator: " ")
    }

    private static func number(_ units: Int32) -> String { units % 8 == 0 ? "\(units / 8)" : "\(Double(units) / 8)" }

    private static func shown(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.filter { $0 != "\u{202E}" && $0 != "\r" }.map { $0 == "\n" ? "/" : $0 == "\u{1B}" ? "␛" : $0 }))
    }
}
