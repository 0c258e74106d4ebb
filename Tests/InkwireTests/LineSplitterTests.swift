import InkPrimitives
import Testing
import inkwire

@Suite struct LineSplitterTests {
    @Test(arguments: 0..<50 as Range<UInt64>)
    func `CL-14: lines are the same however the bytes were cut`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let bytes = (0..<200).map { _ in random.chance(0.2) ? UInt8(ascii: "\n") : UInt8(ascii: "x") }
        var whole = LineSplitter(limit: 8)
        let expected = whole.append(bytes) + [whole.finish()].compactMap { $0 }
        var pieces = LineSplitter(limit: 8)
        var lines: [LineSplitter.Line] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = 1 + random.below(10)
            lines += pieces.append(rest.prefix(count))
            rest = rest.dropFirst(count)
        }
        if let last = pieces.finish() { lines.append(last) }
        #expect(lines == expected)
    }

    @Test func `CL-14: a line that is too long is told once and the next one is whole`() {
        var splitter = LineSplitter(limit: 4)
        #expect(splitter.append(Array("12345678901234\nok\n".utf8)) == [.oversized, .line(Array("ok".utf8))])
        #expect(splitter.append(Array("1234\n".utf8)) == [.line(Array("1234".utf8))])
        #expect(splitter.finish() == nil)
    }
}
