import InkBoard
import InkCrypto
import InkPrimitives

/// The keys of invites that this device made. Each is told once the disk has it and what gives it: a link that a crash made void would be
/// given away.
struct InviteKeys: Sendable {
    private var held: [TransactionName: InviteKey]
    /// Those that are not on the disk yet.
    private var untold: [TransactionName: (asker: Asker, news: InviteNews, code: InviteOrder.Code)] = [:]
    private var random: SecretGenerator

    init(stored: [InviteKey], random: SecretGenerator) {
        held = Dictionary(stored.map { ($0.invite, $0) }) { first, _ in first }
        self.random = random
    }

    /// What a key grows from that nobody has.
    mutating func freshSeed() -> Secret32 { random.secret() }

    subscript(_ invite: TransactionName) -> InviteKey? { held[invite] }

    mutating func made(_ news: InviteNews, code: InviteOrder.Code, for asker: Asker) {
        held[news.invite] = news.key
        untold[news.invite] = (asker, news, code)
    }

    /// The disk has it: who is to be told of it, if anybody (SE-335), and what of a code they want.
    mutating func saved(_ invite: TransactionName) -> (asker: Asker, news: InviteNews, code: InviteOrder.Code)? {
        untold.removeValue(forKey: invite)
    }

    /// A program has gone, and another may get its number.
    mutating func detach(_ frontEnd: FrontEndID) { untold = untold.filter { $0.value.asker.frontEnd != frontEnd } }
}
