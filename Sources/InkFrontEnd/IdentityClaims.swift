import InkBoard
import InkPrimitives
import InkSession

/// Those who go by the name of one who is trusted under it, and what the person has said to that (FE-142).
package struct IdentityClaims: Sendable {
    /// Who claims, and whose name; oldest first.
    private var open: [IdentityNews] = []
    private var answered: Set<AuthorID> = []

    package init() {}

    /// What the person has not answered yet, the oldest; nil for nothing.
    package var unanswered: IdentityNews? { open.first { !answered.contains($0.device) } }

    /// What is known against a device; nil for nothing.
    package subscript(device: AuthorID) -> IdentityNews? { open.first { $0.device == device } }

    /// Why a name, without digits of a key, means nobody: somebody goes by it who is not the one that is trusted under it (FE-141); nil for another.
    package func fault(of name: String) -> WhomFault? {
        let fold = PersonName.fold(name)
        let claimed = open.filter { PersonName.fold($0.name) == fold }
        return claimed.first.map { .identity(name, before: $0.before, others: claimed.map { Roster.marked($0.name, $0.device) }) }
    }

    mutating func take(_ news: IdentityNews) {
        // What was said to one name is no answer to another.
        if let known = self[news.device], known.before != news.before { answered.remove(news.device) }
        open.removeAll { $0.device == news.device }
        // Who brings many keys neither fills the memory nor pushes out what came first.
        if open.count < Self.openMax { open.append(news) }
    }

    /// The person has seen it. The device stays unverified.
    mutating func answer(_ device: AuthorID) { answered.insert(device) }

    /// The person has compared words with the device: it is who it says.
    mutating func verified(_ device: AuthorID) {
        open.removeAll { $0.device == device }
        answered.remove(device)
    }

    private static let openMax = 64
}
