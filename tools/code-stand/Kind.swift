/// What is tried with a code.
enum Kind: String, CaseIterable {
    case right, oneWordWrong, allWordsWrong, reused
    /// The inviter's clock passes ten minutes before the knock; between the knock and the confirmation.
    case expired, expiredAmid
    /// The rendezvous leads two joiners to each other's mailbox.
    case crossed
    /// What the inviter says comes back to him; what the joiner says comes back to him.
    case reflectedToInviter, reflectedToJoiner
    /// Shares that are no point, or the identity: from a visitor; in what a rendezvous makes of the inviter's answer.
    case invalidFromVisitor, invalidFromRendezvous
    /// A rendezvous that guesses plays each to the other.
    case manInTheMiddle
    /// The code of one rendezvous where another keeps a stranger's mailbox of the same number.
    case secondServer

    /// The code is good for nobody afterwards, and the inviter is told so.
    var burns: Bool {
        switch self {
        case .oneWordWrong, .allWordsWrong, .crossed, .reflectedToInviter, .reflectedToJoiner, .invalidFromVisitor, .manInTheMiddle: true
        case .right, .reused, .expired, .expiredAmid, .invalidFromRendezvous, .secondServer: false
        }
    }

    /// How many codes it takes.
    var codes: Int { self == .crossed ? 2 : 1 }
    /// It moves the clock of the inviter, whose other codes are over with it.
    var endsAll: Bool { self == .expired || self == .expiredAmid }
}
