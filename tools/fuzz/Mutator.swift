import InkPrimitives

/// Inputs for one decoder, all a function of a seed: mutations of true values, and of inputs that were met with a verdict not seen at their
/// length before.
struct Mutator {
    private let seeds: [[UInt8]]
    private let words: [[UInt8]]
    private var random: SplitMix64
    /// Inputs kept for what they met; the oldest gives way.
    private var corpus: [[UInt8]] = []
    private var next = 0
    private var seen: Set<Kind> = []

    private struct Kind: Hashable {
        var verdict: Decoder.Verdict
        var length: Int
        var first: UInt8
    }

    /// No decoder takes more at once, but for those of texts.
    static let lengthMax = 1 << 17
    private static let corpusMax = 512

    init(_ decoder: Decoder, seed: UInt64) {
        (seeds, words) = (decoder.seeds, decoder.words)
        random = SplitMix64(seed: seed).split(decoder.name)
    }

    /// The next input.
    mutating func input() -> [UInt8] {
        if random.chance(0.02) { return (0..<random.below(200)).map { _ in byte() } }
        var bytes = some()
        // Few changes reach deep, many reach odd places.
        let changes = random.chance(0.7) ? 1 + random.below(3) : 1 + random.below(24)
        for _ in 0..<changes { change(&bytes) }
        if bytes.count > Self.lengthMax { bytes.removeLast(bytes.count - Self.lengthMax) }
        return bytes
    }

    /// What became of it.
    mutating func note(_ bytes: [UInt8], _ verdict: Decoder.Verdict) {
        let kind = Kind(verdict: verdict, length: bytes.count.bitWidth - bytes.count.leadingZeroBitCount, first: bytes.first ?? 0)
        guard bytes.count < 1 << 13, seen.insert(kind).inserted || random.chance(0.001) else { return }
        if corpus.count < Self.corpusMax {
            corpus.append(bytes)
        } else {
            corpus[next] = bytes
            next = (next + 1) % corpus.count
        }
    }

    private mutating func byte() -> UInt8 { UInt8(truncatingIfNeeded: random.next()) }

    private mutating func some() -> [UInt8] {
        if !corpus.isEmpty, random.chance(0.6) { return corpus[random.below(corpus.count)] }
        return seeds.isEmpty ? [] : seeds[random.below(seeds.count)]
    }

    private mutating func change(_ bytes: inout [UInt8]) {
        guard !bytes.isEmpty else { return bytes.append(byte()) }
        let at = random.below(bytes.count)
        switch random.below(12) {
        case 0: bytes[at] ^= 1 << UInt8(random.below(8))
        case 1: bytes[at] = byte()
        case 2: bytes[at] = Self.edges[random.below(Self.edges.count)]
        case 3: bytes[at] &+= random.chance(0.5) ? 1 : 255
        case 4: bytes.remove(at: at)
        case 5: bytes.insert(byte(), at: at)
        case 6: bytes.removeLast(bytes.count - at)
        case 7:
            let end = at + random.below(min(64, bytes.count - at) + 1)
            bytes.insert(contentsOf: bytes[at..<end], at: random.below(bytes.count + 1))
        case 8: bytes.removeSubrange(at..<at + random.below(min(64, bytes.count - at) + 1))
        case 9:
            let other = some()
            guard !other.isEmpty else { return }
            let from = random.below(other.count)
            bytes.replaceSubrange(at..., with: other[from...])
        case 10:
            // A number as long as can be, or longer than its value needs.
            bytes.replaceSubrange(at..<min(at + 1, bytes.count), with: Self.numbers[random.below(Self.numbers.count)])
        default:
            guard !words.isEmpty else { return bytes[at] = byte() }
            bytes.insert(contentsOf: words[random.below(words.count)], at: at)
        }
    }

    private static let edges: [UInt8] = [0, 1, 0x7F, 0x80, 0xFF, 0x3F, 0x40, 0xC0, 0x0A, 0x1B, 0x22, 0x5B]
    private static let numbers: [[UInt8]] = [
        [0x7F, 0xFF], [0xBF, 0xFF, 0xFF, 0xFF], [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], [0xC0, 0, 0, 0, 0, 0, 0, 1], [0x40, 0],
        [0x80, 0, 0, 0], [0x80, 1, 0, 0], [0x50, 0], [0x7F, 0xFF, 0x7F, 0xFF, 0x7F, 0xFF],
    ]
}
