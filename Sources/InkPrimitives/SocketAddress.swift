/// An IP address, version 4 or 6. A v4-mapped v6 address is turned into v4 when made, so that one host has one spelling (PR-6).
public enum IPAddress: Hashable, Comparable, Sendable {
    case v4(UInt32)
    case v6(high: UInt64, low: UInt64)

    /// From 4 or 16 bytes in network order; nil for another count.
    public init?(bytes: some Collection<UInt8>) {
        switch bytes.count {
        case 4: self = .v4(bytes.reduce(0) { $0 << 8 | UInt32($1) })
        case 16:
            let high = bytes.prefix(8).reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
            let low = bytes.dropFirst(8).reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
            self = high == 0 && low >> 32 == 0xFFFF ? .v4(UInt32(truncatingIfNeeded: low)) : .v6(high: high, low: low)
        default: return nil
        }
    }

    /// 4 or 16 bytes in network order.
    public var bytes: [UInt8] {
        switch self {
        case .v4(let word): (0..<4).map { UInt8(truncatingIfNeeded: word >> UInt32(24 - $0 * 8)) }
        case .v6(let high, let low):
            [high, low].flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(56 - $0 * 8)) } }
        }
    }

    public var isV6: Bool { if case .v6 = self { true } else { false } }

    /// 127.0.0.0/8 or ::1.
    public var isLoopback: Bool {
        switch self {
        case .v4(let word): word >> 24 == 127
        case .v6(let high, let low): high == 0 && low == 1
        }
    }

    /// 169.254.0.0/16 or fe80::/10.
    public var isLinkLocal: Bool {
        switch self {
        case .v4(let word): word >> 16 == 0xA9FE
        case .v6(let high, _): high >> 54 == 0x3FA
        }
    }

    /// Of a link-local IPv6 address the number of the interface on whose link it is good (its zone, RFC 4007); 0 where that is not known, and of
    /// others.
    ///
    /// It stands in the second 16 bits of the address, which are zero on the wire, as the kernels of BSD keep it: so it goes wherever an address goes
    /// within this machine. Shells take it out before the system sees the address.
    public var zone: UInt16 {
        guard case .v6(let high, _) = self, isLinkLocal else { return 0 }
        return UInt16(truncatingIfNeeded: high >> 32)
    }

    /// The same address with another zone; as it is where it is no link-local IPv6 address.
    public func inZone(_ zone: UInt16) -> IPAddress {
        guard case .v6(let high, let low) = self, isLinkLocal else { return self }
        return .v6(high: high & 0xFFFF_0000_FFFF_FFFF | UInt64(zone) << 32, low: low)
    }

    /// 224.0.0.0/4, 240.0.0.0/4 (reserved, broadcast in it) or ff00::/8.
    public var isMulticastOrBroadcast: Bool {
        switch self {
        case .v4(let word): word >> 28 >= 14
        case .v6(let high, _): high >> 56 == 0xFF
        }
    }

    /// 0.0.0.0/8 or ::.
    public var isUnspecified: Bool {
        switch self {
        case .v4(let word): word >> 24 == 0
        case .v6(let high, let low): high == 0 && low == 0
        }
    }

    /// The address written as digits, v6 with or without `::`; a zone (`%eth0`) is ignored. Nil for names and anything else.
    public init?(_ text: String) {
        if text.contains(":") {
            guard let (high, low) = Self.parseV6(text) else { return nil }
            self.init(bytes: IPAddress.v6(high: high, low: low).bytes)
        } else {
            let parts = text.split(separator: ".", omittingEmptySubsequences: false)
            guard parts.count == 4 else { return nil }
            var word: UInt32 = 0
            for part in parts {
                guard part.utf8.count <= 3, let byte = UInt16(digits: part), byte < 256 else { return nil }
                word = word << 8 | UInt32(byte)
            }
            self = .v4(word)
        }
    }

    private static func parseV6(_ text: String) -> (UInt64, UInt64)? {
        var (head, tail): ([UInt16], [UInt16]) = ([], [])
        var sawGap = false
        let bare = text.split(separator: "%", maxSplits: 1).first.map(String.init) ?? text
        let halves = bare.split(separator: "::", maxSplits: 2, omittingEmptySubsequences: false)
        func groups(_ half: Substring) -> [UInt16]? {
            if half.isEmpty { return [] }
            var result: [UInt16] = []
            for group in half.split(separator: ":", omittingEmptySubsequences: false) {
                guard (1...4).contains(group.utf8.count), let value = UInt16(digits: group, radix: 16) else { return nil }
                result.append(value)
            }
            return result
        }
        switch halves.count {
        case 1:
            guard let all = groups(halves[0]) else { return nil }
            head = all
        case 2:
            guard let first = groups(halves[0]), let last = groups(halves[1]) else { return nil }
            (head, tail, sawGap) = (first, last, true)
        default: return nil
        }
        guard sawGap ? head.count + tail.count < 8 : head.count == 8 else { return nil }
        let all = head + Array(repeating: 0, count: 8 - head.count - tail.count) + tail
        return (all[..<4].reduce(0) { $0 << 16 | UInt64($1) }, all[4...].reduce(0) { $0 << 16 | UInt64($1) })
    }

    public static func < (left: IPAddress, right: IPAddress) -> Bool { left.bytes.lexicographicallyPrecedes(right.bytes) }
}

