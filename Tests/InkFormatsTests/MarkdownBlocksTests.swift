import InkBoard
import InkFormats
import Testing

@Suite struct MarkdownBlocksTests {
    private static func blocks(_ text: String) -> [String] {
        MarkdownBlocks(Array(text.utf8)).all.map { "\($0.line) \($0.name)|\(String(decoding: $0.bytes, as: UTF8.self))" }
    }

    @Test func `CL-132: blocks are what stands between fences, longer ones around shorter ones`() {
        #expect(Self.blocks("a\n```mermaid\ngraph\n```\nb\n~~~ Text {x}\n``` no\n~~~~\n") == ["3 mermaid|graph\n", "7 text|``` no\n"])
        #expect(Self.blocks("````\n```\n````\n    ```\n") == ["2 |```\n"])
        #expect(Self.blocks("   ```\r\na\r\n   ```\r\n") == ["2 |a\r\n"])
        #expect(Self.blocks("``` a`b\nx\n```") == ["4 |"] && Self.blocks("``\nx\n``") == [] && Self.blocks("") == [])
        #expect(Self.blocks("```\nopen") == ["2 |open"])
    }

    @Test func `CL-132: one block is taken, and where it could be another it is said where they are`() throws {
        #expect(try MarkdownBlocks(Array("```\nx\n```\n```mermaid\ny\n```\n```swift\nz\n```".utf8)).only().name == "mermaid")
        #expect(try MarkdownBlocks(Array("```swift\nz\n```\n```text\nx\n```".utf8)).only().name == "text")
        for (text, words) in [("```\nx\n```\n\n```\ny\n```", "lines 2, 6"), ("prose", "no block of code")] {
            let error = #expect(throws: DrawingError.self) { try MarkdownBlocks(Array(text.utf8)).only() }
            #expect(error.map { "\($0)".contains(words) } == true, "\(error.map { "\($0)" } ?? "")")
        }
    }
}
