import InkBoard
import InkCrypto
import InkPrimitives

/// An invite written as a link.
///
///     inkwire://HOST:PORT[,HOST:PORT…]/?tls=0|1[&direct=HOST:PORT,…]#FORM.<base64url payload>
///
///     form 1, a board of version 1:
///     0            32         64      65      69
///     room secret │ board id │ flags │ check │        flags: 0 (a bit we do not know is refused as newer)
///
///     form 2, a board of version 2:
///     0            32         64              96           128     160     161     165
///     room secret │ board id │ invite's name │ key's seed │ epoch │ flags │ check │     epoch: whose secret it is, zeros for the first
///
/// The hosts are rendezvous; there may be none, for a link that is good by direct addresses only.
///
/// *check* is the first four bytes of BLAKE2b-256 of what precedes it, so that a mistyped link is told from a room where nobody is,
/// without asking anybody. In form 2 that is the text before the payload, then the payload's bytes (SE-181): who changes where a link leads to makes
/// it void (CL-2).
extension Invite {
    /// The invite as a link.
    public var link: String {
        var query = "tls=\(usesTLS ? 1 : 0)"
        if !direct.isEmpty { query += "&direct=" + direct.map(\.description).joined(separator: ",") }
        let place = "\(Self.scheme)\(rendezvous.map(\.description).joined(separator: ","))/?\(query)"
        let form = key == nil ? Form.secret : .rights
        let opening = "\(place)#\(form.rawValue)."
        var payload = roomSecret.withBytes { $0 } + board.bytes
        if let key { payload += key.invite.bytes + key.seed.withBytes { $0 } + epoch.bytes }
        payload.append(0)
        return opening + Base64URL.encode(payload + form.check(payload, after: opening))
    }

    /// Reads a link. White space anywhere is ignored: terminals and mail wrap long lines (CL-1).
    public init(link text: String) throws(InviteLinkError) {
        let bare = String(text.filter { !$0.isWhitespace })
        guard bare.lowercased().hasPrefix(Self.scheme) else { throw .notALink }
        guard bare.utf8.count <= Self.textBytes else { throw bare.count(where: { $0 == "," }) >= Self.placesMax ? .tooMany : .damaged }
        let parts = bare.dropFirst(Self.scheme.count).split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { throw .truncated }
        let fragment = parts[1].split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard fragment.count == 2 else { throw .truncated }
        guard let form = Form(rawValue: String(fragment[0])) else { throw UInt16(fragment[0]) == nil ? .damaged : .newer }
        let payload = try Self.decode(String(fragment[1]), form, after: bare.dropLast(fragment[1].count))
        guard let secret = Secret32(payload[..<32]), let board = BoardID(payload[32..<64]) else { throw .damaged }
        var (key, epoch): (InviteKey?, EpochID) = (nil, .zero)
        if form == .rights {
            guard let invite = TransactionName(payload[64..<96]), let seed = Secret32(payload[96..<128]),
                let named = EpochID(payload[128..<160])
            else { throw .damaged }
            (key, epoch) = (InviteKey(invite: invite, seed: seed), named)
        }

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
        self.init(
            rendezvous: try Self.parse(hosts) { Host($0) }, usesTLS: usesTLS, direct: direct, roomSecret: secret, board: board, key: key,
            epoch: epoch)
    }

    /// Rendezvous, and direct addresses, that an invite names at most: each is dialled by all who have it (CL-2).
    public static let placesMax = Limits.candidates
    private static let scheme = "inkwire://"
    /// Far more than 16 hosts and 16 addresses need.
    private static let textBytes = 8192

    /// How a link is written.
    private enum Form: String {
        case secret = "1"
        case rights = "2"

        /// Where the byte of flags is, behind which only the check is.
        var flagsPosition: Int { self == .secret ? 64 : 160 }
        var payloadBytes: Int { flagsPosition + 5 }

        func check(_ bytes: [UInt8], after text: some StringProtocol) -> [UInt8] {
            Array(Blake2b.hash256((self == .secret ? [] : Array(text.utf8)) + bytes).prefix(4))
        }
    }

    /// - Parameter opening: all of the link that stands before the payload.
    private static func decode(_ text: String, _ form: Form, after opening: Substring) throws(InviteLinkError) -> [UInt8] {
        guard text.utf8.count >= (form.payloadBytes * 4 + 2) / 3 else { throw .truncated }
        guard let payload = Base64URL.decode(text), payload.count >= form.payloadBytes else { throw .damaged }
        let end = form.flagsPosition + 1
        // What a later version puts there it may check otherwise, too (CL-2).
        guard payload[end - 1] == 0 else { throw .newer }
        guard payload.count == form.payloadBytes, form.check(Array(payload[..<end]), after: opening) == Array(payload[end...]) else {
            throw .damaged
        }
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
