import InkPrimitives
import Testing

@testable import InkTransport

/// The controller by itself: packets leave a window at a time, and arrive after the round trip that the test names.
private struct Sender {
    var controller = CongestionController()
    var now = Instant(nanoseconds: 1_000_000_000)
    /// When the packets of the last round left.
    var left: [Instant] = []

    init(roundTrip: Duration) { controller.begin(roundTrip: roundTrip, byteCount: StartPacket.byteCount, now: now) }

    /// All that the window holds, and its acknowledgements, but for the first `lost`, which are judged lost.
    ///
    /// - Parameter isSample: the acknowledgements say how long it took.
    mutating func round(_ roundTrip: Duration, lost: Int = 0, isSample: Bool = true) {
        let packets = max(1, min(60, Int(controller.window) / 1200))
        var stamps: [DeliveryRate.Stamp] = []
        left = []
        for number in 0..<packets {
            now += roundTrip / packets
            left.append(now)
            stamps.append(controller.sent(1200, bytesInFlight: number * 1200, now: now))
        }
        for number in 0..<packets {
            let at = max(now, left[number] + roundTrip)
            now = at
            guard number >= min(lost, packets - 1) else { continue }
            if number == min(lost, packets - 1) {
                for number in 0..<number { controller.lost(1200, sentAt: left[number], now: now) }
            }
            controller.acknowledged(1200, stamps[number], sentAt: left[number], now: now)
            controller.finishAcknowledgement(roundTrip: isSample ? (at - left[number], 1200) : nil, now: now)
        }
    }

    /// Beside one who fills the queue.
    static func contesting() -> Sender {
        var sender = Sender(roundTrip: .milliseconds(50))
        for _ in 0..<10 { sender.round(.milliseconds(50)) }
        for number in 0..<200 where sender.controller.phase != .contest { sender.round(.milliseconds(120 + number % 20)) }
        return sender
    }
}

@Suite struct CongestionTests {
    @Test func `TR-198, TR-199: where the handshake told no round trip the first acknowledgement does`() throws {
        var (controller, now) = (CongestionController(), Instant(nanoseconds: 1_000_000_000))
        let stamp = controller.sent(100, bytesInFlight: 0, now: now)
        let assumed = controller.pacingRate
        let sentAt = now
        now += .milliseconds(50)
        controller.acknowledged(100, stamp, sentAt: sentAt, now: now)
        controller.finishAcknowledgement(roundTrip: (.milliseconds(50), 100), now: now)
        // In 50 ms, and not in 333.
        #expect(controller.pacingRate > assumed * 6)
    }

    @Test func `TR-198: what waited for the last packet of the handshake does not tell how long a round trip takes`() {
        var (controller, now) = (CongestionController(), Instant(nanoseconds: 1_000_000_000))
        // The peer cannot read the first packets before message 3 has come once more.
        for span in [400, 383, 50, 50, 60] {
            let stamp = controller.sent(100, bytesInFlight: 0, now: now)
            let sentAt = now
            now += .milliseconds(span)
            controller.acknowledged(100, stamp, sentAt: sentAt, now: now)
            controller.finishAcknowledgement(roundTrip: (.milliseconds(span), 100), now: now)
        }
        // At least a window in 50 ms.
        #expect(controller.pacingRate >= controller.window / 0.05)
    }

    @Test func `TR-82, TR-204: a queue that stays though it is left is contested`() {
        let sender = Sender.contesting()
        #expect(sender.controller.phase == .contest)
    }

    @Test func `TR-205: a look at the queue that brings no round trip does not find it gone`() {
        var sender = Sender.contesting()
        var rounds = 0
        while rounds < 300, sender.controller.phase == .contest {
            sender.round(.milliseconds(130), isSample: false)
            rounds += 1
        }
        #expect(sender.controller.phase == .contest, "after \(rounds) rounds")
        // And nobody who shows no round trip is deaf to losses for ever.
        var least = sender.controller.window
        for _ in 0..<40 {
            sender.round(.milliseconds(130), lost: 1, isSample: false)
            least = min(least, sender.controller.window)
        }
        #expect(least < Double(CongestionController.initial) * 4, "\(least) bytes")
    }

