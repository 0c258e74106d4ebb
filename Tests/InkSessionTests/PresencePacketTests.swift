import InkBoard
import InkPrimitives
import Testing

@testable import InkSession

@Suite struct PresencePacketTests {
    @Test func `SE-30: the worked examples of the overview are what is written`() throws {
        // Nothing under way; a person who types.
        var packet = PresencePacket(own: PresenceValue())
        packet.own.isTyping = true
        #expect(packet.bytes == [0x04])
        // The pointer of the only program, five milliseconds old, at (1, -2).
        var hand = HandValue(frontEnd: .holder)
        hand.cursor = .samples(
            SampleRun([HandSample(at: 995, point: Point(x: 1, y: -2))], after: SampleRun.History(), sentAt: 1000))
        packet = PresencePacket(own: PresenceValue())
        (packet.own.sentAt, packet.own.hands) = (1000, [hand])
        #expect(Hex.encode(packet.bytes) == "1003e85cac")
        // A stroke's first two samples with its style, the pointer at its end.
        let draft = ShapeDraft(kind: .freehand, position: Point(x: 100, y: 200), stroke: Color(rgb: 0x00_72_B2))
        let points = [HandSample(at: 990, point: .zero), HandSample(at: 998, point: Point(x: 5, y: 3))]
        hand = HandValue(frontEnd: .holder)
        hand.live = LiveValue(
            number: 1, style: .stroke(draft),
            body: .stroke(from: 0, SampleRun(points, after: SampleRun.History(), sentAt: 1000), isPen: true))
        packet.own.hands = [hand]
        #expect(Hex.encode(packet.bytes) == "2003e81c06800072b300100040c841900055c8de42")
        // The second program has gone; it asks for a stroke from its fifth sample on.
        hand = HandValue(frontEnd: try #require(FrontEndID(1)))
        hand.isOver = true
        packet.own.hands = [hand]
        packet.requests = [StrokeRequest(frontEnd: .holder, number: 7, from: 4)]
        #expect(Hex.encode(packet.bytes) == "8803e84101000704")
    }

    @Test func `SE-276, SE-393: what a person does without is said in one byte, and in none where that is nothing`() throws {
        var packet = PresencePacket(own: PresenceValue())
        packet.own.attention = .away
        #expect(Hex.encode(packet.bytes) == "02")
        packet.own.needs = [.unseen, .sparing]
        #expect(Hex.encode(packet.bytes) == "0a1001080103")
        packet.own.further = [FurtherPresence(kind: 7, bytes: []), FurtherPresence(kind: 9, bytes: [])]
        #expect(try PresencePacket(decoding: packet.bytes) == packet)
        for bits in ["00", "04", "ff"] {
            #expect(throws: WireError.self) { try PresencePacket(decoding: Hex.decode("0a10010801" + bits) ?? []) }
        }
    }

    @Test(arguments: 0..<500 as Range<UInt64>)
    func `SE-30: every packet reads back as it was written`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let packet = Self.packet(using: &random)
        #expect(try PresencePacket(decoding: packet.bytes) == packet)
    }

