import InkAutomation
import InkBoard
import InkCrypto
import InkPrimitives
import InkSession
import Testing

@Suite struct BoardJSONTests {
    private func drawing(_ text: String) throws(DrawingError) -> Drawing { try BoardJSON.drawing(reading: Array(text.utf8)) }

    @Test func `CL-65: shapes are read with what binds them, whichever comes first`() throws {
        let drawing = try drawing(
            """
            {"later":[{"x":1}],"schema":1,"shapes":[
              {"kind":"arrow","id":"a","start_binding":{"id":"b"},"end_binding":{"id":"c","at":[0,0.5]}},
              {"kind":"rectangle","id":"b","x":0,"y":0,"w":80,"h":32,"text":"one"},
              {"id":"c","kind":"note","x":200,"y":0,"w":80,"h":32,"extra":{"60":"00"}}]}
            """)
        #expect(drawing.items.map(\.name) == ["a", "b", "c"] && drawing.items.map(\.content.label) == ["a", "b", "c"])
        #expect(drawing.items[0].content.startBinding == Binding(Drawing.reference(to: 1)))
        #expect(drawing.items[0].content.endBinding == Binding(Drawing.reference(to: 2), x: 0, y: 32_768))
        #expect(drawing.losses == [Drawing.Loss(what: "properties of a newer version", count: 1)])
    }

    @Test func `CL-312: a shape is in memory as far as it is read, and as no more than a shape has`() throws {
        func file(_ members: String) -> String { "{\"schema\":1,\"shapes\":[{\"kind\":\"line\",\"x\":0,\"y\":0,\(members)}]}" }
        let many = Array(repeating: "[1,2]", count: 100_000).joined(separator: ",")
        let error = #expect(throws: DrawingError.self) { _ = try drawing(file("\"points\":[\(many)]")) }
        #expect(error?.description.contains("there are more values here than any shape has") == true)
        #expect(try drawing(file("\"later\":[\(many)],\"points\":[[0,0],[8,8]]")).items.count == 1)
    }

    @Test(arguments: [
        ("[]", "line 1, column 2: the file is no JSON object; `inkwire export --format json` writes what is read here"),
        ("{}", "the file has no “schema”: it is no board of inkwire"),
        (#"{"schema":1}"#, "the file has no “shapes”: it is no board of inkwire"),
        (#"{"schema":2,"shapes":[]}"#, "line 1, column 12: the file is of schema 2, and this version of inkwire reads schema 1"),
        (#"{"schema":[1],"shapes":[]}"#, "line 1, column 12: schema: a number is needed"),
        ("{\"schema\":1,\n\"shapes\":[{]}", "line 2, column 12: this is no JSON"),
        ("{\"schema\":1,\n\"shapes\":[7]}", "line 2, column 12: each shape is a JSON object"),
        (
            "{\"schema\":1,\n\"shapes\":[\n{\"kind\":\"oval\",\"id\":\"a\"}]}",
            "line 3, column 2: shape 1 (“a”): kind: there is no kind “oval”"
        ),
        (#"{"schema":1,"shapes":[]} x"#, "line 1, column 26: this is no JSON"),
    ])
    func `CL-65: what is no board is told with its place`(text: String, expected: String) {
        let error = #expect(throws: DrawingError.self) { try drawing(text) }
        #expect(error?.description == expected)
    }
}