    @Test func `TR-87: a way that becomes longer is no queue`() {
        var sender = Sender(roundTrip: .milliseconds(50))
        for _ in 0..<10 { sender.round(.milliseconds(50)) }
        for _ in 0..<200 {
            sender.round(.milliseconds(150))
            #expect(sender.controller.phase != .contest)
        }
        #expect(sender.controller.view.base == .milliseconds(150))
        #expect(sender.controller.view.queue == .zero)
    }

    @Test func `TR-87: a way that becomes shorter is seen at once`() {
        var sender = Sender(roundTrip: .milliseconds(150))
        for _ in 0..<10 { sender.round(.milliseconds(150)) }
        sender.round(.milliseconds(20))
        #expect(sender.controller.view.base == .milliseconds(20))
    }

    @Test func `TR-86: what was judged lost and arrives gives the window back`() {
        var sender = Sender.contesting()
        for _ in 0..<20 { sender.round(.milliseconds(130)) }
        let before = sender.controller.window
        sender.round(.milliseconds(130), lost: 3)
        let (reduced, left) = (sender.controller.window, sender.left)
        #expect(reduced < before * 0.95, "\(before), \(reduced)")
        sender.controller.arrivedLate(1200, sentAt: left[0])
        sender.controller.arrivedLate(1200, sentAt: left[1])
        #expect(sender.controller.window == reduced, "one of the three is lost for all that is known")
        sender.controller.arrivedLate(1200, sentAt: left[2])
        #expect(sender.controller.window > reduced && sender.controller.window <= before * 1.1, "\(before), \(sender.controller.window)")
        // Whatever comes again and again.
        let after = sender.controller.window
        for _ in 0..<100 { sender.controller.arrivedLate(1200, sentAt: left[2]) }
        #expect(sender.controller.window == after)
    }

    @Test func `TR-86: acknowledgements that are withheld move no window`() {
        var sender = Sender(roundTrip: .milliseconds(50))
        for _ in 0..<10 { sender.round(.milliseconds(50)) }
        let window = sender.controller.window
        for number in 0..<20 { _ = sender.controller.sent(1200, bytesInFlight: number * 1200, now: sender.now) }
        #expect(sender.controller.window == window)
        // All of it is judged lost, and then they come.
        let at = sender.now
        for _ in 0..<20 { sender.controller.lost(1200, sentAt: at, now: at + .seconds(1)) }
        for _ in 0..<20 { sender.controller.arrivedLate(1200, sentAt: at) }
        #expect(sender.controller.window <= window)
    }

    @Test func `TR-85: where nothing arrives for long one packet is left`() {
        var sender = Sender(roundTrip: .milliseconds(50))
        for _ in 0..<10 { sender.round(.milliseconds(50)) }
        let at = sender.now
        for number in 0..<20 { sender.controller.lost(1200, sentAt: at + .milliseconds(50 * number + 1), now: at + .seconds(2)) }
        #expect(sender.controller.window == 1200 && sender.controller.phase == .startup)
    }

    @Test func `TR-153, TR-234: on a slow line less leaves at once when a queue comes, and not only after the round`() {
        var sender = Sender(roundTrip: .milliseconds(50))
        for span in [50, 50, 50, 90, 90, 50] { sender.round(.milliseconds(span)) }
        #expect(sender.controller.phase == .steady && sender.controller.isNarrow)
        let (window, rate) = (sender.controller.window, sender.controller.pacingRate)
        /// Packets that wait for so many ms.
        func paced(_ waits: [Int]) -> CongestionController {
            var (controller, now) = (sender.controller, sender.now)
            for wait in waits {
                let stamp = controller.sent(1200, bytesInFlight: 0, now: now)
                controller.acknowledged(1200, stamp, sentAt: now, now: now + .milliseconds(50 + wait))
                controller.finishAcknowledgement(roundTrip: (.milliseconds(50 + wait), 1200), now: now + .milliseconds(50 + wait))
                now += .milliseconds(50 + wait)
            }
            return controller
        }
        let late = paced([150, 150])
        #expect(late.window == window && late.pacingRate < rate * 0.55, "\(late.window) of \(window), \(late.pacingRate) of \(rate)")
        // Chance makes one late now and then.
        #expect(paced([0, 150]).pacingRate == rate)
    }

