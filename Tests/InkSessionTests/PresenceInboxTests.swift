import InkBoard
import InkPrimitives
import Testing

@testable import InkSession

@Suite struct PresenceInboxTests {
    /// A packet that says where the pointer is, as an honest peer would, but with any time.
    private static func pointing(at places: [Point], sentAt: UInt16, steps: Int64 = 8) -> PresencePacket {
        let samples = places.enumerated().map { HandSample(at: Int64($0) * steps, point: $1) }
        var hand = HandValue(frontEnd: .holder)
        hand.cursor = .samples(SampleRun(samples, after: SampleRun.History(), sentAt: Int64(places.count - 1) * steps))
        var packet = PresencePacket(own: PresenceValue())
        (packet.own.sentAt, packet.own.hands) = (sentAt, [hand])
        return packet
    }

    private static func drawing(
        _ points: [Point], from: Int, number: UInt64 = 1, hasStyle: Bool, sentAt: UInt16 = 1000, frontEnd: FrontEndID = .holder
    ) -> PresencePacket {
        let samples = points.enumerated().map { HandSample(at: Int64($0) * 8, point: $1) }
        let history =
            from == 0
            ? SampleRun.History() : SampleRun.History(last: samples[from - 1], beforeLast: from > 1 ? samples[from - 2] : nil)
        var hand = HandValue(frontEnd: frontEnd)
        hand.live = LiveValue(
            number: number, style: hasStyle ? .stroke(ShapeDraft(kind: .freehand, position: .zero)) : nil,
            body: .stroke(
                from: from, SampleRun(samples[from...], after: history, sentAt: Int64(points.count) * 8), isPen: false))
        var packet = PresencePacket(own: PresenceValue())
        (packet.own.sentAt, packet.own.hands) = (sentAt, [hand])
        return packet
    }

    private static func line(_ count: Int) -> [Point] { (0..<count).map { Point(x: Int32($0 * 10), y: Int32($0 % 5)) } }

    @Test func `SE-36, SE-291: times are those of the peer's clock, which wraps each minute, and pauses keep their length`() {
        var link = PresenceLink(delay: .milliseconds(20))
        var told: [(at: Instant, place: Point)] = []
        for step in 0..<400 {
            let place = Point(x: Int32(step), y: 0)
            link.own.point(at: place, by: .holder, now: link.now)
            told.append((link.now, place))
            link.run(step % 100 == 99 ? .seconds(50 * (step / 100 + 1)) : .milliseconds(25))
        }
        link.rest()
        let samples = link.moves
        #expect(samples.map(\.position) == told.map(\.place))
        let shift = samples[0].at - .nanoseconds(told[0].at.nanoseconds)
        #expect(zip(samples, told).allSatisfy { $0.at - .nanoseconds($1.at.nanoseconds) == shift })
    }

    @Test
    func `SE-291: a stroke goes on from its last sample after a pause in which we slept, whichever of its packets comes first`() throws {
        var link = PresenceLink()
        try link.inject(Self.drawing(Self.line(1), from: 0, hasStyle: true))
        link.run(.seconds(23))
        // Both left while we slept: one begins the stroke anew, the other goes on from what we had.
        try link.inject(Self.drawing(Self.line(6), from: 0, hasStyle: true, sentAt: 1040))
        link.run(.milliseconds(40))
        try link.inject(Self.drawing(Self.line(10), from: 1, hasStyle: false, sentAt: 1072))
        link.run(.milliseconds(40))
        let times = link.told.flatMap { entry in
            if case .gesture(_, _, .appended(let points)) = entry.news { points.map(\.at) } else { [] as [Duration] }
        }
        #expect(times.count == 10)
        #expect(zip(times, times.dropFirst()).allSatisfy { $1 - $0 == .milliseconds(8) }, "\(times)")
    }

