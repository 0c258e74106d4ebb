import InkBoard
import InkCrypto
import InkPrimitives
import InkRendezvous
import InkSession
import InkSimulator
import InkTransport

/// A board on which two people have done a bit of everything.
struct Drawn {
    /// In the order in which they came.
    let transactions: [Transaction]
    let board: Board
    /// The same with the first half of them.
    let half: Board
    let events: [Event]

    init() throws {
        var local = try LocalBoard(name: "drawn", owner: "ana", now: .zero)
        let other = local.join("bob", now: .zero)
        var events: [Event] = []
        var now = Instant.zero
        func act(_ intent: Intent, by index: Int) {
            now += .milliseconds(40)
            local.handle(.intent(intent, ref: 1), by: index, now: now)
            local.advance(now: now)
            events += local.takeEvents(of: 0)
        }
        for (number, kind) in ShapeKind.allCases.enumerated() {
            var draft = ShapeDraft(kind: kind, position: Point(x: Int32(number) * 80, y: 5), stroke: Color(rgb: 0x0072B2))
            if kind.isPath {
                draft.points = (0..<20).map { Point(x: $0 * 5, y: $0 * $0) }
            } else {
                draft.size = Size(width: 80, height: 40)
            }
            if !kind.isPath { draft.text = "text é" }
            draft.label = "label \(number)"
            act(.draw(draft), by: number % 2 == 0 ? 0 : other)
        }
        let shapes = local.shapes.map(\.id)
        act(.set(shapes[0], [.text("other"), .fill(Color(rgb: 1)), .strokeWidth(9)]), by: other)
        act(.move(Array(shapes.prefix(4)), by: Point(x: 16, y: -16)), by: 0)
        act(.delete([shapes[1]]), by: 0)
        act(.undo, by: 0)
        act(.redo, by: 0)
        act(.undo, by: other)
        act(.say("hello"), by: other)
        act(.rename("bob é"), by: other)
        act(.drawAll((0..<60).map { ShapeDraft(kind: .rectangle, position: Point(x: $0, y: $0), size: Size(width: 8, height: 8)) }), by: 0)
        // As large as one transaction may be, in writes, in points and in text.
        act(
            .drawAll((0..<600).map { ShapeDraft(kind: .ellipse, position: Point(x: $0 * 8, y: 0), size: Size(width: 8, height: 8)) }),
            by: other)
        act(.move(local.shapes.map(\.id), by: Point(x: 1, y: 1)), by: 0)
        let path = (0..<Int32(Limits.pointsPerStroke)).map { Point(x: $0 % 97 * 8, y: $0 % 31 * 8) }
        act(.draw(ShapeDraft(kind: .freehand, position: .zero, points: path)), by: 0)
        act(.drawAll((0..<4).map { _ in ShapeDraft(kind: .freehand, position: .zero, points: path) }), by: 0)
        act(.draw(ShapeDraft(kind: .text, position: .zero, text: String(repeating: "é", count: Limits.textBytes / 2))), by: 0)
        act(.begin(.stroke(ShapeDraft(kind: .freehand, position: .zero, points: [.zero]))), by: other)
        for step in 0..<20 { act(.extend([Point(x: Int32(step) * 3, y: 2)]), by: other) }
        act(.commit, by: other)
        guard let board = local.node().board, let genesis = board.transactions.first else { throw WireError.unexpected }
        var half = try Board(genesis: genesis)
        _ = half.load(board.transactions.dropFirst().prefix(board.transactionCount / 2))
        (self.board, self.half, transactions, self.events) = (board, half, board.transactions, events)
    }
}

/// The keys of a room and one member.
struct Room {
    let keys = RoomKeys(roomSecret: Secret32([UInt8](repeating: 7, count: 32)) ?? .random())
    let device = SigningKey(seed: Secret32([UInt8](repeating: 8, count: 32)) ?? .random())
    var topic: Topic { Topic(keys.topic) ?? .zero }
    private var context: [UInt8] { Array("inkwire/1 envelope".utf8) + topic.bytes }

