import InkPrimitives

/// Asks one STUN server how it sees our socket, and keeps asking, so that the answer stays true and the NAT keeps the mapping.
///
///     idle ──start──▶ asking ──valid answer──▶ resting ──20 s──▶ asking …
///                      │  ▲ timeout, < 7 sent     ▲
///                      └──┘ ── last timeout ──────┘ (`.failed`, the known address is forgotten)
public struct STUNClient: Sendable {
    /// What the driver must do.
    public enum Output: Hashable, Sendable {
        case transmit([UInt8], to: SocketAddress)
        /// The server sees us at this address; told when it changes, not at every answer.
        case mapped(SocketAddress)
        /// Seven requests went unanswered (39.5 s). Asked again after `restInterval`.
        case failed
    }

    private enum State: Sendable {
        case idle
        case asking(Transaction)
        case resting(until: Instant)
    }

    private struct Transaction: Sendable {
        var id: [UInt8]
        var sent: Int
        var retryAt: Instant
    }

    /// First retransmission timeout: 500 ms (RFC 8489 §6.2.1), doubled after each.
    package static let retransmissionTimeout: Duration = .milliseconds(500)
    /// Requests sent in all, Rc (RFC 8489 §6.2.1).
    package static let requestsMax = 7
    /// The last wait is Rm = 16 times the first timeout (RFC 8489 §6.2.1).
    package static let lastWaitFactor = 16
    /// Pause between two transactions: under the 30 s after which the hastiest NATs forget a UDP mapping. Jittered by ±20 %.
    package static let restInterval: Duration = .seconds(20)

    /// The server asked; nil while idle.
    public private(set) var server: SocketAddress?
    /// Our address as the server last saw it.
    public private(set) var mapped: SocketAddress?
    private var state = State.idle
    private var generator: any RandomNumberGenerator & Sendable
    private var outputs = Outputs<Output>()

    /// - Parameter generator: source of transaction ids; unpredictable in production (a guessed id lets a stranger lie about our address).
    public init(using generator: any RandomNumberGenerator & Sendable) { self.generator = generator }

    /// Begins to ask `server`. The same server again while it is being asked or at rest does nothing.
    public mutating func start(server: SocketAddress, now: Instant) {
        if self.server == server { return }
        self.server = server
        mapped = nil
        ask(now: now)
    }

    /// Asks the server anew at once, as another transaction: what was asked before may have left from an address that we no longer have. The
    /// address that is known stays until an answer says otherwise.
    public mutating func restart(now: Instant) { ask(now: now) }

    /// Stops asking, forgets server and address.
    public mutating func stop() {
        (server, mapped, state) = (nil, nil, .idle)
    }

    /// Takes a datagram that is STUN by `STUN.isSTUN`. Anything but the answer that we wait for is ignored (CN-2, CN-24).
    ///
    /// - Returns: true when it was that answer.
    @discardableResult
    public mutating func receive(_ datagram: [UInt8], from source: SocketAddress, now: Instant) -> Bool {
        guard case .asking(let transaction) = state, source == server,
            let message = try? STUNMessage(decoding: datagram), message.transaction == transaction.id
        else { return false }
        switch message.kind {
        case .success:
            guard message.unknownRequiredTypes.isEmpty, let address = message.mappedAddress else { return false }
            // CN-3
            if mapped != address {
                mapped = address
                outputs.append(.mapped(address))
            }
        case .error:
            // The server refuses; asking the same way at once would get the same answer.
            mapped = nil
            outputs.append(.failed)
        case .request, .indication: return false
        }
        state = .resting(until: now + rest())
        return true
    }

    /// When to call `handleTimeout(now:)` next.
    public var deadline: Instant? {
        switch state {
        case .idle: nil
        case .asking(let transaction): transaction.retryAt
        case .resting(let until): until
        }
    }

    /// Call at or after `deadline`; calling early does nothing.
    public mutating func handleTimeout(now: Instant) {
        switch state {
        case .idle: return
        case .resting(let until):
            if now >= until { ask(now: now) }
        case .asking(var transaction):
            guard now >= transaction.retryAt, let server else { return }
            guard transaction.sent < Self.requestsMax else {
                mapped = nil
                outputs.append(.failed)
                state = .resting(until: now + rest())
                return
            }
            outputs.append(.transmit(STUN.bindingRequest(transaction: transaction.id), to: server))
            transaction.sent += 1
            transaction.retryAt = now + Self.wait(afterRequest: transaction.sent)
            state = .asking(transaction)
        }
    }

    /// The next thing to do, or nil.
    public mutating func nextOutput() -> Output? { outputs.next() }

    private mutating func ask(now: Instant) {
        guard let server else { return }
        let words = [generator.next(), generator.next()]
        let id = (0..<STUN.transactionBytes).map { UInt8(truncatingIfNeeded: words[$0 / 8] >> UInt64($0 % 8 * 8)) }
        outputs.append(.transmit(STUN.bindingRequest(transaction: id), to: server))
        state = .asking(Transaction(id: id, sent: 1, retryAt: now + Self.wait(afterRequest: 1)))
    }

    /// 0.5, 1, 2, 4, 8, 16 s, and 8 s after the seventh: requests leave at 0, 500, 1500, 3500, 7500, 15500 and 31500 ms.
    private static func wait(afterRequest number: Int) -> Duration {
        number < requestsMax ? retransmissionTimeout * (1 << (number - 1)) : retransmissionTimeout * lastWaitFactor
    }

    private mutating func rest() -> Duration {
        Self.restInterval.scaled(by: 0.8 + 0.4 * Double(generator.next() >> 11) * 0x1p-53)
    }
}
