import InkBoard
import InkPrimitives
import Testing

@testable import InkSession

@Suite struct PresenceOutboxTests {
    private static func stroke(at position: Point = .zero, _ points: [Point] = [.zero]) -> Gesture {
        .stroke(ShapeDraft(kind: .freehand, position: position, points: points))
    }

    private static func points(_ gesture: Gesture?) -> [Point] { if case .stroke(let draft)? = gesture { draft.points } else { [] } }

    private static func frontEnd(_ number: Int) -> FrontEndID { FrontEndID(number) ?? .holder }

    @Test(arguments: 0..<60 as Range<UInt64>)
    func `SE-4: what a hand does is seen at the other side, whatever packets are lost`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var link = PresenceLink(delay: .milliseconds(5 + random.below(120)))
        let (loss, lossBack) = (random.unit() * 0.6, random.unit() * 0.6)
        var (forward, backward) = (random.split("forward"), random.split("backward"))
        // Functions of the number, so that they may be asked in any order.
        let lost = (0..<20_000).map { _ in forward.chance(loss) }
        let lostBack = (0..<20_000).map { _ in backward.chance(lossBack) }
        link.loses = { lost[$0] }
        link.losesBack = { lostBack[$0] }
        for _ in 0..<400 {
            act(&link, using: &random)
            link.run(.milliseconds(random.below(30)))
        }
        (link.loses, link.losesBack) = ({ _ in false }, { _ in false })
        link.rest()
        let picture = link.picture
        let expected = link.own.hands.compactMap { frontEnd, hand -> (GestureID, Gesture)? in
            hand.live.map { (GestureID(source: LiveSource(peer: .zero, frontEnd: frontEnd), number: $0.number), $0.gesture) }
        }
        #expect(picture.gestures == Dictionary(uniqueKeysWithValues: expected))
        #expect(picture.cursor == link.own.pointer.position)
        #expect(link.inbox.isTyping == link.own.isTyping && link.inbox.shownAttention == link.own.attention)
        #expect(link.packets.allSatisfy { $0.bytes.count <= PresenceTiming.packetBytes })
        #expect(zip(link.packets, link.packets.dropFirst()).allSatisfy { $1.at - $0.at >= .milliseconds(16) })
        let times = link.cursorSamples.map(\.at)
        #expect(zip(times, times.dropFirst()).allSatisfy { $0 < $1 })
    }

    /// Something that one of three programs does.
    private func act(_ link: inout PresenceLink, using random: inout SplitMix64) {
        let frontEnd = Self.frontEnd(random.below(3))
        let place = Point(x: Int32(random.below(20_000)), y: Int32(random.below(20_000)))
        switch (random.below(12), link.own.hands[frontEnd]?.live?.gesture) {
        case (0...4, .stroke?):
            link.own.extend((0..<random.below(8)).map { place + Point(x: Int32($0 * 30), y: 7) }, by: frontEnd, now: link.now)
        case (0...4, .move?): _ = link.own.update(.move([ShapeID(author: .zero, number: 1)], by: place), by: frontEnd, now: link.now)
        case (0...4, .shape(var draft)?):
            draft.size = Size(width: place.x, height: place.y)
            if random.chance(0.3) { draft.text += "é" }
            if random.chance(0.3) { draft.points = [.zero, place] }
            _ = link.own.update(.shape(draft), by: frontEnd, now: link.now)
        case (0...4, .resize(let shape, _, _)?):
            let gesture = Gesture.resize(shape, position: place, size: Size(width: 5, height: 6))
            _ = link.own.update(gesture, by: frontEnd, now: link.now)
        case (5, _?): link.own.end(random.chance(0.5) ? .cancelled : .committed(sequence: 3), by: frontEnd)
        case (6, nil): link.own.begin(Self.stroke(at: place), by: frontEnd, now: link.now)
        case (7, nil): link.own.begin(.shape(ShapeDraft(kind: .arrow, position: place)), by: frontEnd, now: link.now)
        case (8, nil):
            let shape = ShapeID(author: .zero, number: 4)
            let resize = Gesture.resize(shape, position: place, size: .zero)
            link.own.begin(random.chance(0.5) ? .move([shape], by: .zero) : resize, by: frontEnd, now: link.now)
        case (9, _): link.own.typing(now: link.now)
        case (10, nil) where frontEnd != .holder && random.chance(0.2):
            link.own.detach(frontEnd, now: link.now)
            link.own.attach(frontEnd)
        default: link.own.point(at: random.chance(0.1) ? nil : place, by: frontEnd, now: link.now)
        }
    }

    @Test(arguments: [0, 12])
    func `SE-87: what a peer asks for while a packet waits for room is not forgotten with that packet`(from: Int) throws {
        var own = OwnPresence(now: .zero)
        var outbox = PresenceOutbox()
        own.begin(Self.stroke(), by: .holder, now: .zero)
        own.extend((1..<40).map { Point(x: $0 * 8, y: 3) }, by: .holder, now: .zero)
        _ = outbox.packet(for: own, now: .zero)
        outbox.sent(token: 1)
        outbox.acknowledged(token: 1)
        _ = outbox.packet(for: own, now: .zero + .milliseconds(20))
        outbox.sent(token: 2)
        outbox.acknowledged(token: 2)
        own.extend([Point(x: 400, y: 3)], by: .holder, now: .zero + .milliseconds(30))
        _ = outbox.packet(for: own, now: .zero + .milliseconds(40))
        outbox.sent(token: 3)
        let request = StrokeRequest(frontEnd: .holder, number: own.hands[.holder]?.live?.number ?? 0, from: from)
        outbox.requested(request, of: own, now: .zero + .seconds(1))
        outbox.takeBack()
        let packet = try PresencePacket(decoding: outbox.packet(for: own, now: .zero + .milliseconds(1020)))
        let live = try #require(packet.own.hands.first?.live)
        guard case .stroke(let first, let run, _) = live.body else { return #expect(Bool(false), "\(live)") }
        #expect(first == from && first + run.count == 41)
        #expect((live.style != nil) == (from == 0))
    }

    @Test func `SE-87: the copy of a packet that did not leave is still owed`() {
        var own = OwnPresence(now: .zero)
        var outbox = PresenceOutbox()
        own.point(at: Point(x: 5, y: 5), by: .holder, now: .zero)
        _ = outbox.packet(for: own, now: .zero)
        outbox.sent(token: 1)
        // The copy waits for room on the way, and is taken back.
        _ = outbox.packet(for: own, now: .zero + .milliseconds(40))
        outbox.sent(token: 2)
        let soonest = outbox.deadline(for: own, roundTrip: nil, present: 2) ?? .distantFuture
        #expect(soonest > .zero + .milliseconds(100), "without that it waits for an acknowledgement")
        outbox.takeBack()
        #expect(outbox.deadline(for: own, roundTrip: nil, present: 2) ?? .distantFuture < .zero + .milliseconds(80))
    }

    @Test(arguments: [(59, 3, 60), (59, 4, 30), (60, 2, 30), (1, 2, 60), (nil, 2, 30)] as [(Int?, Int, Int)])
    func `SE-15: presence goes at the rate that path and company allow`(milliseconds: Int?, present: Int, rate: Int) {
        var own = OwnPresence(now: .zero)
        var outbox = PresenceOutbox()
        let roundTrip = milliseconds.map { Duration.milliseconds($0) }
        var sent = 0
        for step in 0..<1000 {
            let now = Instant.zero + .milliseconds(step)
            own.point(at: Point(x: Int32(step), y: 0), by: .holder, now: now)
            guard let due = outbox.deadline(for: own, roundTrip: roundTrip, present: present), due <= now else { continue }
            _ = outbox.packet(for: own, now: now)
            sent += 1
            outbox.sent(token: UInt64(sent))
            outbox.acknowledged(token: UInt64(sent))
        }
        // A second of motion, looked at each millisecond.
        #expect((rate - 2...rate + 1).contains(sent), "\(sent) packets")
    }

    @Test func `SE-32: a sample goes in the packet in which it is new and in the next, its style until that is acknowledged`() throws {
        var link = PresenceLink(delay: .milliseconds(40))
        link.own.begin(Self.stroke(), by: .holder, now: link.now)
        for step in 1...100 as ClosedRange<Int32> {
            link.own.extend([Point(x: step * 20, y: step)], by: .holder, now: link.now)
            link.run(.milliseconds(8))
        }
        link.rest()
        var carried = [Int](repeating: 0, count: 101)
        var styles: [Instant] = []
        for packet in link.packets {
            guard let live = try PresencePacket(decoding: packet.bytes).own.hands.first?.live,
                case .stroke(let from, let run, _) = live.body
            else { return #expect(Bool(false)) }
            for index in from..<from + run.count { carried[index] += 1 }
            if live.style != nil { styles.append(packet.at) }
        }
        #expect(carried == [Int](repeating: 2, count: 101))
        #expect(link.requests.isEmpty)
        // The first acknowledgement comes at once, a round trip after the first packet.
        let (first, last) = (try #require(styles.first), try #require(styles.last))
        #expect(last - first <= .milliseconds(81) && styles.count <= 4)
    }

    @Test func `SE-32: two packets lost in a row are mended on request, a round trip after they are missed`() throws {
        var link = PresenceLink(delay: .milliseconds(40))
        link.loses = { (10...11).contains($0) }
        link.own.begin(Self.stroke(), by: .holder, now: link.now)
        for step in 1...100 as ClosedRange<Int32> {
            link.own.extend([Point(x: step * 20, y: step)], by: .holder, now: link.now)
            link.run(.milliseconds(8))
        }
        link.rest()
        #expect(link.requests.count == 1)
        // Missed with packet 12, asked for at once, sent with the next packet after that, and there.
        let missed = link.packets[12].at + .milliseconds(40)
        #expect(link.requests[0].at - missed <= .milliseconds(1))
        let gaps = zip(link.told, link.told.dropFirst()).map { $1.at - $0.at }
        #expect(try #require(gaps.max()) <= .milliseconds(3 * 34 + 80 + 34))
        #expect(Self.points(link.picture.gestures.values.first).count == 101)
    }

    @Test func `SE-32: one lost packet delays what it brought until the next, and nobody asks`() throws {
        var link = PresenceLink(delay: .milliseconds(40))
        link.loses = { $0 % 2 == 1 }
        link.own.begin(Self.stroke(), by: .holder, now: link.now)
        for step in 1...200 as ClosedRange<Int32> {
            link.own.extend([Point(x: step * 20, y: step)], by: .holder, now: link.now)
            link.run(.milliseconds(8))
        }
        link.rest()
        #expect(link.requests.isEmpty && Self.points(link.picture.gestures.values.first).count == 201)
    }

    @Test func `SE-32: where a hand comes to rest is told twice, and again when both are lost`() {
        for lost in [[0], [0, 1], [1]] {
            var link = PresenceLink(delay: .milliseconds(40))
            link.loses = { lost.contains($0) }
            link.own.point(at: Point(x: 500, y: 600), by: .holder, now: link.now)
            let began = link.now
            link.rest()
            #expect(link.picture.cursor == Point(x: 500, y: 600))
            // The copy leaves with the next packet, 33 ms later; else it waits for its acknowledgement in vain.
            let limit: Duration = lost == [0] ? .milliseconds(80) : lost == [1] ? .milliseconds(45) : .milliseconds(400)
            #expect(link.told.first.map { $0.at - began <= limit } == true, "\(link.told)")
            #expect(link.packets.count <= 3)
        }
    }

    @Test func `SE-32: what did not leave is new in the next packet`() throws {
        var own = OwnPresence(now: .zero)
        var outbox = PresenceOutbox()
        own.begin(Self.stroke(), by: .holder, now: .zero)
        own.point(at: Point(x: 9, y: 9), by: .holder, now: .zero)
        let first = outbox.packet(for: own, now: .zero)
        outbox.sent(token: 1)
        outbox.takeBack()
        #expect(outbox.packet(for: own, now: .zero) == first)
        outbox.sent(token: 2)
        outbox.acknowledged(token: 1)
        #expect(outbox.deadline(for: own, roundTrip: .milliseconds(10), present: 2) != nil)
        outbox.acknowledged(token: 2)
        #expect(outbox.deadline(for: own, roundTrip: .milliseconds(10), present: 2) == nil)
    }

    @Test func `SE-33: who lacks the style gets it, and who asks without end gets it seldom`() throws {
        var link = PresenceLink(delay: .milliseconds(10))
        link.own.begin(Self.stroke((0..<2000).map { Point(x: $0 * 16, y: $0 % 7) }), by: .holder, now: link.now)
        link.rest()
        let before = link.packets.count
        let number = try #require(link.own.hands[.holder]?.live?.number)
        // A peer that has forgotten everything.
        link.inbox = PresenceInbox()
        for _ in 0..<1000 {
            link.outbox.requested(StrokeRequest(frontEnd: .holder, number: number, from: 0), of: link.own, now: link.now)
            link.run(.milliseconds(1))
        }
        let bytes = link.packets[before...].reduce(0) { $0 + $1.bytes.count }
        #expect(link.packets.count - before <= 61 && bytes <= 61_000)
        link.rest()
        #expect(Self.points(link.picture.gestures.values.first).count == 2000)
        // What is not under way, or was never drawn, is nothing to ask for.
        link.outbox.requested(StrokeRequest(frontEnd: .holder, number: 99, from: 0), of: link.own, now: link.now)
        link.outbox.requested(StrokeRequest(frontEnd: .holder, number: number, from: 2001), of: link.own, now: link.now)
        link.outbox.requested(
            StrokeRequest(origin: .zero, frontEnd: .holder, number: number, from: 0), of: link.own, now: link.now)
        #expect(link.outbox.deadline(for: link.own, roundTrip: .milliseconds(20), present: 2) == nil)
    }

    @Test func `SE-30: whatever eight hands do at once fits one packet`() throws {
        let edge = Limits.coordinate
        let corners = [Point(x: edge, y: -edge), Point(x: -edge, y: edge)]
        let long = String(repeating: "é", count: 2000)
        let author = AuthorID(Array(repeating: 255, count: 32)) ?? .zero
        let shapes = (0..<40).map { ShapeID(author: author, number: Limits.shapeNumber - $0) }
        let wide = Size(width: edge, height: edge)
        let draft = ShapeDraft(
            kind: .arrow, position: corners[0], size: wide, points: (0..<200).map { corners[$0 % 2] }, text: long,
            stroke: Color(rgb: 0xFFFFFF), fill: Color(rgb: 0xFFFFFF), strokeWidth: Limits.strokeWidth)
        let gestures: [Gesture] = [
            .shape(draft), .stroke(draft), .move(shapes, by: corners[0]), .resize(shapes[0], position: corners[1], size: wide),
        ]
        for count in [1, 2, 3, 8] {
            for first in gestures.indices {
                var link = PresenceLink(now: .zero + .seconds(1 << 30))
                for frontEnd in FrontEndID.all.prefix(count) {
                    for _ in 0..<6 {
                        link.own.begin(gestures[first], by: frontEnd, now: .zero + .seconds(1))
                        link.own.end(.committed(sequence: 1 << 60), by: frontEnd)
                    }
                    let gesture = gestures[(first + Int(frontEnd.number)) % gestures.count]
                    link.own.begin(gesture, by: frontEnd, now: .zero + .seconds(1))
                }
                for step in 0..<40 {
                    link.own.point(at: corners[step % 2], by: .holder, now: .zero + .seconds(1 << 20) + .seconds(step << 8))
                }
                let requests = FrontEndID.all.map { StrokeRequest(frontEnd: $0, number: LiveValue.numberMax, from: 10_000) }
                let bytes = link.outbox.packet(for: link.own, requests: requests, now: link.now)
                #expect(bytes.count <= PresenceTiming.packetBytes)
                let packet = try PresencePacket(decoding: bytes)
                #expect(packet.requests == requests && packet.own.hands.count == count)
                try link.inbox.take(packet, now: link.now)
                link.show()
                #expect(link.picture.gestures.count == count)
                #expect(link.picture.cursor == corners[1])
            }
        }
        // Alone, a preview shows most of what it has.
        var link = PresenceLink()
        link.own.begin(.shape(draft), by: .holder, now: link.now)
        link.rest()
        guard case .shape(let shown)? = link.picture.gestures.values.first else { return #expect(Bool(false)) }
        #expect(shown.points.count > 10 && shown.points == Array(draft.points.prefix(shown.points.count)))
        #expect(draft.text.hasPrefix(shown.text) && shown.text.count > 200)
    }

    @Test func `a person is idle after a minute and active again with the next input`() {
        var own = OwnPresence(now: .zero)
        own.handleTimeout(now: .zero + .seconds(59))
        #expect(own.attention == .active)
        own.handleTimeout(now: .zero + .seconds(60))
        #expect(own.attention == .idle)
        own.touched(now: .zero + .seconds(61))
        #expect(own.attention == .active)
    }

    @Test func `SE-34: the pointer is that of the program that moved last`() {
        var link = PresenceLink()
        func tell(_ place: Point?, _ number: Int) {
            link.own.point(at: place, by: Self.frontEnd(number), now: link.now)
            link.run(.milliseconds(100))
        }
        tell(Point(x: 1, y: 1), 0)
        tell(Point(x: 2, y: 2), 1)
        // The other's pointer is not shown, and so does not leave.
        tell(nil, 0)
        #expect(link.picture.cursor == Point(x: 2, y: 2))
        tell(Point(x: 3, y: 3), 0)
        link.own.detach(Self.frontEnd(1), now: link.now)
        link.rest()
        #expect(link.picture.cursor == Point(x: 3, y: 3))
        link.own.attach(Self.frontEnd(1))
        tell(Point(x: 4, y: 4), 1)
        link.own.detach(Self.frontEnd(1), now: link.now)
        link.rest()
        #expect(link.picture.cursor == nil)
        let sources = link.told.compactMap { if case .cursor(let frontEnd, _) = $0.news { frontEnd.number } else { nil } }
        #expect(sources.enumerated().filter { $0.offset == 0 || sources[$0.offset - 1] != $0.element }.map(\.element) == [0, 1, 0, 1])
    }

    @Test func `SE-35: a pen is the pointer of its stroke, and costs no second sample`() throws {
        var link = PresenceLink(delay: .milliseconds(20))
        link.own.point(at: Point(x: 100, y: 100), by: .holder, now: link.now)
        link.own.begin(Self.stroke(at: Point(x: 100, y: 100)), by: .holder, now: link.now)
        for step in 1...60 as ClosedRange<Int32> {
            link.run(.milliseconds(8))
            link.own.extend([Point(x: 100 + step * 10, y: 100)], by: .holder, now: link.now)
            link.own.point(at: Point(x: 100 + step * 10, y: 100), by: .holder, now: link.now)
        }
        link.run(.milliseconds(200))
        for packet in link.packets { #expect(try PresencePacket(decoding: packet.bytes).own.hands.first?.cursor == nil) }
        #expect(link.picture.cursor == Point(x: 700, y: 100))
        let strokeTimes = link.strokeSamples.dropFirst().map(\.at)
        #expect(link.moves.suffix(60).map(\.at) == Array(strokeTimes.suffix(60)))
        // Lifted, it is a pointer again.
        link.own.end(.cancelled, by: .holder)
        link.run(.milliseconds(50))
        link.own.point(at: Point(x: 9, y: 9), by: .holder, now: link.now)
        link.rest()
        #expect(link.picture.cursor == Point(x: 9, y: 9))
    }
}
