import InkBoard
import InkPrimitives
import InkSession
import InkTerminal
import Testing

/// Shapes that are copied and pasted, on one board and from one to another.
@Suite struct ClipTests {
    /// Two boxes at columns 10 and 30, and an arrow from one to the other.
    private func desk() throws -> Desk {
        var desk = try Desk(columns: 120)
        for column in [10, 30] { desk.box(at: column) }
        desk.type("a")
        desk.drag([(20, 7), (30, 7)])
        desk.escape()
        try #require(desk.standing.last?.isBound == true)
        return desk
    }

    @Test func `TM-192: what is copied is pasted on another board where the pointer is, as one step, and selected`() throws {
        for key in ["V", "\u{16}", ":paste\r"] {
            var desk = try desk()
            desk.bytes([1])
            desk.bytes([7])
            desk.type("y")
            let clip = try #require(desk.clip)
            #expect(clip.shapeCount == 3 && clip.cuts == [])
            desk.tell(.clipKept(clip, complaint: nil))
            #expect(desk.text.contains("3 shapes copied: V pastes here") && desk.standing.count == 3)
            var other = try Desk(columns: 120)
            other.move(60, 12)
            other.type(key)
            #expect(other.effects == [.fetchClip] && other.standing.isEmpty)
            other.tell(.clip(.bytes(clip.bytes)))
            let made = other.standing
            #expect(made.map(\.kind) == [.rectangle, .rectangle, .arrow])
            // Its middle lies where the mouse is.
            #expect(made[0].position == middle(45, 10) && made[1].position == middle(65, 10), "\(made.map(\.position))")
            #expect(Set(made.map(\.groups)).count == 1 && made[0].groups != desk.standing[0].groups && made[2].isBound)
            // It is selected, and what is done next is done to it.
            other.type("j")
            other.wait(.seconds(1))
            #expect(other.standing.map(\.position.y).prefix(2) == [middle(0, 11).y, middle(0, 11).y])
            other.type("uu")
            #expect(other.standing.isEmpty)
        }
    }

    @Test func `TM-245: boxes that were moved with their arrow are pasted where the pointer is`() throws {
        var desk = try desk()
        let boxes = Array(desk.session?.shapes.filter { $0.content.kind == .rectangle }.map(\.id) ?? [])
        desk.elsewhere(.move(boxes, by: Point(x: middle(40, 0).x - middle(0, 0).x, y: 0)))
        desk.bytes([1])
        desk.type("y")
        let clip = try #require(desk.clip)
        var other = try Desk(columns: 120)
        other.move(60, 12)
        other.type("V")
        other.tell(.clip(.bytes(clip.bytes)))
        let made = other.standing
        #expect(made.count == 3 && made[0].position == middle(45, 10) && made[1].position == middle(65, 10), "\(made.map(\.position))")
    }

    @Test func `TM-360: what was just drawn by the mouse is copied by one key, and no word that is typed for a label copies`() throws {
        var desk = try Desk()
        desk.type("r")
        desk.drag([(10, 5), (20, 9)])
        desk.type("xy")
        #expect(desk.effects == [] && desk.text.contains(":copy copies"))
        desk.escape()
        desk.type("r")
        desk.drag([(40, 5), (50, 9)])
        desk.type("y")
        #expect(desk.clip?.shapeCount == 1)
    }

    @Test func `TM-192, TM-388: what is cut goes once it is kept, and stays where it is not`() throws {
        var desk = try desk()
        desk.click(10, 6)
        desk.type("X")
        let clip = try #require(desk.clip)
        #expect(desk.standing.count == 3 && clip.cuts.count == 1)
        desk.tell(.clipKept(clip, complaint: "the disk is full"))
        #expect(desk.standing.count == 3 && desk.text.contains("not copied: the disk is full"))
        desk.type("X")
        desk.tell(.clipKept(clip, complaint: nil))
        #expect(desk.standing.count == 2 && desk.text.contains("1 shape cut"))
        desk.type("u")
        #expect(desk.standing.count == 3)
    }

