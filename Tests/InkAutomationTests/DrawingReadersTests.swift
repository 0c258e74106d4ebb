import InkAutomation
import InkBoard
import InkFormats
import InkPrimitives
import Testing

/// All that makes a drawing of a file, with files that are nearly right.
@Suite struct DrawingReadersTests {
    private struct Reader: Sendable {
        let name: String
        let seeds: [String]
        let read: @Sendable ([UInt8]) throws(DrawingError) -> Drawing
    }

    private static let readers = [
        Reader(
            name: "json",
            seeds: [
                #"{"schema":1,"shapes":[{"id":"a","kind":"rectangle","x":1,"y":2,"w":3,"h":4,"text":"one 1","stroke_width":4},"#
                    + #"{"id":"l","kind":"arrow","x":1,"y":2,"points":[[0,0],[9,9]],"start_binding":{"id":"a"}},"#
                    + #"{"id":"f","kind":"freehand","x":0,"y":0,"points":[[0,0],[5,5]],"group":["0000000000000001"]}]}"#
            ]
        ) { bytes throws(DrawingError) in try BoardJSON.drawing(reading: bytes) },
        Reader(
            name: "excalidraw",
            seeds: [
                #"{"type":"excalidraw","version":2,"elements":[{"id":"a","type":"arrow","x":1,"y":2,"points":[[0,0],[9,9]]},"#
                    + #"{"id":"b","type":"rectangle","x":5,"y":5,"width":90,"height":40,"strokeWidth":2,"groupIds":["g"]},"#
                    + #"{"id":"c","type":"frame","name":"frame 1","x":0,"y":0,"width":200,"height":90},"#
                    + #"{"id":"t","type":"text","x":7,"y":7,"width":50,"height":20,"text":"words 1","containerId":"b"},"#
                    + #"{"id":"f","type":"freedraw","x":0,"y":0,"points":[[0,0],[1,1]]}]}"#
            ]
        ) { bytes throws(DrawingError) in try ExcalidrawReader(bytes).drawing },
        Reader(
            name: "mermaid",
            seeds: [
                "flowchart LR\n  a([Start]) -->|go| b{\"Sure 1?\"}\n  b -.-> a & c\nsubgraph s [T]\n x:::k\nend\nstyle a stroke-width:4px\n",
                "---\ntitle: T\n---\nflowchart BT\n  a --> b --> c --> a\n  a --x d\n",
            ]
        ) { bytes throws(DrawingError) in try FlowchartDrawing(bytes).drawing },
        Reader(
            name: "board",
            seeds: [
                "inkwire board 1\na rectangle at=0,0 size=10,4 text=\"one 1\" stroke_width=4 depth=05\nf freehand at=1,2 depth=06 points=0,0;8,8\n"
                    + "l arrow at=0,0 start_binding=a depth=07 points=0,0;8,8\nend\n"
            ]
        ) { bytes throws(DrawingError) in try BoardText.drawing(reading: bytes) },
        Reader(
            name: "text",
            seeds: [
                "+--------+     +--------+\n| client1|-to->| server |\n+--------+     +--------+\n",
                "┌───┐   ╔═══╗\n│ 1 ├──▶║ 2 ║\n└─┬─┘   ╚═══╝\n  ▼\n.---.\n| c |\n'---'\n",
            ]
        ) { bytes throws(DrawingError) in try TextDiagram(bytes: bytes).drawing },
    ]

    private static let words = [
        "0", "99999999", "134217728", "-134217727.9", "1e9", "1e300", "-", ".5", "255.875", "256", "\"", "[[0,0],[9,9]],", "],[1,1",
        ";134217728,0", String(repeating: "q", count: 70), "\n", "|", "---",
    ]
    /// What is too much, where it is one value.
    private static let large = [
        String(repeating: "x", count: 16_400), String(repeating: ";1,1", count: 10_001), String(repeating: "[0,0],", count: 10_001),
        String(repeating: "é ", count: 9000),
    ]

    private static let rounds = 100

    @Test(arguments: 0..<readers.count)
    func `BD-71: no reader makes what no board takes`(index: Int) throws {
        let reader = Self.readers[index]
        var random = SplitMix64(seed: 71)
        var (accepted, refused) = (0, 0)
        for seed in reader.seeds { _ = try reader.read(Array(seed.utf8)).checked() }
        for round in 0..<Self.rounds {
            var bytes = Array(reader.seeds[round % reader.seeds.count].utf8)
            // Within a number, more often than not.
            let digits = bytes.indices.filter { 0x30...0x39 ~= bytes[$0] }
            let isDigit = Int.random(in: 0..<4, using: &random) > 0
            let place = (isDigit ? digits.randomElement(using: &random) : nil) ?? Int.random(in: 0..<bytes.count, using: &random)
            let end = min(bytes.count, place + Int.random(in: 0...2, using: &random))
            bytes.replaceSubrange(place..<end, with: (round % 25 == 0 ? Self.large : Self.words).randomElement(using: &random)!.utf8)
            let drawing: Drawing
            do throws(DrawingError) { drawing = try reader.read(bytes) } catch {
                refused += 1
                continue
            }
            accepted += 1
            #expect(throws: Never.self, "\(String(decoding: bytes.prefix(2000), as: UTF8.self))") { try drawing.checked() }
        }
        #expect(accepted > 3 && accepted + refused == Self.rounds, "\(reader.name): \(accepted), \(refused)")
    }
}