    @Test func `TR-85, TR-153: what is lost between packets that arrive is no silence, and what is lost before them is`() {
        var sender = Sender(roundTrip: .milliseconds(50))
        for span in [50, 50, 50, 90, 90, 50, 50] { sender.round(.milliseconds(span)) }
        #expect(sender.controller.phase == .steady && sender.controller.window > 4800)
        let begin = sender.now
        var stamps: [DeliveryRate.Stamp] = []
        for number in 0..<10 {
            stamps.append(sender.controller.sent(1200, bytesInFlight: number * 1200, now: begin + .milliseconds(100 * (number + 1))))
        }
        /// One acknowledgement, with the newest range first: of these ten these arrived, and the others are lost.
        func said(_ arrived: [Int]) -> CongestionController {
            var controller = sender.controller
            let now = begin + .seconds(2)
            for number in arrived {
                controller.acknowledged(1200, stamps[number], sentAt: begin + .milliseconds(100 * (number + 1)), now: now)
            }
            for number in 0..<10 where !arrived.contains(number) {
                controller.lost(1200, sentAt: begin + .milliseconds(100 * (number + 1)), now: now)
            }
            controller.finishAcknowledgement(roundTrip: nil, now: now)
            return controller
        }
        let eachSecond = said([9, 7, 5, 3, 1])
        #expect(eachSecond.phase == .steady && eachSecond.window >= sender.controller.window)
        #expect(said([3, 4, 5, 6, 7, 8, 9]).phase == .steady, "200 ms of nothing are no silence")
        #expect(said([8, 9]).phase == .startup && said([8, 9]).window <= 4800)
        // What was on the way when the silence began arrived, and what was said of it did not.
        #expect(said([9, 0]).phase == .startup && said([8, 9, 0, 1]).phase == .startup)
        #expect(said([9, 5, 0]).phase == .steady)
    }

    @Test func `TR-82, TR-85: a window that silence took does not come back by what was asked before`() {
        var sender = Sender(roundTrip: .milliseconds(50))
        for _ in 0..<3 { sender.round(.milliseconds(50)) }
        for _ in 0..<3 { sender.round(.milliseconds(90)) }
        // A queue below the bound, until half of the window is left to see the line without it.
        var window = 0.0
        for _ in 0..<400 {
            window = sender.controller.window
            sender.round(.milliseconds(54))
            if sender.controller.window < window * 0.6 { break }
        }
        #expect(sender.controller.window < window * 0.6 && sender.controller.phase == .steady)
        for number in 0..<20 {
            sender.controller.lost(1200, sentAt: sender.now + .milliseconds(50 * number + 1), now: sender.now + .seconds(2))
        }
        #expect(sender.controller.window == 1200)
        sender.now += .seconds(2)
        // The queue that ends the start, and then none.
        for span in [90, 90, 90, 54, 54, 54, 54, 54, 54, 54, 54] { sender.round(.milliseconds(span)) }
        #expect(sender.controller.phase == .steady && sender.controller.window < window / 3)
    }

    @Test func `TR-210: after a pause no more leaves at once than the line carried`() {
        var sender = Sender(roundTrip: .milliseconds(50))
        for _ in 0..<6 { sender.round(.milliseconds(50)) }
        let carried = (sender.controller.measuredRate ?? 0) * 0.05
        _ = sender.controller.sent(1200, bytesInFlight: 0, now: sender.now + .seconds(30))
        #expect(sender.controller.window <= max(carried, 2400) + 1)
    }

