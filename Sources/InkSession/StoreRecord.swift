import InkBoard
import InkPrimitives

/// One thing that the disk must hold. Records are committed in the order given: nothing before its parents.
public enum StoreRecord: Hashable, Sendable {
    /// A transaction of the board, ours or another's. Writing one that is already there changes nothing.
    case transaction(Transaction)
    /// `peerDevice` said that it has transactions 1...`sequence` of `author`. Replaces an earlier receipt of the same two.
    case receipt(peerDevice: AuthorID, author: AuthorID, sequence: UInt64)
    /// Where peers were last reached, newest first. Replaces the earlier list.
    case lastPeers([SocketAddress])
    /// The UDP port to try first at the next start.
    case ownPort(UInt16)
}
