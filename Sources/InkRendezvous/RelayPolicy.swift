/// Whether peers may be met by way of a rendezvous that relays (RV-31).
public enum RelayPolicy: Hashable, Sendable {
    /// By a relay where there is one, and directly.
    case any
    /// Never by a relay: candidates are exchanged, as where there is none (RV-33).
    case never
    /// By a relay only: no address of ours is told, and none of theirs used (RV-132).
    case only
}
