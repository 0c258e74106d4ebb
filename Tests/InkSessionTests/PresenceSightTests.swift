import InkBoard
import InkPrimitives
import Testing

@testable import InkSession

/// The light of a pointer, what a person sees, and what all are asked to look at.
@Suite struct PresenceSightTests {
    private static let box = WorldBox(left: -640, top: 0, right: 4479, bottom: 3071)

    private static func pair(_ names: [String] = ["ana", "bob"]) throws -> PerfectPipes {
        var pipes = try PerfectPipes()
        for (index, name) in names.enumerated() { pipes.add(name: name, dialling: index == 0 ? [0] : Array(0..<index)) }
        #expect(
            pipes.run(.seconds(20)) { pipes in
                pipes.areEqual && pipes.members.allSatisfy { $0.node.presentPeers == names.count - 1 && $0.node.syncStatus.isSaved }
            })
        return pipes
    }

    private static func cursors(_ pipes: PerfectPipes, at member: Int = 1) -> [CursorSample] {
        pipes.members[member].events.flatMap { event -> [CursorSample] in
            if case .cursor(_, let samples) = event { samples } else { [] }
        }
    }

    private static func views(_ pipes: PerfectPipes, at member: Int = 1) -> [WorldBox?] {
        pipes.members[member].events.compactMap { event -> WorldBox?? in if case .view(_, let box) = event { box } else { nil } }
    }

    private static func looks(_ pipes: PerfectPipes, at member: Int = 1) -> [WorldBox] {
        pipes.members[member].events.compactMap { if case .lookHere(_, let box) = $0 { box } else { nil } }
    }

    // MARK: Light

    @Test func `SE-132: light is told with the samples of the pointer that belong to it, and its end where nothing moved`() {
        var link = PresenceLink()
        link.own.point(at: Point(x: 0, y: 0), by: .holder, now: link.now)
        link.run(.milliseconds(300))
        for trail in 1...2 as ClosedRange<Int32> {
            link.own.shine(true, by: .holder, now: link.now)
            for step in 1...10 as ClosedRange<Int32> {
                link.run(.milliseconds(8))
                link.own.point(at: Point(x: trail * 1000 + step * 8, y: 0), by: .holder, now: link.now)
            }
            link.run(.milliseconds(200))
            link.own.shine(false, by: .holder, now: link.now)
            link.run(.milliseconds(200))
        }
        link.own.point(at: Point(x: 5000, y: 0), by: .holder, now: link.now)
        link.rest()
        let samples = link.cursorSamples
        let ends = samples.filter { $0.position == samples.last?.position }
        #expect(ends.allSatisfy { $0.trail == nil } && samples.first?.trail == nil)
        for trail in 1...2 as ClosedRange<UInt64> {
            let lit = samples.filter { $0.trail == trail }
            #expect(lit.withoutRests.compactMap(\.position?.x).suffix(10) == (1...10).map { Int32(trail) * 1000 + $0 * 8 }[...])
            // From the press to the letting go.
            let span = (lit.last?.at ?? .zero) - (lit.first?.at ?? .zero)
            #expect(span >= .milliseconds(80) && span <= .milliseconds(281), "\(span)")
        }
        #expect(zip(samples, samples.dropFirst()).allSatisfy { $0.at < $1.at })
    }

    @Test func `SE-306: a click is seen, and light goes out with the pointer, its program, and a pen`() throws {
        var link = PresenceLink()
        let second = try #require(FrontEndID(1))
        func lit() -> Bool { link.cursorSamples.last?.trail != nil }
        link.own.point(at: Point(x: 8, y: 8), by: .holder, now: link.now)
        link.run(.milliseconds(100))
        link.own.shine(true, by: .holder, now: link.now)
        link.run(.milliseconds(2))
        link.own.shine(false, by: .holder, now: link.now)
        link.rest()
        #expect(link.cursorSamples.contains { $0.trail == 1 } && !lit())
        for number in 0..<4 {
            link.own.point(at: Point(x: 8, y: 8), by: .holder, now: link.now)
            link.own.shine(true, by: .holder, now: link.now)
            link.run(.milliseconds(200))
            #expect(lit(), "\(number)")
            switch number {
            case 0: link.own.point(at: nil, by: .holder, now: link.now)
            case 1: link.own.detach(.holder, now: link.now)
            case 2: link.own.point(at: Point(x: 9, y: 9), by: second, now: link.now)
            default:
                let draft = ShapeDraft(kind: .freehand, position: Point(x: 8, y: 8), points: [.zero])
                link.own.begin(.stroke(draft), by: .holder, now: link.now)
            }
            link.rest()
            #expect(!lit(), "\(number)")
        }
        // Who does not point has no light.
        link.own.shine(true, by: second, now: link.now)
        link.rest()
        #expect(!lit())
    }

    @Test(arguments: 0..<60 as Range<UInt64>)
    func `SE-132: whatever packets are lost, in the end the light is as it is`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var link = PresenceLink(delay: .milliseconds(5 + random.below(120)))
        let loss = random.unit() * 0.6
        var stream = random.split("loss")
        let lost = (0..<20_000).map { _ in stream.chance(loss) }
        link.loses = { lost[$0] }
        for _ in 0..<200 {
            switch random.below(6) {
            case 0: link.own.shine(random.chance(0.5), by: .holder, now: link.now)
            case 1 where random.chance(0.2): link.own.point(at: nil, by: .holder, now: link.now)
            default: link.own.point(at: Point(x: Int32(random.below(9000)), y: 4), by: .holder, now: link.now)
            }
            link.run(.milliseconds(random.below(30)))
        }
        link.loses = { _ in false }
        link.rest()
        #expect(link.cursorSamples.last.map { $0.trail != nil } ?? false == link.own.pointer.isLit)
        #expect(link.picture.cursor == link.own.pointer.position)
    }

    @Test func `SE-306: light costs what the preview of a pen may cost`() throws {
        let trace = HandTrace.writing(seconds: 20, seed: 1).map(\.point)
        var costs: [Double] = []
        for isPen in [true, false] {
            var pipes = try Self.pair()
            pipes.delay = .milliseconds(40)
            _ = pipes.run(.seconds(5))
            pipes.intent(.cursor(trace[0]), by: 0)
            let before = pipes.traffic
            let draft = ShapeDraft(kind: .freehand, position: trace[0], points: [.zero])
            pipes.intent(isPen ? .begin(.stroke(draft)) : .laser(true), by: 0)
            for point in trace.dropFirst() {
                _ = pipes.run(.milliseconds(8))
                pipes.intent(isPen ? .extend([point]) : .cursor(point), by: 0)
            }
            _ = pipes.run(.milliseconds(500))
            costs.append(Double(pipes.traffic.bytes - before.bytes) / Double(trace.count))
            if !isPen { #expect(Self.cursors(pipes).count { $0.trail != nil } > trace.count * 9 / 10) }
        }
        print("a pen costs \(costs[0]) B a point, light \(costs[1])")
        #expect(costs[1] <= 13)
    }

    // MARK: What is seen

    @Test func `SE-133: what somebody sees is told to all who are on the board, once, and to who comes`() throws {
        var pipes = try Self.pair()
        pipes.intent(.view(Self.box), by: 0)
        _ = pipes.run(.seconds(1))
        #expect(Self.views(pipes) == [Self.box])
        let before = pipes.traffic
        _ = pipes.run(.seconds(1))
        pipes.intent(.view(Self.box), by: 0)
        let quiet = pipes.traffic.bytes - before.bytes
        #expect(quiet < 200, "what does not change costs \(quiet) bytes in a second")
        pipes.add(name: "eve", dialling: [0, 1])
        #expect(pipes.run(.seconds(20)) { $0.members.allSatisfy { $0.node.presentPeers == 2 } })
        _ = pipes.run(.seconds(1))
        #expect(Self.views(pipes, at: 2) == [Self.box])
        pipes.intent(.view(nil), by: 0)
        _ = pipes.run(.seconds(1))
        #expect(Self.views(pipes) == [Self.box, nil] && Self.views(pipes, at: 2) == [Self.box, nil])
        // What is no part of a board is not told.
        pipes.intent(.view(WorldBox(left: 0, top: 0, right: .max, bottom: 0)), by: 0)
        _ = pipes.run(.seconds(1))
        #expect(Self.views(pipes).count == 2)
    }

    @Test func `SE-133: of several programs the view of the one that said it last is told, and goes with it`() throws {
        var pipes = try Self.pair()
        let second = try #require(FrontEndID(1))
        pipes.input(.attached(second, strand: .common), to: 0)
        pipes.intent(.view(Self.box), by: 0)
        _ = pipes.run(.milliseconds(200))
        let other = WorldBox(left: 0, top: 0, right: 63, bottom: 127)
        pipes.input(.intent(.view(other), from: second, ref: nil), to: 0)
        _ = pipes.run(.milliseconds(200))
        pipes.input(.detached(second), to: 0)
        _ = pipes.run(.milliseconds(200))
        #expect(Self.views(pipes) == [Self.box, other, nil])
    }

    @Test func `SE-133: what two programs see alike stays when the one goes that said it first`() throws {
        var pipes = try Self.pair()
        let second = try #require(FrontEndID(1))
        pipes.input(.attached(second, strand: .common), to: 0)
        pipes.input(.intent(.view(Self.box), from: second, ref: nil), to: 0)
        pipes.intent(.view(Self.box), by: 0)
        _ = pipes.run(.milliseconds(200))
        pipes.input(.detached(second), to: 0)
        _ = pipes.run(.seconds(1))
        #expect(Self.views(pipes) == [Self.box])
    }

    // MARK: Look here

    @Test func `SE-134: all are asked to look once, and not again within five seconds`() throws {
        var pipes = try Self.pair(["ana", "bob", "eve"])
        pipes.input(.intent(.lookHere(Self.box), ref: 1), to: 0)
        _ = pipes.run(.seconds(1))
        pipes.input(.intent(.lookHere(Self.box), ref: 2), to: 0)
        _ = pipes.run(.seconds(3))
        #expect(Self.looks(pipes, at: 1) == [Self.box] && Self.looks(pipes, at: 2) == [Self.box] && Self.looks(pipes, at: 0).isEmpty)
        _ = pipes.run(.seconds(2))
        pipes.input(.intent(.lookHere(Self.box), ref: 3), to: 0)
        pipes.input(.intent(.lookHere(WorldBox(left: 5, top: 0, right: 0, bottom: 0)), ref: 4), to: 0)
        _ = pipes.run(.seconds(1))
        #expect(Self.looks(pipes).count == 2)
        let outcomes = pipes.members[0].events.compactMap { event -> Outcome? in
            if case .outcome(_, let outcome) = event { outcome } else { nil }
        }
        #expect(outcomes == [.done, .refused(.tooSoon), .done, .refused(.badValue(field: "x"))])
        // Who comes later is not asked.
        _ = pipes.run(.seconds(11))
        pipes.add(name: "tom", dialling: [0, 1, 2])
        #expect(pipes.run(.seconds(20)) { $0.members.allSatisfy { $0.node.presentPeers == 3 } })
        _ = pipes.run(.seconds(1))
        #expect(Self.looks(pipes, at: 3).isEmpty)
    }

    @Test func `SE-134: who asks more often than may be is told of once in four seconds`() throws {
        var inbox = PresenceInbox()
        var told: [WorldBox] = []
        var now = Instant.zero
        for number in 1...1000 as ClosedRange<UInt64> {
            var packet = PresencePacket(own: PresenceValue())
            packet.own.look = LookValue(number: number, box: Self.box)
            try inbox.take(PresencePacket(decoding: packet.bytes), now: now)
            for case .look(let box) in inbox.news(now: now, result: { _ in [] }) { told.append(box) }
            now += .milliseconds(20)
        }
        #expect(told.count == 5)
    }

    @Test func `SE-134: a packet that says what was asked before asks for nothing`() throws {
        var inbox = PresenceInbox()
        var told = 0
        for number in [3, 3, 2, 3] as [UInt64] {
            var packet = PresencePacket(own: PresenceValue())
            packet.own.look = LookValue(number: number, box: Self.box)
            try inbox.take(packet, now: .zero + .seconds(10 * Int(number)))
            for case .look in inbox.news(now: .zero + .seconds(60), result: { _ in [] }) { told += 1 }
        }
        #expect(told == 1)
    }

    // MARK: What a hand does to a line

    private static func arrow(_ end: Int32) -> ShapeDraft {
        var draft = ShapeDraft(kind: .arrow, position: Point(x: 80, y: 80), points: [.zero, Point(x: end, y: 40)])
        (draft.lineStyle, draft.startHead) = (.dashed, .dot)
        return draft
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `SE-135, SE-307: a line that is pulled is seen as that line, a new one with its style, whatever is lost`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var link = PresenceLink(delay: .milliseconds(5 + random.below(120)))
        let loss = random.unit() * 0.6
        var stream = random.split("loss")
        let lost = (0..<20_000).map { _ in stream.chance(loss) }
        link.loses = { lost[$0] }
        let id = ShapeID(author: .zero, number: 9)
        let gesture: (Int32) -> Gesture = seed % 2 == 0 ? { .pull(id, Self.arrow($0)) } : { .shape(Self.arrow($0)) }
        link.own.begin(gesture(8), by: .holder, now: link.now)
        for step in 1...40 as ClosedRange<Int32> {
            link.run(.milliseconds(random.below(30)))
            let isSame = link.own.update(gesture(8 + step * 16), by: .holder, now: link.now)
            #expect(isSame)
        }
        link.loses = { _ in false }
        link.rest()
        #expect(Array(link.picture.gestures.values) == [gesture(8 + 640)])
        // Who is of an older version sees a plain line in place of it, and refuses nothing.
        var (older, shown): (PresenceInbox, Gesture?) = (PresenceInbox(), nil)
        for sent in link.packets {
            var packet = try PresencePacket(decoding: sent.bytes)
            packet.own.gestureLooks = []
            try older.take(packet, now: sent.at)
            for case .gesture(_, _, let change) in older.news(now: sent.at, result: { _ in [] }) { shown.take(change) }
        }
        guard case .shape(let plain)? = shown else { return #expect(Bool(false), "\(String(describing: shown))") }
        #expect(plain.points == Self.arrow(8 + 640).points && plain.lineStyle == .solid)
    }

    @Test func `SE-135: a pulled line is one transaction of its points, and what another did to it meanwhile stays`() throws {
        var pipes = try Self.pair()
        var line = Self.arrow(400)
        line.lineStyle = .solid
        pipes.intent(.draw(line), by: 0)
        #expect(pipes.run(.seconds(5)) { $0.members[1].node.board?.shapes.count == 1 })
        let id = try #require(pipes.members[0].node.board?.shapes.first?.id)
        pipes.intent(.begin(.pull(id, line)), by: 0)
        var pulled = line
        pulled.points[1] = Point(x: 900, y: 0)
        pipes.intent(.update(.pull(id, pulled)), by: 0)
        _ = pipes.run(.milliseconds(300))
        let told = pipes.members[1].events.compactMap { event -> Gesture? in
            if case .gesture(_, .began(let gesture, _)) = event { gesture } else { nil }
        }
        #expect(told.last.map { if case .pull(id, _) = $0 { true } else { false } } == true)
        pipes.intent(.move([id], by: Point(x: 0, y: 800)), by: 1)
        _ = pipes.run(.seconds(1))
        pipes.input(.intent(.commit, ref: 5), to: 0)
        #expect(pipes.run(.seconds(5)) { $0.areEqual && $0.members[1].node.board?.shapes.first?.content.points == pulled.points })
        let content = try #require(pipes.members[1].node.board?.shapes.first?.content)
        #expect(content.position == line.position + Point(x: 0, y: 800) && content.startHead == .dot)
        let ends = pipes.members[1].events.compactMap { event -> GestureEnd? in
            if case .gesture(_, .ended(let end)) = event { end } else { nil }
        }
        #expect(ends == [.committed([id])] && pipes.members[0].events.contains(.outcome(ref: 5, .done)))
        pipes.intent(.undo, by: 0)
        #expect(pipes.run(.seconds(5)) { $0.members[1].node.board?.shapes.first?.content.points == line.points })
        // A line that is gone is not pulled.
        pipes.intent(.begin(.pull(id, line)), by: 0)
        pipes.intent(.delete([id]), by: 1)
        _ = pipes.run(.seconds(1))
        pipes.input(.intent(.commit, ref: 6), to: 0)
        #expect(pipes.members[0].events.contains(.outcome(ref: 6, .refused(.noSuchShape))))
    }

    @Test func `SE-30, SE-135, SE-307: what eight hands pull at once fits one packet`() throws {
        var link = PresenceLink()
        for number in 0..<8 {
            let frontEnd = try #require(FrontEndID(number))
            var draft = ShapeDraft(kind: .arrow, position: Point(x: -1 << 29, y: 1 << 29), text: String(repeating: "w", count: 900))
            draft.points = (0..<32).map { Point(x: $0 << 20, y: -$0 << 20) }
            draft.lineStyle = .double
            link.own.begin(.pull(ShapeID(author: .zero, number: 1 << 40), draft), by: frontEnd, now: link.now)
            link.own.see(WorldBox(left: -1 << 29, top: 0, right: 1 << 29, bottom: 1 << 29), by: frontEnd)
        }
        _ = link.own.look(at: Self.box, now: link.now)
        link.rest()
        #expect(link.packets.allSatisfy { $0.bytes.count <= PresenceTiming.packetBytes } && link.picture.gestures.count == 8)
    }

    // MARK: Bytes

    @Test func `SE-30: what is said beside hands is written as the overview has it, and any other spelling is refused`() throws {
        var packet = PresencePacket(own: PresenceValue())
        packet.own.laser = LaserValue(number: 3, endedAge: nil)
        packet.own.view = .part(WorldBox(left: -1, top: 2, right: 79, bottom: 25))
        packet.own.look = LookValue(number: 1, box: WorldBox(left: 0, top: 0, right: 1, bottom: 1))
        packet.own.further = [FurtherPresence(kind: 9, bytes: [])]
        #expect(Hex.encode(packet.bytes) == "0810" + "04" + "01020300" + "0205" + "0104405017" + "0305" + "0100000101" + "0900")
        #expect(try PresencePacket(decoding: packet.bytes) == packet)
        packet = PresencePacket(own: PresenceValue())
        packet.own.laser = LaserValue(number: 0, endedAge: 4)
        packet.own.view = ViewValue.none
        #expect(Hex.encode(packet.bytes) == "0810" + "02" + "01020005" + "0200")
        #expect(try PresencePacket(decoding: packet.bytes) == packet)
        // Too short, too long, a second spelling, beyond the board.
        for hex in [
            "081001010100", "08100101020300" + "00", "081001010303400000", "08100102020104",
            "08100102060104405017" + "00", "0810010301" + "01", "081001020f" + "c000000100000000" + "c0000001" + "0000",
        ] {
            let bytes = try #require(Hex.decode(hex))
            #expect(throws: WireError.self, "\(hex)") { try PresencePacket(decoding: bytes) }
        }
    }
}
