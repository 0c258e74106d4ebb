import InkPrimitives
import Testing

@testable import InkTransport

extension LossRecovery {
    /// As in use, with a verdict of its own.
    mutating func acknowledge(
        _ frame: Acknowledgement, over arrived: PathID?, paths: inout Paths, now: Instant
    ) throws(Misbehaviour) -> Verdict {
        var verdict = Verdict()
        try acknowledge(frame, over: arrived, paths: &paths, now: now, into: &verdict)
        return verdict
    }

    mutating func handleLossTimeout(paths: inout Paths, now: Instant) -> Verdict {
        var verdict = Verdict()
        handleLossTimeout(paths: &paths, now: now, into: &verdict)
        return verdict
    }

    mutating func giveUp(_ path: PathID, paths: inout Paths, now: Instant) -> Verdict {
        var verdict = Verdict()
        giveUp(path, paths: &paths, now: now, into: &verdict)
        return verdict
    }
}

/// What was sent over the only path of a connection, which is what RFC 9002 speaks of.
struct OnePath {
    var recovery = LossRecovery()
    var paths = Paths(route: .direct(TestNet.address(0)), proof: .proven)

    var next: UInt64 { recovery.next }
    var rtt: RTTEstimator { paths.main.rtt }
    var bytesInFlight: Int { paths.main.bytesInFlight }
    var deadline: Instant? { recovery.deadline(rtt) }
    var isWaiting: Bool { recovery.isWaiting }
    var remembered: Int { recovery.remembered }
    var openCount: UInt64 { recovery.openCount }
    var lossEstimate: Double { paths.main.losses.estimate }
    var probeTimeout: Duration { recovery.probeTimeout(rtt) }
    var largestAcknowledged: UInt64? { recovery.largestAcknowledged }

    mutating func seed(roundTrip: Duration) { paths.updateMain { $0.rtt.observe(roundTrip, ackDelay: .zero) } }
    mutating func sent(byteCount: Int, claim: AckClaim, frames: [SentFrame], now: Instant) {
        recovery.sent(byteCount: byteCount, claim: claim, frames: frames, over: paths.mainID, paths: &paths, now: now)
    }
    mutating func acknowledge(_ frame: Acknowledgement, now: Instant) throws(Misbehaviour) -> LossRecovery.Verdict {
        try recovery.acknowledge(frame, over: paths.mainID, paths: &paths, now: now)
    }
    mutating func handleLossTimeout(now: Instant) -> LossRecovery.Verdict { recovery.handleLossTimeout(paths: &paths, now: now) }
    mutating func takeProbe(now: Instant) -> Bool { recovery.takeProbe(rtt, now: now) }
    var oldestWaitingSince: Instant? { recovery.oldestWaitingSince }
    func oldestWaiting(limit: Int) -> [SentFrame] { recovery.oldestWaiting(limit: limit) }
}

@Suite struct LossRecoveryTests {
    private static func ack(_ ranges: Range<UInt64>..., delay: Duration = .zero) throws -> Acknowledgement {
        var received = RangeSet()
        for range in ranges { received.insert(range) }
        var bytes: [UInt8] = []
        _ = Acknowledgement.write(received, delay: delay, limit: 1000, to: &bytes)
        var reader = ByteReader(bytes)
        guard case .acknowledgement(let frame) = try Frame(from: &reader) else { throw WireError.unexpected }
        return frame
    }

    private static func frame(_ lane: Lane, _ number: UInt64) -> SentFrame {
        frame(lane, number..<number + 1)
    }

    /// What is acknowledged of packets that follow each other is one piece.
    private static func frame(_ lane: Lane, _ numbers: Range<UInt64>) -> SentFrame {
        .stream(lane, slot: 0, range: numbers.lowerBound * 10..<numbers.upperBound * 10, isCopy: false)
    }

    /// Ten packets of one lane, a millisecond apart.
    private static func ten(_ lane: Lane) -> OnePath {
        var recovery = OnePath()
        recovery.seed(roundTrip: .milliseconds(100))
        for number in 0..<10 as Range<UInt64> {
            recovery.sent(
                byteCount: 100, claim: .prompt, frames: [frame(lane, number)], now: .zero + .milliseconds(Int64(number)))
        }
        return recovery
    }

    @Test func `the estimator follows RFC 9002, section 5_3`() {
        var rtt = RTTEstimator()
        #expect(rtt.smoothed == .milliseconds(333) && !rtt.hasSample)
        rtt.observe(.milliseconds(100), ackDelay: .milliseconds(50))
        #expect(rtt.smoothed == .milliseconds(100) && rtt.variation == .milliseconds(50) && rtt.minimum == .milliseconds(100))
        rtt.observe(.milliseconds(200), ackDelay: .milliseconds(20))
        // 7/8 × 100 + 1/8 × 180; 3/4 × 50 + 1/4 × 80.
        #expect(rtt.smoothed == .microseconds(110_000) && rtt.variation == .microseconds(57_500))
        rtt.observe(.milliseconds(110), ackDelay: .milliseconds(20))
        // The delay would push the sample below the minimum, so it does not count.
        #expect(rtt.smoothed == .microseconds(110_000))
    }

