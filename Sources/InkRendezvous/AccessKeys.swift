import InkCrypto
import InkPrimitives

/// What a rendezvous takes tokens by: keys that sign them, or the tokens themselves.
///
/// Whoever asks gives the wall clock; nothing here has one.
public struct AccessKeys: Sendable {
    /// One token of a list.
    private struct Listed: Sendable {
        let hash: [UInt8]
        let bearer: Bearer
    }

    private enum Way: Sendable {
        case signed([TokenKey], audience: String?)
        case listed([Listed])
    }

    private let way: Way

    /// Why a file cannot be used, in words for who runs the rendezvous. Nothing that stands in the file is repeated (RV-175).
    public struct Fault: Error, Hashable, Sendable, CustomStringConvertible {
        public let description: String
        init(_ description: String) { self.description = description }
    }

    /// A token, bytes (RV-173): as much as servers take in one field of a head.
    public static let tokenBytesMax = 8192
    /// A token that stands in a list, bytes (RV-174).
    public static let listedBytesMin = 16
    /// A file, bytes.
    public static let fileBytesMax = 1 << 20
    /// Keys of a file, and tokens of a list: each is compared with what is shown.
    static let keysMax = 64
    static let listedMax = 4096

    /// Keys, as a JSON Web Key Set has them (RFC 7517).
    ///
    /// - Parameters:
    ///   - audience: which tokens must be for; nil for any.
    ///   - verifiesES256: false where the machine has nothing that could (CR-40).
    public init(keySet bytes: [UInt8], audience: String? = nil, verifiesES256: Bool = P256Key.isAvailable) throws(Fault) {
        guard bytes.count <= Self.fileBytesMax else { throw Fault("it is longer than \(Self.fileBytesMax >> 20) MiB") }
        let value: JSONValue
        do throws(JSONValue.ReadError) {
            value = try JSONValue(reading: bytes)
        } catch {
            switch error {
            case .notJSON(let failure): throw Fault("it is no whole JSON: it ends to be so at byte \(failure.offset)")
            case .namedTwice: throw Fault("an object in it names a member twice")
            }
        }
        guard let list = value.object?["keys"]?.array else {
            throw Fault("it is no set of keys, {\"keys\":[...]} (RFC 7517)")
        }
        guard !list.isEmpty else { throw Fault("it holds no key") }
        guard list.count <= Self.keysMax else { throw Fault("it holds more than \(Self.keysMax) keys") }
        var keys: [TokenKey] = []
        for (index, entry) in list.enumerated() {
            do throws(Fault) {
                let key = try Self.key(entry, verifiesES256: verifiesES256)
                if let id = key.id, keys.contains(where: { $0.id == id }) { throw Fault("its kid is that of another") }
                keys.append(key)
            } catch {
                throw Fault("key \(index + 1): \(error)")
            }
        }
        way = .signed(keys, audience: audience)
    }

