import InkCrypto
import InkPrimitives

/// Tag of `AccountID`.
public enum AccountTag: Sendable {}
/// Whose a token is: a hash of the name that it carries, else of the token itself. What a token allows is shared by all sockets of one account.
public typealias AccountID = Identifier<AccountTag>

/// Tag of `VouchID`.
public enum VouchTag: Sendable {}
/// What vouches for a token: a hash of the key that signed it, or of the token that stands in a list.
public typealias VouchID = Identifier<VouchTag>

/// Who showed a token, as far as a rendezvous keeps it: no token and no name can be read out of it (RV-185).
public struct Bearer: Hashable, Sendable {
    /// What a token allows at once; nil for what anybody may.
    public struct Limits: Hashable, Sendable {
        /// Topics that are of the share of its account (RV-180).
        public var topics: Int?
        /// Bytes a second that are carried for its account, and for guests whom it brought in; 0 for none.
        public var relay: Int?
        public var mailboxes: Int?

        public init(topics: Int? = nil, relay: Int? = nil, mailboxes: Int? = nil) {
            (self.topics, self.relay, self.mailboxes) = (topics, relay, mailboxes)
        }
    }

    public let account: AccountID
    public let vouch: VouchID
    /// From when on it is not taken any more, seconds since 1970, leeway included; nil for one that has no end.
    public let until: Int64?
    public let limits: Limits

    public init(account: AccountID, vouch: VouchID, until: Int64?, limits: Limits = Limits()) {
        (self.account, self.vouch, self.until, self.limits) = (account, vouch, until, limits)
    }
}

extension Bearer.Limits {
    /// KiB a second are written, bytes are counted.
    static let relayMax = 8 << 20
    static let countMax = 1_000_000
    /// Names of limits, in a token and in a list.
    static let names = ["topics", "relay", "mailboxes"]

    /// - Returns: false for a name that there is not, or a number out of its range.
    mutating func set(_ name: String, to value: Int) -> Bool {
        guard (0...(name == "relay" ? Self.relayMax : Self.countMax)).contains(value) else { return false }
        switch name {
        case "topics": topics = value
        case "relay": relay = value << 10
        case "mailboxes": mailboxes = value
        default: return false
        }
        return true
    }
}

extension Identifier {
    /// Of what it stands for, in a domain of its own.
    static func hash(_ domain: String, _ bytes: [UInt8]) -> Identifier {
        guard let id = Identifier(Blake2b.hash256(Array(domain.utf8) + [0] + bytes)) else { preconditionFailure("a hash has 32 bytes") }
        return id
    }
}