    @Test func `TR-211: what went to another host than is there now says nothing of this one`() throws {
        var recovery = OnePath()
        recovery.paths.updateMain { $0.begin(roundTrip: .milliseconds(100), byteCount: StartPacket.byteCount, now: .zero) }
        for number in 0..<10 as Range<UInt64> {
            recovery.sent(byteCount: 1200, claim: .prompt, frames: [Self.frame(.bulk, number)], now: .zero + .milliseconds(Int64(number)))
        }
        _ = try recovery.acknowledge(try Self.ack(0..<1), now: .zero + .milliseconds(50))
        var now = Instant.zero + .milliseconds(60)
        #expect(!recovery.paths.main.allowsBulk(now: now))
        recovery.paths.moveMain(to: TestNet.address(7))
        #expect(recovery.paths.main.allowsBulk(now: now) && recovery.bytesInFlight == 0, "it is another way, and nothing is on it")
        let window = recovery.paths.main.window
        now += .milliseconds(10)
        let verdict = try recovery.acknowledge(try Self.ack(5..<6, 8..<10), now: now)
        #expect(verdict.lostPackets > 0 && recovery.bytesInFlight == 0)
        let main = recovery.paths.main
        #expect(main.congestion.view.base == nil && main.deliveryRate == nil && main.window == window && !main.rtt.hasSample)
        // What goes there does.
        recovery.sent(byteCount: 1200, claim: .prompt, frames: [Self.frame(.bulk, 10)], now: now)
        #expect(recovery.bytesInFlight == 1200)
        now += .milliseconds(30)
        _ = try recovery.acknowledge(try Self.ack(10..<11), now: now)
        #expect(recovery.paths.main.congestion.view.base == .milliseconds(30) && recovery.bytesInFlight == 0)
        // A port is no other host (RFC 9000 §9.4).
        recovery.paths.moveMain(to: SocketAddress(ip: TestNet.address(7).ip, port: 9))
        #expect(recovery.paths.main.congestion.view.base == .milliseconds(30))
    }

    @Test func `TR-16: bulk is lost three packets later, or after nine eighths of a round trip`() throws {
        var recovery = Self.ten(.bulk)
        let now = Instant.zero + .milliseconds(105)
        let verdict = try recovery.acknowledge(try Self.ack(4..<5), now: now)
        #expect(verdict.lost == [Self.frame(.bulk, 0), Self.frame(.bulk, 1)])
        #expect(verdict.lostPackets == 2 && verdict.acknowledged == [Self.frame(.bulk, 4)])
        #expect(recovery.bytesInFlight == 700)
        let due = try #require(recovery.deadline)
        // Sent at 2 ms, and the larger of smoothed (100.125 ms) and latest (101 ms) counts.
        let threshold: Duration = .microseconds(101_000) * 9 / 8
        #expect(due - .zero == threshold + .milliseconds(2))
        let early = recovery.handleLossTimeout(now: due - .nanoseconds(1))
        #expect(early.lost.isEmpty)
        let late = recovery.handleLossTimeout(now: due)
        #expect(late.lost == [Self.frame(.bulk, 2)])
    }

    @Test func `TR-16: operations are lost a short wait after a later packet arrived`() throws {
        var recovery = Self.ten(.ops)
        let now = Instant.zero + .milliseconds(90)
        let passed = try recovery.acknowledge(try Self.ack(1..<2), now: now)
        #expect(passed.lost.isEmpty)
        let due = try #require(recovery.deadline)
        // An eighth of 7/8 × 100 + 1/8 × 89 ms.
        #expect(due - now == .nanoseconds(12_328_125))
        let verdict = recovery.handleLossTimeout(now: due)
        #expect(verdict.lost == [Self.frame(.ops, 0)])
    }

    @Test func `TR-16: a loss that was reordering is taken back, and makes more patient`() throws {
        var recovery = Self.ten(.bulk)
        let now = Instant.zero + .milliseconds(105)
        #expect(try recovery.acknowledge(try Self.ack(3..<4), now: now).lostPackets == 1)
        let verdict = try recovery.acknowledge(try Self.ack(0..<1, 3..<4), now: now + .milliseconds(1))
        #expect(verdict.spurious == 1 && verdict.acknowledged == [Self.frame(.bulk, 0)])
        // Three packets are no longer enough.
        #expect(try recovery.acknowledge(try Self.ack(0..<1, 3..<5), now: now + .milliseconds(2)).lost.isEmpty)
    }

