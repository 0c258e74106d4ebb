import Foundation
import InkBoard
import InkFormats
import InkPrimitives
import Testing

/// Flowcharts of Mermaid, each with a list of its boxes, links and frames that was made by hand.
@Suite struct FlowchartTests {
    static let folder = Bundle.module.resourceURL!.appendingPathComponent("flowcharts")
    static let names = try! FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".mmd") }.sorted()

    static func bytes(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: folder.appendingPathComponent(name))) }

    static func drawing(_ text: String) throws -> Drawing { try FlowchartDrawing(Array(text.utf8)).drawing }

    /// The shapes as they are drawn.
    static func drawn(_ drawing: Drawing) -> [ShapeDraft] {
        let shapes = drawing.items.map(\.content)
        return shapes.map { shape in shape.drawn { id in drawing.index(of: id).map { shapes[$0] } } }
    }

    static func shapes(_ drawing: Drawing) -> [Shape] {
        drawn(drawing).enumerated().map { Shape(id: Drawing.reference(to: $0), content: $1, depth: DepthKey.first) }
    }

    private static func word(_ text: String) -> String { text.split(whereSeparator: \.isWhitespace).joined(separator: " ") }

    /// What is drawn, as the lists have it.
    static func words(_ drawing: Drawing) -> [String] {
        let contents = drawing.items.map(\.content)
        var members: [Int: [String]] = [:]
        for content in contents where ![.note, .line, .arrow, .text].contains(content.kind) {
            let around = contents.indices.filter { contents[$0].kind == .note && isAround(contents[$0], content) }
            if let frame = around.min(by: { contents[$0].size.width < contents[$1].size.width }) {
                members[frame, default: []].append(word(content.text))
            }
        }
        func label(_ binding: Binding?) -> String {
            binding.flatMap { drawing.index(of: $0.shape) }.map { word(contents[$0].text) } ?? "?"
        }
        return contents.enumerated()
            .map { index, content in
                let text = word(content.text)
                switch content.kind {
                case .note: return "frame: \(text) = \((members[index] ?? []).joined(separator: "; "))"
                case .line, .arrow:
                    let (start, end) = content.heads
                    let mark: (LineHead) -> String = { $0 == .none ? "" : $0 == .dot ? "o" : $0 == .bar ? "x" : ">" }
                    let line = (mark(start) == ">" ? "<" : mark(start)) + "-" + mark(end)
                    return "\(label(content.startBinding)) \(line) \(label(content.endBinding))" + (text.isEmpty ? "" : " :: \(text)")
                case .rectangle: return (content.lineStyle == .double ? "double" : content.hasRoundCorners ? "round" : "box") + ": \(text)"
                default:
                    return (content.lineStyle == .double ? "double " : "")
                        + "\(content.kind == .ellipse ? "ellipse" : content.kind == .diamond ? "diamond" : "text"): \(text)"
                }
            }
            .map { word($0) }.sorted()
    }

    private static func isAround(_ one: ShapeDraft, _ two: ShapeDraft) -> Bool {
        one.position.x < two.position.x && one.position.y < two.position.y
            && one.position.x + one.size.width > two.position.x + two.size.width
            && one.position.y + one.size.height > two.position.y + two.size.height
    }

    private static func overlap(_ one: ShapeDraft, _ two: ShapeDraft) -> Bool {
        one.position.x <= two.position.x + two.size.width && two.position.x <= one.position.x + one.size.width
            && one.position.y <= two.position.y + two.size.height && two.position.y <= one.position.y + one.size.height
    }

    /// Pairs of boxes that lie on each other, and links without two bound ends.
    static func faults(_ drawing: Drawing) -> [String] {
        let boxes = drawing.items.map(\.content).filter { !$0.kind.isPath && $0.kind != .text }
        var faults: [String] = []
        for (index, one) in boxes.enumerated() {
            for two in boxes[(index + 1)...] where overlap(one, two) {
                if one.kind == .note && isAround(one, two) || two.kind == .note && isAround(two, one) { continue }
                faults.append("“\(one.text)” and “\(two.text)” overlap")
            }
        }
        for link in drawing.items.map(\.content) where link.kind.isPath {
            for binding in [link.startBinding, link.endBinding] {
                if binding.flatMap({ drawing.index(of: $0.shape) }) == nil { faults.append("an end of “\(link.text)” is free") }
            }
        }
        return faults
    }

    @Test(arguments: names) func `FM-200, FM-201, FM-203, FM-266: a flowchart has what its list has`(name: String) throws {
        let drawing = try FlowchartDrawing(try Self.bytes(name)).drawing
        let list = try String(contentsOf: Self.folder.appendingPathComponent(name.replacing(".mmd", with: ".list")), encoding: .utf8)
        #expect(Self.words(drawing) == list.split(separator: "\n").map { Self.word(String($0)) }.sorted())
        #expect(Self.faults(drawing) == [])
        #expect(FlowchartTests.names.count >= 30)
    }

    @Test(arguments: names) func `FM-269: a flowchart that went out comes in as it was`(name: String) throws {
        let drawing = try FlowchartDrawing(try Self.bytes(name)).drawing
        let writer = FlowchartWriter(Self.shapes(drawing))
        let again = try Self.drawing(writer.text)
        // The title is a text that nothing is bound to.
        #expect(Self.words(again) == Self.words(drawing).filter { !$0.hasPrefix("text:") }, "\(writer.text)")
        #expect(writer.losses.map(\.what) == (name.hasPrefix("03") ? ["texts"] : []))
        // Frames come first once it is drawn anew; then nothing changes any more.
        let second = FlowchartWriter(Self.shapes(again)).text
        #expect(FlowchartWriter(Self.shapes(try Self.drawing(second))).text == second)
    }

    @Test(arguments: [("04-company.mmd", "TB"), ("20-up.mmd", "BT"), ("02-services.mmd", "LR"), ("08-heads.mmd", "RL")])
    func `FM-206: the direction is that of most arrows`(name: String, direction: String) throws {
        let drawing = try FlowchartDrawing(try Self.bytes(name)).drawing
        #expect(FlowchartWriter(Self.shapes(drawing)).text.hasPrefix("flowchart \(direction)\n"))
    }
}
