import InkCrypto
import InkPrimitives
import Synchronization

/// What links hold of the room's secrets: told by the driver as the room goes on to other epochs, asked by whoever shows a link.
final class LinkSecret: Sendable {
    private let current: Mutex<(secret: Secret32, epoch: EpochID)>

    init(_ first: (secret: Secret32, epoch: EpochID)) { current = Mutex(first) }

    var value: (secret: Secret32, epoch: EpochID) { current.withLock { $0 } }

    func set(_ next: (secret: Secret32, epoch: EpochID)) { current.withLock { $0 = next } }
}
