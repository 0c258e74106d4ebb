import InkBoard
import InkFrontEnd
import InkPrimitives
import InkSession
import Testing

@Suite struct GlideTests {
    private typealias Sample = (at: Int, x: Int32?)

    private func sample(_ sample: Sample) -> CursorSample {
        CursorSample(at: .milliseconds(sample.at), position: sample.x.map { Point(x: $0, y: 0) })
    }

    /// A glide that knows its line: a packet came every 100 ms, three of ten late by the jitter. It draws the jitter and 100 ms late, and has
    /// the pointer at rest at the origin.
    private func glide(jitter: Int = 25) -> Glide {
        var glide = Glide()
        let packets = (-60..<0).map { (sent: $0 * 100, here: $0 * 100 + ([-1, -4, -7].contains($0 % 10) ? jitter : 0)) }
        for packet in packets.sorted(by: { $0.here < $1.here }) { glide.take([sample((packet.sent, 0))], now: at(packet.here)) }
        return glide
    }

    /// When a packet that leaves at this time of the sender, in milliseconds, is here by the fastest way.
    private func at(_ milliseconds: Int) -> Instant { .zero + .seconds(100) + .milliseconds(milliseconds) }

    /// When the sender's `time` is drawn.
    private func when(_ glide: Glide, _ time: Int) -> Instant {
        // The delay moves by a quarter of the time at most.
        (0..<30).reduce(at(time)) { now, _ in at(time) + glide.delay(at: now) }
    }

    /// Gives each sample when it is here by the fastest way, and tells for each millisecond what is drawn, and of which time of the sender.
    private func play(_ samples: [Sample], through glide: Glide) -> [(time: Double, x: Int32?)] {
        var (glide, next, drawn) = (glide, 0, [(time: Double, x: Int32?)]())
        for milliseconds in 0...samples[samples.count - 1].at + 250 {
            while next < samples.count, samples[next].at <= milliseconds {
                glide.take([sample(samples[next])], now: at(samples[next].at))
                next += 1
            }
            let now = at(milliseconds)
            drawn.append((Double(milliseconds) - glide.delay(at: now).milliseconds, glide.position(at: now)?.x))
        }
        return drawn
    }

    private func x(_ glide: Glide, _ time: Int) -> Int32? { glide.position(at: when(glide, time))?.x }

    @Test func `FE-22: samples closer than a frame are joined by straight lines`() {
        var glide = glide()
        glide.take([(0, 0), (8, 80), (16, 240), (24, 240)].map(sample), now: at(24))
        #expect([0, 4, 8, 12, 16, 20, 24].map { x(glide, $0) } == [0, 40, 80, 160, 240, 240, 240])
    }

    @Test func `FE-22: samples farther apart are joined by a curve that comes to rest where the hand does`() {
        // Speed 1 a millisecond at the second; at the third, where the hand turns to rest, 0: half of the way and an eighth of it.
        let drawn = play([(0, 0), (100, 100), (200, 200), (300, 200)], through: glide(jitter: 145))
        for (time, x) in [(100.0, 100), (150, 163), (200, 200), (250, 200)] as [(Double, Int32)] {
            #expect(drawn.min { abs($0.time - time) < abs($1.time - time) }.map { abs(($0.x ?? 0) - x) <= 1 } == true, "at \(time)")
        }
    }

