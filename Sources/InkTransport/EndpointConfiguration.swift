import InkCrypto
import InkPrimitives

extension Endpoint {
    /// Who we are in this room.
    public struct Configuration: Sendable {
        /// New in each process; with the device key of `certificate` it makes our peer id.
        public var salt: PeerSalt
        /// Set by the endpoint alone once it runs: `Endpoint.change(to:)`.
        public var epochs: EpochKeys
        public var staticKey: StaticKey
        /// Of our device key, for `staticKey`.
        public var certificate: DeviceCertificate
        /// What message 3 carries for the other session, at most `payloadMax` bytes.
        public var initiatorPayload: [UInt8]
        /// The source of ephemeral keys, indices, cookies, challenges and jitter.
        public var seed: Secret32
        /// Tell the keys of each connection, for a log that a person asked for. Nothing else ever does.
        public var disclosesKeys = false
        /// When connections get new keys; another than the standard one is for tests.
        public var rekeying = RekeySchedule.standard

        public static let payloadMax = HandshakeIdentity.payloadMax

        public init(
            salt: PeerSalt, keys: RoomKeys, staticKey: StaticKey, certificate: DeviceCertificate, initiatorPayload: [UInt8] = [],
            seed: Secret32
        ) {
            precondition(initiatorPayload.count <= Self.payloadMax, "a payload has at most \(Self.payloadMax) bytes")
            (self.salt, epochs, self.staticKey, self.certificate) = (salt, EpochKeys(inForce: keys), staticKey, certificate)
            (self.initiatorPayload, self.seed) = (initiatorPayload, seed)
        }

        /// This process, to the others (TR-30).
        public var peerID: PeerID { salt.peer(of: certificate.author) }
    }
}
