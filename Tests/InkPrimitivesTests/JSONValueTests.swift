import InkPrimitives
import Testing

@Suite struct JSONValueTests {
    @Test func `CL-12: whatever is written stays on one line and holds no control character`() throws {
        let nasty = String(String.UnicodeScalarView((0..<0x3000).compactMap(Unicode.Scalar.init)))
        let text = JSONValue.object(["a": .string(nasty), nasty: .array([.string(nasty)])]).text
        #expect(text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control && $0.value != 0x2028 && $0.value != 0x2029 })
        #expect(JSONValue(parsing: Array(text.utf8))?.object?["a"]?.string == nasty)
    }

    @Test func `an object keeps the order in which it was written`() {
        var object: JSONObject = ["event": "x", "b": 1, "a": .null]
        object["b"] = 2
        object["c"] = true
        object["a"] = nil
        #expect(JSONValue.object(object).text == #"{"event":"x","b":2,"c":true}"#)
    }

    @Test(arguments: [
        ("0", JSONValue.integer(0)), ("-9223372036854775808", .integer(.min)), ("1.125", .number(1.125)), ("true", .bool(true)),
        ("1", .integer(1)), ("9223372036854775808", .unsigned(1 << 63)), ("18446744073709551615", .unsigned(.max)),
        ("1e19", .unsigned(10_000_000_000_000_000_000)),
        ("18446744073709551616", .number(0x1p64)),
        ("9007199254740993", .integer(9_007_199_254_740_993)), ("-9007199254740991", .integer(-9_007_199_254_740_991)),
        ("-2.0", .integer(-2)), ("1e300", .number(1e300)),
        ("9223372036854775807", .integer(.max)),
        (#""é\u0000""#, .string("é\0")), ("null", .null), ("[[0,1.5],{}]", .array([.array([0, .number(1.5)]), .object([:])])),
    ])
    func `values are told apart`(text: String, value: JSONValue) {
        #expect(JSONValue(parsing: Array(text.utf8)) == value)
    }

    @Test func `CL-13: a number of all 64 bits is written as it was read`() {
        for text in ["9223372036854775808", "18446744073709551615", "-9223372036854775808"] {
            #expect(JSONValue(parsing: Array(text.utf8))?.text == text)
        }
    }

    @Test func `CL-5: a member that stands twice makes a text no value`() {
        for text in [#"{"x":0,"x":50}"#, #"{"a":[{"b":{"c":1,"\u0063":1}}]}"#, #"{"x":{"a":1},"y":2,"x":{"b":1}}"#] {
            #expect(JSONValue(parsing: Array(text.utf8)) == nil, "\(text)")
        }
        for text in [#"{"x:y":":"}"#, #"[{"x":1},{"x":2}]"#, #"{"x":{"x":{"x":null}}}"#] {
            #expect(JSONValue(parsing: Array(text.utf8)) != nil, "\(text)")
        }
    }

    @Test func `CL-5: what is no JSON is nil, however it is broken`() {
        for text in ["", "{", "[1,", "{\"a\"}", "nope", "\"\u{1}", "[1] 2", String(repeating: "[", count: 100_000)] {
            #expect(JSONValue(parsing: Array(text.utf8)) == nil, "\(text.prefix(20))")
        }
        #expect(JSONValue(parsing: [0xFF, 0xFE, 0, 1]) == nil)
        // Nesting costs the decoder more than its length: it has a bound, and brackets in texts are none.
        let nested = { (depth: Int) in String(repeating: "[", count: depth) + String(repeating: "]", count: depth) }
        #expect(JSONValue(parsing: Array(nested(32).utf8)) != nil && JSONValue(parsing: Array(nested(33).utf8)) == nil)
        #expect(JSONValue(parsing: Array(#"{"a":"\"\#(nested(500))"}"#.utf8))?.object?["a"]?.string?.count == 1001)
    }

    @Test func `of a selection the rest is passed over, and so many values are read at most`() throws {
        func read(_ text: String, _ valuesMax: Int) throws(JSONReader.Failure) -> (JSONValue, left: Int) {
            var (reader, left) = (JSONReader(Array(text.utf8)), valuesMax)
            let selection = JSONSelection.members(["a": .all, "b": .members(["c": .all])])
            let value = try JSONValue(reading: try reader.next(), from: &reader, selecting: selection, valuesMax: &left)
            #expect(try reader.next() == .end)
            return (value, left)
        }
        let (value, left) = try read(#"{"x":[[1],[2]],"a":[1,{"y":2}],"a":3,"b":{"x":[4],"c":5},"":{}}"#, 9)
        #expect(value == JSONValue.object(["a": .array([1, .object(["y": 2])]), "b": .object(["c": 5])]) && left == 2)
        #expect(try read(#"{"b":[[1],[2]]}"#, 2).0 == .object(["b": .null]))
        #expect(throws: JSONReader.Failure(reason: .tooMany, offset: 9)) { try read(#"{"a":[1,2,3]}"#, 3) }
        #expect(throws: JSONReader.Failure(reason: .truncated, offset: 7)) { try read(#"{"x":[1"#, 3) }
    }
}
