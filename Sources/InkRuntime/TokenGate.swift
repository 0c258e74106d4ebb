import Foundation
import InkRendezvous
import NIOHTTP1
import Synchronization

/// What a service takes tokens by: the keys or the list of a file, read anew when asked.
public final class TokenGate: Sendable {
    /// What the file is.
    public enum Form: String, Sendable {
        /// A set of keys that sign tokens (RFC 7517).
        case keySet = "jwt"
        /// The tokens themselves.
        case list = "allow"
    }

    private let form: Form
    private let file: String
    private let audience: String?
    private let current: Mutex<AccessKeys>
    private let now: @Sendable () -> Int64

    /// - Parameters:
    ///   - audience: whom tokens that are signed must be for; nil for anybody.
    ///   - now: seconds since 1970; another in tests.
    public init(
        _ form: Form, file: String, audience: String? = nil, now: @escaping @Sendable () -> Int64 = TokenGate.wallClock
    ) throws(SecretFile.Refusal) {
        (self.form, self.file, self.audience, self.now) = (form, file, audience, now)
        current = Mutex(try Self.load(form, file, audience))
    }

    public static func wallClock() -> Int64 { Int64(Date().timeIntervalSince1970) }

    /// Reads the file again (RT-168). Where something is wrong with it what was read before stays in use.
    public func reload() throws(SecretFile.Refusal) {
        let loaded = try Self.load(form, file, audience)
        current.withLock { $0 = loaded }
    }

    /// What it takes tokens by, in words: `2 keys`.
    public var words: String {
        let (count, noun) = (keys.count, form == .list ? "token" : "key")
        return "\(count) \(noun)\(count == 1 ? "" : "s")"
    }

    /// Tokens of any audience are taken.
    public var takesAnyAudience: Bool { keys.takesAnyAudience }

    var keys: AccessKeys { current.withLock { $0 } }

    /// Who comes, by the head of a request: nil for who shows no token (RT-165).
    ///
    /// - Returns: with the seconds that are left of the token; nil for one without an end.
    func bearer(by headers: HTTPHeaders) throws(RendezvousRefusal) -> (bearer: Bearer, secondsLeft: Int64?)? {
        let fields = headers["Authorization"]
        guard let field = fields.first else { return nil }
        let parts = field.split(separator: " ", omittingEmptySubsequences: true)
        guard fields.count == 1, parts.count == 2, parts[0].lowercased() == "bearer" else {
            throw field.utf8.count > AccessKeys.tokenBytesMax + 16 ? .tokenTooLong : .tokenMalformed
        }
        let now = now()
        let bearer = try keys.bearer(of: String(parts[1]), now: now)
        return (bearer, bearer.until.map { $0 - now })
    }

    private static func load(_ form: Form, _ file: String, _ audience: String?) throws(SecretFile.Refusal) -> AccessKeys {
        let bytes = try SecretFile.read(file, limit: AccessKeys.fileBytesMax)
        do throws(AccessKeys.Fault) {
            switch form {
            case .keySet: return try AccessKeys(keySet: bytes, audience: audience)
            case .list: return try AccessKeys(list: bytes)
            }
        } catch {
            throw SecretFile.refusal(file, "cannot be used: \(error)")
        }
    }
}
