import InkBoard
import InkFormats
import Testing

@Suite struct BoardMergeTests {
    private static let base = [
        "a rectangle at=0,0 size=10,4 text=\"one\" depth=05", "b note at=40,0 size=10,4 depth=06",
        "l arrow at=0,0 start_binding=a depth=07 points=0,0;8,8",
    ]

    private static func text(_ lines: [String]) -> [UInt8] {
        Array((["inkwire board 1"] + lines + ["end", ""]).joined(separator: "\n").utf8)
    }

    /// The lines of the merge, without the first and the last.
    private static func merged(_ ours: [String], _ theirs: [String], base: [String]? = BoardMergeTests.base) throws -> (
        lines: [String], conflicts: [String]
    ) {
        let before = try BoardMerge.Side(base: base.map(text) ?? [])
        let merge = BoardMerge(
            base: before, ours: try BoardMerge.Side(text(ours), sharing: before), theirs: try BoardMerge.Side(text(theirs), sharing: before)
        )
        return (merge.text.split(separator: "\n").dropFirst().dropLast().map(String.init), merge.conflicts)
    }

    @Test func `FM-185: other properties of one shape are merged, and what both did alike is done once`() throws {
        let ours = ["a rectangle at=8,0 size=10,4 text=\"one\" depth=05", Self.base[2], "n note at=0,0"]
        let theirs = [
            "a rectangle at=0,0 size=10,4 text=\"two\" fill=#FFFFFF depth=05", Self.base[2], "n note at=0,0", "x text at=1,1 text=\"x\"",
        ]
        let (lines, conflicts) = try Self.merged(ours, theirs)
        #expect(conflicts.isEmpty)
        #expect(
            lines == [
                "a rectangle at=8,0 size=10,4 text=\"two\" fill=#FFFFFF depth=05", Self.base[2], "n note at=0,0",
                "x text at=1,1 text=\"x\"",
            ])
        let swapped = try Self.merged(theirs, ours)
        #expect(swapped.lines == lines)
    }

    @Test func `FM-186, FM-265: one property changed twice is a conflict of that line alone, with all else of it merged`() throws {
        let ours = ["a rectangle at=8,0 size=10,4 text=\"ours\" depth=05"] + Self.base[1...]
        let theirs = [
            "a rectangle at=0,0 size=10,4 text=\"theirs\" stroke=#FF0000 depth=05", "b note at=40,0 size=10,4 depth=08", Self.base[2],
        ]
        let (lines, conflicts) = try Self.merged(ours, theirs)
        #expect(conflicts == ["a"])
        #expect(
            lines == [
                "<<<<<<< ours", "a rectangle at=8,0 size=10,4 text=\"ours\" stroke=#FF0000 depth=05", "=======",
                "a rectangle at=8,0 size=10,4 text=\"theirs\" stroke=#FF0000 depth=05", ">>>>>>> theirs",
                "b note at=40,0 size=10,4 depth=08",
                Self.base[2],
            ])
    }

    @Test func `FM-186: what one deletes while the other changes it or binds a line to it is a conflict`() throws {
        let gone = Array(Self.base.dropFirst(2))
        let changed = [Self.base[0], "b note at=48,0 size=10,4 depth=06", Self.base[2]]
        let first = try Self.merged([Self.base[0]] + gone, changed)
        #expect(
            first.conflicts == ["b"]
                && first.lines == [Self.base[0], "<<<<<<< ours", "=======", changed[1], ">>>>>>> theirs", Self.base[2]])
        let bound = [Self.base[0], Self.base[1], "l arrow at=0,0 start_binding=a end_binding=b depth=07 points=0,0;8,8"]
        let second = try Self.merged(bound, [Self.base[0]] + gone)
        #expect(
            second.conflicts == ["b"]
                && second.lines == [Self.base[0], "<<<<<<< ours", Self.base[1], "=======", ">>>>>>> theirs", bound[2]])
        // Deleted by both, or by one alone, is gone.
        #expect(try Self.merged([Self.base[0]], [Self.base[0]]).lines == [Self.base[0]])
        #expect(try Self.merged(Self.base, [Self.base[0]]).lines == [Self.base[0]])
    }

    @Test func `FM-186: what a line in conflict is bound to is in conflict too where one side deleted it`() throws {
        let base = [Self.base[0], "p arrow at=0,0 depth=07 points=0,0;8,8"]
        let ours = ["p arrow at=8,0 depth=07 points=0,0;8,8"]
        let theirs = [Self.base[0], "p arrow at=16,0 start_binding=a depth=07 points=0,0;8,8"]
        let (lines, conflicts) = try Self.merged(ours, theirs, base: base)
        #expect(conflicts == ["a", "p"])
        #expect(lines.prefix(4) == ["<<<<<<< ours", "=======", Self.base[0], ">>>>>>> theirs"])
        #expect(try Self.merged(theirs, ours, base: base).conflicts == ["a", "p"])
        // One that no version of it is bound to is gone.
        #expect(try Self.merged(ours, [Self.base[0], "p arrow at=16,0 depth=07 points=0,0;8,8"], base: base).conflicts == ["p"])
    }

    @Test func `FM-187: of a base with conflicts what it has in both versions is known, and all else must be alike on both sides`() throws {
        let base = [
            "<<<<<<< Temporary merge branch 1", "a rectangle at=0,0 size=10,4 text=\"two\" depth=05", "=======",
            "a rectangle at=0,0 size=10,4 text=\"three\" depth=05", ">>>>>>> Temporary merge branch 2", "<<<<<<< ours",
            "b note at=40,0 size=10,4 depth=06", "=======", ">>>>>>> theirs", Self.base[2],
        ]
        func box(_ at: String, _ text: String, _ more: String = "") -> String {
            "a rectangle at=\(at) size=10,4 text=\"\(text)\"\(more) depth=05"
        }
        let clean = try Self.merged(
            [box("8,0", "four"), Self.base[1], Self.base[2]], [box("0,0", "four", " fill=#FFFFFF"), Self.base[1], Self.base[2]], base: base)
        #expect(clean.conflicts.isEmpty && clean.lines == [box("8,0", "four", " fill=#FFFFFF"), Self.base[1], Self.base[2]])
        let small = try Self.merged([box("8,0", "two"), Self.base[2]], [box("0,0", "three"), Self.base[1]], base: base)
        #expect(small.conflicts == ["a", "b"])
        #expect(
            small.lines == [
                "<<<<<<< ours", box("8,0", "two"), "=======", box("8,0", "three"), ">>>>>>> theirs", "<<<<<<< ours", "=======",
                Self.base[1], ">>>>>>> theirs",
            ])
        // A side is still to be resolved first.
        #expect(throws: DrawingError.self) { try BoardMerge.Side(Self.text(base)) }
    }

    @Test func `FM-186: another kind is another shape, and what both added is held property against property`() throws {
        let round = ["a ellipse at=0,0 size=10,4 depth=05"] + Self.base[1...]
        let moved = ["a rectangle at=8,0 size=10,4 text=\"one\" depth=05"] + Self.base[1...]
        #expect(try Self.merged(round, Self.base).lines == round)
        #expect(try Self.merged(round, moved).conflicts == ["a"])
        let added = try Self.merged(["n note at=0,0 text=\"x\""], ["n note at=0,0 fill=#FFFFFF"], base: nil)
        #expect(added.conflicts.isEmpty && added.lines == ["n note at=0,0 text=\"x\" fill=#FFFFFF"])
        #expect(try Self.merged(["n note at=0,0"], ["n note at=1,0"], base: nil).conflicts == ["n"])
    }

    @Test func `FM-186: only what both come from may be empty, and what cannot be merged stands whole between marks`() throws {
        #expect(throws: DrawingError.self) { try BoardMerge.Side([]) }
        #expect(throws: DrawingError.self) { try BoardMerge.Side(base: [65]) }
        #expect(
            BoardMerge.unmerged(ours: Array("a\nb".utf8), theirs: []).elementsEqual("<<<<<<< ours\na\nb\n=======\n>>>>>>> theirs\n".utf8))
    }
}