extension IPAddress: CustomStringConvertible {
    public var description: String {
        switch self {
        case .v4: return bytes.map { String($0) }.joined(separator: ".")
        case .v6:
            if isLoopback { return "::1" }
            let raw = bytes
            let groups = (0..<8).map { UInt16(raw[$0 * 2]) << 8 | UInt16(raw[$0 * 2 + 1]) }
            return groups.map { String($0, radix: 16) }.joined(separator: ":")
        }
    }
}

/// Where a datagram goes or came from.
public struct SocketAddress: Hashable, Comparable, Sendable, CustomStringConvertible {
    public var ip: IPAddress
    /// UDP or TCP port, 1...65535 for anything real.
    public var port: UInt16

    public init(ip: IPAddress, port: UInt16) { (self.ip, self.port) = (ip, port) }

    /// `1.2.3.4:5` or `[::1]:5`; nil for names and anything else.
    public init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(digits: text[text.index(after: colon)...]) else { return nil }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        guard let ip = IPAddress(String(host)) else { return nil }
        self.init(ip: ip, port: port)
    }

    public var description: String {
        switch ip {
        case .v4: "\(ip):\(port)"
        case .v6: "[\(ip)]:\(port)"
        }
    }

    public static func < (left: SocketAddress, right: SocketAddress) -> Bool {
        left.ip == right.ip ? left.port < right.port : left.ip < right.ip
    }

    /// Address family (4 or 6), address bytes, port.
    public func write(to writer: inout ByteWriter) {
        switch ip {
        case .v4: writer.write(4 as UInt8)
        case .v6: writer.write(6 as UInt8)
        }
        writer.write(ip.bytes)
        writer.write(port)
    }

    /// Reads what `write(to:)` wrote.
    public init(from reader: inout ByteReader) throws(WireError) {
        let count: Int
        switch try reader.readUInt8() {
        case 4: count = 4
        case 6: count = 16
        default: throw .unexpected
        }
        let raw = try reader.readBytes(count)
        guard let ip = IPAddress(bytes: raw), ip.bytes.count == count else { throw .nonCanonical }
        self.init(ip: ip, port: try reader.readUInt16())
    }
}

extension UInt16 {
    /// A number that is spelt with digits alone; nil for signs, which the standard initializer takes, and anything else.
    package init?(digits text: Substring, radix: Int = 10) {
        guard text.first != "+", text.first != "-" else { return nil }
        self.init(text, radix: radix)
    }
}