    @Test(arguments: 0..<3000 as Range<UInt64>)
    func `SE-288: no bytes of a stranger make a packet trap, and each value has one spelling`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var bytes = Self.packet(using: &random).bytes
        for _ in 0...random.below(4) { bytes[random.below(bytes.count)] = UInt8(truncatingIfNeeded: random.next()) }
        if random.chance(0.3) { bytes.removeLast(random.below(bytes.count)) }
        if random.chance(0.1) { bytes.append(0) }
        guard let packet = try? PresencePacket(decoding: bytes) else { return }
        #expect(packet.bytes == bytes)
    }

    @Test(arguments: [
        "", "03", "0800", "0840", "80", "80000000", "8000000808", "1000008000", "40000000", "4000000105", "080900", "08010f0100", "0810",
        "081000", "0820",
    ])
    func `SE-30: what nobody would write is refused`(hex: String) throws {
        let bytes = try #require(Hex.decode(hex))
        #expect(throws: WireError.self) { try PresencePacket(decoding: bytes) }
    }

    @Test func `SE-288: what later versions say is passed over, and what is of others is read and bounded`() throws {
        var random = SplitMix64(seed: 4)
        var packet = PresencePacket(own: PresenceValue())
        packet.own.further = [FurtherPresence(kind: 7, bytes: [1, 2]), FurtherPresence(kind: 900, bytes: [])]
        let origins = (0..<3).map { _ in PeerID(using: &random) }.sorted()
        packet.passedOn = origins.map { PassedOnPresence(origin: $0, value: PresenceValue()) }
        #expect(try PresencePacket(decoding: packet.bytes) == packet)
        packet.passedOn.swapAt(0, 1)
        #expect(throws: WireError.nonCanonical) { try PresencePacket(decoding: packet.bytes) }
        packet.passedOn = [packet.passedOn[0], packet.passedOn[0]]
        #expect(throws: WireError.nonCanonical) { try PresencePacket(decoding: packet.bytes) }
        packet.passedOn = []
        packet.own.further.reverse()
        #expect(throws: WireError.nonCanonical) { try PresencePacket(decoding: packet.bytes) }
    }

    // MARK: Some packets

    static func packet(using random: inout SplitMix64) -> PresencePacket {
        var packet = PresencePacket(own: value(using: &random))
        for _ in 0..<(random.chance(0.3) ? random.below(3) : 0) {
            packet.requests.append(
                StrokeRequest(
                    origin: random.chance(0.3) ? PeerID(using: &random) : nil, frontEnd: frontEnd(using: &random),
                    number: UInt64(random.below(100)), from: random.below(10_000)))
        }
        for origin in (0..<(random.chance(0.2) ? random.below(4) : 0)).map({ _ in PeerID(using: &random) }).sorted() {
            packet.passedOn.append(PassedOnPresence(origin: origin, value: value(using: &random)))
        }
        return packet
    }

    private static func frontEnd(using random: inout SplitMix64) -> FrontEndID { FrontEndID(random.below(FrontEndID.countMax)) ?? .holder }

    private static func value(using random: inout SplitMix64) -> PresenceValue {
        var value = PresenceValue()
        value.attention = PresenceValue.Attention(rawValue: UInt8(random.below(3))) ?? .active
        value.isTyping = random.chance(0.2)
        for frontEnd in FrontEndID.all where random.chance(frontEnd == .holder ? 0.7 : 0.1) {
            let hand = hand(frontEnd, using: &random)
            if !hand.isEmpty { value.hands.append(hand) }
        }
        for hand in value.hands where random.chance(0.1) {
            var dashed = ShapeDraft(kind: .arrow, position: .zero)
            (dashed.lineStyle, dashed.route) = (.dashed, .elbow)
            let standing = random.chance(0.5) ? ShapeID(author: .zero, number: 300) : nil
            value.gestureLooks.append(GestureLook(frontEnd: hand.frontEnd, number: 7, standing: standing, draft: dashed))
        }
        if !value.hands.isEmpty { value.sentAt = UInt16(truncatingIfNeeded: random.next()) }
        if random.chance(0.2) {
            value.laser = LaserValue(number: UInt64(random.below(300)), endedAge: random.chance(0.5) ? Int64(random.below(1 << 20)) : nil)
        }
        let (left, top) = (random.below(9000) - 4500, random.below(99) - 50)
        let box = WorldBox(left: left, top: top, right: left + random.below(9000), bottom: top + random.below(99))
        if random.chance(0.2) { value.view = random.chance(0.3) ? ViewValue.none : .part(box) }
        if random.chance(0.1) { value.look = LookValue(number: UInt64(random.below(300)), box: box) }
        if random.chance(0.1) { value.needs = PresenceValue.Needs(rawValue: UInt8(1 + random.below(3))) }
        if random.chance(0.1) { value.further = [FurtherPresence(kind: UInt64(9 + random.below(1000)), bytes: [1, 2, 3])] }
        return value
    }

    private static func hand(_ frontEnd: FrontEndID, using random: inout SplitMix64) -> HandValue {
        var hand = HandValue(frontEnd: frontEnd)
        let trace = HandTrace.writing(seconds: 1, seed: UInt64(random.below(4)))
        if random.chance(0.5) {
            let run = SampleRun(trace.prefix(1 + random.below(16)), after: SampleRun.History(), sentAt: 130)
            hand.cursor = random.chance(0.2) ? .gone(age: Int64(random.below(1 << 20))) : .samples(run)
        }
        if random.chance(0.6) {
            hand.live = LiveValue(number: UInt64(random.below(1 << 20)), style: nil, body: .move(by: .zero, age: 0))
            let (isNew, age) = (random.chance(0.5), Int64(random.below(1000)))
            let draft = ShapeDraft(
                kind: .rectangle, position: .zero, text: random.chance(0.3) ? "é 漢" : "", stroke: random.chance(0.5) ? Color(rgb: 5) : nil,
                fill: nil, strokeWidth: UInt16(random.below(2048)))
            let place = Point(x: Int32(random.below(9999)) - 5000, y: 7)
            switch random.below(4) {
            case 0:
                let from = random.below(40)
                let history =
                    from == 0
                    ? SampleRun.History() : SampleRun.History(last: trace[from - 1], beforeLast: from > 1 ? trace[from - 2] : nil)
                let run = SampleRun(trace[from..<from + random.below(30)], after: history, sentAt: 1000)
                hand.live?.body = .stroke(from: from, run, isPen: random.chance(0.5))
                var style = draft
                style.position = place
                if isNew { hand.live?.style = .stroke(style) }
            case 1:
                let points = (0..<random.below(8)).map { Point(x: Int32($0 * 100), y: -3) }
                hand.live?.body = .shape(position: place, size: Size(width: 4, height: 5), points: points, age: age)
                if isNew { hand.live?.style = .shape(draft) }
            case 2:
                hand.live?.body = .move(by: place, age: age)
                if isNew { hand.live?.style = .move((0..<random.below(4)).map { ShapeID(author: .zero, number: UInt64($0)) }) }
            default:
                hand.live?.body = .resize(position: place, size: Size(width: 4, height: 5), age: age)
                if isNew { hand.live?.style = .resize(ShapeID(author: .zero, number: 9)) }
            }
        }
        for number in 0..<UInt64(random.chance(0.3) ? random.below(5) : 0) {
            hand.ended.append(EndedGesture(number: number, outcome: random.chance(0.5) ? .cancelled : .committed(sequence: 5 + number)))
        }
        hand.isOver = random.chance(0.1)
        return hand
    }
}
