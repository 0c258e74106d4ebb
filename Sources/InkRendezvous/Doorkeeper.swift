import InkConnectivity
import InkPrimitives

/// Who may go where at a rendezvous that asks for tokens: bearers begin topics and open mailboxes, and guests go where a bearer is.
///
///     topic:  nobody ──bearer──▶ hosted ──last bearer gone──▶ kept ──30 s──▶ its guests are closed
///               ▲ guests wait 8 s   ▲──────── bearer ──────────┘
///
/// It knows sockets, their tokens and where bearers are; who else is in a topic is the server's to know.
struct Doorkeeper: Sendable {
    typealias ConnectionToken = RendezvousServer.ConnectionToken

    /// What follows for the server.
    enum Output: Hashable, Sendable {
        /// A guest waited for a bearer, who is there now.
        case admit(ConnectionToken, Topic)
        /// A guest has waited for as long as one may who is nowhere else.
        case hasWaited(ConnectionToken)
        /// No bearer came back to a topic in time.
        case isForsaken(Topic)
        case close(ConnectionToken, RendezvousRefusal)
    }

    /// Of whose share a topic is, and the guests in it: a bearer who is there, or was last.
    struct Patron: Hashable, Sendable {
        let token: ConnectionToken
        let account: AccountID
        let source: Source?
    }

    private struct Showing: Sendable {
        let bearer: Bearer
        let source: Source?
        let until: Instant?
    }

    private struct Account: Sendable {
        var sockets: Set<ConnectionToken> = []
        /// Topics whose patron is of it.
        var topics = 0
        /// What is carried for it; nil where only what is true of all bounds it.
        var relay: TokenBucket?
        var relayRate: Int?
    }

    private struct Host: Sendable {
        var bearers: Set<ConnectionToken>
        var patron: Patron
        /// Until when guests stay without a bearer; nil while one is there.
        var keptUntil: Instant?
    }

    /// How long a guest waits for a bearer (RV-176): less than the 10 s after which a client gives up by itself (RV-40), so that it learns why.
    static let guestWait: Duration = .seconds(8)
    /// How long guests stay in a topic that the last bearer has left (RV-177): his program may be about to come back.
    static let keptTime: Duration = .seconds(30)

    private var showings: [ConnectionToken: Showing] = [:]
    private var accounts: [AccountID: Account] = [:]
    private var hosts: [Topic: Host] = [:]
    /// Guests who wait for a bearer, in the order in which they came.
    private var waiting: [Topic: [ConnectionToken]] = [:]
    private var waits: [ConnectionToken: [Topic: Instant]] = [:]
    // In the order in which they are due; may name what is over.
    private var waitEnds = Queue<(token: ConnectionToken, topic: Topic, until: Instant)>()
    private var keptEnds = Queue<(topic: Topic, until: Instant)>()
    /// When tokens end (RV-181), the last first.
    private var ends: [(until: Instant, token: ConnectionToken)] = []
    private var outputs = Outputs<Output>()

    mutating func nextOutput() -> Output? { outputs.next() }

    // Sockets.

    /// - Parameter until: when its token ends; nil for never.
    mutating func opened(_ token: ConnectionToken, as bearer: Bearer, from source: Source?, until: Instant?, now: Instant) {
        showings[token] = Showing(bearer: bearer, source: source, until: until)
        var account = accounts[bearer.account] ?? Account()
        account.sockets.insert(token)
        // The newest token says what holds.
        if account.relayRate != bearer.limits.relay {
            account.relayRate = bearer.limits.relay
            account.relay = bearer.limits.relay.map { rate in
                let burst = RelayQueues.burst(of: Double(rate), receivers: RelayFrame.receiverCounts.upperBound)
                return TokenBucket(rate: max(1, Double(rate)), burst: burst, now: now)
            }
        }
        accounts[bearer.account] = account
        if let until { ends.insert((until, token), at: place(of: until, token)) }
    }

    /// A socket is gone, and has left all topics.
    mutating func closed(_ token: ConnectionToken) {
        for topic in waits[token, default: [:]].keys.sorted() { stopWaiting(token, topic) }
        guard let showing = showings.removeValue(forKey: token) else { return }
        accounts[showing.bearer.account]?.sockets.remove(token)
        forget(showing.bearer.account)
        guard let until = showing.until else { return }
        let place = place(of: until, token)
        if place < ends.count, ends[place] == (until, token) { ends.remove(at: place) }
    }

    func isBearer(_ token: ConnectionToken) -> Bool { showings[token] != nil }

    /// Only what these vouch for is taken from now on.
    mutating func keep(_ vouches: Set<VouchID>) {
        for (token, showing) in showings.sorted(by: { $0.key < $1.key }) where !vouches.contains(showing.bearer.vouch) {
            outputs.append(.close(token, .tokenUnknownKey))
        }
    }

    // What a token allows (RV-180).

    /// Whether one more topic may be of the share of a bearer's account.
    func mayHost(_ token: ConnectionToken) -> Bool {
        guard let bearer = showings[token]?.bearer else { return false }
        return bearer.limits.topics.map { accounts[bearer.account]?.topics ?? 0 < $0 } ?? true
    }

    /// Whether a bearer may open one more mailbox.
    ///
    /// - Parameter held: mailboxes of a socket.
    func mayOpenMailbox(_ token: ConnectionToken, held: (ConnectionToken) -> Int) -> Bool {
        guard let bearer = showings[token]?.bearer else { return false }
        guard let most = bearer.limits.mailboxes else { return true }
        return accounts[bearer.account]?.sockets.reduce(0) { $0 + held($1) } ?? 0 < most
    }

