import Foundation
import InkAutomation
import InkFrontEnd
import InkPrimitives
import InkSession

/// Writes a code when it is there, and says what becomes of it.
///
/// - Invariant of `@unchecked Sendable`: `ending` is touched under the lock; what else there is does not change.
final class CodeTeller: @unchecked Sendable {
    private let options: GlobalOptions
    private let lock = NSLock()
    private var ending: Failure?

    /// Longer than any code is good.
    static let waitMilliseconds = 660_000

    init(options: GlobalOptions) { self.options = options }

    /// Why nobody came by it.
    var complaint: Failure? { lock.withLock { ending } }

    func hear(_ event: Event) {
        switch event {
        case .invited(let news, _): tell(news)
        case .code(let news):
            options.notices.say(Failure.plain(Sentence.code(news.what).text))
            if case .inviter(.mismatch) = news.what {
                end(
                    Failure(
                        .invite, code: "code_mismatch", what: "nobody joined", why: "somebody typed a wrong code, or guessed",
                        next: "make a new one; the one before is good for nobody"))
            }
            if news.what == .lost {
                end(
                    Failure(
                        .rendezvous, code: "code_lost", what: "the code is lost",
                        why: "the rendezvous that kept it does not answer any more",
                        next: "make a new one"))
            }
        default: break
        }
    }

    private func tell(_ news: InviteNews) {
        guard let code = news.code else {
            if let obstacle = news.codeObstacle {
                end(
                    Failure(
                        .rendezvous, code: "no_code", what: "no code was made", why: obstacle,
                        next: "give a link instead: `inkwire invite --link`"))
            }
            return
        }
        var object: JSONObject = ["schema": 1, "code": .string(code), "role": .string("\(news.role)")]
        if let end = news.codeEndsAt { object["code_expires"] = .integer(Int64(clamping: end)) }
        do {
            try StandardStream.output.deliver(Array(((options.isJSON ? JSONValue.object(object).text : code) + "\n").utf8))
        } catch {
            return end(error)
        }
        options.notices.say(
            "the others type `inkwire join` and then this code, within ten minutes; it is good once, and only while this board is open")
    }

    private func end(_ failure: Failure) { lock.withLock { ending = ending ?? failure } }
}
