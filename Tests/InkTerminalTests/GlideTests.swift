import InkBoard
import InkFormats
import InkPrimitives
import InkSession
import InkTerminal
import Testing

/// What others move, on the screen. The hand of the other reports 125 times a second; it is 40 ms away.
@Suite struct GlideTests {
    private static let report = Duration.milliseconds(8)
    private static let way = Duration.milliseconds(40)

    @Test func `TM-38: another's pointer passes the cells on its way, in no more frames than are of use`() throws {
        var desk = try Desk(columns: 120)
        let bob = desk.join("bob", delay: Self.way)
        desk.act(.cursor(middle(10, 10)), by: bob, then: .seconds(1))
        let (began, first) = (desk.now, desk.frames.count)
        var columns: [Int] = []
        for step in 0...125 {
            desk.act(.cursor(middle(10, 10) + Point(x: Int32(step * 60 * 64 / 125), y: 0)), by: bob, then: Self.report)
            if let column = desk.markerColumn(row: 10), column != columns.last { columns.append(column) }
        }
        desk.wait(.milliseconds(400))
        // Sixty cells in a second: all but those that a frame passes over, in order, and where it rests.
        #expect(columns.count >= 50 && columns == columns.sorted(), "\(columns)")
        #expect(desk.markerColumn(row: 10) == 70)
        let times = desk.frameTimes[first...].filter { $0 - began < .seconds(1) }
        #expect(times.count <= 60 && zip(times, times.dropFirst()).allSatisfy { $1 - $0 >= .milliseconds(16) })
        #expect(desk.frames[first...].map(\.count).reduce(0, +) / max(1, desk.frames.count - first) < 80)
        // At rest nothing is drawn, but that its name goes.
        desk.wait(.seconds(4))
        let bytes = desk.bytes.count
        desk.wait(.seconds(20))
        #expect(desk.bytes.count == bytes)
        // Nor is anything looked at.
        #expect(desk.app.deadline(now: desk.now).map { $0 - desk.now > .seconds(1) } ?? true)
    }

    @Test func `TM-340: who wants no motion sees pointers where they were told last`() throws {
        #expect(TerminalProfile(environment: ["TERM": "xterm", "INKWIRE_REDUCED_MOTION": "1"])?.reducesMotion == true)
        #expect(TerminalProfile(environment: ["TERM": "xterm", "INKWIRE_REDUCED_MOTION": "0"])?.reducesMotion == false)
        var desk = try Desk(columns: 120, reducesMotion: true)
        let bob = desk.join("bob", delay: Self.way)
        desk.act(.cursor(middle(10, 10)), by: bob, then: .seconds(5))
        let frames = desk.frames.count
        desk.act(.cursor(middle(70, 10)), by: bob, then: .milliseconds(300))
        // The pointer, and the name by it.
        #expect(desk.markerColumn(row: 10) == 70 && desk.frames.count == frames + 1)
    }

    @Test func `TM-339: another's stroke grows with the pen, never flickers, and is what stands when it has come to its end`() throws {
        var desk = try Desk(columns: 120)
        let bob = desk.join("bob", delay: Self.way)
        func ink(_ desk: Desk) -> [Int] {
            desk.terminal.rowsOfText[10].indices.filter { column in
                desk.terminal.rowsOfText[10][column].unicodeScalars.contains { (0x2801...0x28FF).contains($0.value) }
            }
        }
        let start = ShapeDraft(kind: .freehand, position: middle(10, 10), points: [.zero])
        desk.act(.cursor(middle(10, 10)), by: bob, then: .seconds(1))
        desk.act(.begin(.stroke(start)), by: bob)
        var shown: [Int] = []
        for step in 1...100 {
            let place = middle(10, 10) + Point(x: Int32(step * 32), y: 0)
            desk.act(.extend([place]), by: bob)
            desk.act(.cursor(place), by: bob, then: Self.report)
            let columns = ink(desk)
            // What was drawn stays; the marker covers a cell of it.
            #expect(shown.allSatisfy { columns.contains($0) || $0 == desk.markerColumn(row: 10) }, "\(step)")
            shown = columns
            if let pen = desk.markerColumn(row: 10), let last = columns.last { #expect(last <= pen + 1, "\(step)") }
        }
        desk.act(.commit, by: bob)
        var rest = Duration.zero
        while desk.standing.isEmpty, rest < .seconds(1) {
            desk.wait(.milliseconds(4))
            rest += .milliseconds(4)
        }
        // It is on the board at once, and on the screen within 250 ms.
        #expect(rest < .milliseconds(60))
        desk.wait(.milliseconds(250))
        let all = ink(desk)
        #expect(all.first == 10 && (all.last ?? 0) >= 59)
        desk.resize(columns: 120, rows: 24)
        #expect(ink(desk) == all)
    }

    @Test func `TM-38, TM-339: a box that another drags passes the cells on its way and is not seen twice`() throws {
        var desk = try Desk(columns: 120)
        desk.type("r")
        desk.drag([(10, 5), (20, 9)])
        desk.escape()
        let bob = desk.join("bob", delay: Self.way)
        let id = try #require(desk.session?.shapes.first?.id)
        desk.act(.begin(.move([id], by: .zero)), by: bob)
        var places: [Int] = []
        func corners(_ desk: Desk) -> [Int] { desk.terminal.rowsOfText[5].indices.filter { desk.terminal.rowsOfText[5][$0] == "┌" } }
        for step in 1...60 {
            desk.act(.update(.move([id], by: Point(x: Int32(step * 64), y: 0))), by: bob, then: .milliseconds(16))
            #expect(corners(desk).count == 1, "\(step)")
            if let place = corners(desk).first, place != places.last { places.append(place) }
        }
        desk.act(.commit, by: bob)
        for _ in 0..<40 {
            desk.wait(.milliseconds(10))
            #expect(corners(desk).count == 1)
        }
        #expect(corners(desk) == [70] && places.count >= 30 && places == places.sorted(), "\(places)")
    }

    @Test func `TM-39: what another program of the same person draws is seen while it grows`() throws {
        var desk = try Desk()
        let start = ShapeDraft(kind: .freehand, position: middle(10, 5), points: [.zero])
        try desk.actElsewhere([.begin(.stroke(start)), .extend((1...10).map { middle(10 + $0, 5) })])
        desk.wait(.milliseconds(300))
        let dots = { (desk: Desk) in desk.terminal.lines[5].unicodeScalars.count { (0x2801...0x28FF).contains($0.value) } }
        #expect(dots(desk) >= 10 && desk.standing.isEmpty)
        // The own stroke goes on beside it.
        desk.drag([(10, 15), (20, 15)])
        #expect(desk.standing.count == 1 && dots(desk) >= 10)
    }
}
