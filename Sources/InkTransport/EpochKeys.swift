import InkCrypto
import InkPrimitives

/// The keys by which members of a room know each other's handshakes: those in force, and of the epochs before that some of them may still be at
/// (TR-227).
public struct EpochKeys: Sendable {
    /// Former epochs at most: a packet of a stranger costs one hash for each (design: topics) (TR-140).
    public static let formerMax = 15

    /// What dials begin with, unless they name another.
    public let inForce: RoomKeys
    /// Ascending by name, none twice, none in force.
    public let former: [RoomKeys]

    /// - Parameter former: at most `formerMax` are kept, the first of the list.
    public init(inForce: RoomKeys, former: [RoomKeys] = []) {
        var names: Set = [inForce.epoch]
        self.inForce = inForce
        self.former = former.filter { names.insert($0.epoch).inserted }.prefix(Self.formerMax).sorted { $0.epoch < $1.epoch }
    }

    /// The keys of an epoch; nil for one that is passed or was never known here.
    public subscript(epoch: EpochID) -> RoomKeys? {
        epoch == inForce.epoch ? inForce : former.first { $0.epoch == epoch }
    }

    /// The keys under which a handshake packet was made; nil for a stranger's.
    func keys(ofMAC packet: [UInt8]) -> RoomKeys? {
        HandshakeMAC.isRight(packet, key: inForce.mac) ? inForce : former.first { HandshakeMAC.isRight(packet, key: $0.mac) }
    }
}
