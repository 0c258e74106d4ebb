import InkCrypto
import InkPrimitives

/// What belongs to one set of keys: both receiver indices, what the keys protect from being taken twice, and what was sent under them and is not yet
/// known to have arrived. A rekey renews all of it, and leaves lanes and paths as they are (TR-221).
struct KeyedSpace: Sendable {
    /// What the peer writes into its packets for us, and we into ours for it.
    let localIndex: UInt32
    let remoteIndex: UInt32
    let keys: TransportKeys
    var acks = AckTracker()
    var sent = LossRecovery()
    private(set) var window = SlidingWindow()

    init(localIndex: UInt32, remoteIndex: UInt32, keys: TransportKeys) {
        (self.localIndex, self.remoteIndex, self.keys) = (localIndex, remoteIndex, keys)
    }

    /// Why a datagram changed nothing.
    enum RefusalError: Error { case forged, replayed }

    /// One packet that verified.
    struct Opened: Sendable {
        let number: UInt64
        /// None with a greater number came before.
        let isNewest: Bool
        /// Bytes of frames.
        let byteCount: Int
    }

    /// Nothing changes unless the tag verifies (TR-8, TR-167).
    ///
    /// - Parameter frames: where the frames are in clear afterwards, from its beginning.
    mutating func open(_ datagram: Span<UInt8>, into frames: inout [UInt8]) -> Result<Opened, RefusalError> {
        guard let header = DataHeader(datagram) else { return .failure(.forged) }
        let newest = window.newest
        let number = header.number(expected: newest.map { $0 + 1 } ?? 0)
        guard window.accepts(number) else { return .failure(.replayed) }
        guard let byteCount = keys.open(datagram, headerCount: header.byteCount, counter: number, into: &frames) else {
            return .failure(.forged)
        }
        window.commit(number)
        return .success(Opened(number: number, isNewest: newest.map { number > $0 } ?? true, byteCount: byteCount))
    }

    /// Begins the next packet. It is sealed with `keys`, and `sent` is told of it afterwards.
    ///
    /// - Parameter limit: longest packet, bytes.
    @inline(__always) func begin(limit: Int) -> PacketDraft {
        PacketDraft(number: sent.next, receiverIndex: remoteIndex, largestAcknowledged: sent.largestAcknowledged, limit: limit)
    }
}
