import InkBoard
import InkFrontEnd
import InkPrimitives
import InkSession

/// What a person offers from the invite box: a role, the links that were made for it, and the short code, from the key that asks for it until
/// nobody more comes by it (TM-264).
///
///     none ──asks──▶ asked ──invited──▶ open ──over, burnt, lost──▶ none, and why
///                      └── refused, no mailbox ──▶ none, and why
struct CodeOffer: Sendable {
    private enum Stage: Hashable, Sendable {
        case none
        case asked(UInt64, forCode: Bool)
        case open(TransactionName, code: String, role: Role, until: Instant)
    }
    private var stage = Stage.none
    /// What became of the last one, a sentence; empty before.
    private(set) var news = ""
    /// What whoever joins by what is made next may do.
    private(set) var role = Role.editor
    /// What links of invites that were made here hold, by their roles.
    private var keys: [Role: InviteKey] = [:]

    /// The code that is open.
    var code: String? { if case .open(_, let code, _, _) = stage { code } else { nil } }
    /// What who comes by it may do.
    var codeRole: Role? { if case .open(_, _, let role, _) = stage { role } else { nil } }
    /// When it is over.
    var codeEnds: Instant? { if case .open(_, _, _, let until) = stage { until } else { nil } }
    var isAsked: Bool { if case .asked(_, forCode: true) = stage { true } else { false } }
    /// Another may be asked for.
    var isFree: Bool { stage == .none }
    /// Nothing is under way.
    var mayAsk: Bool { if case .asked = stage { false } else { true } }

    /// The invite for the role that is chosen; nil where none was made here.
    var key: InviteKey? { keys[role] }

    /// Editors, commenters, viewers, and again (TM-296).
    mutating func chooseNextRole() {
        role =
            switch role {
            case .owner, .viewer: .editor
            case .editor: .commenter
            case .commenter: .viewer
            }
    }

    /// - Parameter reference: that the answer will carry.
    mutating func ask(_ reference: UInt64, forCode: Bool) {
        // A code that is open stays: a link is another invite.
        guard case .none = stage else { return linkReference = reference }
        (stage, news) = (.asked(reference, forCode: forCode), "")
    }

    /// Of a link that was asked for beside an open code.
    private var linkReference: UInt64?

    /// - Returns: true where that changed what is shown.
    mutating func take(_ event: Event, now: Instant) -> Bool {
        switch (event, stage) {
        case (.invited(let invited, let reference), _) where reference != nil && reference == linkReference:
            (linkReference, keys[invited.role]) = (nil, invited.key)
        case (.outcome(let reference, .refused(let refusal)), _) where reference == linkReference:
            (linkReference, news) = (nil, "\(refusal)")
        case (.invited(let invited, let reference), .asked(let asked, let forCode)) where reference == asked:
            if !forCode {
                (stage, keys[invited.role]) = (.none, invited.key)
            } else if let code = invited.code {
                stage = .open(invited.invite, code: code, role: invited.role, until: now + CodeInviter.lifetime)
            } else {
                (stage, news) = (.none, invited.codeObstacle ?? "")
            }
        case (.outcome(let reference, .refused(let refusal)), .asked(let asked, _)) where reference == asked:
            (stage, news) = (.none, "\(refusal)")
        case (.code(let told), .open(let invite, _, _, _)) where told.invite == invite:
            // Who came says more than that all have.
            if told.what != .inviter(.over) || news.isEmpty { news = Sentence.code(told.what).text }
            if told.isEnd { stage = .none }
        default: return false
        }
        return true
    }
}
