import InkConnectivity
import InkPrimitives
import InkRendezvous
import InkTransport

// Those who are on our links: they are told that we are there, and dialled where they say so.
extension Node {
    mutating func linksChanged(to addresses: [LocalAddress], now: Instant) {
        // SE-385
        nearby.move(to: introductions.policy == .only ? [] : addresses, now: now)
        callNearby(now: now)
    }

    mutating func callNearby(now: Instant) {
        // SE-385
        guard !phase.isEnding else { return }
        for (bytes, speaker) in nearby.due(peerID, under: epochs.inUse.keys, now: now) {
            emit(.call(bytes, from: speaker.address.ip, interface: speaker.interface))
        }
    }

    mutating func overhear(_ bytes: [UInt8], from source: SocketAddress, interface: Int, now: Instant) {
        guard !phase.isEnding else { return }
        switch nearby.hear(bytes, from: source, interface: interface, keys: endpoint.roomKeys, now: now) {
        case .beacon(let beacon, let place, let epoch):
            // SE-386
            guard !isKnown(beacon), !liveAddresses.contains(place), nearby.mayDial(place, now: now) else { return }
            dial(place, in: epoch, now: now)
        case .question(let question):
            // Who does not hold it says nothing, and so nobody learns who is there.
            guard let answer = codes.answer(to: question), nearby.mayAnswer(source, now: now) else { return }
            emit(.answerCall(answer.encoded, to: source))
        case nil: break
        }
    }

    /// True of ourselves, and of one with whom a session lives.
    private func isKnown(_ beacon: Beacon) -> Bool {
        func isFrom(_ peer: PeerID) -> Bool { Array(peer.bytes.prefix(Beacon.peerCount)) == beacon.peer }
        return isFrom(peerID) || neighbours.values.contains { isFrom($0.remote.peer) && !$0.isDegraded }
    }
}
