import Testing

@testable import inkwire

/// Pages of Markdown as lines, without the program around them.
@Suite struct GuideTests {
    private static func lines(_ markdown: String, columns: Int = 30, isStyled: Bool = false) -> [String] {
        GuideText(columns: columns, isStyled: isStyled).text(of: markdown).split(separator: "\n", omittingEmptySubsequences: false)
            .dropLast().map(String.init)
    }

    // CL-252
    @Test func `words are wrapped, and the lines of an item stand below its first word`() {
        #expect(
            Self.lines("# A title\n\nOne two three four five six seven.\nEight.\n\n- an item that goes on\n  and on to the end\n10. ten\n")
                == [
                    "A title", "", "One two three four five six", "seven. Eight.", "", "- an item that goes on and on", "  to the end",
                    "10. ten",
                ])
    }

    // CL-252
    @Test func `code is never broken, and the marks of its fence are not shown`() {
        let command = "inkwire config set rendezvous wss://rendezvous.example.org"
        #expect(
            Self.lines("Text:\n\n```sh ana\n\(command)\n\n# | not a table\n```\n\n    \(command)\n") == [
                "Text:", "", "    \(command)", "    ", "    # | not a table", "", "    \(command)",
            ])
    }

    // CL-252
    @Test func `each row of a table is read in a window of any width`() {
        let table = "| who | learns | not |\n|---|---|---|\n| a member | all of it, `a|b` and c \\| d | |\n| two | x | y |\n"
        #expect(
            Self.lines(table) == [
                "  a member", "      learns: all of it, `a|b`", "        and c | d", "  two", "      learns: x", "      not: y",
            ])
        #expect(Self.lines("| a | b |\n|---|---|\n| c | d |\n") == ["  c", "      d"])
    }

    // CL-252
    @Test func `references lead to pages of the guide, and code is left alone`() {
        #expect(
            Self.lines("<doc:Scripts>, <doc:Versions>, ``Thing``, [it](x.md), `<doc:Scripts>`", columns: 100) == [
                "`inkwire guide scripts`, the page Versions of the sources, `Thing`, it (x.md), `<doc:Scripts>`"
            ])
    }

    // CL-252
    @Test func `stress and code have colours where they are wanted, which take no room`() {
        let markdown = "Open **TCP 443** and `a b`, 2 * 3, *so*."
        #expect(Self.lines(markdown) == ["Open TCP 443 and `a b`, 2 * 3,", "so."])
        let styled = Self.lines(markdown, isStyled: true)
        #expect(styled[0].contains("\u{1b}[1mTCP\u{1b}[0m") && styled[0].contains("\u{1b}[36ma\u{1b}[0m") && !styled[0].contains("`"))
        #expect(styled.count == 2)
    }

    // CL-251
    @Test func `every page has a title, and its name leads back to it`() throws {
        for page in GuidePage.allCases {
            #expect(page.markdown.hasPrefix("# \(page.title)\n") && !page.title.isEmpty)
            #expect(try GuidePage(named: page.rawValue) == page)
            #expect(GuidePage.reference(to: page.article) == "`inkwire guide \(page.rawValue)`")
            #expect(GuidePage.list.contains("  \(page.rawValue) ") && GuidePage.list.contains(page.title))
        }
        #expect(GuidePage.list.split(separator: "\n").allSatisfy { $0.count <= 80 })
    }

    // CL-253
    @Test(arguments: [("rendezvus", "rendezvous"), ("first_board", "first-board"), ("script", "scripts")])
    func `a mistyped page is answered by the nearest`(typed: String, meant: String) {
        let failure = #expect(throws: Failure.self) { try GuidePage(named: typed) }
        #expect(failure?.exit == 2 && failure?.why == "did you mean `inkwire guide \(meant)`?")
    }
}
