import Foundation
import InkBoard
import InkTerminal
import Testing

/// What people paste that is no drawing, though strokes and arrows are in it; and what is one.
@Suite struct PastedProseTests {
    private static let prose = [
        // What a compiler of Rust says.
        """
        error[E0308]: these do not match
         --> src/kettle.rs:14:9
          |
        14 |     let cups: u8 = "two";
          |               --   ^^^^^ expected `u8`, found `&str`
          |               |
          |               because of this
        """,
        // The same from one that draws.
        """
        error[E0382]: the kettle has moved
          ╭▸ src/kettle.rs:20:5
          │
        18 │     let cold = kettle;
          │                ────── moved here
        19 │
        20 │     pour(kettle);
          ╰╴         ━━━━━━ used here
        """,
        // And what compilers of C and of Swift say.
        """
        kettle.c:12:9: warning: 'cup->fill' -> 'int'
           12 |   pour(cup->fill, 3);
              |   ~~~~ ^
              |        |
              |        int
        """,
        """
        kettle.c:12:9: error: bad
            pour(cup, 3)
                 ^
                 |
                 int
        """,
        """
        kettle.swift:3:20: error: no such -> cup
        1 | func pour() {
        3 |     let cup: Int = "two"
          |                    `- error: no Int
        4 | }
        """,
        // Match arms.
        """
        fn cups(size: Size) -> u8 {
            match size {
                Small | Tall -> 1,
                | Grand      -> |n| n + 1,
                | _          -> 0,
            }
        }
        """,
        """
        let rec pour cups =
          match cups with
          | [] -> 0
          | cup :: rest -> cup + pour rest
        """,
        """
        pour :: Cup -> Cup
        pour c | full c -> c
               | otherwise -> fill c
        """,
        """
        func pour(_ cups: Int) -> Int {
            switch cups {
            case 0: return 0
            default: return cups - 1
            }
        }
        /* ---
         | one cup a turn
         --- */
        """,
        """
        --- a/kettle
        +++ b/kettle
        @@ -1,3 +1,3 @@
         | lid
        -| cup -> saucer
        +| cup -> mug
         | spoon
        """,
        """
        | cup   | goes to |
        |-------|---------|
        | small | -> tray |
        | tall  | -> sink |
        """,
        """
         id | cup   | goes
        ----+-------+---------
          1 | small | a -> b
          2 | tall  | c -> d
        """,
        """
        *   3f1c (HEAD -> main) two kettles
        |\\
        | * 77ab (side -> top) a lid
        |/
        * 9e00 one kettle
        """,
        """
        cup -> handle
             | cup + rim
             | cup - rim
        rim -> edge
             | edge * rim
        """,
        """
        cat cups | sort |
          uniq -> kettle |
          wc
        -->
        """,
        """
        > On Monday she wrote:
        >> see cup -> tray
        >> | both
        """,
        """
        if (cup->lid || tray->lid) {
            cup->lid |= 1;
            |
            tray->close();
        }
        """,
    ]

    @Test(arguments: prose)
    func `TM-410: messages of compilers, code, diffs and tables stay texts`(text: String) throws {
        var desk = try Desk()
        desk.bytes(Array("\u{1B}[200~\(text)\u{1B}[201~".utf8))
        #expect(desk.standing.map(\.kind) == [.text] && desk.standing.first?.text == text, "\(desk.standing.map(\.kind))\n\(text)")
    }

    private static let drawn = [
        """
        kettle --> cup --> tray
                    |
                    v
                  sink
        """,
        """
        kettle
          |
          +----> cup
        """,
        """
        kettle      cup
          |          |
          |-- pour ->|
          |          |
          |<- full --|
          |          |
        """,
    ]

    @Test(arguments: drawn)
    func `TM-410: without a box an arrow over rows is drawn, and one between two lines`(text: String) throws {
        var desk = try Desk()
        desk.bytes(Array("\u{1B}[200~\(text)\u{1B}[201~".utf8))
        #expect(desk.standing.contains { $0.kind == .arrow }, "\(desk.standing.map(\.kind))\n\(text)")
    }

    @Test func `TM-250: all drawings with a box become shapes`() throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "../InkFormatsTests/Resources/diagrams")
        var count = 0
        for file in try FileManager.default.contentsOfDirectory(atPath: folder.path()).sorted() {
            let entries = try String(contentsOf: folder.appending(path: file), encoding: .utf8).components(separatedBy: "=== ").dropFirst()
            for entry in entries {
                var rows = entry.components(separatedBy: "\n")
                let head = rows.removeFirst()
                guard let end = rows.lastIndex(of: "---"), rows[end...].contains(where: { $0.hasPrefix("[") && !$0.contains(" -> ") })
                else {
                    continue
                }
                count += 1
                var desk = try Desk()
                desk.bytes(Array("\u{1B}[200~\(rows[..<end].joined(separator: "\n"))\u{1B}[201~".utf8))
                #expect(desk.standing.contains { $0.kind == .rectangle }, "\(file): \(head)")
            }
        }
        #expect(count > 40)
    }
}
