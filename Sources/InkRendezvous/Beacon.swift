import InkCrypto
import InkPrimitives

/// What a member says to all on a link (RV-160): that somebody of its board is there. Whoever has the key of the epoch reads where; to all others,
/// and beside the beacon before, it is noise (RV-90).
///
///     "ink", 1 | nonce (16) | port and peer, sealed (10) | MAC (16)
///
/// The MAC is over the address that it comes from, too (RV-161): played again elsewhere it is nothing, and played again from there it leads where it
/// led before. It stands here and not on the floor above since it is signalling as envelopes are: it brings two together who share a secret.
public struct Beacon: Hashable, Sendable {
    /// UDP port where its sender is met.
    public let port: UInt16
    /// First bytes of its peer id, by which somebody who is met already is known.
    public let peer: [UInt8]

    public static let peerCount = 8
    public static let nonceCount = 16
    private static let sealedCount = 2 + peerCount
    private static let macCount = 16
    public static let byteCount = LinkGroup.Kind.headCount + nonceCount + sealedCount + macCount

    /// - Parameter peer: a peer id.
    public init(port: UInt16, peer: PeerID) { (self.port, self.peer) = (port, Array(peer.bytes.prefix(Self.peerCount))) }

    private init(opening plain: [UInt8]) { (port, peer) = (UInt16(plain[0]) << 8 | UInt16(plain[1]), Array(plain[2...])) }

    /// - Parameters:
    ///   - ip: that it leaves from.
    ///   - nonce: random, `nonceCount` bytes, never used before.
    public func sealed(under keys: RoomKeys, from ip: IPAddress, nonce: [UInt8]) -> [UInt8] {
        precondition(nonce.count == Self.nonceCount, "a nonce has \(Self.nonceCount) bytes, not \(nonce.count)")
        let plain = [UInt8(port >> 8), UInt8(truncatingIfNeeded: port)] + peer
        let sealed = Self.masked(plain, nonce: nonce, key: keys.beacon)
        return LinkGroup.Kind.beacon.head + nonce + sealed + Self.mac(nonce: nonce, sealed: sealed, from: ip, key: keys.beacon)
    }

    /// True for what may be one. Costs nothing.
    public static func isBeacon(_ datagram: [UInt8]) -> Bool {
        datagram.count == byteCount && LinkGroup.Kind(of: datagram) == .beacon
    }

    /// Reads one; nil for another room's, and for anything else. Costs a hash for each of the keys.
    ///
    /// - Parameters:
    ///   - ip: that it came from.
    ///   - keys: of the epochs in which somebody may be.
    public static func open(_ datagram: [UInt8], from ip: IPAddress, under keys: [RoomKeys]) -> (beacon: Beacon, epoch: EpochID)? {
        guard isBeacon(datagram) else { return nil }
        let nonce = Array(datagram[LinkGroup.Kind.headCount..<LinkGroup.Kind.headCount + nonceCount])
        let sealed = Array(datagram.dropFirst(LinkGroup.Kind.headCount + nonceCount).prefix(sealedCount))
        let said = Array(datagram.suffix(macCount))
        for room in keys where constantTimeEqual(mac(nonce: nonce, sealed: sealed, from: ip, key: room.beacon), said) {
            let beacon = Beacon(opening: masked(sealed, nonce: nonce, key: room.beacon))
            return beacon.port == 0 ? nil : (beacon, room.epoch)
        }
        return nil
    }

    private static func masked(_ bytes: [UInt8], nonce: [UInt8], key: Secret32) -> [UInt8] {
        zip(bytes, Blake2b.authenticate(Array("inkwire/1 beacon place".utf8) + nonce, key: key)).map { $0 ^ $1 }
    }

    private static func mac(nonce: [UInt8], sealed: [UInt8], from ip: IPAddress, key: Secret32) -> [UInt8] {
        // The zone of an address is a number of one machine's.
        Blake2b.authenticate(Array("inkwire/1 beacon".utf8) + nonce + sealed + ip.inZone(0).bytes, key: key, count: macCount)
    }
}
