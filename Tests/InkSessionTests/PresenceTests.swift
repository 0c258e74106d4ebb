import InkBoard
import InkPrimitives
import InkSession
import Testing

@Suite struct PresenceTests {
    @Test func `a cursor alone takes three bytes`() {
        var state = PresenceState()
        state.cursor = Point(x: 1, y: -2)
        #expect(state.encode(acknowledgedPoints: 0).bytes == [0x04, 0x02, 0x03])
    }

    @Test func `a preview at its limits fits one packet and reads back`() throws {
        let edge = Limits.coordinate
        let corners = [Point(x: edge, y: -edge), Point(x: -edge, y: edge)]
        let draft = ShapeDraft(
            kind: .arrow, position: corners[0], size: .zero, points: (0..<200).map { corners[$0 % 2] },
            text: String(repeating: "é", count: 2000))
        var own = OwnPresence(now: .zero)
        own.begin(.shape(draft))
        own.end(.committed(sequence: 1 << 40))
        own.begin(.shape(draft))
        own.setCursor(corners[1])
        let packet = own.state.encode(acknowledgedPoints: 0).bytes
        #expect(packet.count <= PresenceTiming.packetBytes)
        var theirs = PresenceState()
        try theirs.apply(packet)
        guard case .shape(let shown)? = theirs.live?.gesture else { return #expect(Bool(false), "\(String(describing: theirs.live))") }
        #expect(shown.points.count > 10 && shown.points == Array(draft.points.prefix(shown.points.count)))
        #expect(draft.text.hasPrefix(shown.text) && shown.text.count > 200)
    }

    // SE-4
    @Test(arguments: 0..<100 as Range<UInt64>)
    func `a stroke grows at the other side whatever packets are lost`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var own = OwnPresence(now: .zero)
        var outbox = PresenceOutbox()
        var theirs = PresenceState()
        own.begin(.stroke(ShapeDraft(kind: .freehand, position: Point(x: 100, y: 100), points: [.zero])))
        var now = Instant.zero
        var token: UInt64 = 0
        func step(lossless: Bool) throws {
            guard let due = outbox.deadline(version: own.version, state: own.state, roundTrip: .milliseconds(50), present: 2) else {
                return
            }
            now = max(now, due)
            let packet = outbox.packet(version: own.version, state: own.state, now: now)
            #expect(packet.count <= PresenceTiming.packetBytes)
            token += 1
            outbox.sent(token: token)
            guard lossless || random.chance(0.6) else { return }
            try theirs.apply(packet)
            if lossless || random.chance(0.6) { outbox.acknowledged(token: token) }
        }
        for _ in 0..<200 {
            own.extend((0..<random.below(8)).map { _ in Point(x: Int32(random.below(90000)), y: Int32(random.below(90000))) })
            try step(lossless: false)
        }
        while outbox.deadline(version: own.version, state: own.state, roundTrip: .milliseconds(50), present: 2) != nil {
            try step(lossless: true)
        }
        #expect(theirs == own.state)
    }

    // SE-15
    @Test(arguments: [(59, 3, 60), (59, 4, 30), (60, 2, 30), (1, 2, 60), (nil, 2, 30)] as [(Int?, Int, Int)])
    func `presence goes at the rate that path and company allow`(milliseconds: Int?, present: Int, rate: Int) {
        var own = OwnPresence(now: .zero)
        var outbox = PresenceOutbox()
        let roundTrip = milliseconds.map { Duration.milliseconds($0) }
        var (now, sent) = (Instant.zero, 0)
        for step in 0..<1000 {
            now = .zero + .milliseconds(step)
            own.setCursor(Point(x: Int32(step), y: 0))
            guard let due = outbox.deadline(version: own.version, state: own.state, roundTrip: roundTrip, present: present), due <= now
            else { continue }
            _ = outbox.packet(version: own.version, state: own.state, now: now)
            sent += 1
            outbox.sent(token: UInt64(sent))
            outbox.acknowledged(token: UInt64(sent))
        }
        // A second of motion, looked at each millisecond.
        #expect((rate - 2...rate + 1).contains(sent), "\(sent) packets")
    }

    // SE-4
    @Test func `a run of samples that leaves a gap changes nothing`() {
        var state = PresenceState()
        let points = (0..<20).map { Point(x: Int32($0), y: 0) }
        state.live = LiveGesture(number: 1, gesture: .stroke(ShapeDraft(kind: .freehand, position: .zero, points: points)))
        let late = state.encode(acknowledgedPoints: 10).bytes
        var theirs = PresenceState()
        theirs.cursor = Point(x: 5, y: 5)
        let before = theirs
        #expect(throws: WireError.unexpected) { try theirs.apply(late) }
        #expect(theirs == before)
    }

    @Test(arguments: 0..<2000 as Range<UInt64>)
    func `no bytes of a stranger make presence trap`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var state = PresenceState()
        state.cursor = Point(x: 1 << 20, y: -77)
        state.end(EndedGesture(number: 3, outcome: .committed(sequence: 9)))
        state.live = LiveGesture(
            number: 4, gesture: .stroke(ShapeDraft(kind: .freehand, position: .zero, points: [.zero, Point(x: 8, y: 8)], text: "é")))
        var bytes = state.encode(acknowledgedPoints: 0).bytes
        for _ in 0...random.below(4) { bytes[random.below(bytes.count)] = UInt8(truncatingIfNeeded: random.next()) }
        if random.chance(0.3) { bytes.removeLast(random.below(bytes.count)) }
        var theirs = PresenceState()
        do {
            try theirs.apply(bytes)
            // What was taken can be said again.
            _ = theirs.encode(acknowledgedPoints: 0)
        } catch {
            #expect(theirs == PresenceState())
        }
    }

    @Test func `a person is idle after a minute and active again with the next input`() {
        var own = OwnPresence(now: .zero)
        own.handleTimeout(now: .zero + .seconds(59))
        #expect(own.state.attention == .active)
        own.handleTimeout(now: .zero + .seconds(60))
        #expect(own.state.attention == .idle)
        own.touched(now: .zero + .seconds(61))
        #expect(own.state.attention == .active)
    }
}
