import InkCrypto
import InkPrimitives

/// Who is at the other end, as proven by the handshake.
public struct Remote: Hashable, Sendable {
    /// The process.
    public let peer: PeerID
    /// The device key whose certificate vouches for the handshake's static key.
    public let author: AuthorID
    /// What the initiator's session added to message 3; empty at the initiator.
    public let payload: [UInt8]
    /// True if we dialled.
    public let isInitiator: Bool
    /// Whose keys the handshake was made under; the session outlives it.
    public let epoch: EpochID
    /// Where the handshake came through.
    public let route: Route
    public var address: SocketAddress? { route.address }
    /// The handshake hash, 32 bytes, the same on both sides and in no other connection (Noise §11.2).
    public let channelBinding: [UInt8]
}
