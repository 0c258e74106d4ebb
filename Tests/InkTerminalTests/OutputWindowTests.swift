import InkBoard
import InkPrimitives
import InkSession
import InkTerminal
import Testing

/// What is on its way to a terminal that takes nothing.
@Suite struct OutputWindowTests {
    private static let question = Array("\u{1B}[c".utf8)
    private static let answer = Array("\u{1B}[?62;22c".utf8)

    /// How often the terminal was asked.
    private func asked(_ desk: Desk, after start: Int = 0) -> Int {
        desk.frames[start...].filter { $0.suffix(3).elementsEqual(Self.question) }.count
    }

    /// So many words of their own, each seen.
    private func write(_ count: Int, by number: Int, at desk: inout Desk) {
        for _ in 0..<count {
            let written = desk.standing.count
            let place = middle(2 + written * 57 % (desk.terminal.columns - 58), 1 + written * 5 % (desk.terminal.rows - 5))
            desk.act(
                .draw(ShapeDraft(kind: .text, position: place, text: "\(written) words that are as long as half a row, or so")), by: number,
                then: .milliseconds(20))
        }
    }

    @Test func `TM-231: behind a terminal that takes nothing no frames queue, and then one shows all`() throws {
        var desk = try Desk(isFar: true)
        let bob = desk.join("bob")
        desk.bytes(Self.answer)
        let before = desk.frames.count
        write(150, by: bob, at: &desk)
        let queued = desk.frames[before...].reduce(0) { $0 + $1.count }
        #expect((3000...8000).contains(queued), "\(queued) bytes wait")
        let shown = desk.frames.count
        desk.wait(.seconds(5))
        #expect(desk.frames.count == shown && desk.standing.count == 150)
        #expect(asked(desk, after: before) == 1)
        desk.bytes(Self.answer)
        #expect(desk.frames.count == shown + 1, "one frame, not a queue")
        let lines = desk.terminal.lines
        desk.bytes(Self.answer)
        desk.scribble()
        desk.bytes([12])
        #expect(desk.terminal.lines == lines)
    }

    @Test func `TM-231: where answers come all is drawn at once`() throws {
        var (far, near) = (try Desk(isFar: true), try Desk())
        far.bytes(Self.answer)
        near.bytes(Self.answer)
        for desk in [near, far] {
            var desk = desk
            let before = desk.frames.count
            var answered = asked(desk)
            for step in 0..<200 {
                desk.press(step % 70, 3 + step % 15)
                desk.move(step % 70 + 5, 4 + step % 15, button: 32)
                desk.release(step % 70 + 5, 4 + step % 15)
                if asked(desk) > answered {
                    answered = asked(desk)
                    desk.bytes(Self.answer)
                }
            }
            if near.frames.count == before { near = desk } else { far = desk }
        }
        #expect(near.terminal.lines == far.terminal.lines)
        #expect(asked(near) == 0, "nobody is asked where the queue can be seen")
        #expect(asked(far) > 5)
    }

    @Test func `TM-403: who never answered, or answers no more, is not waited for`() throws {
        var desk = try Desk(isFar: true)
        let bob = desk.join("bob")
        let before = desk.frames.count
        write(100, by: bob, at: &desk)
        #expect(asked(desk) == 0 && desk.frames.count >= before + 100)
        desk.bytes(Self.answer)
        write(150, by: bob, at: &desk)
        let shown = desk.frames.count
        write(2, by: bob, at: &desk)
        #expect(desk.frames.count == shown)
        desk.wait(.seconds(11))
        #expect(desk.frames.count > shown)
        let later = desk.frames.count
        write(100, by: bob, at: &desk)
        #expect(desk.frames.count >= later + 100)
    }

    @Test func `TM-408: who leaves is asked nothing more`() throws {
        for leaves in [false, true] {
            var desk = try Desk(isFar: true)
            let bob = desk.join("bob")
            desk.bytes(Self.answer)
            if leaves { desk.leave() }
            let before = desk.frames.count
            write(20, by: bob, at: &desk)
            #expect((asked(desk, after: before) > 0) == !leaves)
        }
    }

    @Test func `TM-231: a frame that is larger than the window holds up nothing`() throws {
        var desk = try Desk(columns: 200, rows: 50, isFar: true)
        let bob = desk.join("bob")
        desk.bytes(Self.answer)
        let before = desk.frames.count
        while asked(desk, after: before) == 0 { write(1, by: bob, at: &desk) }
        let page = Array(repeating: String(repeating: "words ", count: 25), count: 40).joined(separator: "\n")
        desk.act(.draw(ShapeDraft(kind: .text, position: middle(20, 2), text: page)), by: bob, then: .milliseconds(20))
        #expect(asked(desk, after: before) == 1)
        let shown = desk.frames.count
        for _ in 0..<3 {
            desk.bytes(Self.answer)
            write(1, by: bob, at: &desk)
        }
        #expect(desk.frames.count >= shown + 3)
        #expect(desk.frames.contains { $0.count > 4096 })
    }

    @Test func `TM-2, TM-231: an answer right behind an Escape is neither a part of it nor keys`() throws {
        var desk = try Desk(isFar: true)
        desk.type("r")
        desk.bytes([0x1B])
        desk.bytes(Self.answer)
        desk.wait(.milliseconds(100))
        #expect(desk.text.contains("SELECT") && desk.standing.isEmpty, "\(desk.text)")
    }
}