    /// Bytes a second that a socket is told to be carried for a room.
    func relayRate(of token: ConnectionToken, among rate: Int?) -> Int? {
        guard let rate, let allowed = showings[token]?.bearer.limits.relay else { return rate }
        return allowed > 0 ? min(rate, allowed) : nil
    }

    /// Who pays for what a socket has carried in a topic: itself, or the bearer whose guest it is (RV-179).
    func payer(for token: ConnectionToken, in topic: Topic) -> Patron? {
        showings[token].map { Patron(token: token, account: $0.bearer.account, source: $0.source) } ?? hosts[topic]?.patron
    }

    /// False where the account of a payer has had its share.
    mutating func carries(_ cost: Double, for account: AccountID, now: Instant) -> Bool {
        guard let rate = accounts[account]?.relayRate else { return true }
        return rate > 0 && accounts[account]?.relay?.take(cost, now: now) ?? true
    }

    /// What was taken was not carried.
    mutating func giveBack(_ cost: Double, to account: AccountID, now: Instant) { accounts[account]?.relay?.giveBack(cost, now: now) }

    // Topics.

    /// A bearer is in it.
    func isHosted(_ topic: Topic) -> Bool { hosts[topic].map { !$0.bearers.isEmpty } ?? false }

    func patron(of topic: Topic) -> Patron? { hosts[topic]?.patron }

    /// A bearer is in a topic from now on.
    ///
    /// - Returns: true where the topic has another patron than before.
    mutating func entered(_ token: ConnectionToken, _ topic: Topic) -> Bool {
        guard let showing = showings[token] else { return false }
        let patron = Patron(token: token, account: showing.bearer.account, source: showing.source)
        var isOther = false
        if var host = hosts[topic] {
            isOther = host.bearers.isEmpty
            host.bearers.insert(token)
            host.keptUntil = nil
            hosts[topic] = host
            if isOther { change(topic, to: patron) }
        } else {
            hosts[topic] = Host(bearers: [token], patron: patron)
            accounts[patron.account]?.topics += 1
        }
        for guest in waiting[topic, default: []] { outputs.append(.admit(guest, topic)) }
        return isOther
    }

    /// A bearer is in a topic no more, where others still are.
    ///
    /// - Returns: true where the topic has another patron than before.
    mutating func left(_ token: ConnectionToken, _ topic: Topic, now: Instant) -> Bool {
        guard var host = hosts[topic], host.bearers.remove(token) != nil else { return false }
        hosts[topic] = host
        guard let next = host.bearers.min(), let showing = showings[next] else {
            keep(topic, now: now)
            return false
        }
        guard host.patron.token == token else { return false }
        change(topic, to: Patron(token: next, account: showing.bearer.account, source: showing.source))
        return true
    }

    /// Guests stay in a topic without a bearer for a while, or for one more.
    mutating func keep(_ topic: Topic, now: Instant) {
        guard hosts[topic] != nil else { return }
        hosts[topic]?.keptUntil = now + Self.keptTime
        keptEnds.append((topic, now + Self.keptTime))
    }

    /// Nobody is in it any more.
    mutating func ended(_ topic: Topic) {
        guard let host = hosts.removeValue(forKey: topic) else { return }
        accounts[host.patron.account]?.topics -= 1
        forget(host.patron.account)
    }

    private mutating func change(_ topic: Topic, to patron: Patron) {
        guard let before = hosts[topic]?.patron else { return }
        hosts[topic]?.patron = patron
        accounts[before.account]?.topics -= 1
        accounts[patron.account]?.topics += 1
        forget(before.account)
    }

    private mutating func forget(_ account: AccountID) {
        if let rest = accounts[account], rest.sockets.isEmpty, rest.topics == 0 { accounts[account] = nil }
    }

    // Guests who wait.

    /// Topics that a socket waits for.
    func waitCount(of token: ConnectionToken) -> Int { waits[token]?.count ?? 0 }

    /// A guest, whose proof was right, waits for a bearer.
    mutating func wait(_ token: ConnectionToken, for topic: Topic, now: Instant) {
        guard waits[token]?[topic] == nil else { return }
        waits[token, default: [:]][topic] = now + Self.guestWait
        waiting[topic, default: []].append(token)
        waitEnds.append((token, topic, now + Self.guestWait))
    }

    mutating func stopWaiting(_ token: ConnectionToken, _ topic: Topic) {
        guard waits[token]?.removeValue(forKey: topic) != nil else { return }
        if waits[token]?.isEmpty == true { waits[token] = nil }
        waiting[topic]?.removeAll { $0 == token }
        if waiting[topic]?.isEmpty == true { waiting[topic] = nil }
    }

    // Time.

    var deadline: Instant? { earliest(earliest(waitEnds.first?.until, keptEnds.first?.until), ends.last?.until) }

    mutating func handleTimeout(now: Instant) {
        while let (token, topic, until) = waitEnds.first, until <= now {
            _ = waitEnds.popFirst()
            if waits[token]?[topic] == until { outputs.append(.hasWaited(token)) }
        }
        while let (topic, until) = keptEnds.first, until <= now {
            _ = keptEnds.popFirst()
            if hosts[topic]?.keptUntil == until { outputs.append(.isForsaken(topic)) }
        }
        while let (until, token) = ends.last, until <= now {
            ends.removeLast()
            outputs.append(.close(token, .tokenExpired))
        }
    }

    /// Where an end stands, or would, among those that are there.
    private func place(of until: Instant, _ token: ConnectionToken) -> Int {
        var (low, high) = (0, ends.count)
        while low < high {
            let middle = (low + high) / 2
            if (ends[middle].until, ends[middle].token) > (until, token) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
