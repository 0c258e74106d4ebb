import InkPrimitives

/// Who is typing a message, in the order in which they began (FE-133).
package struct Typists: Sendable {
    package private(set) var peers: [PeerID] = []

    package func contains(_ peer: PeerID) -> Bool { peers.contains(peer) }

    /// - Returns: true if that is news.
    mutating func began(_ peer: PeerID) -> Bool {
        guard !peers.contains(peer) else { return false }
        peers.append(peer)
        return true
    }

    /// - Returns: as for `began`.
    mutating func ended(_ peer: PeerID) -> Bool {
        guard let index = peers.firstIndex(of: peer) else { return false }
        peers.remove(at: index)
        return true
    }
}
