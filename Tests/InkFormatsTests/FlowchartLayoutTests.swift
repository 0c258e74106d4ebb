import InkBoard
import InkFormats
import InkPrimitives
import Testing

/// Where a flowchart's boxes, lines and words come to stand.
@Suite struct FlowchartLayoutTests {
    @Test(arguments: FlowchartTests.names) func `FM-267: lines go level and upright and through no box, and labels have room`(name: String)
        throws
    {
        let drawing = try FlowchartDrawing(try FlowchartTests.bytes(name)).drawing
        let drawn = FlowchartTests.drawn(drawing)
        let boxes = drawn.filter { ![.line, .arrow, .note, .text].contains($0.kind) }
        for link in drawn where link.kind.isPath {
            let points = link.points.map { link.position + $0 }
            for (one, two) in zip(points, points.dropFirst()) {
                #expect(one.x == two.x || one.y == two.y, "“\(link.text)” is slanted")
                let inside = boxes.filter { box in
                    let (left, right) = (box.position.x, box.position.x + box.size.width)
                    let (top, bottom) = (box.position.y, box.position.y + box.size.height)
                    let ends = [link.startBinding, link.endBinding].compactMap { $0 }.compactMap { drawing.index(of: $0.shape) }
                    guard !ends.contains(where: { drawn[$0] == box }) else { return false }
                    return min(one.x, two.x) <= right && max(one.x, two.x) >= left && min(one.y, two.y) <= bottom
                        && max(one.y, two.y) >= top
                }
                #expect(inside.isEmpty, "“\(link.text)” goes through “\(inside.first?.text ?? "")”")
            }
        }
        // The words of each are all there to read.
        let text = TextExport.text(of: drawn)
        let letters = { (text: String) in
            text.reduce(into: [Character: Int]()) { if $1.isLetter || $1.isNumber { $0[$1, default: 0] += 1 } }
        }
        for (letter, count) in letters(drawn.map(\.text).joined()) {
            #expect(letters(text)[letter, default: 0] >= count, "\(letter)")
        }
    }

    /// Links that lie on each other for two cells or more, though they have not one beginning, nor one end that each alone leads to.
    private static func ambiguities(_ drawing: Drawing) -> [String] {
        let drawn = FlowchartTests.drawn(drawing).filter(\.kind.isPath)
        struct Step: Hashable { var x: Int32, y: Int32, isLevel: Bool }
        var owners: [Step: Int] = [:]
        var found: Set<String> = []
        for (index, link) in drawn.enumerated() {
            let places = link.points.map { Grid.standard.place(of: link.position + $0) }
            for (one, two) in zip(places, places.dropFirst()) {
                let (isLevel, from) = (one.row == two.row, (x: min(one.column, two.column), y: min(one.row, two.row)))
                for step in 0..<max(abs(one.column - two.column), abs(one.row - two.row)) {
                    let here = Step(x: Int32(from.x + (isLevel ? step : 0)), y: Int32(from.y + (isLevel ? 0 : step)), isLevel: isLevel)
                    guard let other = owners.updateValue(index, forKey: here), other != index else { continue }
                    let (a, b) = (drawn[other], link)
                    if a.startBinding?.shape == b.startBinding?.shape || a.endBinding?.shape == b.endBinding?.shape { continue }
                    // A link that was turned shares its head's end.
                    if a.startBinding?.shape == b.endBinding?.shape || a.endBinding?.shape == b.startBinding?.shape { continue }
                    found.insert("\(other) and \(index)")
                }
            }
        }
        return found.sorted()
    }

    @Test(arguments: FlowchartTests.names) func `FM-204: links that lie on each other have an end in common`(name: String) throws {
        #expect(Self.ambiguities(try FlowchartDrawing(try FlowchartTests.bytes(name)).drawing) == [])
    }

    @Test func `FM-205, FM-268: the same text has the same layout, in bounded time`() throws {
        var random = SplitMix64(seed: 5)
        func chart(_ nodes: Int, _ links: Int) -> String {
            "flowchart TD\n"
                + (0..<links).map { _ in
                    "n\(Int.random(in: 0..<nodes, using: &random)) --> n\(Int.random(in: 0..<nodes, using: &random))\n"
                }.joined()
        }
        for _ in 0..<20 {
            let text = chart(12, 18)
            let drawing = try FlowchartTests.drawing(text)
            #expect(FlowchartTests.faults(drawing) == [], "\(text)")
            #expect(Self.ambiguities(drawing) == [], "\(text)")
            #expect(try FlowchartTests.drawing(text) == drawing)
        }
        // A chain of which the first leads to all: more passes than there is room for.
        let fan = "graph TD\n" + (1..<400).map { "n\($0 - 1) --> n\($0)\nn0 --> n\($0)\n" }.joined()
        let drawing = try FlowchartTests.drawing(fan)
        #expect(drawing.losses.map(\.what) == ["links over very many layers"])
        #expect(FlowchartTests.faults(drawing) == [])
    }

    @Test func `FM-202: mutated texts are read or refused`() throws {
        var random = SplitMix64(seed: 11)
        let seeds = try FlowchartTests.names.map { try FlowchartTests.bytes($0) }
        let words = [
            "-->", "subgraph ", "end\n", "[", "]", "\"", "|", "&", "@{", "%%{", "---\n", "((", "~~~", "-.", "==", "style ", "linkStyle ",
            ";", "\u{0}", ":::",
        ]
        var (accepted, refused) = (0, 0)
        for _ in 0..<600 {
            var bytes = seeds[Int.random(in: 0..<seeds.count, using: &random)]
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: 0...bytes.count, using: &random)
                let end = min(bytes.count, place + Int.random(in: 0...12, using: &random))
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes.removeSubrange(place..<end)
                case 1: bytes.insert(contentsOf: words.randomElement(using: &random)!.utf8, at: place)
                case 2: bytes.insert(contentsOf: bytes[place..<end], at: Int.random(in: 0...bytes.count, using: &random))
                default: if place < bytes.count { bytes[place] = UInt8.random(in: 0...255, using: &random) }
                }
            }
            do throws(DrawingError) {
                let drawing = try FlowchartDrawing(bytes).drawing
                accepted += 1
                #expect(FlowchartTests.faults(drawing) == [], "\(String(decoding: bytes, as: UTF8.self))")
            } catch {
                refused += 1
            }
        }
        #expect(accepted > 100 && refused > 100)
    }
}
