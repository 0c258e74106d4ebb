import InkPrimitives

/// One direction of a way on which everything goes wrong that can (SM-73): it has a weather, which changes.
struct WildWay {
    /// What it does with packets for a while.
    struct Weather {
        /// Bits a second.
        var rate = 100e6
        /// What would wait longer for the line is dropped.
        var queue: Duration = .milliseconds(200)
        var delay: Duration = .milliseconds(10)
        /// Added to the delay, uniform up to this.
        var jitter: Duration = .zero
        /// Share of packets lost, and how many in a row.
        var loss = 0.0
        var burst = 1
        /// Share of packets that are held until up to so many later ones have passed them.
        var holding = 0.0
        var heldMax = 8000
        /// Share of packets that come several times, up to so many.
        var doubling = 0.0
        var copiesMax = 100
        /// Share of packets that are not as they were.
        var damage = 0.0
        /// Nothing passes.
        var isBlackHole = false

        /// Good enough for everything to arrive.
        static let fair = Weather(rate: 2e6, delay: .milliseconds(20))

        /// Each kind of trouble is there or not, so that some weathers have one alone.
        static func any(_ random: inout SplitMix64) -> Weather {
            var weather = Weather()
            weather.rate = exponential(10e3, 1e9, &random)
            weather.queue = .milliseconds(20 + random.below(980))
            weather.delay = .milliseconds(random.below(random.chance(0.2) ? 400 : 60))
            if random.chance(0.3) { weather.jitter = .milliseconds(1 + random.below(100)) }
            if random.chance(0.5) { weather.loss = random.unit() * (random.chance(0.5) ? 0.1 : 0.5) }
            if random.chance(0.3) { weather.burst = 1 + random.below(20) }
            if random.chance(0.2) { (weather.holding, weather.heldMax) = (random.unit() * 0.2, random.chance(0.5) ? 8000 : 20) }
            if random.chance(0.2) { (weather.doubling, weather.copiesMax) = (random.unit() * 0.2, random.chance(0.2) ? 100 : 3) }
            if random.chance(0.2) { weather.damage = random.unit() * 0.2 }
            weather.isBlackHole = random.chance(0.1)
            return weather
        }

        static func exponential(_ low: Double, _ high: Double, _ random: inout SplitMix64) -> Double {
            // 2^x by squaring the root often enough: no logarithm is needed.
            var (value, ratio, part) = (low, high / low, random.unit())
            for _ in 0..<24 {
                ratio = ratio.squareRoot()
                part *= 2
                if part >= 1 { (value, part) = (value * ratio, part - 1) }
            }
            return value
        }
    }

    var weather = Weather()
    private var random: SplitMix64
    private var freeAt: Instant = .distantPast
    private var lossesLeft = 0
    private var passed = 0
    /// Those that wait until others have passed, or at the latest for a time.
    private var held: [(bytes: [UInt8], after: Int, latest: Instant)] = []

    private static let headers = 28
    private static let heldTime: Duration = .seconds(3)
    /// Copies in flight would be as many as a queue holds; more say nothing new.
    private static let heldCountMax = 2000

    init(random: SplitMix64) { self.random = random }

    /// What comes of it at the other end, and when.
    mutating func take(_ bytes: [UInt8], now: Instant) -> [(at: Instant, bytes: [UInt8])] {
        passed += 1
        var come = release(now: now)
        guard !weather.isBlackHole else { return come }
        let wait = max(.zero, freeAt - now)
        guard wait <= weather.queue else { return come }
        freeAt = max(freeAt, now) + .nanoseconds(Int64(Double(bytes.count + Self.headers) * 8e9 / weather.rate))
        if lossesLeft > 0 {
            lossesLeft -= 1
            return come
        }
        if random.chance(weather.loss / Double(weather.burst)) {
            lossesLeft = weather.burst - 1
            return come
        }
        if held.count < Self.heldCountMax, random.chance(weather.holding) {
            held.append((bytes, passed + 1 + random.below(weather.heldMax), now + Self.heldTime))
            return come
        }
        let copies = random.chance(weather.doubling) ? 1 + random.below(weather.copiesMax) : 0
        for copy in 0...copies {
            let later = copy == 0 ? Duration.zero : random.jitter(.seconds(1))
            come.append(
                (freeAt + weather.delay + random.jitter(weather.jitter) + later, random.chance(weather.damage) ? damaged(bytes) : bytes))
        }
        return come
    }

    /// Those whose time it is.
    private mutating func release(now: Instant) -> [(at: Instant, bytes: [UInt8])] {
        guard !held.isEmpty else { return [] }
        let free = held.filter { passed >= $0.after || now >= $0.latest }
        held.removeAll { passed >= $0.after || now >= $0.latest }
        return free.map { (now + weather.delay, $0.bytes) }
    }

    private mutating func damaged(_ bytes: [UInt8]) -> [UInt8] {
        if random.chance(0.2) { return Array(bytes.prefix(random.below(bytes.count + 1))) }
        var result = bytes
        for _ in 0...random.below(3) where !bytes.isEmpty { result[random.below(bytes.count)] ^= 1 << UInt8(random.below(8)) }
        return result
    }
}
