import InkBoard
import InkPrimitives

/// Where a hand was at one time of the sender's clock, milliseconds since its origin.
package struct HandSample: Hashable, Sendable {
    package var at: Int64
    package var point: Point

    package init(at: Int64, point: Point) { (self.at, self.point) = (at, point) }
}

/// Samples of a pointer or a pen in a row, as a packet carries them: each by what distinguishes it from the two before it.
///
///     from the start:  age │ x y │ dx dy step │ …         later: (differences of differences of x, y, step) …
///
/// A hand moves evenly, so its second differences are small, and it is sampled evenly, so those of time are mostly zero. A mouse in a
/// browser moves by whole pixels and one in a terminal by whole cells, so the common power of two is taken out first. A sample takes
/// about nine bits. The bits are drawn in the overview.
///
/// One run has one spelling: the parameters of its code follow from what it holds (SE-39), and a reader refuses others. So a run is kept as it is
/// spelled: a sample of a steady hand is three bits of a packet, and would be sixty times as much as a value. What somebody sends takes no more
/// memory than it took to send, until it is known to be of use (SE-85).
package struct SampleRun: Hashable, Sendable {
    /// What one sample adds to what is known: itself, a difference or a difference of differences, by its place in the row.
    private struct Step: Hashable, Sendable {
        var x: Int64
        var y: Int64
        var time: Int64
    }

    /// Its bits, behind its count.
    private let spelled: BitWriter
    /// How many samples were known before it, of which two matter.
    private let known: Int

    package let count: Int

    /// The samples before a run, as far as they matter to it: none, the first one, or the last two.
    package struct History: Hashable, Sendable {
        package private(set) var last: HandSample?
        package private(set) var beforeLast: HandSample?

        /// Nothing is known: the run begins the row.
        package init() {}

        /// The last of `count` samples.
        package init(last: HandSample, beforeLast: HandSample?) { (self.last, self.beforeLast) = (last, beforeLast) }

        fileprivate mutating func append(_ sample: HandSample) { (beforeLast, last) = (last, sample) }
        fileprivate var known: Int { beforeLast != nil ? 2 : last != nil ? 1 : 0 }
    }

    /// - Parameters:
    ///   - samples: in order of time; positions at most `Limits.coordinate` from the origin.
    ///   - history: the samples before them.
    ///   - sentAt: when the packet leaves, not before the newest sample.
    package init(_ samples: some Collection<HandSample>, after history: History, sentAt: Int64) {
        var history = history
        known = history.known
        var (steps, newest): ([Step], Int64) = ([], sentAt)
        steps.reserveCapacity(samples.count)
        for sample in samples {
            let (x, y) = (Int64(sample.point.x), Int64(sample.point.y))
            switch (history.last, history.beforeLast) {
            case (let last?, let before?):
                steps.append(
                    Step(
                        x: x - 2 * Int64(last.point.x) + Int64(before.point.x), y: y - 2 * Int64(last.point.y) + Int64(before.point.y),
                        time: sample.at - 2 * last.at + before.at))
            case (let last?, nil): steps.append(Step(x: x - Int64(last.point.x), y: y - Int64(last.point.y), time: sample.at - last.at))
            case (nil, _): steps.append(Step(x: x, y: y, time: 0))
            }
            history.append(sample)
            newest = sample.at
        }
        count = steps.count
        let age = known == 0 && !steps.isEmpty ? min(max(0, sentAt - newest), Self.spanMax) : nil
        spelled = Self.spelled(steps, age: age, known: known)
    }

    /// The samples that this run says.
    ///
    /// - Parameters:
    ///   - history: the samples before it; as many as where it was made, as far as `History` tells them apart.
    ///   - sentAt: when the packet left, on the clock that the samples shall have.
    /// - Throws: for a place outside the world, or a time that goes back.
    package func samples(after history: History, sentAt: Int64) throws(WireError) -> [HandSample] {
        var history = history
        var samples: [HandSample] = []
        samples.reserveCapacity(count)
        var bits = BitReader(ByteReader(spelled.bytes))
        let (age, _) = try Self.read(count, known: known, from: &bits) { (_, step) throws(WireError) in
            var (x, y, at) = (step.x, step.y, step.time)
            if let last = history.last {
                x += Int64(last.point.x)
                y += Int64(last.point.y)
                if let before = history.beforeLast {
                    x += Int64(last.point.x) - Int64(before.point.x)
                    y += Int64(last.point.y) - Int64(before.point.y)
                    at += last.at - before.at
                }
                guard at >= 0, at <= Self.spanMax else { throw .limitExceeded }
                at += last.at
            }
            guard abs(x) <= Int64(Limits.coordinate), abs(y) <= Int64(Limits.coordinate) else { throw .limitExceeded }
            let sample = HandSample(at: at, point: Point(x: Int32(x), y: Int32(y)))
            samples.append(sample)
            history.append(sample)
        }
        // Times of a run from the start count from its first sample; its newest is `age` older than the packet.
        guard let age, let newest = samples.last?.at else { return samples }
        let origin = sentAt - age - newest
        for index in samples.indices { samples[index].at += origin }
        return samples
    }

    // MARK: Bits

    func write(to bits: inout BitWriter) { bits.append(spelled) }

    private static func spelled(_ steps: [Step], age: Int64?, known: Int) -> BitWriter {
        var bits = BitWriter()
        guard !steps.isEmpty else { return bits }
        if let age { bits.writeDelta(UInt64(age)) }
        var rest = steps[...]
        if known == 0, let first = rest.popFirst() {
            bits.writeSignedDelta(first.x)
            bits.writeSignedDelta(first.y)
        }
        if known <= 1, let second = rest.popFirst() {
            bits.writeSignedDelta(second.x)
            bits.writeSignedDelta(second.y)
            bits.writeDelta(UInt64(max(0, second.time)))
        }
        guard rest.count >= codedMin else {
            for step in rest {
                bits.writeSignedDelta(step.x)
                bits.writeSignedDelta(step.y)
                bits.writeSignedDelta(step.time)
            }
            return bits
        }
        var measure = Measure()
        for step in rest { measure.add(step) }
        let code = measure.code
        bits.write(UInt64(code.shiftX), bits: Code.shiftBits)
        bits.write(UInt64(code.shiftY), bits: Code.shiftBits)
        bits.write(UInt64(code.place), bits: Code.placeBits)
        bits.write(UInt64(code.time), bits: Code.timeBits)
        for step in rest {
            bits.writeRice(BitWriter.zigzag(step.x >> Int64(code.shiftX)), parameter: code.place)
            bits.writeRice(BitWriter.zigzag(step.y >> Int64(code.shiftY)), parameter: code.place)
            bits.writeRice(BitWriter.zigzag(step.time), parameter: code.time)
        }
        return bits
    }

    /// Reads a run of `count` samples.
    ///
    /// - Parameter known: how many samples the sender knew before it; what matters is 0, 1 or more.
    init(count: Int, known: Int, from bits: inout BitReader) throws(WireError) {
        // Each takes three bits at least, or two where it is the first; nothing is allocated that was not sent.
        guard count <= bits.remaining / 2 else { throw .truncated(needed: count / 4, available: bits.remaining / 8) }
        self.count = count
        self.known = min(known, 2)
        let begin = bits
        var measure = Measure()
        let plain = max(0, 2 - self.known)
        let (_, code) = try Self.read(count, known: self.known, from: &bits) { (index, step) throws(WireError) in
            if index >= plain { measure.add(step) }
        }
        guard code == nil || code == measure.code else { throw .nonCanonical }
        spelled = try begin.copy(begin.remaining - bits.remaining)
    }

    /// Reads the steps of a run in their order; what `body` throws ends it.
    private static func read(
        _ count: Int, known: Int, from bits: inout BitReader, _ body: (Int, Step) throws(WireError) -> Void
    ) throws(WireError) -> (age: Int64?, code: Code?) {
        guard count > 0 else { return (nil, nil) }
        let age = known == 0 ? Int64(try bits.readDelta(atMost: UInt64(spanMax))) : nil
        var index = 0
        if known == 0 {
            let (x, y) = (try readPlain(&bits), try readPlain(&bits))
            try body(index, Step(x: x, y: y, time: 0))
            index += 1
        }
        if known <= 1, index < count {
            let (x, y) = (try readPlain(&bits), try readPlain(&bits))
            try body(index, Step(x: x, y: y, time: Int64(try bits.readDelta(atMost: UInt64(spanMax)))))
            index += 1
        }
        guard count - index >= codedMin else {
            while index < count {
                let (x, y) = (try readPlain(&bits), try readPlain(&bits))
                try body(index, Step(x: x, y: y, time: try readPlain(&bits)))
                index += 1
            }
            return (age, nil)
        }
        let (shiftX, shiftY) = (Int(try bits.read(bits: Code.shiftBits)), Int(try bits.read(bits: Code.shiftBits)))
        let (place, time) = (Int(try bits.read(bits: Code.placeBits)), Int(try bits.read(bits: Code.timeBits)))
        while index < count {
            let (x, y) = (try readRice(&bits, place), try readRice(&bits, place))
            try body(index, Step(x: x << Int64(shiftX), y: y << Int64(shiftY), time: try readRice(&bits, time)))
            index += 1
        }
        return (age, Code(shiftX: shiftX, shiftY: shiftY, place: place, time: time))
    }

    private static func readPlain(_ bits: inout BitReader) throws(WireError) -> Int64 {
        BitReader.signed(try bits.readDelta(atMost: differenceMax))
    }

    private static func readRice(_ bits: inout BitReader, _ parameter: Int) throws(WireError) -> Int64 {
        let value = try bits.readRice(parameter: parameter)
        guard value <= differenceMax else { throw .limitExceeded }
        return BitReader.signed(value)
    }

    /// How the differences of a run are spelled; follows from them.
    private struct Code: Hashable {
        /// Powers of two that divide all differences of x, and of y.
        var shiftX: Int
        var shiftY: Int
        /// Parameters of the code of Rice.
        var place: Int
        var time: Int

        static let shiftBits = 3
        static let placeBits = 4
        static let timeBits = 2

        init(shiftX: Int, shiftY: Int, place: Int, time: Int) {
            (self.shiftX, self.shiftY, self.place, self.time) = (shiftX, shiftY, place, time)
        }

        /// The parameter with the fewest bits for numbers that fall off evenly around this mean: the length of mean × ln 2, 177/256.
        static func parameter(sum: UInt64, count: Int, max: Int) -> Int {
            let scaled = sum * 177 / 256 / UInt64(count)
            return min(UInt64.bitWidth - scaled.leadingZeroBitCount, max)
        }
    }

    /// What the code of a run follows from, step by step.
    private struct Measure {
        private var count = 0
        private var (allX, allY): (Int64, Int64) = (0, 0)
        /// Sums of twice the size of x, and of y.
        private var (sizeX, sizeY): (UInt64, UInt64) = (0, 0)
        /// So many of x and y are below zero: in zigzag form they are one less than twice their size, whatever the shift.
        private var negatives: UInt64 = 0
        private var timeSum: UInt64 = 0

        mutating func add(_ step: Step) {
            count += 1
            (allX, allY) = (allX | step.x, allY | step.y)
            (sizeX, sizeY) = (sizeX + 2 * step.x.magnitude, sizeY + 2 * step.y.magnitude)
            negatives += (step.x < 0 ? 1 : 0) + (step.y < 0 ? 1 : 0)
            timeSum += BitWriter.zigzag(step.time)
        }

        var code: Code {
            let shiftX = allX == 0 ? 0 : min(allX.trailingZeroBitCount, (1 << Code.shiftBits) - 1)
            let shiftY = allY == 0 ? 0 : min(allY.trailingZeroBitCount, (1 << Code.shiftBits) - 1)
            let placeSum = (sizeX >> UInt64(shiftX)) + (sizeY >> UInt64(shiftY)) - negatives
            return Code(
                shiftX: shiftX, shiftY: shiftY,
                place: Code.parameter(sum: placeSum, count: count * 2, max: (1 << Code.placeBits) - 1),
                time: Code.parameter(sum: timeSum, count: count, max: (1 << Code.timeBits) - 1))
        }
    }

    /// Fewer differences than these are spelled without parameters, which would cost more than they save.
    private static let codedMin = 3
    /// Longest age or step, milliseconds: 24 days. Where a hand rested longer, a receiver takes it for this.
    static let spanMax: Int64 = 1 << 31
    /// Greatest difference of differences in zigzag form: four times the world, or twice the longest step.
    private static let differenceMax: UInt64 = 1 << 34
}

extension BitReader {
    fileprivate mutating func readDelta(atMost limit: UInt64) throws(WireError) -> UInt64 {
        let value = try readDelta()
        guard value <= limit else { throw .limitExceeded }
        return value
    }
}