    @Test func `TR-196: what was given up with its path and arrives teaches nothing about order or capacity`() throws {
        var recovery = Self.ten(.bulk)
        let (id, window) = (recovery.paths.mainID, recovery.paths.main.window)
        let now = Instant.zero + .milliseconds(50)
        #expect(recovery.recovery.giveUp(id, paths: &recovery.paths, now: now).lostPackets == 10)
        // The path is found to be alive after all.
        let verdict = try recovery.acknowledge(try Self.ack(0..<10), now: now + .milliseconds(60))
        #expect(verdict.spurious == 10 && verdict.acknowledged == [Self.frame(.bulk, 0..<10)])
        let reordering = recovery.paths.main.reordering
        #expect(
            reordering.packetThreshold == ReorderingTolerance.packetThresholdMin && reordering.scale == 1
                && recovery.paths.main.losses.estimate == 0)
        #expect(recovery.paths.main.window == window && recovery.bytesInFlight == 0)
    }

    @Test func `TR-173: probes back off to one a second and stop with the acknowledgement`() throws {
        var recovery = Self.ten(.ops)
        var now = Instant.zero + .milliseconds(9)
        var gaps: [Double] = []
        for _ in 0..<8 {
            let due = try #require(recovery.deadline)
            let (isEarly, isDue) = (recovery.takeProbe(now: due - .nanoseconds(1)), recovery.takeProbe(now: due))
            #expect(!isEarly && isDue)
            gaps.append((due - now).milliseconds)
            recovery.sent(byteCount: 50, claim: .prompt, frames: [.ping], now: due)
            now = due
        }
        // max(1.25 × 100, 100 + 2 × 50 + 1) + 20.
        #expect(gaps == [221, 331.5, 497.25, 745.875, 1000, 1000, 1000, 1000])
        #expect(recovery.oldestWaiting(limit: 25) == [Self.frame(.ops, 0), Self.frame(.ops, 1), Self.frame(.ops, 2)])
        _ = try recovery.acknowledge(try Self.ack(0..<18), now: now)
        #expect(!recovery.isWaiting && recovery.deadline == nil && recovery.bytesInFlight == 0)
    }

    @Test func `TR-7: a packet number is never used twice, and what was not sent cannot be acknowledged`() throws {
        var recovery = Self.ten(.ops)
        #expect(recovery.next == 10)
        #expect(throws: Misbehaviour.acknowledgedUnsent) { try recovery.acknowledge(try Self.ack(0..<11), now: .zero) }
        for number in 10..<2000 as Range<UInt64> {
            #expect(recovery.next == number)
            recovery.sent(byteCount: 30, claim: .none, frames: [.acknowledgement(largest: number)], now: .zero)
        }
    }

    @Test func `TR-23: presence alone is acknowledged soon once, then at most each 150 ms, and rides with others after 100 ms`() {
        var tracker = AckTracker()
        var (now, sent): (Instant, [Duration]) = (.zero, [])
        for number in 0..<60 as Range<UInt64> {
            tracker.receive(number * 2, claim: .lazy, byteCount: 100, roundTrip: .milliseconds(80), now: now)
            let next = now + .milliseconds(30)
            if let due = tracker.dueAt, due < next {
                sent.append(due - .zero)
                #expect(!tracker.rides(now: due - .milliseconds(51)) || sent.count == 1)
                #expect(tracker.rides(now: due - .milliseconds(50)))
                tracker.sent(now: due)
            }
            now = next
        }
        // The first waits for rtt/4; gaps hurry nobody.
        #expect(sent == (0..<12).map { .milliseconds(20 + 150 * $0) })
        // What wants it soon takes the others with it.
        tracker.receive(200, claim: .lazy, byteCount: 100, roundTrip: .milliseconds(80), now: now)
        tracker.receive(201, claim: .prompt, byteCount: 100, roundTrip: .milliseconds(80), now: now)
        #expect(tracker.dueAt == now + .milliseconds(20) && tracker.rides(now: now))
    }

    @Test func `TR-24: what was named for a second is not named again`() {
        var tracker = AckTracker()
        for number in 0..<400 as Range<UInt64> {
            // Each second packet is lost.
            let now = Instant.zero + .milliseconds(Int64(number) * 33)
            tracker.receive(number * 2, claim: .lazy, byteCount: 100, roundTrip: .milliseconds(80), now: now)
            if tracker.rides(now: now) { tracker.sent(now: now) }
            // Named for a second and not yet two: at most sixty-odd.
            #expect(tracker.received.count <= 66 && tracker.received.contains(number * 2))
        }
    }

    @Test
    func `TR-23, TR-181: presence is not probed for, is lost when later packets arrive, and waits longer for its acknowledgement`() throws {
        var recovery = OnePath()
        recovery.seed(roundTrip: .milliseconds(100))
        for number in 0..<10 as Range<UInt64> {
            recovery.sent(
                byteCount: 60, claim: .lazy, frames: [.presence(token: number)], now: .zero + .milliseconds(33 * Int64(number)))
        }
        #expect(recovery.deadline == nil && !recovery.isWaiting && recovery.oldestWaitingSince == .zero)
        // Held for 150 ms, which is not of the path.
        let now = Instant.zero + .milliseconds(297 + 250)
        let verdict = try recovery.acknowledge(try Self.ack(5..<10, delay: .milliseconds(150)), now: now)
        #expect(verdict.acknowledged.count == 5 && verdict.lostPackets == 5)
        #expect(recovery.bytesInFlight == 0 && recovery.oldestWaitingSince == nil)
        #expect(recovery.rtt.smoothed > .milliseconds(99) && recovery.rtt.smoothed < .milliseconds(101))
    }

    @Test(arguments: [false, true])
    func `TR-32: acknowledgements of ours behind a packet that the peer leaves waiting are not kept, nor walked over`(isLost: Bool) throws {
        // Answers fourteen seconds late make a round trip seem as long.
        var recovery = OnePath()
        recovery.seed(roundTrip: .seconds(14))
        var now = Instant.zero
        for number in 0..<8 as Range<UInt64> { recovery.sent(byteCount: 100, claim: .prompt, frames: [Self.frame(.ops, number)], now: now) }
        if isLost {
            now += .seconds(14)
            #expect(try recovery.acknowledge(try Self.ack(1..<8), now: now).lostPackets > 0)
        }
        for number in 8..<50_000 as Range<UInt64> {
            now += .microseconds(30)
            recovery.sent(byteCount: 30, claim: .none, frames: [.acknowledgement(largest: number)], now: now)
        }
        #expect(recovery.remembered <= LossRecovery.quietPacketsMax + 8 && recovery.openCount <= UInt64(LossRecovery.quietPacketsMax) + 8)
        // What was not kept may still be acknowledged; what was acknowledged is looked at once.
        _ = try recovery.acknowledge(try Self.ack(1..<50_000), now: now)
        #expect(recovery.openCount <= 1 && recovery.next == 50_000)
        // The lost one is forgotten after four seconds, whatever a round trip seems to be.
        recovery.sent(byteCount: 30, claim: .none, frames: [], now: now + .seconds(5))
        #expect(recovery.remembered <= 1)
    }

    @Test(arguments: 0..<50 as Range<UInt64>)
    func `TR-32: every packet that asks is acknowledged once or lost, whatever order acknowledgements have`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var recovery = OnePath()
        recovery.seed(roundTrip: .milliseconds(50))
        var (now, bytes): (Instant, Int) = (.zero, 0)
        var (open, fates): ([UInt64: Int], [UInt64: [String]]) = ([:], [:])
        func note(_ frames: [SentFrame], _ fate: String) {
            for case .presence(let token) in frames { fates[token, default: []].append(fate) }
        }
        for _ in 0..<2000 {
            now += random.jitter(.milliseconds(8))
            if random.chance(0.6) {
                let claim: AckClaim = [.none, .lazy, .prompt][random.below(3)]
                let size = 1 + random.below(1000)
                if claim != .none { open[recovery.next] = size }
                recovery.sent(byteCount: size, claim: claim, frames: claim == .none ? [] : [.presence(token: recovery.next)], now: now)
            } else if recovery.next > 0 {
                var ranges = RangeSet()
                for _ in 0..<1 + random.below(4) {
                    let start = recovery.next - 1 - UInt64(random.below(min(60, Int(recovery.next))))
                    ranges.insert(start..<min(recovery.next, start + 1 + UInt64(random.below(6))))
                }
                var packet: [UInt8] = []
                _ = Acknowledgement.write(ranges, delay: .zero, limit: 1000, to: &packet)
                var reader = ByteReader(packet, range: 1..<packet.count)
                let verdict = try recovery.acknowledge(try Acknowledgement(from: &reader), now: now)
                note(verdict.acknowledged, "arrived")
                note(verdict.lost, "lost")
            }
            let verdict = recovery.handleLossTimeout(now: now)
            note(verdict.lost, "lost")
            bytes = open.filter { fates[$0.key] == nil }.values.reduce(0, +)
            #expect(recovery.bytesInFlight == bytes)
        }
        #expect(fates.values.allSatisfy { [["arrived"], ["lost"], ["lost", "arrived"]].contains($0) })
    }
}