    @Test(arguments: 0..<40 as Range<UInt64>)
    func `SE-36: times that go back, jump, repeat or wrap hold up nobody and never go back when they are told`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var link = PresenceLink()
        var sentAt: UInt16 = 0
        for step in 0..<600 {
            switch seed % 5 {
            case 0: sentAt &+= 33
            case 1: sentAt &-= 33
            case 2: sentAt = UInt16(truncatingIfNeeded: random.next())
            case 3: if random.chance(0.1) { sentAt &+= 30_000 }
            default: sentAt &+= random.chance(0.5) ? 40_000 : 25_536
            }
            let place = Point(x: Int32(step), y: 0)
            let steps = random.chance(0.2) ? Int64(random.below(1 << 30)) : 8
            try link.inject(Self.pointing(at: [place + Point(x: -1, y: 5), place], sentAt: sentAt, steps: steps))
            link.run(.milliseconds(33))
            #expect(link.picture.cursor == place)
        }
        let times = link.cursorSamples.map(\.at)
        #expect(zip(times, times.dropFirst()).allSatisfy { $0 < $1 })
        // What is told stays near what is honest: a minute before it came at most, and a minute after.
        let span = times[times.count - 1] - times[0]
        #expect(span > .milliseconds(500) && span < .seconds(600 * 33 / 1000 + 140), "\(span)")
    }

    @Test(arguments: [10, 40])
    func `SE-38: a pointer that comes to rest is told so once, and one that moves is not`(delay: Int) {
        var link = PresenceLink(delay: .milliseconds(delay))
        for step in 1...100 as ClosedRange<Int32> {
            link.own.point(at: Point(x: step * 10, y: 0), by: .holder, now: link.now)
            link.run(.milliseconds(8))
        }
        #expect(link.cursorSamples.count == link.moves.count)
        let last = link.now
        link.rest()
        link.run(.seconds(3))
        let samples = link.cursorSamples
        #expect(samples.count == 101 && samples[100].position == samples[99].position)
        // It was there when that was said, which was soon.
        #expect(samples[100].at - samples[99].at >= .milliseconds(16) && samples[100].at - samples[99].at <= .milliseconds(42))
        #expect(link.told.last.map { $0.at - last < .milliseconds(delay + 42) } == true)
    }

    @Test func `SE-291: a clock that leaps goes on as if nothing had happened`() {
        var clock = PeerClock()
        var now = Instant.zero + .seconds(100)
        var low: UInt16 = 40_000
        var times: [Int64] = []
        for step in 0..<100 {
            if step == 50 { low &+= 27_000 }
            times.append(clock.time(of: low, now: now))
            now += .milliseconds(30)
            low &+= 30
        }
        #expect(times.first == 100_000)
        #expect(zip(times, times.dropFirst()).allSatisfy { $1 - $0 == 30 })
        // Another session with the same person goes on after what was told.
        var next = clock.anew
        #expect(next.time(of: 5, now: now - .seconds(60)) == times[99])
    }

    @Test func `SE-37: ten thousand values a second are told sixty times a second, and the last of them is seen`() throws {
        var link = PresenceLink()
        var (place, sentAt): (Point, UInt16) = (.zero, 0)
        let began = link.now
        for step in 0..<30_000 {
            place = Point(x: Int32(step), y: Int32(step % 9))
            try link.inject(Self.pointing(at: [place], sentAt: sentAt))
            if step % 10 == 9 {
                link.run(.milliseconds(1))
                sentAt &+= 1
            }
        }
        link.run(.milliseconds(100))
        let tells = link.told.count
        #expect((link.now - began) == .milliseconds(3100) && tells <= 60 * 31 / 10 + PresenceTiming.shownBurst && tells >= 60 * 3)
        #expect(link.picture.cursor == place)
        #expect(link.told.allSatisfy { if case .cursor(_, let samples) = $0.news { samples.count <= 64 } else { false } })
    }

    @Test func `SE-37: thousands of gestures a second are told sixty times a second, and nothing stays of them`() throws {
        var link = PresenceLink()
        link.isMute = true
        for step in 0..<5000 as Range<UInt64> {
            var packet = Self.drawing(Self.line(3), from: 0, number: step + 1, hasStyle: true)
            if step > 0 { packet.own.hands[0].ended = [EndedGesture(number: step, outcome: .committed(sequence: 1 << 50))] }
            try link.inbox.take(packet, now: link.now)
            // No transaction ever comes.
            if step % 5 == 4 { link.run(.milliseconds(1)) }
        }
        #expect(link.picture.gestures.count <= 10)
        let begun = link.told.count { if case .gesture(_, _, .began) = $0.news { true } else { false } }
        #expect(begun <= 60 + PresenceTiming.shownBurst)
    }

    @Test func `SE-37: who is idle and back a thousand times a second is told so sixty times`() throws {
        var link = PresenceLink()
        var (changes, shown): (Int, PresenceValue.Attention) = (0, .active)
        for step in 0..<4000 {
            var packet = PresencePacket(own: PresenceValue())
            packet.own.attention = step % 2 == 0 ? .idle : .away
            packet.own.isTyping = step % 2 == 0
            try link.inject(packet)
            if link.inbox.shownAttention != shown { (changes, shown) = (changes + 1, link.inbox.shownAttention) }
            if step % 4 == 3 { link.run(.milliseconds(1)) }
        }
        #expect(changes <= 60 + PresenceTiming.shownBurst && link.told.count <= 60 + PresenceTiming.shownBurst)
        link.run(.milliseconds(100))
        #expect(link.inbox.shownAttention == .away)
    }

    @Test func `SE-37: an honest peer is told of as it is heard, however the path bunches what it sends`() throws {
        var link = PresenceLink()
        var number: Int32 = 0
        // Four at once, each fifteenth of a second: 60 a second.
        for _ in 0..<60 {
            for _ in 0..<4 {
                number += 1
                try link.inject(Self.pointing(at: [Point(x: number, y: 0)], sentAt: UInt16(number) &* 16))
                #expect(link.picture.cursor == Point(x: number, y: 0))
            }
            link.run(.milliseconds(67))
        }
    }

    @Test func `SE-33, SE-290: a stroke whose first samples never come is asked for seldom, shows nothing and keeps nothing`() throws {
        var link = PresenceLink(delay: .milliseconds(20))
        let points = Self.line(300)
        for step in 0..<250 {
            try link.inject(Self.drawing(Array(points[..<(step + 50)]), from: step + 40, hasStyle: step % 50 != 0))
            link.run(.milliseconds(33))
        }
        // After 120 ms, 240 ms … 3.84 s.
        #expect(link.requests.map(\.request) == Array(repeating: StrokeRequest(frontEnd: .holder, number: 1, from: 0), count: 7))
        #expect(link.requests[6].at - link.requests[0].at == .milliseconds(120 * 63))
        #expect(link.strokeSamples.isEmpty)
        // The next one is asked for anew.
        try link.inject(Self.drawing(points, from: 200, number: 2, hasStyle: true))
        link.run(.milliseconds(2))
        #expect(link.requests.count == 8)
        // When it comes after all, it is seen.
        try link.inject(Self.drawing(points, from: 0, number: 2, hasStyle: true))
        link.run(.milliseconds(40))
        #expect(link.strokeSamples.map(\.position) == points)
    }

    @Test func `SE-290: samples of one peer are bounded over all its strokes`() throws {
        var link = PresenceLink()
        link.isMute = true
        let points = (0..<10_000).map { Point(x: Int32($0 % 100), y: 0) }
        var hands: [HandValue] = []
        for frontEnd in FrontEndID.all {
            hands += Self.drawing(points, from: 0, number: 5, hasStyle: true, frontEnd: frontEnd).own.hands
            var packet = PresencePacket(own: PresenceValue())
            packet.own.hands = hands
            // Longer than any packet; the bound is of the samples.
            try link.inbox.take(packet, now: link.now)
            link.run(.milliseconds(200))
        }
        #expect(link.strokeSamples.count <= PresenceTiming.samplesMax)
        #expect(link.strokeSamples.count >= Limits.pointsPerStroke)
    }

    @Test(arguments: 0..<400 as Range<UInt64>)
    func `SE-288: whatever a peer says, nothing traps, and what is refused changes nothing`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var link = PresenceLink()
        link.isMute = true
        for _ in 0..<30 {
            let packet = PresencePacketTests.packet(using: &random)
            let before = link.inbox.isDrawing
            do { try link.inbox.take(packet, now: link.now) } catch { #expect(link.inbox.isDrawing == before) }
            for request in packet.requests { link.outbox.requested(request, of: link.own, now: link.now) }
            if random.chance(0.05) { for news in link.inbox.hide() { link.note(news) } }
            link.run(.milliseconds(random.below(40)))
        }
        // Steps of a gesture come in their order, and what is told last is what there is.
        var begun: Set<GestureID> = []
        for entry in link.told {
            guard case .gesture(let frontEnd, let number, let change) = entry.news else { continue }
            let id = GestureID(source: LiveSource(peer: .zero, frontEnd: frontEnd), number: number)
            switch change {
            case .began: #expect(begun.insert(id).inserted)
            case .appended, .updated: #expect(begun.contains(id))
            case .ended: #expect(begun.remove(id) != nil)
            }
        }
        #expect(begun.count <= FrontEndID.countMax + 8)
    }

    @Test func `SE-288: what is passed on of others is not shown`() throws {
        var link = PresenceLink()
        var packet = PresencePacket(own: PresenceValue())
        packet.passedOn = [PassedOnPresence(origin: .zero, value: Self.pointing(at: [Point(x: 1, y: 1)], sentAt: 5).own)]
        try link.inject(packet)
        #expect(link.told.isEmpty)
    }

    @Test func `SE-3: a preview stays until its transaction comes, and what is hidden begins again`() throws {
        var link = PresenceLink()
        var hasCome = false
        let result = { (sequence: UInt64) -> [ShapeID]? in hasCome ? [ShapeID(author: .zero, number: sequence)] : nil }
        func changes(_ news: [PresenceInbox.News]) -> [GestureChange] {
            news.compactMap { if case .gesture(_, _, let change) = $0 { change } else { nil } }
        }
        try link.inbox.take(Self.drawing(Self.line(3), from: 0, hasStyle: true), now: link.now)
        let first = changes(link.inbox.news(now: link.now, result: result))
        guard first.count == 2, case .began(.stroke(let draft), _) = first[0], case .appended(let samples) = first[1] else {
            return #expect(Bool(false), "\(first)")
        }
        #expect(draft.points.isEmpty && samples.map(\.position) == Self.line(3))
        #expect(changes(link.inbox.hide()) == [.ended(.hidden)])
        #expect(changes(link.inbox.news(now: link.now, result: result)).count == 2)
        // A front end that comes now is told the same.
        guard case .began(.stroke(let whole), _)? = changes(link.inbox.standing).first else { return #expect(Bool(false)) }
        #expect(whole.points == Self.line(3))
        var packet = Self.drawing(Self.line(2), from: 0, number: 2, hasStyle: true)
        packet.own.hands[0].ended = [EndedGesture(number: 1, outcome: .committed(sequence: 7))]
        try link.inbox.take(packet, now: link.now)
        #expect(changes(link.inbox.news(now: link.now, result: result)).count == 2)
        #expect(link.inbox.ended(result: result).isEmpty)
        hasCome = true
        #expect(changes(link.inbox.ended(result: result)) == [.ended(.committed([ShapeID(author: .zero, number: 7)]))])
        packet.own.hands = []
        try link.inbox.take(packet, now: link.now)
        #expect(changes(link.inbox.news(now: link.now, result: result)) == [.ended(.cancelled)])
    }
}
