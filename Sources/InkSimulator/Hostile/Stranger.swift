import InkBoard
import InkCrypto
import InkPrimitives
import InkSession
import InkTransport

/// Somebody who has the room's secret and no right, with something to show that is none.
struct Stranger: LinkHolder {
    /// What it shows.
    enum Pretext: Int, CaseIterable {
        case nothing, unknownInvite, signatureOfNobody, signatureForAnother, inviteOfAnotherBoard, grantAsInvite, truncatedChain,
            reorderedChain,
            chainOfAnotherBoard, chainOfAnother, emptyChain, thousandLinks, rootsRight
    }

    let pretext: Pretext
    private let key: SigningKey
    var link: RogueLink
    private let board: Board
    private let scene: Scene
    /// The right of a rogue, which is not this one's.
    private let right: TransactionName
    /// What it was told that it may not be, and by whom (SM-87).
    private(set) var heard: [(word: Rogue.Word, from: SocketAddress)] = []
    private var met: [ConnectionID: SocketAddress] = [:]

    var author: AuthorID { key.author }

    init(
        _ pretext: Pretext, board: Board, right: TransactionName, scene: Scene, at address: SocketAddress, keys: RoomKeys,
        random: SplitMix64
    ) {
        (self.pretext, self.board, self.right, self.scene) = (pretext, board, right, scene)
        key = SigningKey(seed: random.secret("device"))
        link = RogueLink(key, at: address, keys: keys, random: random)
    }

    mutating func takeHeard() -> [(word: Rogue.Word, from: SocketAddress)] {
        defer { heard = [] }
        return heard
    }

    mutating func leave(now: Instant) { link.leave(now: now) }

    mutating func listen(now: Instant) {
        while let news = link.nextNews() {
            switch news {
            case .established(let id, let remote):
                guard let address = remote.address else { continue }
                met[id] = address
                knock(on: id, now: now)
            case .closed(let id): met[id] = nil
            case .presence(let id): if let address = met[id] { heard.append((.room, address)) }
            case .message(let bytes, let lane, let id):
                guard let address = met[id] else { continue }
                let message = lane == .control ? try? SessionMessage(decoding: bytes) : nil
                switch message {
                case .askChain?:
                    heard.append((.question, address))
                    link.send(chain, lane: .control, on: id, now: now)
                // Who dialled and cannot be judged either shows first (SE-171, SE-321).
                case .hello?, .claim?, .chain?: heard.append((.question, address))
                default: heard.append((.room, address))
                }
            }
        }
    }

    private mutating func knock(on id: ConnectionID, now: Instant) {
        func say(_ message: SessionMessage) -> [UInt8] { message.encode() }
        var words: [[UInt8]] = []
        if let claim { words.append(say(.claim(claim))) }
        words.append(say(.hello(hasGenesis: now.nanoseconds % 2 == 0, right: named)))
        // Unasked, and what only who is in the room may say.
        words += [say(.welcome), say(.askChain), say(.fingerprint(board.fingerprint, count: 1)), say(.reconcile([0]))]
        for word in words { link.send(word, lane: .control, on: id, now: now) }
        if let transaction = board.transactions.last { link.send(transaction.encoded, lane: .ops, on: id, now: now) }
    }

    private var named: TransactionName? {
        switch pretext {
        case .nothing: nil
        case .unknownInvite, .signatureOfNobody, .signatureForAnother, .inviteOfAnotherBoard, .grantAsInvite: nil
        case .rootsRight: board.transactions[0].name
        case .chainOfAnother: right
        // One that is not known, so that it is asked who gave it.
        default: TransactionName(key.author.bytes)
        }
    }

    private var claim: InviteClaim? {
        let invite = scene.invite
        switch pretext {
        case .unknownInvite:
            return InviteClaim(of: key.author, to: board.id, by: TransactionName(key.author.bytes) ?? right, key: invite.signer)
        case .signatureOfNobody: return InviteClaim(of: key.author, to: board.id, by: invite.invite, key: key)
        case .signatureForAnother: return InviteClaim(of: scene.honest[0], to: board.id, by: invite.invite, key: invite.signer)
        case .inviteOfAnotherBoard:
            return InviteClaim(of: key.author, to: scene.foreign.first?.board ?? board.id, by: invite.invite, key: invite.signer)
        case .grantAsInvite: return InviteClaim(of: key.author, to: board.id, by: right, key: invite.signer)
        default: return nil
        }
    }

    /// The encoded word that answers who gave its right.
    private var chain: [UInt8] {
        let whole = board.chain(of: right)?.links ?? []
        let links: [Transaction]
        switch pretext {
        case .truncatedChain: links = whole.dropLast()
        case .reorderedChain: links = (whole + whole).reversed()
        case .chainOfAnotherBoard: links = scene.foreign.suffix(1)
        case .chainOfAnother: links = whole
        case .thousandLinks:
            var writer = ByteWriter(capacity: 1 << 18)
            writer.write(14 as UInt8)
            writer.writeVarint(1000)
            if let link = whole.first { for _ in 0..<1000 { writer.writeLengthPrefixed(link.encoded) } }
            // As much as the link carries in one word.
            return Array(writer.bytes.prefix(Endpoint.messageMax))
        default: links = []
        }
        return SessionMessage.chain((try? RightsChain(Array(links))) ?? .none).encode()
    }
}
