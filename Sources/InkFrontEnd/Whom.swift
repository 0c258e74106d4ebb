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
        try Self.check(text, digits, members)
        let found =
            Self.matches(text, digits, members).onePerson.map { (Self.device($0.device), Roster.marked($0.name, $0.device)) }
            + invites.filter { invite in digits.map { invite.name.hex.hasPrefix($0) } == true }
            .map { (Self.invite($0.name), "the invite \($0.name.hex.prefix(Self.digitsMin))") }
        // FE-191
        guard found.count <= 1 else { throw .several(text, found.map(\.1)) }
        guard let only = found.first else { throw .nobody(text) }
        self = only.0
    }

    /// As `init`, of members only.
    package static func member(_ text: String, among members: [MemberNews]) throws(WhomFault) -> AuthorID {
        try check(text, digits(text), members)
        let found = matches(text, digits(text), members).onePerson
        guard found.count <= 1 else { throw .several(text, found.map { Roster.marked($0.name, $0.device) }) }
        guard let only = found.first else { throw .nobody(text) }
        return only.device
    }

    /// The device by which somebody is compared with, of several the one that is here: both screens are to show words of the same two keys.
    package static func present(_ text: String, among members: [MemberNews]) throws(WhomFault) -> AuthorID {
        let first = try member(text, among: members.map { Self.withoutClaim($0) })
        guard let person = members.first(where: { $0.device == first })?.person, digits(text) == nil else { return first }
        return members.first { $0.person == person && $0.isPresent }?.device ?? first
    }

    private static func withoutClaim(_ member: MemberNews) -> MemberNews {
        var member = member
        member.takesNameOf = nil
        return member
    }

    /// Throws where a name may mean one who is trusted under it, or another who goes by it (FE-141).
    private static func check(_ text: String, _ digits: String?, _ members: [MemberNews]) throws(WhomFault) {
        // CL-333
        guard digits == nil, !members.contains(where: { Roster.marked($0.name, $0.device) == text }) else { return }
        let fold = PersonName.fold(text)
        let claimed = members.filter { $0.takesNameOf != nil && PersonName.fold($0.name) == fold }
        guard let before = claimed.first?.takesNameOf else { return }
        throw .identity(text, before: before, others: claimed.map { Roster.marked($0.name, $0.device) })
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
    /// Where all are devices of one person, the first of them, by which the person is meant (FE-191).
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
    /// Who is trusted under the name has another key than these, who go by it.
    case identity(String, before: AuthorID, others: [String])

    package var description: String {
        switch self {
        case .nobody(let text):
            "nobody here is called “\(text)”, by name or by \(Whom.digitsMin) digits or more with which a key begins"
        case .identity(let text, let before, let others):
            "\(others.joined(separator: " and ")) goes by the name “\(text)”, and who was trusted under it has the key \(before): "
                + "ask who it is, compare safety words, and say who is meant by digits of the key"
        case .several(let text, let words): "“\(text)” may be \(words.joined(separator: " or ")): say which by digits of the key"
        }
    }
}