    @Test func `TM-248, TM-441: what is done behind a cut comes after it`() throws {
        var desk = try desk()
        desk.click(10, 6)
        desk.bytes(Array("Xu".utf8))
        let clip = try #require(desk.clip)
        #expect(desk.standing.count == 3)
        desk.tell(.clipKept(clip, complaint: nil))
        #expect(desk.standing.count == 3 && desk.standing.last?.isBound == true, "cut, and taken back")
        desk.click(10, 6)
        desk.bytes(Array("Xl".utf8))
        desk.drag([(50, 5), (60, 9)])
        desk.tell(.clipKept(try #require(desk.clip), complaint: nil))
        #expect(desk.standing.map(\.kind) == [.rectangle, .arrow, .line])
        // Where it is not kept nothing else is done instead.
        desk.click(30, 6)
        desk.bytes(Array("Xu".utf8))
        desk.tell(.clipKept(try #require(desk.clip), complaint: "the disk is full"))
        #expect(desk.standing.count == 3 && desk.text.contains("not copied: the disk is full") && desk.text.contains("left out"))
        // Nor is what is cut long after.
        desk.wait(.seconds(20))
        desk.click(30, 6)
        desk.type("Xu")
        desk.wait(.seconds(6))
        #expect(desk.standing.count == 3 && desk.text.contains("not cut: the disk has not taken it"))
        desk.tell(.clipKept(try #require(desk.clip), complaint: nil))
        #expect(desk.standing.count == 3 && desk.text.contains("copied, not cut"))
        desk.type("X")
        desk.leave()
        desk.tell(.clipKept(try #require(desk.clip), complaint: nil))
        #expect(desk.standing.count == 3)
    }

    @Test func `TM-357, TM-387: keys that come before what is pasted is there mean it`() throws {
        let clip = try box()
        var desk = try Desk()
        desk.move(40, 10)
        desk.type("Vlll\rhi")
        desk.tell(.clip(.bytes(clip)))
        desk.escape()
        #expect(desk.standing.map(\.text) == ["hi"] && desk.standing.map(\.position) == [middle(38, 8)], "\(desk.standing)")
        desk.type("Vx")
        desk.tell(.clip(.bytes(clip)))
        #expect(desk.standing.count == 1)
        // Nothing comes: none of the keys does anything else.
        for answer in [TerminalApp.FetchedClip.none, .failed("no"), .bytes([1, 2, 3])] {
            var empty = try Desk()
            empty.box(at: 10)
            empty.type("]Vx\rq")
            empty.tell(.clip(answer))
            empty.wait(.milliseconds(100))
            #expect(
                empty.standing.count == 1 && empty.effects == [.fetchClip]
                    && empty.text.contains(answer == .none ? "nothing was" : "not pasted"))
            empty.wait(.seconds(1))
            empty.type("r")
            #expect(empty.text.contains("RECT"))
        }
        // Nor does the program answer for ever.
        var silent = try Desk()
        silent.box(at: 10)
        silent.type("]Vx")
        silent.wait(.seconds(6))
        #expect(silent.standing.count == 1 && silent.text.contains("nothing was pasted"))
    }

    @Test func `TM-388: why nothing is pasted is told`() throws {
        let clip = try box()
        var other = clip
        other[12] ^= 0xFF
        let answers: [(TerminalApp.FetchedClip, String)] = [
            (.none, "nothing was copied: y copies what is selected"), (.failed("no permission"), "not pasted: no permission"),
            (.bytes(Array("#!/bin/sh".utf8)), "not pasted: what was copied cannot be read"),
            (.bytes(other), "not pasted: another version of inkwire copied that"),
        ]
        for (answer, words) in answers {
            var desk = try Desk(columns: 120)
            desk.type("V")
            desk.tell(.clip(answer))
            #expect(desk.standing.isEmpty && desk.text.contains(words), "\(desk.text)")
        }
        var desk = try Desk(columns: 120)
        desk.type("y")
        #expect(desk.effects == [] && desk.text.contains("nothing is selected"))
        desk.isSlow = true
        desk.type("Vx")
        desk.tell(.clip(.bytes(clip)))
        desk.refuse(.diskRefuses("no space"))
        #expect(desk.standing.isEmpty && desk.text.contains("no space") && desk.text.contains("nothing was pasted"))
    }

    @Test func `TM-192: a paste of many shapes is one step, and all of it is selected`() throws {
        var desk = try Desk()
        for number in 0..<120 {
            desk.elsewhere(
                .draw(
                    ShapeDraft(
                        kind: .text, position: middle(number % 10 * 4, number / 10), text: String(repeating: "word ", count: 150))))
        }
        desk.bytes([1])
        desk.type("y")
        let clip = try #require(desk.clip)
        desk.type("V")
        desk.tell(.clip(.bytes(clip.bytes)))
        #expect(desk.standing.count == 240)
        desk.type("x")
        #expect(desk.standing.count == 120)
        desk.type("uu")
        #expect(desk.standing.count == 120)
    }

    @Test func `TM-12, TM-192: texts in what is pasted are as safe as those of others`() throws {
        var desk = try Desk()
        desk.elsewhere(.draw(ShapeDraft(kind: .text, position: middle(10, 5), text: "a\u{1B}[31mb\u{9B}5m\u{202E}c")))
        desk.bytes([1])
        desk.type("y")
        let clip = try #require(desk.clip)
        var other = try Desk()
        let before = other.bytes.count
        other.type("V")
        other.tell(.clip(.bytes(clip.bytes)))
        let bytes = other.bytes.dropFirst(before)
        #expect(!String(decoding: bytes, as: UTF8.self).unicodeScalars.contains { $0 == "\u{202E}" || $0 == "\u{9B}" })
        #expect(!String(decoding: bytes, as: UTF8.self).contains("\u{1B}[31mb") && other.standing.count == 1)
    }

    @Test func `TM-193: inside tmux the first text that is copied names its line`() throws {
        for isInTmux in [false, true] {
            let profile = try #require(
                TerminalProfile(environment: ["TERM": "tmux-256color", "LANG": "C.UTF-8", "TMUX": isInTmux ? "/tmp/tmux,1,0" : ""]))
            #expect(profile.isInTmux == isInTmux)
            var desk = try Desk(isInTmux: isInTmux)
            desk.box(at: 10)
            desk.type("Y")
            #expect(desk.text.contains("set -g set-clipboard on") == isInTmux)
            desk.wait(.seconds(5))
            desk.type("Y")
            #expect(desk.text.contains("copied as text, if the terminal allows it"))
        }
    }

    /// A clip with one box of eleven columns and five rows.
    private func box() throws -> [UInt8] {
        var desk = try Desk()
        desk.box(at: 10)
        desk.type("]y")
        return try #require(desk.clip?.bytes)
    }
}

extension Desk {
    /// What was copied last.
    var clip: TerminalApp.KeptClip? { effects.compactMap { if case .keepClip(let clip) = $0 { clip } else { nil } }.last }
}