    func sealed(_ content: Envelope.Content, from speaker: Envelope.Speaker, to recipient: PeerID) -> [UInt8] {
        var generator = SecretGenerator(seed: Secret32([UInt8](repeating: 6, count: 32)) ?? .random())
        let isForAll = if case .hello = content { true } else { false }
        return Envelope(speaker: speaker, recipient: isForAll ? .zero : recipient, device: device.author, content: content)
            .sealed(for: topic, device: device, envelopeKey: keys.envelope, using: &generator)
    }

    func opened(_ box: [UInt8]) -> [UInt8]? { SealedBox.open(box, key: keys.envelope, context: context) }

    /// The box of what this device says, whatever it is.
    ///
    /// - Parameter isClosed: sealed to itself (RV-61).
    func signed(_ body: [UInt8], isClosed: Bool = false) -> [UInt8] {
        var plain = Array(body.prefix(isClosed ? 800 : 900))
        // The device stands behind the recipient, where form 1 has a peer id and form 5 flags and a salt.
        let place = 34 + (plain.first == 1 ? PeerID.byteCount : 1 + PeerSalt.byteCount)
        if plain.count >= place + 32 { plain.replaceSubrange(place..<place + 32, with: device.author.bytes) }
        plain += device.sign(context + plain)
        if isClosed {
            var generator = SecretGenerator(seed: Secret32([UInt8](repeating: 6, count: 32)) ?? .random())
            let inside = DeviceBox.seal(plain, to: device.author, context: context, using: &generator) ?? []
            var writer = ByteWriter()
            writer.write([5, 10])
            writer.writeLengthPrefixed(inside)
            plain = writer.bytes
        }
        let size = Envelope.sizeClasses.first { $0 >= plain.count } ?? plain.count
        return resealed(plain + [UInt8](repeating: 0, count: size - plain.count))
    }

    func resealed(_ plain: [UInt8]) -> [UInt8] {
        var generator = SecretGenerator(seed: Secret32([UInt8](repeating: 6, count: 32)) ?? .random())
        return SealedBox.seal(plain, key: keys.envelope, context: context, using: &generator)
    }
}

/// Two endpoints with a session between them, of which one says whatever it is told to.
final class LinkStand {
    private var ends: [Endpoint]
    private var sessions: [ConnectionID?] = [nil, nil]
    /// Both as they were when the session had begun.
    private var fresh: (ends: [Endpoint], sessions: [ConnectionID?], now: Instant)
    private var now = Instant.zero
    private var taken = 0
    /// Sealed datagrams of the first end.
    private(set) var recorded: [[UInt8]] = []
    private(set) var handshakes: [[UInt8]] = []
    private let room = Room()

    init() {
        ends = []
        fresh = ([], [], now)
        establish()
        fresh = (ends, sessions, now)
    }

    private func begin() { (ends, sessions, now) = fresh }

    /// Gives the second end a datagram, or a packet of these frames from the first. True if something came of it.
    func take(_ bytes: [UInt8], isSealed: Bool) -> Bool {
        taken += 1
        // What was taken stays in its lanes: no session is used for ever.
        if sessions.contains(nil) || taken % 2000 == 0 { begin() }
        now += .milliseconds(1)
        let before = ends[1].counters.accepted
        if isSealed, let session = sessions[0] {
            ends[0].transmit(frames: bytes, on: session, now: now)
            exchange()
        } else {
            ends[1].receive(bytes, from: Self.address(0), now: now)
            drain(1)
        }
        if let deadline = ends[1].deadline, deadline <= now {
            ends[1].handleTimeout(now: now)
            drain(1)
        }
        return ends[1].counters.accepted > before && sessions[1] != nil
    }

