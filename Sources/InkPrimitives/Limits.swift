/// Limits that are part of the protocol (a different value is a different protocol version).
public enum Limits {
    /// Encoded transaction with its signature, bytes.
    public static let transactionBytes = 65_536
    /// Writes in one transaction.
    public static let writesPerTransaction = 4096
    /// Points in one stroke.
    public static let pointsPerStroke = 10_000
    /// Text of a shape, UTF-8 bytes.
    public static let textBytes = 16_384
    /// One chat message, UTF-8 bytes.
    public static let chatBytes = 4096
    /// A person's name, a board's name or a shape's label, UTF-8 bytes.
    public static let nameBytes = 64
    /// A shape's place in the depth order, bytes of a fractional index.
    public static let depthBytes = 64
    /// Greatest number of a shape: what JSON numbers hold exactly (2^53 - 1).
    public static let shapeNumber: UInt64 = (1 << 53) - 1
    /// Where the numbers of a process begin at most: so far below 2^48 that a process, which makes fewer than 2^32 shapes, stays below that.
    public static let shapeNumberOrigin: UInt64 = (1 << 48) - (1 << 32)
    /// Line width, world units.
    public static let strokeWidth: UInt16 = 2047
    /// Deletion marks taken back by one write.
    public static let retractionsPerWrite = 256
    /// Random bytes of genesis, so that two boards of one name and owner differ.
    public static let boardNonceBytes = 16
    /// One message of the reconciliation of two boards, bytes.
    public static let reconcileMessageBytes = 32_768
    /// Parents of one transaction.
    public static let parents = 16
    /// Steps of giving from the root owner's right to any other (BD-156); whoever joins by an invite lies one step below it.
    public static let delegationDepth = 16
    /// What shows who gave a right, bytes of transactions.
    public static let chainBytes = 65_536
    /// Where numbers of shapes end on boards of version 2; below it nothing is written (BD-167).
    public static let shapeNumberEnd: UInt64 = 1 << 48
    /// Rights ended by one transaction.
    public static let removalsPerWrite = 64
    /// Why rights were ended, UTF-8 bytes.
    public static let reasonBytes = 256
    /// Greatest number of uses of an invite, and of seconds that it lives.
    public static let inviteCount: UInt32 = (1 << 30) - 1
    /// Greatest lamport number. Each takes a transaction of its own, so no board comes near it.
    public static let lamport: UInt64 = (1 << 32) - 1
    /// Greatest |x| and |y| of a world coordinate, in 1/8 px.
    public static let coordinate: Int32 = 1 << 30
    /// UDP payload until a path is probed for more, bytes.
    public static let datagramBytes = 1200
    /// UDP payload that is taken, whatever paths turn out to carry, bytes.
    public static let datagramBytesMax = 1500
    /// Packets that may arrive late and still be accepted (the window of WireGuard, 127 words of 64 bits) (PR-4).
    public static let replayWindow = 8128
    /// Memory that orphans may take in all, and those that one device brought, bytes.
    public static let orphanBytes = 64 << 20
    public static let orphanShareBytes = 4 << 20
    /// Candidate addresses taken from one peer.
    public static let candidates = 16
}
