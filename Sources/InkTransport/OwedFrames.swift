import InkPrimitives

/// What a connection owes its peer beside data: a ping, a probe, the first word, answers to challenges.
struct OwedFrames: Sendable {
    private static let responsesMax = 4
    /// What the initiator had to say left with message 3, and what it asks for is a better first word than a ping.
    private static let greetingPause: Duration = .milliseconds(5)

    /// A packet that asks for an acknowledgement.
    private(set) var ping = false
    /// How long the packet is made with it, bytes.
    private(set) var pingBytes = 0
    /// One that repeats the oldest data without an acknowledgement.
    private(set) var probe = false
    /// When the responder says its first word at the latest: the initiator then knows that message 3 arrived.
    private(set) var greetsAt: Instant?
    private var responses: [(challenge: [UInt8], over: Route)] = []

    mutating func owePing() { (ping, pingBytes) = (true, PacketDraft.pingBytes) }
    /// A ping is owed that is as short as can be (TR-19).
    mutating func oweKeepalive() { ping = true }
    mutating func oweProbe() { probe = true }

    /// A first word is owed (TR-98).
    mutating func oweGreeting(now: Instant) { greetsAt = now + Self.greetingPause }

    /// If the first word is due, the packet that leaves next asks for an answer.
    mutating func greet(now: Instant) { if let at = greetsAt, now >= at { greet() } }

    /// A packet is begun: it is the first word, if that is owed.
    mutating func packetBegins() { if greetsAt != nil { greet() } }

    private mutating func greet() {
        owePing()
        greetsAt = nil
    }

    /// What is owed is in a packet.
    ///
    /// - Parameter withProbe: false where a probe that is owed waits for another one.
    mutating func paid(withProbe: Bool) {
        (ping, pingBytes) = (false, 0)
        if withProbe { probe = false }
    }

    /// - Returns: false where too many are owed: each is as long as what asks for it, and no more are kept than one flush sends.
    mutating func oweResponse(to challenge: [UInt8], over route: Route) -> Bool {
        guard responses.count < Self.responsesMax else { return false }
        responses.append((challenge, route))
        return true
    }

    mutating func takeResponses() -> [(challenge: [UInt8], over: Route)] {
        guard !responses.isEmpty else { return [] }
        defer { responses = [] }
        return responses
    }
}
