import InkBoard
import InkFormats
import InkFrontEnd
import InkPrimitives
import InkSession
import InkSimulator
import InkTerminal
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// What is written to the terminal, and what is looked at for it, in counts that no other program on the machine changes.
@Suite struct FigureTests {
    /// Cells of a hand that goes to and fro, a cell at a time.
    private func way(_ step: Int, _ lane: Int) -> (column: Int, row: Int) {
        func swing(_ value: Int, _ length: Int) -> Int { abs((value + length) % (2 * length) - length) }
        return (4 + swing(step + 9 * lane, 108), 2 + swing(step / 3 + 5 * lane, 32))
    }

    /// A hand that goes to and fro on a curve without end, to another cell with each of its reports, in all directions.
    private struct Hand {
        private var time: Double
        private(set) var last: Point?

        init(lane: Int) { time = 0.37 * Double(lane) }

        mutating func next() -> Point {
            while true {
                time += 0.01
                let place = middle(Int((60 + 55 * sin(time)).rounded()), Int((18.5 + 16 * sin(1.37 * time + 1)).rounded()))
                guard place != last else { continue }
                last = place
                return place
            }
        }
    }

    @Test func `TM-183: eight people who point without a pause cost at most 16 kB a second`() throws {
        var desk = try Desk(columns: 120, rows: 40)
        let people = (0..<8).map { desk.join("peer\($0)") }
        desk.introduce(people)
        func move(_ steps: Range<Int>) -> Int {
            let before = desk.bytes.count
            for step in steps {
                for (lane, person) in people.enumerated() {
                    let (column, row) = way(step, lane)
                    desk.act(.cursor(middle(column, row)), by: person)
                }
                desk.wait(.nanoseconds(33_333_333))
            }
            return desk.bytes.count - before
        }
        _ = move(0..<30)
        let count = move(30..<120)
        #expect(count > 3 * 3000, "they are seen to move: \(count) bytes in 3 s")
        #expect(count <= 3 * 16_000, "\(count) bytes in 3 s")
        desk.wait(.seconds(10))
        let before = desk.bytes.count
        desk.wait(.seconds(5))
        #expect(desk.bytes.count == before, "who rests costs nothing")
    }