    @Test func `TR-80, TR-83: short packets are compared with short ones`() {
        var trips = RoundTrips()
        let now = Instant(nanoseconds: 1_000_000_000)
        #expect(trips.take(.milliseconds(60), byteCount: 80, now: now) == nil, "nothing long was seen")
        #expect(trips.take(.milliseconds(200), byteCount: 1190, now: now) == .milliseconds(200))
        #expect(trips.take(.milliseconds(70), byteCount: 80, now: now) == .milliseconds(210))
        #expect(trips.queue == .milliseconds(10))
        // Half as long as between the two, half as late.
        #expect(trips.take(.milliseconds(140), byteCount: 650, now: now) == .milliseconds(210) && trips.queue == .milliseconds(10))
        #expect(trips.take(.milliseconds(130), byteCount: 650, now: now) == .milliseconds(200) && trips.queue == .zero)
        var longOnly = RoundTrips()
        _ = longOnly.take(.milliseconds(200), byteCount: 1190, now: now)
        #expect(longOnly.take(.milliseconds(300), byteCount: 600, now: now) == nil, "neither, and not very late")
        #expect(longOnly.take(.milliseconds(900), byteCount: 600, now: now) == .milliseconds(900) && longOnly.queue == .milliseconds(700))
        #expect(trips.take(.nanoseconds(-5), byteCount: 1190, now: now) == .microseconds(1), "held for longer than it took, says the peer")
    }

    @Test func `TR-148: where short packets find the line empty the shortest of long ones is not forgotten`() {
        for isEmpty in [true, false] {
            var trips = RoundTrips()
            var now = Instant(nanoseconds: 1_000_000_000)
            _ = trips.take(.milliseconds(180), byteCount: 1190, now: now)
            _ = trips.take(.milliseconds(140), byteCount: 80, now: now)
            for second in 0..<60 {
                now = now + .seconds(1)
                _ = trips.take(.milliseconds(190), byteCount: 1190, now: now)
                _ = trips.take(.milliseconds(second % 5 == 0 && isEmpty ? 141 : 155), byteCount: 80, now: now)
            }
            #expect(trips.base == .milliseconds(isEmpty ? 180 : 190))
        }
    }

    @Test(arguments: [(60, 1, true), (10, 1, false), (60, 100, false)] as [(Int, Int, Bool)])
    func `TR-231: a contest takes a queue that is long for long`(queue: Int, shortest: Int, isOthers: Bool) {
        var strikes = Strikes()
        var verdicts: [Strikes.Verdict] = []
        for number in 0..<10 {
            verdicts.append(
                strikes.add(
                    .milliseconds(queue + number % 2 * 4), over: .milliseconds(8), noise: .zero, roundTrip: .milliseconds(50),
                    base: .milliseconds(shortest), now: Instant(nanoseconds: 1_000_000_000) + .milliseconds(number * 100)))
        }
        // 52 ms more than may for 0.8 s; sixteen round trips of 100 ms are more than 0.9 s.
        #expect(verdicts.contains(.others) == isOthers && verdicts.prefix(6).allSatisfy { $0 == .own })
    }

    @Test func `TR-198: whatever a peer says of how long it held what, no round trip is less than none`() {
        var trips = RoundTrips()
        let now = Instant(nanoseconds: 1_000_000_000)
        _ = trips.take(.nanoseconds(-5), byteCount: 1190, now: now)
        _ = trips.take(.milliseconds(100), byteCount: 80, now: now)
        #expect(trips.take(.nanoseconds(-5), byteCount: 600, now: now) == .microseconds(1))
        #expect(trips.take(.milliseconds(40), byteCount: 1190, now: now) != nil)
        #expect(trips.smoothed > .zero && trips.queue >= .zero)
    }

    @Test func `TR-81, TR-200: after a pause what was seen before its span is forgotten`() {
        var most = WindowedExtreme<Double>(over: .seconds(10)) { $0 > $1 }
        let now = Instant(nanoseconds: 1_000_000_000)
        most.take(5, now: now)
        most.take(3, now: now + .seconds(9))
        #expect(most.value == 5)
        most.take(2, now: now + .seconds(13))
        #expect(most.value == 3, "nothing younger than half of the span is forgotten")
        most.take(1, now: now + .seconds(40))
        #expect(most.value == 1)
    }

    @Test
    func `TR-198: an answer of a handshake tells the shortest until a long packet has come, for that takes longer on a narrow line`() {
        var trips = RoundTrips()
        let now = Instant(nanoseconds: 1_000_000_000)
        trips.begin(.milliseconds(75), byteCount: AnswerPacket.byteCount, now: now)
        #expect(trips.base == .milliseconds(75) && trips.smoothed == .milliseconds(75))
        #expect(trips.take(.milliseconds(91), byteCount: 1190, now: now) == .milliseconds(91))
        #expect(trips.base == .milliseconds(91) && trips.queue == .zero)
        var initiator = RoundTrips()
        initiator.begin(.milliseconds(88), byteCount: StartPacket.byteCount, now: now)
        #expect(initiator.take(.milliseconds(91), byteCount: 1190, now: now) == .milliseconds(91))
        #expect(initiator.base == .milliseconds(88) && initiator.queue == .milliseconds(3))
    }

