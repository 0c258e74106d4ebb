import InkFrontEnd
import InkPrimitives
import Testing

@Suite struct GlideClockTests {
    /// Hears packets that left every `interval` and took the given ways, all in milliseconds.
    private func clock(_ ways: [Int], every interval: Int = 33) -> (GlideClock, Instant) {
        var (clock, latest) = (GlideClock(), Instant.zero)
        let packets = ways.enumerated().map { (sent: $0.offset * interval, here: $0.offset * interval + $0.element) }
        for packet in packets.sorted(by: { $0.here < $1.here }) {
            latest = .zero + .milliseconds(packet.here)
            _ = clock.hear(.milliseconds(packet.sent), now: latest)
        }
        return (clock, latest)
    }

    @Test func `FE-161: the delay is the jitter of four packets of five and one interval`() {
        // Ten ways of 40 to 49 ms: the fastest is 40, the ninth of ten 48.
        let (clock, latest) = clock([40, 45, 41, 49, 43, 42, 48, 44, 46, 47])
        let settled = latest + .seconds(5)
        #expect(clock.jitter == .milliseconds(8))
        #expect(clock.interval == .milliseconds(33))
        #expect(clock.delay(at: settled) == .milliseconds(8 + 33))
        #expect(clock.moment(at: settled)?.playhead == .nanoseconds(settled.nanoseconds) - .milliseconds(40 + 8 + 33))
    }

    @Test func `FE-161: a line that has become another is known after eight packets`() {
        // Forty that take 40 ms, then all take 80 and more.
        let ways = Array(repeating: 40, count: 40) + [85, 80, 90, 84, 88, 81, 83, 86]
        let (seven, then) = clock(ways.dropLast())
        #expect(seven.delay(at: then + .seconds(5)) == .milliseconds(33))
        let (eight, now) = clock(ways)
        #expect(eight.delay(at: now + .seconds(5)) == .milliseconds(40 + 33))
    }

    @Test func `FE-161: the first packet is drawn an interval at 30 Hz later`() {
        let (clock, latest) = clock([40])
        #expect(clock.delay(at: latest) == .nanoseconds(33_333_333))
        #expect(GlideClock().moment(at: .zero) == nil)
    }

    @Test func `FE-161: lost packets and rests of the hand do not count as intervals`() {
        var clock = GlideClock()
        var sent = 0
        for gap in [33, 33, 66, 33, 33, 66, 33, 900, 33, 33, 400, 33] {
            sent += gap
            _ = clock.hear(.milliseconds(sent), now: .zero + .milliseconds(sent + 40))
        }
        #expect(clock.interval == .milliseconds(33))
    }

    @Test func `FE-20: the delay stays between 20 and 250 ms`() {
        let (calm, then) = clock(Array(repeating: 1, count: 20), every: 5)
        #expect(calm.delay(at: then + .seconds(5)) == .milliseconds(20))
        let (wild, late) = clock((0..<40).map { $0 % 2 * 600 }, every: 33)
        #expect(wild.delay(at: late + .seconds(5)) == .milliseconds(250))
    }

    @Test func `FE-21: the delay grows by a quarter of a second in each and shrinks by a twentieth`() {
        // 64 packets in time, then each third 90 ms late: the delay goes from 33 to 123 ms.
        var (clock, latest) = clock(Array(repeating: 40, count: 64))
        #expect(clock.delay(at: latest) == .milliseconds(33))
        for index in 64..<128 {
            latest = .zero + .milliseconds(index * 33 + 130)
            _ = clock.hear(.milliseconds(index * 33), now: latest)
        }
        let grown = clock.delay(at: latest)
        #expect(clock.delay(at: latest + .milliseconds(40)) - grown <= .milliseconds(10))
        #expect(clock.delay(at: latest + .seconds(2)) == .milliseconds(123))
        latest += .seconds(2)
        // Nobody is late any more; the late ones of before are more than a fifth until 257 came after them.
        for index in 200..<500 {
            let here = Instant.zero + .milliseconds(index * 33 + 40)
            let before = clock.delay(at: here)
            _ = clock.hear(.milliseconds(index * 33), now: here)
            #expect(before - clock.delay(at: here + .milliseconds(20)) <= .milliseconds(1))
        }
        #expect(clock.delay(at: .zero + .seconds(60)) == .milliseconds(33))
    }

    @Test(arguments: seeds(50))
    func `FE-21: whatever the jitter, time goes on at three quarters to 1.05 of its speed`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let spread = 1 + random.below(120)
        var ways = (0..<300).map { _ in 40 + random.below(spread) }
        // A faster way than any before moves the offset, which is the bounds' own matter.
        ways[0] = 40
        var packets = ways.enumerated().map { (sent: $0.offset * 33, here: Double($0.offset * 33 + $0.element)) }
        packets.sort { $0.here < $1.here }
        var clock = GlideClock()
        var next = 0
        var shown: Duration?
        let frame = 1000 / 59.3
        for count in 3..<600 {
            let now = Instant(nanoseconds: Int64(Double(count) * frame * 1_000_000))
            while next < packets.count, packets[next].here <= Double(count) * frame {
                _ = clock.hear(.milliseconds(packets[next].sent), now: Instant(nanoseconds: Int64(packets[next].here) * 1_000_000))
                next += 1
            }
            guard let playhead = clock.moment(at: now)?.playhead else { continue }
            if let shown {
                let speed = (playhead - shown).milliseconds / frame
                #expect((0.7499...1.0501).contains(speed), "seed \(seed), frame \(count): \(speed)")
            }
            shown = playhead
        }
    }

    @Test func `FE-164: a time that is told again says nothing of the way`() {
        var (clock, latest) = clock([40, 40, 40])
        let jitter = clock.jitter
        #expect(clock.hear(.milliseconds(66), now: latest + .milliseconds(150)) == .known)
        #expect(clock.jitter == jitter)
        latest += .milliseconds(150)
    }

    @Test func `FE-164: times that cannot be of this clock are left out, and eight in a row are another clock`() {
        var (clock, latest) = clock(Array(repeating: 40, count: 10))
        let delay = clock.delay(at: latest)
        for hour in [3600, -3600] { #expect(clock.hear(.seconds(hour), now: latest) == .stray) }
        #expect(clock.hear(.milliseconds(330), now: .zero + .milliseconds(370)) == .known)
        #expect(clock.delay(at: .zero + .milliseconds(370)) == delay)
        latest = .zero + .milliseconds(400)
        for index in 1...7 { #expect(clock.hear(.seconds(9000) + .milliseconds(index), now: latest) == .stray) }
        #expect(clock.hear(.seconds(9000) + .milliseconds(8), now: latest) == .anew)
        #expect(clock.moment(at: latest)?.playhead == .seconds(9000) + .milliseconds(8) - .nanoseconds(33_333_333))
    }
}