    @Test(arguments: [ColorDepth.direct, .indexed])
    func `TM-184: eight people who point on curves in all directions cost at most 16 kB a second`(depth: ColorDepth) throws {
        var desk = try Desk(columns: 120, rows: 40, depth: depth)
        let people = (0..<8).map { desk.join("peer\($0)") }
        desk.introduce(people)
        var hands = (0..<8).map { Hand(lane: $0) }
        func move(seconds: Int) -> Int {
            let before = desk.bytes.count
            for _ in 0..<30 * seconds {
                for index in hands.indices { desk.act(.cursor(hands[index].next()), by: people[index]) }
                desk.wait(.nanoseconds(33_333_333))
            }
            return desk.bytes.count - before
        }
        _ = move(seconds: 1)
        let count = move(seconds: 5)
        #expect(count <= 5 * 16_000, "\(count / 5) bytes a second")
        #expect(count > 5 * 3000, "they are seen to move: \(count / 5) bytes a second")
        // Where they came to rest each is where it is, with its name near it.
        desk.wait(.seconds(1))
        let rows = desk.terminal.rowsOfText
        var named = 0
        for (number, hand) in hands.enumerated() {
            let place = Grid.standard.place(of: try #require(hand.last))
            #expect(PersonColor.all.contains { String(Character($0.marker)) == rows[place.row][place.column] }, "\(number) at \(place)")
            // Another's marker may stand on it; else the name comes first from above, and the list of people last.
            guard let name = desk.place(of: "peer\(number)"), name.row < 38 else { continue }
            named += 1
            #expect(abs(name.row - place.row) <= 2, "\(number) at \(place), its name at \(name)")
            // Its chip begins a cell before it, and is seven wide.
            #expect((place.column - 9...place.column + 5).contains(name.column), "\(number) at \(place), its name at \(name)")
        }
        #expect(named >= 6, "\(named) have their names:\n\(desk.text)")
        let text = desk.text
        desk.resize(columns: 120, rows: 40)
        #expect(desk.text == text, "as a full repaint has it")
    }

    @Test func `TM-384: while many names are shown pointers go thirty times a second, and sixty while few are`() throws {
        for (count, rate) in [(4, 40...60), (5, 20...31)] {
            var desk = try Desk(columns: 120, rows: 40)
            let people = (0..<count).map { desk.join("peer\($0)") }
            desk.introduce(people)
            var hands = (0..<count).map { Hand(lane: $0) }
            func move() {
                for _ in 0..<30 {
                    for index in hands.indices { desk.act(.cursor(hands[index].next()), by: people[index]) }
                    desk.wait(.nanoseconds(33_333_333))
                }
            }
            move()
            let before = desk.frames.count
            move()
            #expect(rate.contains(desk.frames.count - before), "\(count): \(desk.frames.count - before) frames in a second")
        }
    }

    @Test(arguments: ["=----", "=", "=+++"])
    func `TM-7: a drag event costs at most 40 bytes at every zoom`(zoom: String) throws {
        var desk = try Desk(columns: 120, rows: 40)
        for key in zoom { desk.type(String(key)) }
        desk.press(5, 20)
        let before = desk.bytes.count
        let count = 200
        for step in 1...count {
            let (column, row) = way(step, 3)
            desk.move(column, row, button: 32)
        }
        #expect(desk.bytes.count - before <= 40 * count, "\((desk.bytes.count - before) / count) bytes an event")
        desk.release(5, 20)
    }

    @Test func `TM-4: the cursor takes the shortest way to where it is`() {
        func way(from: (Int, Int), to: (Int, Int)) -> String {
            var screen = Screen(columns: 80, rows: 24, depth: .direct)
            var buffer = CellBuffer(columns: 80, rows: 24)
            buffer.cursor = from
            _ = screen.frame(buffer)
            buffer.cursor = to
            return String(decoding: screen.frame(buffer), as: UTF8.self)
        }
        #expect(way(from: (40, 5), to: (39, 5)) == "\u{8}" && way(from: (40, 5), to: (36, 5)) == "\u{8}\u{8}\u{8}\u{8}")
        #expect(way(from: (40, 5), to: (30, 5)) == "\u{1B}[6;31H" && way(from: (40, 5), to: (0, 5)) == "\r")
        #expect(way(from: (40, 5), to: (40, 6)) == "\n" && way(from: (40, 5), to: (39, 6)) == "\n\u{8}")
        #expect(way(from: (40, 5), to: (42, 6)) == "\n\u{1B}[2C" && way(from: (40, 5), to: (0, 6)) == "\r\n")
        #expect(way(from: (40, 5), to: (40, 4)) == "\u{1B}[5;41H" && way(from: (40, 5), to: (40, 8)) == "\u{1B}[9;41H")
        #expect(way(from: (2, 0), to: (79, 0)) == "\u{1B}[77C" && way(from: (79, 22), to: (79, 23)) == "\n")
    }

    @Test func `TM-134: a press on a large board looks at the shapes near it`() throws {
        for count in [1_000, 20_000] {
            var desk = try Desk(columns: 120, rows: 40)
            var depth = DepthKey.first
            let shapes = (0..<count).map { number in
                let place = Point(x: Int32(number % 100 * 960), y: Int32(number / 100 * 640))
                depth = DepthKey.between(depth, nil)
                return Shape(
                    id: ShapeID(author: .zero, number: UInt64(number)),
                    content: ShapeDraft(kind: .rectangle, position: place, size: Size(width: 640, height: 384)), depth: depth)
            }
            desk.tell(.board(name: "plan", shapes: shapes))
            desk.type("v")
            let place = try #require(desk.place(of: "┌"))
            let before = desk.app.lookedAt
            desk.click(place.column, place.row)
            #expect(desk.text.contains("x delete"), "the press found its shape: \(desk.text)")
            let looked = desk.app.lookedAt - before
            #expect(looked > 0 && looked < 400, "\(looked) of \(count)")
        }
    }
}