    @Test func `TR-99: three packets in a row that waited long tell of a full queue for some seconds, and one does not`() {
        var sender = Sender(roundTrip: .milliseconds(50))
        for _ in 0..<10 { sender.round(.milliseconds(50)) }
        func take(_ span: Duration) {
            let stamp = sender.controller.sent(1200, bytesInFlight: 0, now: sender.now)
            sender.now += span
            sender.controller.acknowledged(1200, stamp, sentAt: sender.now - span, now: sender.now)
            sender.controller.finishAcknowledgement(roundTrip: (span, 1200), now: sender.now)
        }
        for span in [50, 120, 130, 50, 120, 50] {
            take(.milliseconds(span))
            #expect(!sender.controller.isQueued(now: sender.now), "radio makes one late")
        }
        for span in [110, 90, 120] { take(.milliseconds(span)) }
        #expect(sender.controller.isQueued(now: sender.now) && sender.controller.isQueued(now: sender.now + .seconds(4)))
        #expect(!sender.controller.isQueued(now: sender.now + .seconds(5)))
    }

    @Test func `TR-81: what takes no time at all leaves a window`() {
        var controller = CongestionController()
        let now = Instant(nanoseconds: 1_000_000_000)
        controller.begin(roundTrip: .zero, byteCount: StartPacket.byteCount, now: now)
        for _ in 0..<20 {
            let stamp = controller.sent(40, bytesInFlight: 0, now: now)
            controller.acknowledged(40, stamp, sentAt: now, now: now)
            controller.finishAcknowledgement(roundTrip: (.zero, 40), now: now)
            #expect(controller.window >= 1200)
        }
    }

