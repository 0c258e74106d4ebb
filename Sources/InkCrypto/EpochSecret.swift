import InkPrimitives

/// Tag of `EpochCommitment`.
public enum EpochCommitmentTag: Sendable {}
/// What is said to all of a secret that only some are told: 32 bytes that fit no other.
public typealias EpochCommitment = Identifier<EpochCommitmentTag>

/// The secrets of a room's epochs (CR-21).
///
/// An epoch is begun by transactions that each bring a fresh secret, or by none, which is the first epoch; its secret is made of all of theirs:
///
///     none     the secret that the room was made with
///     a        derive(secret of a, "inkwire/1 epoch", epoch)
///     a < b    derive(derive(secret of a, "inkwire/1 epoch", epoch), "inkwire/1 epoch with", secret of b), and so on
public enum EpochSecret {
    /// What a transaction says of the secret that it brings (CR-37).
    public static func commitment(to secret: Secret32) -> EpochCommitment {
        let said = secret.derive("inkwire/1 epoch commitment").withBytes { EpochCommitment($0) }
        guard let said else { preconditionFailure("a derived secret has 32 bytes") }
        return said
    }

    /// The name of the epoch that these begin, whatever their order; zero for none.
    public static func epoch(begunBy names: [TransactionName]) -> EpochID {
        guard !names.isEmpty else { return .zero }
        var writer = ByteWriter(capacity: 32 + names.count * TransactionName.byteCount)
        writer.write("inkwire/1 epoch name".utf8)
        for name in Set(names).sorted() { writer.write(name) }
        guard let epoch = EpochID(Blake2b.hash256(writer.bytes)) else { preconditionFailure("a hash has 32 bytes") }
        return epoch
    }

    /// The secret of the epoch that these begin, at least one.
    public static func combined(_ secrets: [TransactionName: Secret32]) -> Secret32 {
        let names = secrets.keys.sorted()
        let epoch = epoch(begunBy: names)
        var combined: Secret32?
        for name in names {
            guard let secret = secrets[name] else { continue }
            if let before = combined {
                combined = secret.withBytes { before.derive("inkwire/1 epoch with", context: $0) }
            } else {
                combined = secret.derive("inkwire/1 epoch", context: epoch.bytes)
            }
        }
        guard let combined else { preconditionFailure("an epoch that nothing begins has the secret that the room was made with") }
        return combined
    }
}
