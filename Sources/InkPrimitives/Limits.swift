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
    /// Parents of one transaction.
    public static let parents = 16
    /// Greatest |x| and |y| of a world coordinate, in 1/8 px.
    public static let coordinate: Int32 = 1 << 30
    /// UDP payload until a path is probed for more, bytes.
    public static let datagramBytes = 1200
    /// Packets that may arrive late and still be accepted (the window of WireGuard, 127 words of 64 bits).
    public static let replayWindow = 8128
    /// Orphans kept in all, bytes.
    public static let orphanBytes = 64 << 20
    /// Candidate addresses taken from one peer.
    public static let candidates = 16
}
