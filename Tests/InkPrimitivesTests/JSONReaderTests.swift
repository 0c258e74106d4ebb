import InkPrimitives
import Testing

@Suite struct JSONReaderTests {
    private func parts(_ text: String) throws(JSONReader.Failure) -> [JSONReader.Part] {
        var reader = JSONReader(Array(text.utf8))
        var parts: [JSONReader.Part] = []
        while true {
            let part = try reader.next()
            if part == .end { return parts }
            parts.append(part)
        }
    }

    @Test func `a text comes part by part, in its order`() throws {
        #expect(
            try parts(#" {"a" : [1, -2.5e+3, "x\n\u00e9\ud83d\ude00"], "a": {"b": null}, "c": [true,false,[]] } "#) == [
                .objectBegin, .name("a"), .arrayBegin, .number("1"), .number("-2.5e+3"), .string("x\né😀"), .arrayEnd,
                .name("a"), .objectBegin, .name("b"), .null, .objectEnd,
                .name("c"), .arrayBegin, .bool(true), .bool(false), .arrayBegin, .arrayEnd, .arrayEnd, .objectEnd,
            ])
    }

    @Test(arguments: [
        ("", JSONReader.Failure.Reason.truncated, 0), ("{", .truncated, 1), ("[1,", .truncated, 3), ("[1,]", .unexpected, 3),
        ("{,}", .unexpected, 1),
        (#"{"a"}"#, .unexpected, 4), (#"{"a":}"#, .unexpected, 5), (#"{"a":1,}"#, .unexpected, 7), ("[1] 2", .unexpected, 4),
        ("[1}", .unexpected, 2), ("nul", .truncated, 3), ("nope", .unexpected, 1), ("\"\u{1}\"", .badText, 1), (#""\x""#, .badText, 1),
        (#""\ud800""#, .badText, 1), (#""\udc00\ud800""#, .badText, 1), (#""\u12g4""#, .badText, 5), ("\"abc", .truncated, 4),
        ("01", .badNumber, 1),
        ("-", .truncated, 1), ("1.", .truncated, 2), ("[1.x]", .badNumber, 3), ("[1e]", .badNumber, 3), ("[.5]", .unexpected, 1),
        ("[+1]", .unexpected, 1), ("[NaN]", .unexpected, 1), ("// a\n1", .unexpected, 0), ("\u{FEFF}1", .unexpected, 0),
    ])
    func `PR-11: what is no JSON is told with its place, and again`(text: String, reason: JSONReader.Failure.Reason, offset: Int) {
        let expected = JSONReader.Failure(reason: reason, offset: offset)
        #expect(throws: expected) { try parts(text) }
        var reader = JSONReader(Array(text.utf8))
        func failure() -> JSONReader.Failure? {
            do throws(JSONReader.Failure) { while try reader.next() != .end {} } catch { return error }
            return nil
        }
        #expect(failure() == expected && failure() == expected)
    }

    @Test func `PR-11: bytes that are no text are no text, wherever they stand`() {
        for text in [[0x22, 0xFF, 0x22], [0x22, 0xC3, 0x22], [0x22, 0x5C, 0x6E, 0xED, 0xA0, 0x80, 0x22], [0xFF, 0xFE, 0, 1]] as [[UInt8]] {
            var reader = JSONReader(text)
            #expect(throws: JSONReader.Failure.self) { _ = try reader.next() }
        }
    }

    @Test func `PR-11: brackets lie in each other as deep as is allowed, and what is skipped is read to its end`() throws {
        let nested = { (depth: Int) in String(repeating: "[", count: depth) + String(repeating: "]", count: depth) }
        #expect(try parts(nested(32)).count == 64)
        #expect(throws: JSONReader.Failure(reason: .tooDeep, offset: 32)) { try parts(nested(33)) }
        var reader = JSONReader(Array(#"[{"a":[[],{}]},7]"#.utf8))
        #expect(try reader.next() == .arrayBegin)
        try reader.skip(try reader.next())
        #expect(try reader.next() == .number("7") && reader.depth == 1)
        try reader.skip(.number("7"))
        #expect(try reader.next() == .arrayEnd)
        #expect(try reader.next() == .end)
    }
}
