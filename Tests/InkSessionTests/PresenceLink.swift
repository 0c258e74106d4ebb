import InkBoard
import InkPrimitives
import Testing

@testable import InkSession

/// Our presence on its way to one peer and back, without a node: packets that a path delays and loses, acknowledged as the transport does.
struct PresenceLink {
    var own: OwnPresence
    var outbox = PresenceOutbox()
    var inbox = PresenceInbox()
    private(set) var now: Instant
    /// One way.
    var delay: Duration
    var present = 2
    /// We say nothing: what comes is injected.
    var isMute = false
    /// Which packets of ours are lost, by number.
    var loses: (Int) -> Bool = { _ in false }
    /// Which packets with acknowledgements and requests.
    var losesBack: (Int) -> Bool = { _ in false }
    /// What front ends were told, and when.
    private(set) var told: [(at: Instant, news: PresenceInbox.News)] = []
    /// Bytes of presence in each packet of ours, and when it left.
    private(set) var packets: [(at: Instant, bytes: [UInt8])] = []
    private(set) var requests: [(at: Instant, request: StrokeRequest)] = []
    private var forward: [(at: Instant, token: UInt64, bytes: [UInt8])] = []
    private var backward: [(at: Instant, token: UInt64?, request: StrokeRequest?)] = []
    private var token: UInt64 = 0
    private var backCount = 0
    private var acknowledgedAt: Instant = .distantPast
    private var owesAcknowledgement: UInt64?

    init(delay: Duration = .milliseconds(40), now: Instant = .zero + .seconds(1000)) {
        (self.delay, self.now) = (delay, now)
        own = OwnPresence(now: now)
    }

    private var roundTrip: Duration { delay * 2 }

    /// Lets time pass, a millisecond at a time.
    mutating func run(_ span: Duration) {
        let end = now + span
        while now < end {
            now += .milliseconds(1)
            step()
        }
    }

    /// Runs until the peer is known to have everything, which must not take long.
    mutating func rest(within limit: Duration = .seconds(20)) {
        let end = now + limit
        while now < end {
            run(.milliseconds(1))
            let isAnswered = backward.isEmpty && owesAcknowledgement == nil && inbox.requestAt == nil
            let isQuiet = forward.isEmpty && isAnswered && inbox.showAt == nil
            if isQuiet, outbox.deadline(for: own, roundTrip: roundTrip, present: present) == nil { return }
        }
        Issue.record("no rest within \(limit)")
    }

    mutating func step() {
        own.handleTimeout(now: now)
        for arrival in backward where arrival.at <= now {
            if let token = arrival.token { outbox.acknowledged(token: token) }
            if let request = arrival.request { outbox.requested(request, of: own, now: now) }
        }
        backward.removeAll { $0.at <= now }
        if !isMute, let due = outbox.deadline(for: own, roundTrip: roundTrip, present: present), due <= now { send() }
        for arrival in forward where arrival.at <= now { receive(arrival.bytes, token: arrival.token) }
        forward.removeAll { $0.at <= now }
        for request in inbox.requests(roundTrip: roundTrip, now: now) {
            requests.append((now, request))
            back(nil, request)
        }
        if let token = owesAcknowledgement, now >= acknowledgedAt + .milliseconds(150) {
            (acknowledgedAt, owesAcknowledgement) = (now, nil)
            back(token, nil)
        }
        show()
    }

    private mutating func send() {
        let bytes = outbox.packet(for: own, now: now)
        token += 1
        outbox.sent(token: token)
        packets.append((now, bytes))
        if !loses(packets.count - 1) { forward.append((now + delay, token, bytes)) }
    }

    private mutating func receive(_ bytes: [UInt8], token: UInt64) {
        do {
            try inbox.take(PresencePacket(decoding: bytes), now: now)
        } catch {
            fatalError("a packet of ours was refused: \(error)")
        }
        owesAcknowledgement = token
    }

    private mutating func back(_ token: UInt64?, _ request: StrokeRequest?) {
        backCount += 1
        if !losesBack(backCount - 1) { backward.append((now + delay, token, request)) }
    }

    /// Tells what may be told; every transaction has come.
    mutating func show() {
        for news in inbox.news(now: now, result: { _ in [] }) { told.append((now, news)) }
    }

    mutating func note(_ news: PresenceInbox.News) { told.append((now, news)) }

    /// Takes bytes as if they had come now.
    mutating func inject(_ packet: PresencePacket) throws {
        isMute = true
        try inbox.take(PresencePacket(decoding: packet.bytes), now: now)
        show()
    }

    // MARK: What is seen

    /// The gestures that are shown, and where the pointer is.
    var picture: (gestures: [GestureID: Gesture], cursor: Point?) {
        var (gestures, cursor): ([GestureID: Gesture], Point?) = ([:], nil)
        for entry in told {
            switch entry.news {
            case .gesture(let frontEnd, let number, let change):
                gestures[GestureID(source: LiveSource(peer: .zero, frontEnd: frontEnd), number: number)].take(change)
            case .cursor(_, let samples): cursor = samples.last?.position
            case .view, .look, .typing, .typingEnded: break
            }
        }
        return (gestures, cursor)
    }

    /// All samples of the pointer that were told.
    var cursorSamples: [CursorSample] {
        told.flatMap { entry -> [CursorSample] in
            if case .cursor(_, let samples) = entry.news { samples } else { [] }
        }
    }

    /// The samples of the pointer but those that only say that it has come to rest.
    var moves: [CursorSample] { cursorSamples.withoutRests }

    /// All samples of strokes that were told.
    var strokeSamples: [TimedPoint] {
        told.flatMap { entry -> [TimedPoint] in
            if case .gesture(_, _, .appended(let samples)) = entry.news { samples } else { [] }
        }
    }
}

extension [CursorSample] {
    /// Each place once.
    var withoutRests: [CursorSample] {
        enumerated().filter { $0.offset == 0 || self[$0.offset - 1].position != $0.element.position }.map(\.element)
    }
}
