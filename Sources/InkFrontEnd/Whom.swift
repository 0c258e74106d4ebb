import InkBoard
import InkPrimitives
import InkSession

/// Whom a person means by a name, or by digits with which a key or an invite's name begins (FE-120).
package enum Whom: Hashable, Sendable {
    case device(AuthorID)
    case invite(TransactionName)

    /// Fewer digits than this are nobody's: they are too easily those of two.
    package static let digitsMin = 8

    /// - Parameters:
    ///   - text: a name as it is told, `name@` and digits, or digits alone: hex, at least `digitsMin`.
    ///   - members: who has a right.
    ///   - invites: those that stand.
    package init(_ text: String, among members: [MemberNews], invites: [StandingInvite]) throws(WhomFault) {
        let digits = Self.digits(text)
        let found =
            Self.matches(text, digits, members).onePerson.map { (Self.device($0.device), Roster.marked($0.name, $0.device)) }
            + invites.filter { invite in digits.map { invite.name.hex.hasPrefix($0) } == true }
            .map { (Self.invite($0.name), "the invite \($0.name.hex.prefix(Self.digitsMin))") }
        guard found.count <= 1 else { throw .several(text, found.map(\.1)) }
        guard let only = found.first else { throw .nobody(text) }
        self = only.0
    }

    /// As `init`, of members only.
    package static func member(_ text: String, among members: [MemberNews]) throws(WhomFault) -> AuthorID {
        let found = matches(text, digits(text), members).onePerson
        guard found.count <= 1 else { throw .several(text, found.map { Roster.marked($0.name, $0.device) }) }
        guard let only = found.first else { throw .nobody(text) }
        return only.device
    }

    private static func matches(_ text: String, _ digits: String?, _ members: [MemberNews]) -> [MemberNews] {
        members.filter { member in
            member.name == text || Roster.marked(member.name, member.device) == text
                || digits.map { member.device.hex.hasPrefix($0) } == true
        }
    }

    private static func digits(_ text: String) -> String? {
        let isDigits = text.utf8.count >= digitsMin && text.unicodeScalars.allSatisfy { $0.isASCII && $0.properties.isASCIIHexDigit }
        return isDigits ? text.lowercased() : nil
    }
}

extension [MemberNews] {
    /// Where all are devices of one person, the first of them, by which the person is meant.
    fileprivate var onePerson: [MemberNews] {
        guard let person = first?.person, allSatisfy({ $0.person == person }) else { return self }
        return [first { $0.device == person } ?? self[0]]
    }
}

/// Why it is not known who is meant.
package enum WhomFault: Error, Hashable, Sendable, CustomStringConvertible {
    case nobody(String)
    /// All who may be meant, in words.
    case several(String, [String])

    package var description: String {
        switch self {
        case .nobody(let text):
            "nobody here is called “\(text)”, by name or by \(Whom.digitsMin) digits or more with which a key begins"
        case .several(let text, let words): "“\(text)” may be \(words.joined(separator: " or ")): say which by digits of the key"
        }
    }
}
