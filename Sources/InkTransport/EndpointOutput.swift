import InkPrimitives

extension Endpoint {
    /// What must be done, or is known now.
    public enum Output: Sendable {
        /// `isPresence`: nothing else is in it. Where much waits for a relay it goes first.
        case transmit([UInt8], over: Route, isPresence: Bool = false)
        // Indirect: it is rare and long, and each output that is not would be moved with room for it.
        indirect case established(ConnectionID, Remote)
        /// One whole message, in order within its lane and stream.
        case message([UInt8], lane: Lane, stream: UInt64, on: ConnectionID)
        /// Never older than one already given.
        case presence([UInt8], on: ConnectionID)
        /// The peer has the presence of this token; lower tokens are superseded.
        case presenceAcknowledged(UInt64, on: ConnectionID)
        /// Three probes went unanswered.
        case degraded(ConnectionID)
        /// The peer of a degraded connection was heard again.
        case recovered(ConnectionID)
        /// Its packets go another way from now on.
        case rerouted(ConnectionID, Route)
        /// Nothing more comes of this connection, and what was pending is lost.
        case closed(ConnectionID, CloseReason)
        /// Nobody answered for 20 s, or the answer leads to a peer that is no use to dial; then `remote` names it.
        case attemptFailed(attempt: [UInt8], remote: PeerID?)
        /// Two processes of one device push each other out: the one that is here stays for so long. Nil for our own device, which a peer keeps out for
        /// another process of it.
        case duplicateDevice(AuthorID?, seconds: Int)
        /// A member of the room speaks another version of the protocol; at most once in 10 s, and as often again for one that is fresh.
        ///
        /// `isFresh`: it answers an attempt of ours, or signalling announced its own. Else it may be an old packet that somebody plays again.
        case versionMismatch(theirs: UInt8, from: SocketAddress, isFresh: Bool)
        /// A space of keys was made; only where the configuration asks for it (TR-121).
        case keys(KeyDisclosure)
    }
}
