import InkPrimitives

/// Number of a mailbox, at most nine digits. Those of four digits are kept by the inviter's own program and asked for on the local network only: no
/// other rendezvous gives one (RV-71, RV-94).
public struct MailboxNumber: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let number: UInt32

    /// Nil for a number that no mailbox has.
    public init?(_ number: UInt32) {
        guard Self.all.contains(number) else { return nil }
        self.number = number
    }

    /// It is asked for on the local network, and nowhere else.
    public var isLocal: Bool { Self.local.contains(number) }

    public var description: String { "\(number)" }
    public static func < (left: MailboxNumber, right: MailboxNumber) -> Bool { left.number < right.number }

    /// Numbers of four digits.
    static let local: ClosedRange<UInt32> = 1000...9999
    private static let all: ClosedRange<UInt32> = 1...999_999_999
}

/// What an inviter, or one who visits him, says to the rendezvous about a mailbox. Bodies have 0 to 2900 bytes, of which it knows nothing.
public enum MailboxRequest: Hashable, Sendable {
    /// Asks for a mailbox.
    case open
    /// Asks for one with a number of four digits. Only the rendezvous of a board gives it, to the program that brings it.
    case openLocal
    /// Gives it back.
    case close(MailboxNumber)
    /// Of a visitor: comes to it, with the first words to whoever holds it. Once a socket (RV-149).
    case knock(MailboxNumber, body: [UInt8])
    /// From him who holds it to this visitor, or, without a number, from the visitor.
    case pass(MailboxNumber, visitor: UInt32?, body: [UInt8])
    /// Of him who holds it: sends the visitor away.
    case dismiss(MailboxNumber, visitor: UInt32)
}

/// What the rendezvous says about a mailbox.
public enum MailboxAnswer: Hashable, Sendable {
    /// It is yours.
    case opened(MailboxNumber)
    /// To a visitor: there is none with this number. Without a number, to who asked for one: there is no room for one more now.
    case noMailbox(MailboxNumber?)
    /// To a visitor: somebody else is there.
    case busy(MailboxNumber)
    /// To him who holds it: a visitor came, with these first words. Numbers of visitors count up (RV-150).
    case knock(MailboxNumber, visitor: UInt32, body: [UInt8])
    /// From the visitor with this number, or, without, from him who holds it.
    case pass(MailboxNumber, visitor: UInt32?, body: [UInt8])
    /// The visitor with this number has gone; without a number: the visit is over, or to him who holds it, the mailbox is no more.
    case gone(MailboxNumber, visitor: UInt32?)
}

extension Signalling {
    /// A body of a mailbox, bytes (RV-146): 3867 characters, which with all around them are less than a message.
    public static let mailboxBodyBytesMax = 2900
}

// Coding. As the other messages: one flat object; bytes as base64url without padding.

private enum Field: String, CodingKey { case type, mailbox, visitor, body }

extension KeyedDecodingContainer where K == Field {
    fileprivate func mailbox() throws -> MailboxNumber {
        guard let number = MailboxNumber(try decode(UInt32.self, forKey: .mailbox)) else {
            throw DecodingError.dataCorruptedError(forKey: .mailbox, in: self, debugDescription: "not a number of a mailbox")
        }
        return number
    }

    fileprivate func visitor() throws -> UInt32? { try decodeIfPresent(UInt32.self, forKey: .visitor) }

    fileprivate func body() throws -> [UInt8] {
        let (text, limit) = (try decode(String.self, forKey: .body), Signalling.mailboxBodyBytesMax)
        // The length is known before anything is decoded.
        guard text.utf8.count <= (limit * 4 + 2) / 3, let bytes = Base64URL.decode(text), bytes.count <= limit else {
            throw DecodingError.dataCorruptedError(forKey: .body, in: self, debugDescription: "not base64url of at most \(limit) bytes")
        }
        return bytes
    }
}

extension KeyedEncodingContainer where K == Field {
    fileprivate mutating func write(_ type: String, _ mailbox: MailboxNumber?, visitor: UInt32? = nil, body: [UInt8]? = nil) throws {
        try encode(type, forKey: .type)
        try encodeIfPresent(mailbox?.number, forKey: .mailbox)
        try encodeIfPresent(visitor, forKey: .visitor)
        try encodeIfPresent(body.map { Base64URL.encode($0) }, forKey: .body)
    }
}

extension MailboxRequest: Codable {
    /// What `type` is in those messages.
    static let types: Set<String> = ["open-mailbox", "open-local-mailbox", "close-mailbox", "knock", "pass", "dismiss"]

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Field.self)
        switch try container.decode(String.self, forKey: .type) {
        case "open-mailbox": self = .open
        case "open-local-mailbox": self = .openLocal
        case "close-mailbox": self = .close(try container.mailbox())
        case "knock": self = .knock(try container.mailbox(), body: try container.body())
        case "pass": self = .pass(try container.mailbox(), visitor: try container.visitor(), body: try container.body())
        case "dismiss": self = .dismiss(try container.mailbox(), visitor: try container.decode(UInt32.self, forKey: .visitor))
        default: throw DecodingError.dataCorruptedError(forKey: .type, in: container, debugDescription: "unknown type")
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Field.self)
        switch self {
        case .open: try container.write("open-mailbox", nil)
        case .openLocal: try container.write("open-local-mailbox", nil)
        case .close(let mailbox): try container.write("close-mailbox", mailbox)
        case .knock(let mailbox, let body): try container.write("knock", mailbox, body: body)
        case .pass(let mailbox, let visitor, let body): try container.write("pass", mailbox, visitor: visitor, body: body)
        case .dismiss(let mailbox, let visitor): try container.write("dismiss", mailbox, visitor: visitor)
        }
    }

    /// Bytes of what it carries.
    var bodyBytes: Int {
        switch self {
        case .knock(_, let body), .pass(_, _, let body): body.count
        case .open, .openLocal, .close, .dismiss: 0
        }
    }
}

extension MailboxAnswer: Codable {
    static let types: Set<String> = ["mailbox", "no-mailbox", "mailbox-busy", "knock", "pass", "gone"]

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Field.self)
        switch try container.decode(String.self, forKey: .type) {
        case "mailbox": self = .opened(try container.mailbox())
        case "no-mailbox": self = .noMailbox(container.contains(.mailbox) ? try container.mailbox() : nil)
        case "mailbox-busy": self = .busy(try container.mailbox())
        case "knock":
            self = .knock(
                try container.mailbox(), visitor: try container.decode(UInt32.self, forKey: .visitor), body: try container.body())
        case "pass": self = .pass(try container.mailbox(), visitor: try container.visitor(), body: try container.body())
        case "gone": self = .gone(try container.mailbox(), visitor: try container.visitor())
        default: throw DecodingError.dataCorruptedError(forKey: .type, in: container, debugDescription: "unknown type")
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Field.self)
        switch self {
        case .opened(let mailbox): try container.write("mailbox", mailbox)
        case .noMailbox(let mailbox): try container.write("no-mailbox", mailbox)
        case .busy(let mailbox): try container.write("mailbox-busy", mailbox)
        case .knock(let mailbox, let visitor, let body): try container.write("knock", mailbox, visitor: visitor, body: body)
        case .pass(let mailbox, let visitor, let body): try container.write("pass", mailbox, visitor: visitor, body: body)
        case .gone(let mailbox, let visitor): try container.write("gone", mailbox, visitor: visitor)
        }
    }
}
