import InkPrimitives

/// Where something is said to all on a link: two groups and one port, which no program asks anybody to be assigned.
///
///     239.255.73.78    administratively scoped, the local scope (RFC 2365 §6.1): no router at a border passes it on
///     ff12::8049:4e4b  transient and of the link's scope (RFC 4291 §2.7); the group of a number that is given to nobody (RFC 3307 §4.3)
///     26746            among the ports that IANA has assigned to nobody, and below those that systems give to clients
///
/// A datagram begins with four bytes that say that it is ours and of which kind; another version is another kind.
public enum LinkGroup {
    public static let v4 = IPAddress.v4(0xEFFF_494E)
    public static let v6 = IPAddress.v6(high: 0xFF12_0000_0000_0000, low: 0x8049_4E4B)
    public static let port: UInt16 = 26746

    /// The longest datagram that is ever looked at.
    public static let datagramBytesMax = max(Beacon.byteCount, LinkQuestion.byteCount)

    /// The bytes with which each begins.
    enum Kind: UInt8, Sendable {
        case beacon = 1
        case question = 2
        case answer = 3

        static let headCount = 4
        private static let name: [UInt8] = Array("ink".utf8)

        var head: [UInt8] { Self.name + [rawValue] }

        /// Nil for what is none of ours.
        init?(of datagram: [UInt8]) {
            guard datagram.count > Self.headCount, Array(datagram.prefix(3)) == Self.name else { return nil }
            self.init(rawValue: datagram[3])
        }
    }
}
