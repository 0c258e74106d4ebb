import InkBoard
import InkPrimitives

/// One thing that the disk must hold. Records are committed in the order given: nothing before its parents.
public enum StoreRecord: Hashable, Sendable {
    /// A transaction of the board, ours or another's. Writing one that is already there changes nothing.
    case transaction(Transaction)
    /// A program of ours asked for the own transaction of this name, under `reference`; nil where it waited for no answer. For whoever takes the
    /// board over when its holder dies, and of no other use. Goes to disk in one commit with its transaction, after it.
    case request(TransactionName, strand: Strand, reference: UInt64?)
    /// The stroke that the holder's hand is drawing, as it is by now, in the bytes of `StrokeDraft`; nil when it has ended. Replaces an earlier one.
    case stroke([UInt8]?)
    /// `peerDevice` said that it has transactions 1...`sequence` of `author`. Replaces an earlier receipt of the same two.
    case receipt(peerDevice: AuthorID, author: AuthorID, sequence: UInt64)
    /// Where peers were last reached, newest first. Replaces the earlier list.
    case lastPeers([SocketAddress])
    /// What is known of the secrets of the room, and of who is at which.
    case epoch(EpochRecord)
    /// What a link of an invite holds that this device made. Goes to disk after the transaction that gives the invite.
    case inviteKey(InviteKey)
    /// What this device knows of somebody. Replaces what was kept of him.
    case acquaintance(Acquaintance)
    /// The UDP port to try first at the next start.
    case ownPort(UInt16)
}
