import InkBoard
import InkCrypto
import InkPrimitives

/// What lets somebody into a room.
///
/// On a board of version 1 this is the only admission there is: whoever has it is a member for ever. On one of version 2 the room secret lets
/// nobody see more than that there is a room; whoever has the key of an invite joins by it, in the role that it gives.
public struct Invite: Hashable, Sendable {
    /// One rendezvous: a name or an address, and a TCP port.
    public struct Host: Hashable, Sendable, CustomStringConvertible {
        /// A DNS name or a literal address; IPv6 without brackets.
        public var name: String
        public var port: UInt16

        public init(name: String, port: UInt16) { (self.name, self.port) = (name, port) }

        /// From `NAME:PORT` or `[v6]:PORT`; nil for anything else.
        public init?(_ text: String) {
            guard let colon = text.lastIndex(of: ":"), let port = UInt16(digits: text[text.index(after: colon)...]), port > 0 else {
                return nil
            }
            var name = text[..<colon]
            if name.hasPrefix("["), name.hasSuffix("]") {
                name = name.dropFirst().dropLast()
                guard IPAddress(String(name)) != nil, name.contains(":") else { return nil }
            } else {
                // What a host name may hold, so that no byte of a link reaches a terminal or a resolver as something else.
                guard !name.isEmpty, name.utf8.count <= 253, name.utf8.allSatisfy(Self.isNameByte) else { return nil }
            }
            self.init(name: String(name), port: port)
        }

        public var description: String { name.contains(":") ? "[\(name)]:\(port)" : "\(name):\(port)" }

        private static func isNameByte(_ byte: UInt8) -> Bool {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
                true
            default: false
            }
        }
    }

    /// Rendezvous to try, in order; at most 16.
    public var rendezvous: [Host]
    /// True if the rendezvous are spoken to over TLS.
    public var usesTLS: Bool
    /// UDP addresses where a member may be reached without any rendezvous; at most 16.
    public var direct: [SocketAddress]
    /// In force at `epoch`.
    public var roomSecret: Secret32
    public var board: BoardID
    /// What lets its holder join a board of version 2; nil of one of version 1 (SE-180).
    public var key: InviteKey?
    /// Zero for the first, the only one of a board of version 1 (SE-333).
    public var epoch: EpochID

    public init(
        rendezvous: [Host], usesTLS: Bool = false, direct: [SocketAddress] = [], roomSecret: Secret32, board: BoardID,
        key: InviteKey? = nil,
        epoch: EpochID = .zero
    ) {
        self.rendezvous = rendezvous
        self.usesTLS = usesTLS
        self.direct = direct
        self.roomSecret = roomSecret
        self.board = board
        (self.key, self.epoch) = (key, epoch)
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(board)
        hasher.combine(rendezvous)
    }
}