    @Test(arguments: seeds(100))
    func `FE-22: no coordinate passes the samples between which it is`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var samples: [Sample] = [(0, 0)]
        for _ in 0..<30 { samples.append((samples[samples.count - 1].at + 8 + random.below(52), Int32(random.below(4000)))) }
        var seen = 0
        for (time, x) in play(samples, through: glide(jitter: 145)) {
            guard let index = samples.firstIndex(where: { Double($0.at) > time }), index > 0 else { continue }
            let ends = [samples[index - 1].x ?? 0, samples[index].x ?? 0]
            #expect(((ends.min() ?? 0) - 1...(ends.max() ?? 0) + 1).contains(x ?? -1), "seed \(seed) at \(time)")
            seen += 1
        }
        #expect(seen > 500)
    }

    @Test func `FE-23: a motion goes on past its newest sample for 50 ms, ever slower, and holds`() {
        var glide = glide()
        glide.take((0...8).map { sample(($0 * 8, Int32($0) * 80)) }, now: at(64))
        // 10 a millisecond: 10·(t − t³/7500).
        #expect([64, 74, 89, 114, 500].map { x(glide, $0) } == [640, 739, 869, 973, 973])
    }

    @Test func `FE-23, FE-162: a motion goes on for no longer than packets are late, and not at all from a rest`() {
        var calm = glide(jitter: 5)
        calm.take((0...8).map { sample(($0 * 8, Int32($0) * 80)) }, now: at(64))
        // 10 ms: 10·(t − t³/300).
        #expect([64, 69, 74, 500].map { x(calm, $0) } == [640, 686, 707, 707])
        var resting = glide()
        resting.take([(0, 0), (8, 80), (16, 160), (24, 160)].map(sample), now: at(24))
        #expect([24, 40, 74].map { x(resting, $0) } == [160, 160, 160])
    }

    @Test func `FE-24: what was drawn wrong is led to where it is within 80 ms`() {
        var glide = glide()
        glide.take((0...8).map { sample(($0 * 8, Int32($0) * 80)) }, now: at(64))
        // Fifty milliseconds late comes that the hand had stopped: what was drawn is 333 beyond that.
        let late = when(glide, 114)
        glide.take((9...20).map { sample(($0 * 8, 640)) }, now: late)
        let drawn = [0, 20, 40, 60, 80, 100].map { glide.position(at: late + .milliseconds($0))?.x ?? 0 }
        #expect((960...973).contains(drawn[0]))
        #expect(drawn[0] > drawn[1] && drawn[1] > drawn[2] && drawn[2] > drawn[3] && drawn[3] > drawn[4])
        #expect(abs(drawn[2] - 806) <= 6)
        #expect(drawn[4...] == [640, 640])
    }

    @Test func `FE-163: only a way that is long and begins long ago is jumped`() {
        // Forty cells of 64 units are 2560.
        func drawn(gap: Int, way: Int32) -> [Int32] {
            var glide = glide()
            glide.take([sample((0, 0))], now: at(0))
            glide.take([sample((gap, way)), sample((gap + 8, way))], now: at(gap + 8))
            return (0..<400).compactMap { glide.position(at: at(gap + 8 + $0))?.x }
        }
        for (gap, way) in [(301, 2560), (300, 2561), (100, 20_000)] as [(Int, Int32)] {
            #expect(drawn(gap: gap, way: way).contains { $0 > 0 && $0 < way }, "\(gap) ms, \(way) units")
        }
        #expect(!drawn(gap: 301, way: 2561).contains { $0 > 0 && $0 < 2561 })
        #expect(drawn(gap: 301, way: 2561).last == 2561)
    }

    @Test func `FE-163: a pointer that left is drawn until it did, and appears where it comes back`() {
        var glide = glide()
        glide.take([(0, 0), (8, 80), (16, nil), (40, 400), (48, 480)].map(sample), now: at(48))
        #expect([4, 8, 15, 16, 39, 40, 44].map { x(glide, $0) } == [40, 80, 80, nil, nil, 400, 440])
    }

    @Test(arguments: seeds(100))
    func `FE-25: the order in which packets come, and how often, changes nothing of what was all there`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let samples = (0..<24).map { sample(($0 * 8, $0 == 0 ? 0 : Int32(random.below(4000)))) }
        let packets = (0..<6).map { Array(samples[$0 * 4..<$0 * 4 + 4]) }
        func drawn(_ packets: [[CursorSample]]) -> [Int32?] {
            // Late enough that all came before any was drawn.
            var glide = glide(jitter: 145)
            for packet in packets { glide.take(packet, now: at(184)) }
            return (0...184).map { x(glide, $0) }
        }
        #expect(drawn(packets) == drawn((packets + packets).shuffled(using: &random)), "seed \(seed)")
    }

    @Test(arguments: seeds(100))
    func `FE-25, FE-164: no times that a peer makes up stop the drawing of the true ones for long`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var glide = Glide()
        var now = Instant.zero
        for _ in 0..<500 {
            now += .milliseconds(random.below(40))
            let base = random.chance(0.5) ? Int(now.nanoseconds / 1_000_000) : random.below(200_000) - 100_000
            glide.take(
                (0..<random.below(6)).map { _ in
                    let time = base + (random.chance(0.3) ? random.below(70_000) - 35_000 : random.below(40))
                    return sample((time, random.chance(0.1) ? nil : Int32(random.below(8000))))
                }, now: now)
            _ = (glide.position(at: now), glide.deadline(after: now), glide.previews(at: now))
            #expect((Duration.zero...Duration.milliseconds(250)).contains(glide.delay(at: now)))
        }
        // The peer comes to its senses: after the eight that make a clock it is drawn where it is, no more than the delay late.
        for index in 0..<400 {
            now += .milliseconds(33)
            let time = Int(now.nanoseconds / 1_000_000)
            glide.take([sample((time - 33, Int32(index) * 33)), sample((time, Int32(index + 1) * 33))], now: now)
        }
        let behind = 400 * 33 - Int(glide.position(at: now)?.x ?? .min)
        #expect((0...300).contains(behind), "seed \(seed): \(behind)")
    }

    @Test func `FE-165: a mouse that speaks a thousand times a second is kept for as long as another`() {
        for (time, x) in play((0...999).map { ($0, Int32($0) * 8) }, through: glide()) where time > 40 {
            #expect(abs(Double(x ?? 0) - min(999, time) * 8) <= 8, "at \(time)")
        }
    }

    @Test(arguments: [5, 8, 10], [false, true])
    func `FE-22: a pointer that is told of each 100 ms crosses sixty cells in at least twenty places`(steps: Int, isRepeated: Bool) {
        // Told from the first on, to who knows nothing of the line; with and without a word between that it rests.
        var glide = Glide()
        var places: Set<Int32> = []
        for frame in 0..<120 {
            let now = frame * 17
            if frame % 6 == 0, frame / 6 <= steps {
                let step = frame / 6
                glide.take([sample((step * 102, Int32(step) * 60 * 64 / Int32(steps)))], now: at(now + 1))
            } else if isRepeated, frame % 6 == 2, frame / 6 <= steps {
                let step = frame / 6
                glide.take([sample((step * 102 + 34, Int32(step) * 60 * 64 / Int32(steps)))], now: at(now + 1))
            }
            if let x = glide.position(at: at(now + 5))?.x { places.insert(x / 64) }
        }
        #expect(places.count >= 20, "\(places.count)")
        #expect(places.contains(60))
    }

    @Test func `FE-29: a frame is of use while anything moves, and none is after that`() {
        var glide = glide()
        glide.take([(0, 0), (8, 80), (16, 80), (200, 80), (208, 160), (216, 160)].map(sample), now: at(216))
        func wait(_ time: Int) -> Duration? {
            let now = when(glide, time)
            return glide.deadline(after: now).map { $0 - now }
        }
        #expect(wait(4) == Glide.frame)
        // From the rest it is asked for when the motion goes on, 150 ms later, or a moment before: the delay may have grown by then.
        #expect(wait(50) == .milliseconds(150))
        #expect(wait(204) == Glide.frame)
        #expect(wait(220) == nil)
        #expect(Glide().deadline(after: .zero) == nil)
    }

    @Test func `FE-28: where motion is not wanted the newest is drawn at once`() {
        var glide = glide()
        glide.isStill = true
        glide.take([(0, 0), (8, 80), (16, 240)].map(sample), now: at(16))
        #expect(glide.position(at: at(16))?.x == 240)
        #expect(glide.deadline(after: at(16)) == nil)
        #expect(glide.delay(at: at(16)) == .zero)
    }
}
