import InkBoard
import InkCrypto
import InkPrimitives
import InkSession

/// What this machine knows of a board beside its transactions.
package struct BoardMeta: Sendable, Equatable {
    /// Names the board and its directory.
    package var board: BoardID
    /// From it come all keys of the room at `epoch`.
    package var roomSecret: Secret32
    /// Of the link that brought us here; zero, the first, for a board that was made here.
    package var epoch: EpochID
    /// What this machine calls the board, unique in the data directory; empty until genesis has arrived.
    package var name: String
    /// Rendezvous to try, in order, as `ws://HOST:PORT`.
    package var rendezvous: [String]
    /// TCP port of the rendezvous that this process embeds; nil when it embeds none. Opened again so that old links stay good.
    package var embeddedPort: UInt16?
    /// UDP port used last time, asked for again so that peers find us where we were.
    package var ownPort: UInt16?
    /// Where peers were reached last time; tried when no rendezvous answers.
    package var lastPeers: [SocketAddress]
    /// Addresses that came with the link.
    package var direct: [SocketAddress]
    /// True if it is written to under a key of its own, in its directory, and under no other: that of the profile may have signed elsewhere what is not
    /// here. Programs up to 0.2 would not look there, so that such a board is of format 2.
    package var hasOwnKey: Bool
    /// The invite whose links we give (ST-31): what the link held by which we join a board with roles, shown again until we have joined, or the
    /// first of a board that was made here.
    package var inviteKey: InviteKey?

    package init(
        board: BoardID, roomSecret: Secret32, name: String, rendezvous: [String] = [], embeddedPort: UInt16? = nil, ownPort: UInt16? = nil,
        lastPeers: [SocketAddress] = [], direct: [SocketAddress] = [], hasOwnKey: Bool = false,
        inviteKey: InviteKey? = nil, epoch: EpochID = .zero
    ) {
        self.board = board
        (self.roomSecret, self.epoch) = (roomSecret, epoch)
        self.name = name
        self.rendezvous = rendezvous
        self.embeddedPort = embeddedPort
        self.ownPort = ownPort
        self.lastPeers = lastPeers
        self.direct = direct
        self.hasOwnKey = hasOwnKey
        self.inviteKey = inviteKey
    }
}

extension BoardMeta {
    /// Rows of the table `meta`. Lists are text, one entry a line; an absent port or key has no row. The key of an invite is its name, then its seed.
    enum Key: String, CaseIterable {
        case format, board, secret, name, rendezvous, embeddedPort = "embedded_port", ownPort = "own_port", lastPeers = "last_peers",
            direct, inviteKey = "invite_key", epoch
    }

    /// The value of `key` as bytes; nil when it has no row.
    func value(of key: Key) -> [UInt8]? {
        switch key {
        case .format: Array(String(hasOwnKey ? 2 : 1).utf8)
        case .board: board.bytes
        case .secret: roomSecret.withBytes { $0 }
        case .name: Array(name.utf8)
        case .rendezvous: Self.lines(rendezvous)
        case .embeddedPort: embeddedPort.map { Array(String($0).utf8) }
        case .ownPort: ownPort.map { Array(String($0).utf8) }
        case .lastPeers: Self.lines(lastPeers.map(\.description))
        case .direct: Self.lines(direct.map(\.description))
        case .epoch: epoch == .zero ? nil : epoch.bytes
        case .inviteKey: inviteKey.map { key in key.invite.bytes + key.seed.withBytes { $0 } }
        }
    }

    /// From the rows of the table; nil when one that must be there is not, or one does not read.
    init?(values: [String: [UInt8]]) {
        func bytes(_ key: Key) -> [UInt8]? { values[key.rawValue] }
        func text(_ key: Key) -> String? { bytes(key).flatMap { String(validating: $0, as: UTF8.self) } }
        func list(_ key: Key) -> [String] { (text(key) ?? "").split(separator: "\n").map(String.init) }
        guard let board = bytes(.board).flatMap({ BoardID($0) }), let secret = bytes(.secret).flatMap({ Secret32($0) }),
            let name = text(.name)
        else { return nil }
        let key: InviteKey? = bytes(.inviteKey).flatMap { bytes in
            guard let invite = TransactionName(bytes.prefix(32)), let seed = Secret32(bytes.dropFirst(32)) else { return nil }
            return InviteKey(invite: invite, seed: seed)
        }
        self.init(
            board: board, roomSecret: secret, name: name, rendezvous: list(.rendezvous),
            embeddedPort: text(.embeddedPort).flatMap { UInt16($0) },
            ownPort: text(.ownPort).flatMap { UInt16($0) }, lastPeers: list(.lastPeers).compactMap { SocketAddress($0) },
            direct: list(.direct).compactMap { SocketAddress($0) }, hasOwnKey: text(.format) == "2", inviteKey: key,
            epoch: bytes(.epoch).flatMap { EpochID($0) } ?? .zero)
    }

    private static func lines(_ entries: [String]) -> [UInt8] { Array(entries.joined(separator: "\n").utf8) }
}

/// How far one peer device is known to have an author's work.
package struct StoredReceipt: Hashable, Sendable {
    /// The device that has it.
    package var peerDevice: AuthorID
    package var author: AuthorID
    /// It has all of 1...sequence.
    package var sequence: UInt64

    package init(peerDevice: AuthorID, author: AuthorID, sequence: UInt64) {
        (self.peerDevice, self.author, self.sequence) = (peerDevice, author, sequence)
    }
}

/// What a program asked of the process that held the board, beside its own front end (ST-16).
package struct StoredRequest: Hashable, Sendable {
    /// The own transaction that came of it.
    package var transaction: TransactionName
    /// The program's history of undo.
    package var strand: Strand
    /// Under which the program knows it; nil where it waited for no answer.
    package var reference: UInt64?

    package init(transaction: TransactionName, strand: Strand, reference: UInt64?) {
        (self.transaction, self.strand, self.reference) = (transaction, strand, reference)
    }
}

/// All that one board's file holds.
package struct StoredBoard: Sendable {
    package var meta: BoardMeta
    /// In the order in which they were stored; nothing stands before its parents.
    package var transactions: [Transaction]
    /// Sorted by device, then author.
    package var receipts: [StoredReceipt]
    /// What is known of the room's secrets, in the order in which it was stored.
    package var epochs: [EpochRecord]

    package init(meta: BoardMeta, transactions: [Transaction], receipts: [StoredReceipt], epochs: [EpochRecord] = []) {
        (self.meta, self.transactions, self.receipts, self.epochs) = (meta, transactions, receipts, epochs)
    }

    /// What links have to hold: the secret of the epoch that we were at last, and that.
    package var linkSecret: (secret: Secret32, epoch: EpochID) {
        for case .reached(let epoch, let secret) in epochs.reversed() { return (secret, epoch) }
        return (meta.roomSecret, meta.epoch)
    }

    /// True if two of these transactions are signed by `author` and carry one number: proof that two programs had its key.
    package func isForked(by author: AuthorID) -> Bool {
        var sequences: Set<UInt64> = []
        return transactions.contains { $0.author == author && !sequences.insert($0.sequence).inserted }
    }
}
