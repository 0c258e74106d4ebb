import InkCrypto
import InkPrimitives

/// How a token may be signed (RFC 7518 §3.1, RFC 8037 §3.1). There is no other, and `none` is none (RV-172).
enum TokenAlgorithm: String, Hashable, Sendable {
    case hs256 = "HS256"
    case edDSA = "EdDSA"
    case es256 = "ES256"
}

/// A token in the compact form of JWS (RFC 7515 §7.1), of which nothing has been proved:
///
///     base64url(head) "." base64url(claims) "." base64url(signature)
struct SignedToken: Sendable {
    /// Nil for one that is not taken.
    let algorithm: TokenAlgorithm?
    /// Of the key; nil where it names none.
    let keyID: String?
    /// What is signed: the text before the second point.
    let signed: [UInt8]
    let signature: [UInt8]
    /// Not to be looked at before the signature is right.
    let claims: [UInt8]

    /// - Throws: `.tokenMalformed`, in constant words: what stands in a token is told nobody.
    init(_ text: String) throws(RendezvousRefusal) {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).map { String($0) ?? "" }
        guard parts.count == 3, let head = Base64URL.decode(parts[0]), let claims = Base64URL.decode(parts[1]),
            let signature = Base64URL.decode(parts[2]), let fields = JSONValue(parsing: head)?.object,
            let algorithm = fields["alg"]?.string,
            // Whatever it is that must be understood is not (RFC 7515 §4.1.11).
            fields["crit"] == nil
        else { throw .tokenMalformed }
        switch fields["kid"] {
        case nil: keyID = nil
        case .string(let id): keyID = id
        default: throw .tokenMalformed
        }
        self.algorithm = TokenAlgorithm(rawValue: algorithm)
        (self.claims, self.signature) = (claims, signature)
        signed = Array("\(parts[0]).\(parts[1])".utf8)
    }
}

/// One key that tokens are signed with. It has one algorithm: a token that names another is not of this key, whatever its bytes are (RV-172).
struct TokenKey: Sendable {
    enum Material: Sendable {
        case hs256(MACKey)
        case edDSA(AuthorID)
        case es256(P256Key)
    }

    let id: String?
    let material: Material

    var algorithm: TokenAlgorithm {
        switch material {
        case .hs256: .hs256
        case .edDSA: .edDSA
        case .es256: .es256
        }
    }

    /// What of it a token is remembered by.
    var vouch: VouchID {
        switch material {
        case .hs256(let key): .hash("inkwire/1 key HS256", key.name)
        case .edDSA(let key): .hash("inkwire/1 key EdDSA", key.bytes)
        case .es256(let key): .hash("inkwire/1 key ES256", key.bytes)
        }
    }

    func signed(_ token: SignedToken) -> Bool {
        guard token.algorithm == algorithm else { return false }
        return switch material {
        case .hs256(let key): key.verifies(token.signature, of: token.signed)
        case .edDSA(let key): Signature.verify(token.signature, of: token.signed, by: key)
        case .es256(let key): key.verifies(token.signature, of: token.signed)
        }
    }
}

/// What a signed token says, once its signature is right (RFC 7519 §4.1).
struct TokenClaims: Sendable {
    /// Clocks of two machines differ by so much, seconds (RV-173).
    static let leeway: Int64 = 60
    /// Times beyond this are no times: whole seconds that a Double has.
    private static let timeMax = 9_007_199_254_740_992.0

    let subject: String?
    let until: Int64
    let limits: Bearer.Limits

    /// - Parameters:
    ///   - audience: which must be among those of the token; nil where none is asked for.
    ///   - now: seconds since 1970.
    init(_ bytes: [UInt8], audience: String?, now: Int64) throws(RendezvousRefusal) {
        guard let claims = JSONValue(parsing: bytes)?.object, let expires = try Self.time(claims["exp"]) else { throw .tokenMalformed }
        let begins = try Self.time(claims["nbf"])
        until = Int64(expires.rounded(.up)) + Self.leeway
        switch claims["sub"] {
        case nil: subject = nil
        case .string(let name): subject = name
        default: throw .tokenMalformed
        }
        limits = try Self.limits(claims["inkwire"])
        if let audience {
            switch claims["aud"] {
            case .string(audience): break
            case .array(let all) where all.contains(.string(audience)): break
            default: throw .tokenOtherAudience
            }
        }
        guard now < until else { throw .tokenExpired }
        if let begins, Double(now) < begins - Double(Self.leeway) { throw .tokenNotYetValid }
    }

    private static func time(_ value: JSONValue?) throws(RendezvousRefusal) -> Double? {
        guard let value else { return nil }
        guard let time = value.number, (0...timeMax).contains(time) else { throw .tokenMalformed }
        return time
    }

    /// What is not known as a limit is no limit that could be kept, and so the token is not taken.
    private static func limits(_ value: JSONValue?) throws(RendezvousRefusal) -> Bearer.Limits {
        guard let value else { return Bearer.Limits() }
        guard let object = value.object else { throw .tokenMalformed }
        var limits = Bearer.Limits()
        for member in object.members {
            guard case .integer(let number) = member.value, let count = Int(exactly: number), limits.set(member.key, to: count) else {
                throw .tokenMalformed
            }
        }
        return limits
    }
}
