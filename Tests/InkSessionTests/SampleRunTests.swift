import InkBoard
import InkPrimitives
import Testing

@testable import InkSession

@Suite struct SampleRunTests {
    private static func bytes(_ run: SampleRun) -> [UInt8] {
        var bits = BitWriter()
        run.write(to: &bits)
        return bits.bytes
    }

    private static func read(_ bytes: [UInt8], count: Int, known: Int) throws(WireError) -> SampleRun {
        var bits = BitReader(ByteReader(bytes))
        let run = try SampleRun(count: count, known: known, from: &bits)
        try bits.finish().finish()
        return run
    }

    private static func history(_ samples: ArraySlice<HandSample>) -> SampleRun.History {
        guard let last = samples.last else { return SampleRun.History() }
        return SampleRun.History(last: last, beforeLast: samples.dropLast().last)
    }

    @Test func `SE-39: the worked examples of the overview are what is written`() throws {
        // A pointer that comes from (1600, 800), eight milliseconds a sample, the newest two milliseconds old.
        let places = [(1600, 800), (1608, 804), (1617, 809), (1627, 815), (1638, 822)]
        let samples = places.enumerated().map { HandSample(at: Int64(1000 + $0 * 8), point: Point(x: Int32($1.0), y: Int32($1.1))) }
        let run = SampleRun(samples, after: SampleRun.History(), sentAt: 1034)
        #expect(Hex.encode(Self.bytes(run)) == "5192045c825121210049122400")
        #expect(try Self.read(Self.bytes(run), count: 5, known: 0) == run)
        // The receiver counts from another origin.
        let read = try run.samples(after: SampleRun.History(), sentAt: 5034)
        #expect(read == samples.map { HandSample(at: $0.at + 4000, point: $0.point) })
        // Four samples of a stroke that goes on evenly.
        let more = (1...4).map { (step: Int) -> HandSample in
            HandSample(at: Int64(1032 + step * 8), point: Point(x: Int32(1638 + step * 11), y: Int32(822 + step * 7)))
        }
        let later = SampleRun(more, after: SampleRun.History(last: samples[4], beforeLast: samples[3]), sentAt: 1066)
        #expect(Hex.encode(Self.bytes(later)) == "000000")
    }

    @Test(arguments: 0..<200 as Range<UInt64>)
    func `SE-39: samples come out as they went in, however the row is cut`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        // From a hand that rests to one that jumps over the whole world.
        let (reach, pause) = (1 << random.below(31), 1 << random.below(20))
        let grid = ~Int32(0) << Int32(random.below(9))
        var samples: [HandSample] = []
        var at = Int64(random.below(1 << 40))
        for _ in 0..<random.below(60) {
            let (x, y) = (Int32(random.below(2 * reach)) - Int32(reach), Int32(random.below(2 * reach)) - Int32(reach))
            samples.append(HandSample(at: at, point: Point(x: x & grid, y: y & grid)))
            at += Int64(random.below(pause))
        }
        var (read, start): ([HandSample], Int) = ([], 0)
        while start < samples.count {
            let end = min(samples.count, start + 1 + random.below(20))
            let sentAt = samples[end - 1].at + Int64(random.below(300))
            let run = SampleRun(samples[start..<end], after: Self.history(samples[..<start]), sentAt: sentAt)
            let back = try Self.read(Self.bytes(run), count: end - start, known: start)
            #expect(back == run)
            read += try back.samples(after: Self.history(read[...]), sentAt: sentAt)
            start = end
        }
        #expect(read == samples)
    }

    @Test func `SE-39: a sample of a hand takes nine bits, in pixels and in cells of a terminal less`() {
        func bitsEach(_ samples: [HandSample]) -> Double {
            var count = 0
            for start in stride(from: 8, to: samples.count - 8, by: 8) {
                let run = SampleRun(samples[start..<start + 8], after: Self.history(samples[..<start]), sentAt: samples[start + 7].at)
                var bits = BitWriter()
                run.write(to: &bits)
                count += bits.bitCount
            }
            return Double(count) / Double((samples.count - 16) / 8 * 8)
        }
        let writing = HandTrace.writing(seconds: 40, seed: 1)
        #expect(bitsEach(writing) < 9)
        #expect(bitsEach(HandTrace.inPixels(writing)) < 6.5)
        let cells = writing.map { HandSample(at: $0.at, point: Point(x: $0.point.x & ~63 + 32, y: $0.point.y & ~127 + 64)) }
        #expect(bitsEach(cells) < 5.5)
    }

    @Test(arguments: 0..<2000 as Range<UInt64>)
    func `SE-39: a run has one spelling, and no bits make it trap`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var bytes = Self.bytes(SampleRun(HandTrace.writing(seconds: 1, seed: seed % 8)[..<20], after: SampleRun.History(), sentAt: 300))
        if random.chance(0.3) {
            bytes = (0..<random.below(80)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        } else {
            for _ in 0..<1 + random.below(4) { bytes[random.below(bytes.count)] ^= 1 << UInt8(random.below(8)) }
        }
        let (count, known) = (random.below(40), random.below(3))
        guard let run = try? Self.read(bytes, count: count, known: known) else { return }
        #expect(Self.bytes(run) == bytes)
        let history = HandTrace.writing(seconds: 1, seed: 3)[..<known]
        guard let samples = try? run.samples(after: Self.history(history), sentAt: 70_000) else { return }
        #expect(samples.count == count)
        #expect(samples.allSatisfy { abs($0.point.x) <= Limits.coordinate && abs($0.point.y) <= Limits.coordinate })
    }

    @Test func `SE-85: a run is kept in no more bytes than it was sent in, however many samples they are`() throws {
        // What an input of the fuzz campaign was: a packet of two thousand bytes, of which each says almost three samples.
        let samples = (0..<5000).map { HandSample(at: Int64($0) * 8, point: Point(x: Int32($0 * 4), y: Int32($0))) }
        let bytes = Self.bytes(SampleRun(samples, after: SampleRun.History(), sentAt: samples[4999].at))
        #expect(bytes.count < 1900)
        let run = try Self.read(bytes, count: 5000, known: 0)
        var kept = 0
        for child in Mirror(reflecting: run).children {
            if let bits = child.value as? BitWriter { kept += bits.bytes.capacity } else { kept += MemoryLayout.size(ofValue: child.value) }
        }
        #expect(kept <= bytes.count + 128, "\(kept) bytes for \(bytes.count)")
        #expect(try run.samples(after: SampleRun.History(), sentAt: samples[4999].at) == samples)
    }

    @Test func `SE-39: parameters other than the shortest are refused`() throws {
        let samples = HandTrace.inPixels(HandTrace.writing(seconds: 1, seed: 5))
        let run = SampleRun(samples[20..<30], after: Self.history(samples[..<20]), sentAt: samples[29].at)
        let bytes = Self.bytes(run)
        // The first six bits say which power of two is taken out, and others are other samples.
        for bit in 6..<12 {
            var other = bytes
            other[bit / 8] ^= 0x80 >> UInt8(bit % 8)
            #expect(throws: WireError.self, "bit \(bit)") { try Self.read(other, count: 10, known: 2) }
        }
    }
}
