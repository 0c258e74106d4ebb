import Foundation
import InkAutomation
import InkFrontEnd
import InkPrimitives
import InkSession

/// Writes a code when it is there, and says what becomes of it.
///
/// - Invariant of `@unchecked Sendable`: what changes is touched under the lock.
final class CodeTeller: @unchecked Sendable {
    private let options: GlobalOptions
    private let isPictured: Bool
    private let lock = NSLock()
    /// The invite whose code it is.
    private var invite: TransactionName?
    private var givenCount = 0
    private var ending: Failure?

    /// Longer than any code is good.
    static let waitMilliseconds = 660_000

    /// - Parameter isPictured: the code is drawn as a QR code, too.
    init(options: GlobalOptions, isPictured: Bool = false) { (self.options, self.isPictured) = (options, isPictured) }

    /// Why nobody, or not all, came by it (CL-331).
    var complaint: Failure? { lock.withLock { ending } }

    func hear(_ event: Event) {
        switch event {
        case .invited(let news, _): tell(news)
        case .code(let news):
            guard lock.withLock({ invite == news.invite }) else { return }
            options.notices.say(Sentence.code(news.what).text)
            switch news.what {
            case .inviter(.given): lock.withLock { givenCount += 1 }
            case .inviter(.mismatch):
                end("code_mismatch", .invite, "somebody typed it wrong, or guessed", "make a new one; this one is good for nobody any more")
            case .inviter(.over): if lock.withLock({ givenCount == 0 }) { end("code_over", .invite, "its time was over", "make a new one") }
            case .lost: end("code_lost", .rendezvous, "the rendezvous that kept it does not answer any more", "make a new one")
            case .inviter(.left), .inviter(.spent), .inviter(.otherForm): break
            }
        default: break
        }
    }

    private func tell(_ news: InviteNews) {
        lock.withLock { invite = news.invite }
        guard let code = news.code else {
            if let obstacle = news.codeObstacle {
                fail(
                    Failure(
                        .rendezvous, code: "no_code", what: "no code was made", why: obstacle,
                        next: "leave out --code: then it is a link with the same role"))
            }
            return
        }
        var object: JSONObject = ["schema": 1, "code": .string(code), "role": .string("\(news.role)")]
        if let end = news.codeEndsAt { object["code_expires"] = .integer(Int64(clamping: end)) }
        do {
            try StandardStream.output.deliver(Array(((options.isJSON ? JSONValue.object(object).text : code) + "\n").utf8))
        } catch {
            return fail(error)
        }
        let number = news.uses == 1 ? "it is good once" : "it is good for \(news.uses)"
        options.notices.say(
            "the others type `inkwire join` and then this code, within ten minutes; \(number), and only while this board is open")
        guard isPictured else { return }
        do throws(Failure) {
            try QRCode.draw(code)
        } catch {
            // The code is good all the same, and who waits for its end hears of this now.
            options.notices.say("\(error.what): \(error.why)")
            fail(error)
        }
    }

    private func end(_ code: String, _ exit: Failure.Exit, _ why: String, _ next: String) {
        let count = lock.withLock { givenCount }
        let what = count == 0 ? "nobody came by the code" : "\(count) came by the code, and nobody more"
        fail(Failure(exit, code: code, what: what, why: why, next: next))
    }

    private func fail(_ failure: Failure) { lock.withLock { ending = ending ?? failure } }
}
