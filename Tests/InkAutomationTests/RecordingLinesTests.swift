import InkAutomation
import InkBoard
import InkCrypto
import InkPrimitives
import Testing

/// A recording as lines of JSON.
@Suite struct RecordingLinesTests {
    private static let start: UInt64 = 1_764_268_560_000

    /// Two people at one board, who do something once a second.
    private struct Desk {
        let keys: [SigningKey]
        var board: Board
        private var seconds: UInt64 = 0
        private var numbers: [UInt64] = [0, 0]

        init() throws {
            keys = try [1, 2].map { SigningKey(seed: try #require(Secret32(Array(repeating: $0, count: 32)))) }
            board = try Board(
                genesis: try Board.makeGenesis(owner: keys[0], name: "plan", wallTime: start, nonce: Array(repeating: 7, count: 16)))
        }

        mutating func write(_ writes: [Write], by person: Int = 0) throws {
            seconds += 1
            _ = try board.author(writes, key: keys[person], wallTime: start + seconds * 1000)
        }

        mutating func draw(_ draft: ShapeDraft, by person: Int = 0) throws -> ShapeID {
            numbers[person] += 1
            let id = ShapeID(author: keys[person].author, number: numbers[person])
            try write(try board.writes(for: draft, number: numbers[person], by: keys[person].author), by: person)
            return id
        }

        func lines(from: Int = 0) throws -> [JSONObject] {
            let recording = Recording(of: board)
            var lines: [JSONObject] = []
            var writer = RecordingLines(recording, of: board, name: "plan", part: from...recording.durationMilliseconds)
            try writer.write { lines.append(try #require(JSONValue(reading: Array($0.utf8)).object)) }
            return lines
        }
    }

    private static func stroke(_ count: Int32) -> ShapeDraft {
        ShapeDraft(kind: .freehand, position: .zero, points: (0..<count).map { Point(x: $0 * 8, y: $0 % 7 * 8) }, label: "long")
    }

    @Test func `CL-318: of what is moved, restyled or deleted only the change is told`() throws {
        var desk = try Desk()
        let id = try desk.draw(Self.stroke(10_000))
        for _ in 0..<200 { try desk.write(try desk.board.writes(moving: [id], by: Point(x: 8, y: 16))) }
        try desk.write(try desk.board.writes(for: [.stroke(Color(rgb: 0xD55E00))], of: id), by: 1)
        try desk.write(try desk.board.writes(deleting: [id]), by: 1)
        let lines = try desk.lines().filter { $0["event"] == "shape" }
        #expect(lines.count == 203)
        let shapes = lines.compactMap { $0["shape"]?.object }
        #expect(shapes[0]["points"] != nil && shapes[0]["kind"] == "freehand")
        #expect(shapes[1] == ["id": "long", "x": 1, "y": 2] && lines[1]["change"] == "changed")
        #expect(shapes[201] == ["id": "long", "stroke": "#D55E00"], "\(JSONValue.object(shapes[201]).text)")
        #expect(shapes[202] == ["id": "long"] && lines[202]["change"] == "removed")
        for line in lines.dropFirst() { #expect(JSONValue.object(line).text.utf8.count < 300) }
    }

    @Test func `CL-318: what comes back is told as far as it is otherwise, and null is what is gone from it`() throws {
        var desk = try Desk()
        let id = try desk.draw(ShapeDraft(kind: .rectangle, position: .zero, size: Size(width: 80, height: 80), label: "box"))
        try desk.write(try desk.board.writes(for: [.lineStyle(.dashed)], of: id))
        try desk.write(try desk.board.writes(for: [.lineStyle(.solid)], of: id))
        try desk.write(try desk.board.writes(deleting: [id]))
        for part in try #require(desk.board.undoWrites(of: desk.keys[0].author)).parts { try desk.write(part) }
        let shapes = try desk.lines().filter { $0["event"] == "shape" }
        #expect(shapes.map { $0["change"] } == ["added", "changed", "changed", "removed", "added"])
        #expect(shapes[1]["shape"] == .object(["id": "box", "line_style": "dashed"]))
        #expect(shapes[2]["shape"] == .object(["id": "box", "line_style": .null]))
        #expect(shapes[4]["shape"] == .object(["id": "box"]))
    }

    @Test func `CL-112: a part begins with who is known and what stands, each with its own author and time`() throws {
        var desk = try Desk()
        _ = try desk.draw(ShapeDraft(kind: .rectangle, position: .zero, size: Size(width: 80, height: 80), label: "one"))
        _ = try desk.draw(ShapeDraft(kind: .rectangle, position: .zero, size: Size(width: 80, height: 80), label: "two"), by: 1)
        _ = try desk.draw(ShapeDraft(kind: .rectangle, position: .zero, size: Size(width: 80, height: 80), label: "three"))
        let whole = try desk.lines()
        let shapes = whole.filter { $0["event"] == "shape" }
        let from = try #require(shapes[1]["at_ms"]?.number)
        let part = try desk.lines(from: Int(from))
        #expect(part.map { $0["event"] } == ["recording", "joined", "joined", "shape", "shape", "shape", "end"])
        #expect(part[1...4].allSatisfy { $0["at_ms"]?.number == from })
        #expect(part[1...2].map { $0["author"] } == desk.keys.map { .string($0.author.hex) })
        for (told, before) in zip(part[3...5], shapes) {
            #expect(told["id"] == before["id"] && told["author"] == before["author"] && told["t_ms"] == before["t_ms"])
            #expect(told["shape"] == before["shape"] && told["change"] == "added")
        }
    }

    @Test func `CL-319: a line that is not taken is the last`() throws {
        struct Full: Error {}
        var desk = try Desk()
        for _ in 0..<5 { _ = try desk.draw(Self.stroke(3)) }
        let recording = Recording(of: desk.board)
        var writer = RecordingLines(recording, of: desk.board, name: "plan", part: 0...recording.durationMilliseconds)
        var count = 0
        #expect(throws: Full.self) {
            try writer.write { _ in
                count += 1
                if count == 3 { throw Full() }
            }
        }
        #expect(count == 3)
    }
}
