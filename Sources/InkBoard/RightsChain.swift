import InkCrypto
import InkPrimitives

/// Who gave somebody a right, for one who has none of the board's transactions but genesis (BD-110 to BD-113).
///
///     the right ─ written under ─▶ its giver's right ─▶ … ─▶ one that the root owner gave ─▶ genesis, which is left out
///
/// A chain says who gave what. It says neither when nor whether it still stands (BD-113): that is asked of a board (`Board.role(of:by:)`).
package struct RightsChain: Hashable, Sendable {
    /// The transaction that gives the right, then each time the one that gives the right under which the one before was written, of an
    /// admission the invite. At most `Limits.delegationDepth`, and `Limits.chainBytes` in all (BD-111); none for the root owner's right.
    package let links: [Transaction]

    /// The root owner's; of anybody else it shows nothing.
    package static let none = RightsChain()

    private init() { links = [] }

    package init(_ links: [Transaction]) throws(ChainFault) {
        let byteCount = links.reduce(0) { $0 + $1.encoded.count }
        guard links.count <= Limits.delegationDepth, byteCount <= Limits.chainBytes else { throw .tooLong }
        self.links = links
    }

    /// The role that the right gives `author`, if the chain shows that he was given it (BD-112).
    ///
    /// Costs up to 40 µs for each link, and as much again for each admission (BD-182); what is wrong without its signatures costs none of that.
    ///
    /// - Parameter genesis: of the board; its signature, or its name, was verified.
    package func role(of author: AuthorID, under genesis: Transaction) throws(ChainFault) -> Role {
        var right = Right(name: genesis.name, holder: genesis.author, key: nil, role: .owner)
        var admitted: [TransactionName: Right] = [:]
        for link in links.reversed() {
            guard link.board.bytes == genesis.name.bytes else { throw .otherBoard }
            guard link.grant == right.name else { throw right.name == genesis.name ? .truncated : .unlinked }
            if link.summary.isAdmission { admitted[link.name] = right }
            right = try right.giving(link)
        }
        guard let holder = right.holder else { throw .invite }
        guard holder == author else { throw .notYours }
        for link in links.reversed() {
            guard link.hasValidSignature else { throw .badSignature }
            guard let invite = admitted[link.name] else { continue }
            guard let key = invite.key, link.admission?.isSigned(by: key, for: link.author, on: link.board) == true else {
                throw .badSignature
            }
        }
        return right.role
    }

    /// What one link gives.
    private struct Right {
        /// The transaction that gives it.
        let name: TransactionName
        /// Nil of an invite.
        let holder: AuthorID?
        /// Of an invite.
        let key: AuthorID?
        let role: Role

        /// What is given under this right.
        func giving(_ link: Transaction) throws(ChainFault) -> Right {
            if link.summary.isAdmission {
                guard key != nil else { throw .roleForbids }
                return Right(name: link.name, holder: link.author, key: nil, role: role)
            }
            guard let holder else { throw .invite }
            guard link.author == holder else { throw .notYours }
            let governs = role.allows(.govern, viewersMayChat: false)
            for case .right(let write) in link.writes.map(\.value) {
                switch write {
                case .grant(let grant):
                    guard governs else { throw .roleForbids }
                    return Right(name: link.name, holder: grant.subject, key: nil, role: grant.role)
                case .invite(let invite):
                    guard governs || invite.role == nil else { throw .roleForbids }
                    return Right(name: link.name, holder: nil, key: invite.key, role: invite.role ?? role)
                case .admission, .removal, .policy: continue
                }
            }
            throw .unlinked
        }
    }
}

/// Why a chain lets nobody in.
package enum ChainFault: Error, Hashable, Sendable, CaseIterable, CustomStringConvertible {
    /// More links than a right can be deep, or more bytes than a chain may have (BD-181).
    case tooLong
    /// A link is of another board.
    case otherBoard
    /// Its last link was not written under genesis.
    case truncated
    /// A link does not give what the one before names.
    case unlinked
    /// The right, or one of those that gave it, is somebody else's.
    case notYours
    /// It ends in an invite, which is no right of a device, or something else than an admission was written under one.
    case invite
    /// Somebody gave it whose role allows no giving, or it was joined by what is no invite.
    case roleForbids
    /// A signature is wrong: a link's, or that of an invite's key.
    case badSignature
    /// By what is here the right, or what it was given under, has ended.
    case ended

    package var description: String {
        switch self {
        case .tooLong: "too many steps of giving, or too long"
        case .otherBoard: "of another board"
        case .truncated: "does not come from the board's owner"
        case .unlinked: "a step is missing"
        case .notYours: "somebody else's right"
        case .invite: "an invite is no right"
        case .roleForbids: "given by who may not give"
        case .badSignature: "a signature is wrong"
        case .ended: "the right has ended"
        }
    }
}

// A count, then each link behind its length. One chain has one encoding, as each link has (BD-180).
extension RightsChain {
    package func write(to writer: inout ByteWriter) {
        writer.writeVarint(links.count)
        for link in links { writer.writeLengthPrefixed(link.encoded) }
    }

    /// Reads a bounded list of transactions that have a form. What they say of each other is not looked at.
    package init(from reader: inout ByteReader) throws(WireError) {
        let count = try reader.readCount(limit: Limits.delegationDepth)
        var (links, room): ([Transaction], Int) = ([], Limits.chainBytes)
        for _ in 0..<count {
            let bytes = try reader.readLengthPrefixed(limit: room)
            room -= bytes.count
            links.append(try Transaction(decoding: bytes))
        }
        self.links = links
    }
}
