import InkPrimitives

/// A place in the depth order: a fractional index, compared as bytes; ties are broken by the shape's name.
///
/// The bytes are a whole number as a canonical varint (whose byte order is the order of the numbers) and then a base-256 fraction
/// without trailing zeros. New shapes go on top by counting the whole number up, so 8000 of them cost two bytes each and a billion
/// four; only putting something between two others lengthens a key, by a byte for each eight times between the same two. A key that
/// would pass `Limits.depthBytes` is not made: the lower neighbour's key is used again (BD-18), and the names decide.
public struct DepthKey: Hashable, Comparable, Sendable {
    public let bytes: [UInt8]

    /// The place of the first shape: room for 8192 below and without end above (BD-137).
    public static let first = DepthKey(whole: 8192, fraction: [])

    /// The key with these bytes; nil unless they are in the one form described above.
    public init?(_ bytes: [UInt8]) {
        guard bytes.count <= Limits.depthBytes, DepthKey.parse(bytes) != nil else { return nil }
        self.bytes = bytes
    }

    private init(whole: UInt64, fraction: [UInt8]) {
        var writer = ByteWriter(capacity: 8 + fraction.count)
        writer.writeVarint(whole)
        writer.write(fraction)
        bytes = writer.bytes
    }

    public static func < (left: DepthKey, right: DepthKey) -> Bool { left.bytes.lexicographicallyPrecedes(right.bytes) }

    /// A key above `lower` and below `upper`; nil stands for no neighbour there. Where no key of allowed length lies between (or
    /// `lower` is not below `upper`), `lower`'s own, or without one `upper`'s.
    public static func between(_ lower: DepthKey?, _ upper: DepthKey?) -> DepthKey {
        switch (lower, upper) {
        case (nil, nil): first
        case (let lower?, nil): above(lower)
        case (nil, let upper?): below(upper)
        case (let lower?, let upper?): inside(lower, upper)
        }
    }

    private static func above(_ lower: DepthKey) -> DepthKey {
        guard let (whole, fraction) = parse(lower.bytes) else { return lower }
        if whole < Varint.max { return DepthKey(whole: whole + 1, fraction: []) }
        return bounded(DepthKey(whole: whole, fraction: middle(fraction[...], nil)), else: lower)
    }

    private static func below(_ upper: DepthKey) -> DepthKey {
        guard let (whole, fraction) = parse(upper.bytes) else { return upper }
        if whole > 0 { return DepthKey(whole: whole - 1, fraction: []) }
        guard !fraction.isEmpty else { return upper }
        return bounded(DepthKey(whole: whole, fraction: middle([], fraction[...])), else: upper)
    }

    private static func inside(_ lower: DepthKey, _ upper: DepthKey) -> DepthKey {
        guard lower < upper, let low = parse(lower.bytes), let high = parse(upper.bytes) else { return lower }
        if high.whole - low.whole > 1 { return DepthKey(whole: low.whole + 1, fraction: []) }
        if high.whole > low.whole, !high.fraction.isEmpty { return DepthKey(whole: high.whole, fraction: []) }
        let end = high.whole == low.whole ? high.fraction[...] : nil
        return bounded(DepthKey(whole: low.whole, fraction: middle(low.fraction[...], end)), else: lower)
    }

    private static func bounded(_ key: DepthKey, else other: DepthKey) -> DepthKey { key.bytes.count <= Limits.depthBytes ? key : other }

    /// A fraction strictly between `low` and `high` (nil: one), without trailing zeros. `high`, where given, is above `low`.
    private static func middle(_ low: ArraySlice<UInt8>, _ high: ArraySlice<UInt8>?) -> [UInt8] {
        var (low, high) = (low, high)
        var digits: [UInt8] = []
        while true {
            let floor = low.first.map(Int.init) ?? 0
            let ceiling = high?.first.map(Int.init) ?? 256
            if ceiling - floor > 1 { return digits + [UInt8((floor + ceiling) / 2)] }
            if ceiling == floor {
                digits.append(UInt8(floor))
                (low, high) = (low.dropFirst(), high?.dropFirst())
                // `high` can only be exhausted here if it was not above `low`; then anything above `low` is as good.
                if high?.isEmpty == true { high = nil }
            } else if let upper = high, upper.count > 1 {
                return digits + [UInt8(ceiling)]
            } else {
                digits.append(UInt8(floor))
                (low, high) = (low.dropFirst(), nil)
            }
        }
    }

    private static func parse(_ bytes: [UInt8]) -> (whole: UInt64, fraction: [UInt8])? {
        var reader = ByteReader(bytes)
        guard let whole = try? reader.readVarint() else { return nil }
        let fraction = reader.readRest()
        return fraction.last == 0 ? nil : (whole, fraction)
    }
}
