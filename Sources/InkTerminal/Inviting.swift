import InkBoard
import InkFrontEnd
import InkPrimitives
import InkSession

/// What the invite box asks for.
extension BoardScene {
    mutating func makeCode(now: Instant) {
        guard offer.isFree else { return }
        if let reference = ask(.invite(InviteOrder(role: offer.role, uses: 1, code: .wanted)), now: now) {
            offer.ask(reference, forCode: true)
        }
    }

    mutating func makeLink(now: Instant) {
        guard offer.mayAsk else { return }
        if let reference = ask(.invite(InviteOrder(role: offer.role)), now: now) { offer.ask(reference, forCode: false) }
    }

    mutating func take(_ outcome: QROutcome, of text: String) {
        guard case .panel(.invite(var invite), _) = mode else { return }
        invite.take(text, outcome)
        mode.open(.invite(invite))
        redraw(.soon)
    }

    /// When the time of a code that is shown reads otherwise (TM-437).
    func nextCodeSecond(after now: Instant) -> Instant? {
        guard case .panel(.invite, _) = mode, let end = offer.codeEnds, end > now else { return nil }
        let left = (end - now).components
        return end - .seconds(left.attoseconds > 0 ? left.seconds : left.seconds - 1)
    }
}