    /// Gives the second end a packet from the right address, with the index of its session, that the first has not sealed. Window, timers, path and all else
    /// of the session stay (TR-123), or this traps.
    func forge(_ bytes: [UInt8]) {
        guard let session = sessions[1], let header = recorded.first?.prefix(5), let before = ends[1].statistics(session),
            let partsBefore = ends[1].figures(of: session)
        else {
            preconditionFailure("the session of the stand is gone")
        }
        let (deadline, accepted) = (ends[1].deadline, ends[1].counters.accepted)
        ends[1].receive(
            [(bytes.first ?? 0) & 1 == 0 ? 0xF3 : 0xF5] + header.dropFirst() + bytes.dropFirst(), from: Self.address(0), now: now)
        precondition(
            !ends[1].hasOutput && ends[1].deadline == deadline && ends[1].counters.accepted == accepted, "a forged packet is answered")
        guard let after = ends[1].statistics(session), let parts = ends[1].figures(of: session) else {
            preconditionFailure("a forged packet ends the session")
        }
        precondition(
            parts.paths == partsBefore.paths && parts.lanes == partsBefore.lanes && after.route == before.route,
            "a forged packet moves a path")
        precondition(
            after.window == before.window && after.lastReceived == before.lastReceived && parts.deadline == partsBefore.deadline
                && after.packetsIn == before.packetsIn && after.silence == before.silence, "a forged packet moves window or timer")
    }

    /// Gives the second end a handshake packet under a right MAC. True unless it is refused.
    func takeHandshake(_ bytes: [UInt8]) -> Bool {
        taken += 1
        if taken % 2000 == 0 { begin() }
        now += .milliseconds(1)
        let packet = Array(bytes.dropLast(16))
        let before = ends[1].counters
        ends[1].receive(packet + Blake2b.authenticate(packet, key: room.keys.mac, count: 16), from: Self.address(0), now: now)
        drain(1)
        let after = ends[1].counters
        return after.handshakesRefused == before.handshakesRefused && after.forged == before.forged
            && after.startsRefused == before.startsRefused
    }

    private static func address(_ index: Int) -> SocketAddress { SocketAddress(ip: .v4(0x0A00_0001 + UInt32(index)), port: 4000) }

    private func establish() {
        now += .seconds(60)
        ends = (0..<2).map { index in
            let key = { (byte: Int) in Secret32([UInt8](repeating: UInt8(byte + index), count: 32)) ?? .random() }
            let (signing, staticKey) = (SigningKey(seed: key(100)), StaticKey(secret: key(50)))
            var generator = SecretGenerator(seed: key(150))
            return Endpoint(
                Endpoint.Configuration(
                    salt: PeerSalt(using: &generator), keys: room.keys, staticKey: staticKey,
                    certificate: .make(signing: signing, staticKey: staticKey), seed: key(200)))
        }
        sessions = [nil, nil]
        let attempt = [UInt8](repeating: 5, count: Endpoint.attemptCount)
        ends[0].dial(attempt: attempt, remote: nil, addresses: [Self.address(1)], now: now)
        exchange()
        for _ in 0..<20 {
            now += .milliseconds(50)
            for end in 0..<2 {
                if let session = sessions[end] { ends[end].send([1, 2, 3], lane: .ops, on: session, now: now) }
                ends[end].handleTimeout(now: now)
            }
            exchange()
        }
    }

    private func exchange() {
        for _ in 0..<8 {
            var isQuiet = true
            for end in 0..<2 where drain(end) { isQuiet = false }
            if isQuiet { return }
        }
    }

    /// Takes the outputs of one end; its datagrams reach the other. False if there were none.
    @discardableResult
    private func drain(_ end: Int) -> Bool {
        var hasMoved = false
        while let output = ends[end].nextOutput() {
            switch output {
            case .transmit(let bytes, _, _):
                hasMoved = true
                if let first = bytes.first {
                    let isData = first == 0xF3 || first == 0xF5
                    if isData, end == 0, recorded.count < 40 { recorded.append(bytes) }
                    if !isData, handshakes.count < 12 { handshakes.append(bytes) }
                }
                ends[1 - end].receive(bytes, from: Self.address(end), now: now)
            case .established(let id, _): sessions[end] = id
            case .closed(let id, _): if sessions[end] == id { sessions[end] = nil }
            default: break
            }
        }
        return hasMoved
    }
}
