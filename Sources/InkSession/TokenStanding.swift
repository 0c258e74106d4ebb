import InkRendezvous

/// What the person is to know of tokens that rendezvous ask for: that they do, and so who runs one can know who uses which topic, and why one lets us in
/// no more (RV-183).
struct TokenStanding: Sendable {
    private(set) var isAsked = false
    private var refusal: RendezvousRefusal?

    /// A rendezvous said something.
    ///
    /// - Returns: what is to be told, and now counts as told.
    mutating func take(_ message: ServerMessage) -> TokenNews? {
        switch message {
        case .welcome(_, _, _, _, .some):
            guard !isAsked else { return nil }
            isAsked = true
            return .asked
        // It is let in: what is refused next is news again.
        case .joined: refusal = nil
        case .refused(let reason) where reason.isOfTokens && reason != refusal:
            refusal = reason
            return .refused(reason)
        case .welcome, .refused, .envelope, .mailbox: break
        }
        return nil
    }
}