    /// Tokens themselves: a line for each, with `name=`, `topics=`, `relay=` and `mailboxes=` behind it; `#` begins a comment.
    public init(list bytes: [UInt8]) throws(Fault) {
        guard bytes.count <= Self.fileBytesMax else { throw Fault("it is longer than \(Self.fileBytesMax >> 20) MiB") }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw Fault("it is not text in UTF-8") }
        var tokens: [Listed] = []
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
            guard let first = words.first, !first.hasPrefix("#") else { continue }
            do throws(Fault) {
                let token = try Self.listed(first, words.dropFirst())
                guard !tokens.contains(where: { $0.hash == token.hash }) else { throw Fault("this token stands in it twice") }
                tokens.append(token)
            } catch {
                throw Fault("line \(index + 1): \(error)")
            }
            guard tokens.count <= Self.listedMax else { throw Fault("it holds more than \(Self.listedMax) tokens") }
        }
        guard !tokens.isEmpty else { throw Fault("it holds no token") }
        way = .listed(tokens)
    }

    /// How many keys, or tokens, there are.
    public var count: Int {
        switch way {
        case .signed(let keys, _): keys.count
        case .listed(let tokens): tokens.count
        }
    }

    /// All that vouches for a token here.
    public var vouches: Set<VouchID> {
        switch way {
        case .signed(let keys, _): Set(keys.map(\.vouch))
        case .listed(let tokens): Set(tokens.map(\.bearer.vouch))
        }
    }

    /// Tokens of any audience are taken.
    public var takesAnyAudience: Bool { if case .signed(_, nil) = way { true } else { false } }

    /// Whose a token is.
    ///
    /// - Parameter now: seconds since 1970.
    /// - Throws: why it is not taken; of one that nobody known has signed nothing else is looked at.
    public func bearer(of token: String, now: Int64) throws(RendezvousRefusal) -> Bearer {
        guard token.utf8.count <= Self.tokenBytesMax else { throw .tokenTooLong }
        switch way {
        case .signed(let keys, let audience): return try Self.bearer(of: token, by: keys, audience: audience, now: now)
        case .listed(let tokens):
            guard Self.isToken(token) else { throw .tokenMalformed }
            let hash = Self.hash(token)
            var found: Bearer?
            // Each is compared, found or not, so that time tells nothing (RV-174).
            for listed in tokens where constantTimeEqual(listed.hash, hash) { found = listed.bearer }
            guard let found else { throw .tokenUnknownKey }
            return found
        }
    }

    // Signed ones.

    private static func bearer(
        of text: String, by keys: [TokenKey], audience: String?, now: Int64
    ) throws(RendezvousRefusal) -> Bearer {
        let token = try SignedToken(text)
        // The key that it names; else those that have no name.
        let meant = keys.filter { $0.id != nil && $0.id == token.keyID }
        let candidates = token.keyID == nil ? keys : meant.isEmpty ? keys.filter { $0.id == nil } : meant
        guard let key = candidates.first(where: { $0.signed(token) }) else { throw .tokenUnknownKey }
        let claims = try TokenClaims(token.claims, audience: audience, now: now)
        let account: AccountID = claims.subject.map { named(account: $0) } ?? .hash("inkwire/1 token", Array(text.utf8))
        return Bearer(account: account, vouch: key.vouch, until: claims.until, limits: claims.limits)
    }

    private static func key(_ value: JSONValue, verifiesES256: Bool) throws(Fault) -> TokenKey {
        guard let fields = value.object, let kind = fields["kty"]?.string else { throw Fault("it has no kty") }
        if let use = fields["use"], use != .string("sig") { throw Fault("it is not for signatures: its use is another than sig") }
        let id: String?
        switch fields["kid"] {
        case nil: id = nil
        case .string(let text): id = text
        default: throw Fault("its kid is no text")
        }
        func bytes(_ name: String) throws(Fault) -> [UInt8] {
            guard let text = fields[name]?.string, let bytes = Base64URL.decode(text) else { throw Fault("its \(name) is not base64url") }
            return bytes
        }
        func demand(_ algorithm: TokenAlgorithm) throws(Fault) {
            guard fields["alg"].map({ $0 == .string(algorithm.rawValue) }) ?? true else {
                throw Fault("its alg is another than \(algorithm.rawValue), which is that of its kty")
            }
        }
        func demandPublic() throws(Fault) {
            guard fields["d"] == nil else { throw Fault("its private part (d) stands there, too: give the public part alone") }
        }
        switch kind {
        case "oct":
            try demand(.hs256)
            let secret = try bytes("k")
            // RFC 7518 §3.2.
            guard secret.count >= 32 else { throw Fault("it is shorter than 32 bytes, which HS256 asks for") }
            return TokenKey(id: id, material: .hs256(MACKey(secret)))
        case "OKP":
            try demand(.edDSA)
            try demandPublic()
            guard fields["crv"] == .string("Ed25519") else { throw Fault("its crv is another than Ed25519") }
            guard let key = AuthorID(try bytes("x")) else { throw Fault("its x has not 32 bytes") }
            return TokenKey(id: id, material: .edDSA(key))
        case "EC":
            try demand(.es256)
            try demandPublic()
            guard fields["crv"] == .string("P-256") else { throw Fault("its crv is another than P-256") }
            guard verifiesES256 else {
                throw Fault(
                    "it is of ES256, which needs OpenSSL's libcrypto (libcrypto.so.3), and this machine has none: install it, or sign with EdDSA"
                )
            }
            guard let key = P256Key(x: try bytes("x"), y: try bytes("y")) else { throw Fault("its x and y are no point of P-256") }
            return TokenKey(id: id, material: .es256(key))
        default: throw Fault("its kty is none of oct (HS256), OKP (EdDSA) and EC (ES256)")
        }
    }

    // Listed ones.

    private static func listed(_ word: Substring, _ options: ArraySlice<Substring>) throws(Fault) -> Listed {
        let token = String(word)
        guard token.utf8.count >= listedBytesMin else { throw Fault("its token is shorter than \(listedBytesMin) characters") }
        guard token.utf8.count <= tokenBytesMax else { throw Fault("its token is longer than \(tokenBytesMax >> 10) KiB") }
        guard isToken(token) else { throw Fault("its token has a character that none may have (RFC 6750 §2.1)") }
        var (limits, known): (Bearer.Limits, Set<Substring>) = (Bearer.Limits(), [])
        var account: AccountID?
        for option in options {
            let parts = option.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, known.insert(parts[0]).inserted else {
                throw Fault("what stands behind its token is not NAME=VALUE, once each")
            }
            if parts[0] == "name" {
                guard !parts[1].isEmpty else { throw Fault("its name is empty") }
                account = named(account: String(parts[1]))
            } else {
                guard Bearer.Limits.names.contains(String(parts[0])) else {
                    throw Fault("behind its token stands what is none of name=, topics=, relay= and mailboxes=")
                }
                guard parts[1].utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }), let value = Int(parts[1]),
                    limits.set(String(parts[0]), to: value)
                else { throw Fault("its \(parts[0]) is no number in range") }
            }
        }
        let hash = Self.hash(token)
        let own = AccountID.hash("inkwire/1 token", Array(token.utf8))
        return Listed(
            hash: hash, bearer: Bearer(account: account ?? own, vouch: .hash("inkwire/1 listed", hash), until: nil, limits: limits))
    }

    /// True for what may stand behind `Bearer` (RFC 6750 §2.1).
    public static func isToken(_ text: String) -> Bool {
        let end = text.utf8.reversed().prefix { $0 == UInt8(ascii: "=") }.count
        let body = text.utf8.dropLast(end)
        return !body.isEmpty
            && body.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                    UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"), UInt8(ascii: "+"), UInt8(ascii: "/"):
                    true
                default: false
                }
            }
    }

    private static func hash(_ token: String) -> [UInt8] { Blake2b.hash256(Array(token.utf8)) }
    private static func named(account name: String) -> AccountID { .hash("inkwire/1 account", Array(name.utf8)) }
}