    @Test(arguments: 0..<60 as Range<UInt64>)
    func `TR-81, TR-86: whatever is acknowledged whenever, the window stays within its bounds`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var controller = CongestionController()
        var now = Instant(nanoseconds: 1_000_000_000)
        if random.chance(0.7) {
            controller.begin(roundTrip: .microseconds(random.below(3) * random.below(100_000)), byteCount: 400, now: now)
        }
        var waiting: [(stamp: DeliveryRate.Stamp, at: Instant)] = []
        let scale = [1, 1000, 1_000_000][random.below(3)]
        for _ in 0..<2000 {
            now = now + .microseconds(random.below(2) * random.below(scale))
            switch random.below(10) {
            case 0..<4:
                waiting.append((controller.sent([40, 600, 1200][random.below(3)], bytesInFlight: waiting.count * 1200, now: now), now))
            case 4..<8:
                guard !waiting.isEmpty else { break }
                let packet = waiting.remove(at: random.below(waiting.count))
                controller.acknowledged(1200, packet.stamp, sentAt: packet.at, now: now)
                let held = random.chance(0.2) ? Duration.microseconds(random.below(200_000)) : .zero
                controller.finishAcknowledgement(
                    roundTrip: random.chance(0.8) ? (now - packet.at - held, [40, 600, 1200][random.below(3)]) : nil, now: now)
            case 8:
                guard !waiting.isEmpty else { break }
                controller.lost(1200, sentAt: waiting.removeFirst().at, now: now)
            default: controller.arrivedLate(1200, sentAt: now - .microseconds(random.below(scale)))
            }
            #expect(controller.window >= 300 && controller.window <= Double(CongestionController.ceiling))
            #expect(controller.pacingRate.isFinite && controller.pacingRate > 0)
        }
    }

    @Test func `TR-88: what is live waits for a packet that is on the line, and not for long`() {
        let now = Instant(nanoseconds: 1_000_000_000)
        var pacer = Pacer()
        #expect(pacer.nextLive(rate: 12_000) <= now)
        pacer.sent(1200, rate: 12_000, now: now)
        #expect(pacer.nextLive(rate: 12_000) == now + .milliseconds(80), "100 ms on the line, less 20")
        #expect(pacer.allows(rate: 12_000, now: now + .milliseconds(80)) == false, "bulk waits longer")
        pacer.sent(1200, rate: 1_200, now: now + .seconds(1))
        #expect(pacer.nextLive(rate: 1_200) == now + .milliseconds(1150), "never for more than 150 ms")
        pacer = Pacer()
        pacer.sent(1200, rate: 1_200_000, now: now)
        #expect(pacer.nextLive(rate: 1_200_000) <= now, "a fast line keeps nobody waiting")
    }

    @Test(arguments: [1_000.0, 20_000, 1_000_000]) func `TR-208: what asks for nothing holds nothing up, however much of it there is`(
        rate: Double
    ) {
        var (pacer, now) = (Pacer(), Instant.zero + .seconds(1))
        for _ in 0..<2000 {
            pacer.sentQuietly(40, rate: rate, now: now)
            #expect(pacer.allows(rate: rate, now: now) && pacer.nextLive(rate: rate) <= now)
            now += .milliseconds(1)
        }
        // It takes its time all the same, and what was sent before is waited for.
        let (quiet, free) = (pacer.next(rate: rate), Pacer().next(rate: rate))
        #expect(quiet > free && quiet <= now)
        pacer.sent(1200, rate: rate, now: now)
        let next = pacer.next(rate: rate)
        pacer.sentQuietly(40, rate: rate, now: now)
        #expect(pacer.next(rate: rate) >= next && pacer.next(rate: rate) <= max(next, now))
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `TR-212: some numbers are left out, and who acknowledges one lies`(seed: UInt64) throws {
        var path = OnePath()
        path.recovery.skipped = SkippedNumbers(random: SplitMix64(seed: seed))
        var sent: Set<UInt64> = []
        for number in 0..<600 {
            sent.insert(path.next)
            path.sent(byteCount: 100, claim: .prompt, frames: [.ping], now: .zero + .milliseconds(number))
        }
        let left = (0..<path.next).filter { !sent.contains($0) }
        #expect((1...9).contains(left.count) && (left.first ?? 0) < 64)
        var honest = path
        _ = try honest.acknowledge(try Self.acknowledgement(of: sent), now: .zero + .seconds(1))
        #expect(honest.bytesInFlight == 0)
        #expect(throws: Misbehaviour.acknowledgedUnsent) {
            try path.acknowledge(try Self.acknowledgement(of: sent.union([left[0]])), now: .zero + .seconds(1))
        }
        #expect(path.bytesInFlight == 60_000, "what the liar says changes nothing")
    }

    private static func acknowledgement(of numbers: Set<UInt64>) throws -> Acknowledgement {
        var received = RangeSet()
        for number in numbers.sorted() { received.insert(number..<number + 1) }
        var bytes: [UInt8] = []
        _ = Acknowledgement.write(received, delay: .zero, limit: 1000, to: &bytes)
        var reader = ByteReader(bytes)
        guard case .acknowledgement(let frame) = try Frame(from: &reader) else { throw WireError.unexpected }
        return frame
    }

    @Test func `TR-212: of the numbers that are left out the newest are remembered, however long nothing is acknowledged`() throws {
        var skipped = SkippedNumbers(random: SplitMix64(seed: 5))
        var (next, left) = (UInt64(0), [UInt64]())
        for _ in 0..<100_000 {
            let following = skipped.following(next)
            if following > next + 1 { left.append(next + 1) }
            next = following
        }
        #expect(left.count > 4 * SkippedNumbers.rememberedMax && skipped.remembered == SkippedNumbers.rememberedMax)
        func isNamed(_ number: UInt64) throws -> Bool { skipped.isNamed(in: try Self.acknowledgement(of: [number])) }
        for number in left.suffix(SkippedNumbers.rememberedMax) { #expect(try isNamed(number)) }
        #expect(try !isNamed(left[left.count - 1 - SkippedNumbers.rememberedMax]))
        #expect(try !isNamed(left[left.count - 1] + 1))
        skipped.forget(below: left[left.count - 1])
        #expect(skipped.remembered == 1)
    }
}
