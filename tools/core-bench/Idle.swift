import CFuzzMeter
import InkPrimitives
import InkTransport

/// What a connection keeps that rests after some work.
enum Idle {
    /// A connection beyond the first (TR-92).
    static let bytesMax: Int64 = 32 << 10
    /// No timer of data waits so long: a probe comes after a second (TR-173), a keepalive of who is present after five (TR-19).
    private static let restMin: Duration = .seconds(2)
    private static let patience: Duration = .seconds(60)

    /// Bytes of heap that each connection of a hub takes beyond the first.
    static func bytesEach(connections: Int) -> Int64 { (held(connections: connections) - held(connections: 1)) / Int64(connections - 1) }

    /// Bytes of heap of an endpoint with so many.
    private static func held(connections: Int) -> Int64 {
        var now = Instant(nanoseconds: 1_000_000_000)
        var ends = (0...connections).map { Endpoint(Pair.configuration($0)) }
        var ids: [(end: Int, id: ConnectionID)] = []
        var mail: [(to: Int, from: Int, bytes: [UInt8])] = []
        let addresses = Dictionary(uniqueKeysWithValues: ends.indices.map { (Pair.address($0), $0) })
        /// What has left arrives, and what is due leaves.
        func turn() {
            now += .milliseconds(1)
            let arriving = mail
            mail = []
            for letter in arriving { ends[letter.to].receive(letter.bytes, from: Pair.address(letter.from), now: now) }
            for index in ends.indices {
                if let deadline = ends[index].deadline, now >= deadline { ends[index].handleTimeout(now: now) }
                while let output = ends[index].nextOutput() {
                    switch output {
                    case .transmit(let bytes, .direct(let to), _): if let to = addresses[to] { mail.append((to, index, bytes)) }
                    case .established(let id, _): ids.append((index, id))
                    default: break
                    }
                }
            }
        }
        for index in 1...connections {
            let attempt = [UInt8](repeating: UInt8(index), count: Endpoint.attemptCount)
            ends[0].expect(attempt: attempt, remote: Pair.configuration(index).peerID, addresses: [], now: now)
            ends[index].dial(attempt: attempt, remote: Pair.configuration(0).peerID, addresses: [Pair.address(0)], now: now)
        }
        for _ in 0..<100 where ids.count < 2 * connections { turn() }
        precondition(ids.count == 2 * connections, "all meet")
        // Some work both ways, then rest.
        for (end, id) in ids {
            for _ in 0..<200 { ends[end].send([UInt8](repeating: 7, count: 1000), lane: .bulk, on: id, now: now) }
            for _ in 0..<200 { ends[end].send([UInt8](repeating: 7, count: 40), lane: .ops, on: id, now: now) }
        }
        /// All of it is there, and no timer is due but that of a keepalive.
        func isAtRest() -> Bool {
            mail.isEmpty && ends.allSatisfy { $0.deadline.map { $0 - now >= restMin } ?? true }
                && ids.allSatisfy { ends[$0.end].statistics($0.id)?.pendingBytes == 0 }
        }
        func run(until isDone: () -> Bool) {
            let limit = now + patience
            while !isDone() {
                precondition(now < limit, "within a minute all rest, and ask")
                turn()
            }
        }
        func packetsIn() -> [UInt64] { ids.map { ends[$0.end].statistics($0.id)?.packetsIn ?? 0 } }
        run { isAtRest() }
        // To rest is to ask for a sign of life now and then: what is kept of that counts.
        let heard = packetsIn()
        run { isAtRest() && zip(heard, packetsIn()).allSatisfy(<) }
        let before = meter_held()
        ends[0] = Endpoint(Pair.configuration(0))
        return before - meter_held()
    }
}
