/// What a packet carried, as far as its fate matters.
enum SentFrame: Hashable, Sendable {
    /// `isCopy`: the bytes are on the way in another packet too, so the loss of this one means nothing for them.
    case stream(Lane, slot: Int, range: Range<UInt64>, isCopy: Bool)
    case presence(token: UInt64)
    /// We acknowledged everything up to this number.
    case acknowledgement(largest: UInt64)
    case maxData
    case ping

    /// It carries what nobody waits for.
    var isBulk: Bool { if case .stream(.bulk, _, _, _) = self { true } else { false } }

    /// As `Frame.claim`, which is what the peer goes by.
    var claim: AckClaim {
        switch self {
        case .acknowledgement: .none
        case .presence: .lazy
        case .stream, .maxData, .ping: .prompt
        }
    }
}
