import InkFrontEnd
import InkPrimitives
import InkSession

/// The short code that a person offers from the screen, from the key that asks for it until nobody more comes by it.
///
///     none ──asks──▶ asked ──invited──▶ open ──over, burnt, lost──▶ none, and why
///                      └── refused, no mailbox ──▶ none, and why
struct CodeOffer: Sendable {
    private enum Stage: Hashable, Sendable {
        case none
        case asked(UInt64)
        case open(TransactionName, code: String)
    }
    private var stage = Stage.none
    /// What became of the last one, a sentence; empty before.
    private(set) var news = ""

    /// The code that is open.
    var code: String? { if case .open(_, let code) = stage { code } else { nil } }
    var isAsked: Bool { if case .asked = stage { true } else { false } }
    /// Another may be asked for.
    var isFree: Bool { stage == .none }

    /// - Parameter reference: that the answer will carry.
    mutating func ask(_ reference: UInt64) { (stage, news) = (.asked(reference), "") }

    /// - Returns: true where that changed what is shown.
    mutating func take(_ event: Event) -> Bool {
        switch (event, stage) {
        case (.invited(let invited, let reference), .asked(let asked)) where reference == asked:
            if let code = invited.code {
                stage = .open(invited.invite, code: code)
            } else {
                (stage, news) = (.none, invited.codeObstacle ?? "")
            }
        case (.outcome(let reference, .refused(let refusal)), .asked(let asked)) where reference == asked:
            (stage, news) = (.none, "\(refusal)")
        case (.code(let told), .open(let invite, _)) where told.invite == invite:
            // Who came says more than that all have.
            if told.what != .inviter(.over) || news.isEmpty { news = Sentence.code(told.what).text }
            if told.isEnd { stage = .none }
        default: return false
        }
        return true
    }
}
