import Dispatch
import InkPrimitives
import InkSession
import Synchronization

/// Makes safety words beside whatever else runs: each takes a second and 256 MiB, so one after the other, and of the same two keys once in a
/// process, whichever board is open (CL-334).
final class WordsMaker: Sendable {
    static let shared = WordsMaker { SafetyWords($0, $1) }

    private let hash: @Sendable (AuthorID, AuthorID) -> SafetyWords?
    private let queue = DispatchQueue(label: "inkwire safety words", qos: .utility)
    private let known = Mutex<[Set<AuthorID>: SafetyWords]>([:])
    /// Far more than one person compares; then all are made anew.
    private static let knownMax = 256

    init(hash: @escaping @Sendable (AuthorID, AuthorID) -> SafetyWords?) { self.hash = hash }

    /// - Parameter done: is told on a thread of no loop; nil where this machine does not give the memory.
    func make(_ one: AuthorID, _ other: AuthorID, done: @escaping @Sendable (SafetyWords?) -> Void) {
        queue.async { [self] in
            let pair: Set<AuthorID> = [one, other]
            if let words = known.withLock({ $0[pair] }) { return done(words) }
            let words = hash(one, other)
            known.withLock { known in
                if known.count >= Self.knownMax { known = [:] }
                known[pair] = words
            }
            done(words)
        }
    }
}
