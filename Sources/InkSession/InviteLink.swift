import InkBoard
import InkCrypto
import InkPrimitives

/// An invite written as a link.
///
///     inkwire://HOST:PORT[,HOST:PORT…]/?tls=0|1[&direct=HOST:PORT,…]#1.<base64url payload>
///
///     0            32         64      65      69
///     room secret │ board id │ flags │ check │        flags: 0 (a bit we do not know is refused as newer)
///
/// The hosts are rendezvous; there may be none, for a link that is good by direct addresses only.
///
/// *check* is the first four bytes of BLAKE2b-256 of what precedes it, so that a mistyped link is told from a room where nobody is,
/// without asking anybody.
extension Invite {
    /// The invite as a link.
    public var link: String {
        var payload = roomSecret.withBytes { $0 } + board.bytes + [0]
        payload += Self.check(payload)
        var query = "tls=\(usesTLS ? 1 : 0)"
        if !direct.isEmpty { query += "&direct=" + direct.map(\.description).joined(separator: ",") }
        return "\(Self.scheme)\(rendezvous.map(\.description).joined(separator: ","))/?\(query)#1.\(Base64URL.encode(payload))"
    }

    /// Reads a link. White space anywhere is ignored: terminals and mail wrap long lines.
    public init(link text: String) throws(InviteLinkError) {
        let bare = String(text.filter { !$0.isWhitespace })
        guard bare.lowercased().hasPrefix(Self.scheme) else { throw .notALink }
        guard bare.utf8.count <= Self.textBytes else { throw bare.count(where: { $0 == "," }) >= Self.placesMax ? .tooMany : .damaged }
        let parts = bare.dropFirst(Self.scheme.count).split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { throw .truncated }
        let fragment = parts[1].split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard fragment.count == 2 else { throw .truncated }
        guard fragment[0] == "1" else { throw UInt16(fragment[0]) == nil ? .damaged : .newer }
        let payload = try Self.decode(String(fragment[1]))
        guard let secret = Secret32(payload[..<32]), let board = BoardID(payload[32..<64]) else { throw .damaged }

        let place = parts[0].split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let hosts = place[0].split(separator: ",")
        var (usesTLS, direct): (Bool, [SocketAddress]) = (false, [])
        let query = place.count == 2 ? place[1].drop(while: { $0 == "?" }) : ""
        for field in query.split(separator: "&") {
            let pair = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            switch (pair[0], pair.count == 2 ? pair[1] : "") {
            case ("tls", "0"): usesTLS = false
            case ("tls", "1"): usesTLS = true
            case ("direct", let list):
                direct = try Self.parse(list.split(separator: ",")) { SocketAddress($0) }
            // A later version may say more; what it says here is never needed to enter.
            case (let name, _) where name != "tls": continue
            default: throw .damaged
            }
        }
        self.init(rendezvous: try Self.parse(hosts) { Host($0) }, usesTLS: usesTLS, direct: direct, roomSecret: secret, board: board)
    }

    /// Rendezvous, and direct addresses, that an invite names at most: each is dialled by all who have it.
    public static let placesMax = Limits.candidates
    private static let scheme = "inkwire://"
    /// Far more than 16 hosts and 16 addresses need.
    private static let textBytes = 8192
    private static let payloadBytes = 69

    private static func decode(_ text: String) throws(InviteLinkError) -> [UInt8] {
        guard text.utf8.count >= (payloadBytes * 4 + 2) / 3 else { throw .truncated }
        guard let payload = Base64URL.decode(text), payload.count >= payloadBytes else { throw .damaged }
        guard payload[64] == 0 else { throw .newer }
        guard payload.count == payloadBytes, check(Array(payload[..<65])) == Array(payload[65...]) else { throw .damaged }
        return payload
    }

    private static func parse<Value>(_ list: [Substring], _ read: (String) -> Value?) throws(InviteLinkError) -> [Value] {
        guard list.count <= placesMax else { throw .tooMany }
        var values: [Value] = []
        for entry in list {
            guard let value = read(String(entry)) else { throw .damaged }
            values.append(value)
        }
        return values
    }

    private static func check(_ bytes: [UInt8]) -> [UInt8] { Array(Blake2b.hash256(bytes).prefix(4)) }
}

/// Why a text is not a link that lets somebody in.
public enum InviteLinkError: Error, Hashable, Sendable, CustomStringConvertible {
    /// It does not begin with `inkwire://`.
    case notALink
    /// It names more rendezvous, or more direct addresses, than an invite may.
    case tooMany
    /// Its end is missing.
    case truncated
    /// A character was changed or lost.
    case damaged
    /// A later version of the program made it.
    case newer

    public var description: String {
        switch self {
        case .notALink: "it is not an inkwire link"
        case .tooMany: "it names more than \(Invite.placesMax) rendezvous, or as many direct addresses, and all who have it would dial each"
        case .truncated: "its end is missing"
        case .damaged: "a character in it is wrong or lost"
        case .newer: "a newer inkwire made it"
        }
    }
}
