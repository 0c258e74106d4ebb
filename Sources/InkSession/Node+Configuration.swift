import InkBoard
import InkCrypto
import InkPrimitives
import InkRendezvous
import InkTransport

extension Node {
    /// What a node is started with.
    public struct Configuration: Sendable {
        public var identity: SigningKey
        public var staticKey: StaticKey
        /// In force at `epoch`.
        public var roomSecret: Secret32
        /// Of the link by which we came; zero for the first, and where the board was made here.
        public var epoch = EpochID.zero
        /// What our disk holds of the room's secrets, in the order in which it was saved.
        public var epochRecords: [EpochRecord] = []
        public var boardID: BoardID
        /// What the link held by which we join a board with roles; nil for one without, or where we have a right.
        public var invite: InviteKey?
        /// Who gave us that invite, where it came by a short code; nil where nobody knows.
        public var inviter: AuthorID?
        /// Of invites that this device made.
        public var inviteKeys: [InviteKey] = []
        /// Whom this device knows, as its disk has it.
        public var acquaintances: [Acquaintance] = []
        /// The board's genesis; nil when joining, then the first peer is asked for it.
        public var genesis: Transaction?
        /// What the others call this person, at most `Limits.nameBytes`; empty for none.
        public var displayName: String
        /// What our disk holds, in the order in which it was saved. Verified when it came, not again.
        public var stored: [Transaction]
        /// Receipts of our own transactions by peer device.
        public var receipts: [AuthorID: UInt64]
        /// Where peers were last reached.
        public var lastPeers: [SocketAddress]
        /// Addresses to dial that a person named.
        public var directAddresses: [SocketAddress]
        /// Addresses to dial that a link named; only where a peer may be (CN-12).
        public var linkAddresses: [SocketAddress] = []
        /// All rendezvous of the list are on this machine, and so may be whoever a link names there.
        public var isOnOneMachine = false
        /// Length of the list of rendezvous that the runtime can connect to; 0 for none.
        public var rendezvousCount: Int
        /// The rendezvous of the list as an invite names them, and whether they are spoken to over TLS.
        public var invitePlaces = InvitePlaces()
        /// Whether rendezvous may carry what is said, and whether anything else may.
        public var relayPolicy = RelayPolicy.any
        /// What passes is paid for: as little of it as may be.
        public var isSparing = false
        /// Tell the keys of each connection, for a log that the person asked for.
        public var disclosesKeys = false
        /// The history of undo of the holder's own front end.
        public var strand: Strand = .common
        /// Which of our stored transactions belong to which history; all others are in the common one.
        public var claims: [TransactionName: Strand] = [:]
        /// The stroke that was being drawn when the process before ended without a word, as `StoreRecord.stroke` gave it to the disk.
        public var stroke: [UInt8]?
        /// When sessions get new keys; another than the standard one is for tests.
        public var rekeying = RekeySchedule.standard

        public init(
            identity: SigningKey, staticKey: StaticKey, roomSecret: Secret32, boardID: BoardID, genesis: Transaction? = nil,
            displayName: String = "", stored: [Transaction] = [], receipts: [AuthorID: UInt64] = [:], lastPeers: [SocketAddress] = [],
            directAddresses: [SocketAddress] = [], rendezvousCount: Int = 0
        ) {
            self.identity = identity
            self.staticKey = staticKey
            self.roomSecret = roomSecret
            self.boardID = boardID
            self.genesis = genesis
            self.displayName = displayName
            self.stored = stored
            self.receipts = receipts
            self.lastPeers = lastPeers
            self.directAddresses = directAddresses
            self.rendezvousCount = rendezvousCount
        }
    }
}
