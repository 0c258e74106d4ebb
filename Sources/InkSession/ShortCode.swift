import InkCrypto
import InkPrimitives

/// A code that lets somebody in who hears it: a mailbox, three words, and where the mailbox is.
///
///     7-copper-lantern-orbit[@HOST[:PORT]]
///
/// The words are 33 secret bits, good for one try and ten minutes. They are said aloud and stand on a screen, so they live in ordinary
/// memory; but nothing shows them except `text`, which is asked for by name (SE-353).
public struct ShortCode: Equatable, Sendable {
    /// Number of the mailbox, one of `mailboxes`.
    public let mailbox: Int
    /// The rendezvous that keeps the mailbox; nil where it is the joiner's own, or none.
    public var place: Place?
    /// Places in `CodeWords`.
    private let words: [Int]

    /// Numbers that a mailbox may have (SE-354).
    public static let mailboxes = 1...99_999
    /// Words that a code has.
    public static let wordCount = 3

    /// Nil if no mailbox has that number, or these are not three words of the list.
    package init?(mailbox: Int, words: [Int], place: Place? = nil) {
        guard Self.mailboxes.contains(mailbox), words.count == Self.wordCount, words.allSatisfy(CodeWords.all.indices.contains) else {
            return nil
        }
        (self.mailbox, self.words, self.place) = (mailbox, words, place)
    }

    /// A code that nobody can guess, for a mailbox that was opened; nil if no mailbox has that number.
    ///
    /// Each of the 2^33 triples of words is as likely as any other (SE-353). The generator forgets what made it.
    public static func drawn(mailbox: Int, place: Place? = nil, using generator: inout SecretGenerator) -> ShortCode? {
        let bits = generator.secret().withBytes { ByteReader.prefix64($0) }
        return ShortCode(
            mailbox: mailbox, words: (0..<wordCount).map { Int(truncatingIfNeeded: bits >> (11 * $0)) & (CodeWords.count - 1) },
            place: place)
    }

    /// True of a mailbox in the local network, kept by the inviter's own program: numbers of four digits.
    public var isLocal: Bool { (1000...9999).contains(mailbox) }

    /// The three words, lower case, joined by `-`: what both sides prove that they know.
    package var password: String { words.map { CodeWords.all[$0] }.joined(separator: "-") }

    /// All of the code as it is said and typed (SE-211). A secret: for whoever is to join, never for a log.
    public var text: String { "\(mailbox)-\(password)" + (place.map { "@\($0)" } ?? "") }

    /// A rendezvous as a code names it.
    public struct Place: Hashable, Sendable, CustomStringConvertible {
        /// A DNS name in lower case or a literal address; IPv6 without brackets.
        public let name: String
        /// TCP port; nil for the usual one.
        public let port: UInt16?

        /// From `NAME`, `NAME:PORT`, `[v6]` or `[v6]:PORT`; nil for anything else.
        public init?(_ text: String) {
            let hasPort = text.hasPrefix("[") ? !text.hasSuffix("]") : text.contains(":")
            guard let host = Invite.Host(hasPort ? text : "\(text):1") else { return nil }
            (name, port) = (host.name.lowercased(), hasPort ? host.port : nil)
        }

        public var description: String {
            if let port { return Invite.Host(name: name, port: port).description }
            return name.contains(":") ? "[\(name)]" : name
        }
    }
}

extension ShortCode: CustomReflectable {
    /// Empty: a secret has no parts to show.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
