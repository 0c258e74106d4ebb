/// Why TLS cannot be spoken; fit for a status line.
public enum TLSError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A certificate, a key or a list of authorities cannot be used, for this reason.
    case unusableFile(String)
    /// The program was built without it (RT-162).
    case absent

    public var description: String {
        switch self {
        case .unusableFile(let reason): reason
        case .absent: "this program was built without TLS; \(Self.wayOut)"
        }
    }

    /// What leads out of `absent`.
    public static let wayOut =
        "build it with the trait TLS of the package inkwire, or meet at a rendezvous of ws://: what peers say is encrypted end to end either way"
}
