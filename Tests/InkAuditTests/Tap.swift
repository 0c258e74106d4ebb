import Foundation
import InkCrypto
import InkPrimitives
import InkRendezvous
import InkTransport
import Testing

@testable import InkAudit

/// What a tap between two members and their rendezvous writes.
struct Tap {
    static let ana = SocketAddress("10.0.0.1:4000")!
    static let bob = SocketAddress("10.0.0.2:4001")!
    static let server = SocketAddress("10.0.0.9:7350")!

    let room: RoomKeys
    private(set) var packets: [(at: UInt64, bytes: [UInt8])] = []
    private var time: UInt64 = 0
    private var sequences: [String: UInt32] = [:]

    init() throws { room = RoomKeys(roomSecret: try Self.secret(7)) }

    static func secret(_ byte: UInt8) throws -> Secret32 { try #require(Secret32([UInt8](repeating: byte, count: 32))) }

    // MARK: What is written

    mutating func datagram(_ payload: [UInt8], from: SocketAddress = ana, to: SocketAddress = bob) {
        write(17, Self.two(Int(from.port)) + Self.two(Int(to.port)) + Self.two(8 + payload.count) + [0, 0] + payload, from: from, to: to)
    }

    mutating func segment(_ payload: [UInt8], from: SocketAddress, to: SocketAddress, sequence: UInt32, flags: UInt8 = 16) {
        let number = (0..<4).map { UInt8(truncatingIfNeeded: sequence >> UInt32(24 - 8 * $0)) }
        write(
            6, Self.two(Int(from.port)) + Self.two(Int(to.port)) + number + [0, 0, 0, 0, 0x50, flags, 1, 0, 0, 0, 0, 0] + payload,
            from: from,
            to: to)
    }

    private mutating func write(_ kind: UInt8, _ payload: [UInt8], from: SocketAddress, to: SocketAddress) {
        time += 1_000_000
        let head = [0x45, 0] + Self.two(20 + payload.count) + [0, 0, 0, 0, 64, kind, 0, 0] + from.ip.bytes + to.ip.bytes
        packets.append((time, head + payload))
    }

    /// A connection of a member to the rendezvous, in segments of 700 bytes, of which one comes twice and two change places.
    mutating func connection(
        head: String = requestHead, answer: String = answerHead, said: [[UInt8]], answered: [[UInt8]], port: UInt16 = 5000
    ) {
        let client = SocketAddress(ip: Self.ana.ip, port: port)
        segment([], from: client, to: Self.server, sequence: 99, flags: 2)
        segment([], from: Self.server, to: client, sequence: 499, flags: 18)
        for (bytes, from, to, first) in [
            (Array(head.utf8) + said.joined(), client, Self.server, UInt32(100)),
            (Array(answer.utf8) + answered.joined(), Self.server, client, 500),
        ] {
            var parts = stride(from: 0, to: bytes.count, by: 700).map {
                (first + UInt32($0), Array(bytes[$0..<min($0 + 700, bytes.count)]))
            }
            parts.append(parts[0])
            if parts.count > 3 { parts.swapAt(1, 2) }
            for (sequence, part) in parts { segment(part, from: from, to: to, sequence: sequence) }
        }
    }

    static let requestHead = """
        GET / HTTP/1.1\r
        Host: 10.0.0.9:7350\r
        Content-Length: 0\r
        Sec-WebSocket-Protocol: inkwire.v1\r
        Connection: upgrade\r
        Upgrade: websocket\r
        Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r
        Sec-WebSocket-Version: 13\r
        \r

        """
    static let answerHead = """
        HTTP/1.1 101 Switching Protocols\r
        Connection: upgrade\r
        Upgrade: websocket\r
        Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r
        Sec-WebSocket-Protocol: inkwire.v1\r
        \r

        """

    static func frame(_ opcode: UInt8, _ payload: [UInt8], isMasked: Bool) -> [UInt8] {
        let mask: [UInt8] = [1, 2, 3, 4]
        let length: [UInt8] = payload.count < 126 ? [UInt8(payload.count)] : [126] + two(payload.count)
        let body = isMasked ? payload.enumerated().map { $1 ^ mask[$0 & 3] } : payload
        return [0x80 | opcode, length[0] | (isMasked ? 0x80 : 0)] + length.dropFirst() + (isMasked ? mask : []) + body
    }

    static func text(_ message: some Encodable, isMasked: Bool) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return frame(1, Array(try encoder.encode(message)), isMasked: isMasked)
    }

    // MARK: What members say

    /// Two meet, and say a word: what really goes over the line.
    mutating func session() throws {
        var ends: [Endpoint] = []
        var id: ConnectionID?
        var now = Instant.zero
        for index in 0..<2 as Range<UInt8> {
            let (signing, staticKey) = (SigningKey(seed: try Self.secret(100 + index)), StaticKey(secret: try Self.secret(50 + index)))
            var generator = SecretGenerator(seed: try Self.secret(150 + index))
            ends.append(
                Endpoint(
                    Endpoint.Configuration(
                        salt: PeerSalt(using: &generator), keys: room, staticKey: staticKey,
                        certificate: .make(signing: signing, staticKey: staticKey), seed: try Self.secret(200 + index))))
        }
        func exchange(_ tap: inout Tap) {
            for _ in 0..<20 {
                for end in 0..<2 {
                    while let output = ends[end].nextOutput() {
                        if case .established(let connection, _) = output, end == 0 { id = connection }
                        guard case .transmit(let bytes, _, _) = output else { continue }
                        tap.datagram(bytes, from: end == 0 ? Self.ana : Self.bob, to: end == 0 ? Self.bob : Self.ana)
                        ends[1 - end].receive(bytes, from: end == 0 ? Self.ana : Self.bob, now: now)
                    }
                }
            }
        }
        ends[0].dial(attempt: [UInt8](repeating: 5, count: 16), remote: nil, addresses: [Self.bob], now: now)
        exchange(&self)
        let session = try #require(id)
        ends[0].send(Array("planted words, said to one who has the key of the room".utf8), lane: .ops, on: session, now: now)
        exchange(&self)
        now = now + .milliseconds(10)
        for end in ends.indices { ends[end].handleTimeout(now: now) }
        exchange(&self)
    }

    /// What a member says to the rendezvous to be let in, with an envelope, and what it answers.
    func signalling() throws -> (said: [[UInt8]], answered: [[UInt8]]) {
        let topic = try #require(Topic(room.topic))
        let nonce = [UInt8](repeating: 9, count: 32)
        var generator = SecretGenerator(seed: try Self.secret(3))
        let envelope = Envelope(
            speaker: .salt(PeerSalt(using: &generator)), recipient: .zero, device: SigningKey(seed: try Self.secret(100)).author,
            content: .hello(nonce: [UInt8](repeating: 4, count: 16)))
        let box = envelope.sealed(for: topic, device: SigningKey(seed: try Self.secret(100)), envelopeKey: room.envelope, using: &generator)
        let join = ClientMessage.join(
            topic: topic, key: room.topicKey.author, signature: room.topicKey.sign(Signalling.joinProof(topic: topic, nonce: nonce)))
        return (
            [try Self.text(join, isMasked: true), try Self.text(ClientMessage.send(topic: topic, to: nil, box: box), isMasked: true)],
            [
                try Self.text(ServerMessage.welcome(nonce: nonce, stunPort: 7350, relay: 1000, mailboxes: true), isMasked: false),
                try Self.text(ServerMessage.joined(topic: topic, member: 1, others: 0), isMasked: false),
            ]
        )
    }

    // MARK: The capture

    var file: PacketFile { PacketFile(bytes) }

    var bytes: [UInt8] {
        func number(_ value: UInt64, _ count: Int) -> [UInt8] {
            (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * (count - 1 - $0))) }
        }
        var bytes = number(0xA1B2_3C4D, 4) + number(2, 2) + number(4, 2) + number(0, 8) + number(65_535, 4) + number(101, 4)
        for (at, packet) in packets {
            bytes += number(at / 1_000_000_000, 4) + number(at % 1_000_000_000, 4) + number(UInt64(packet.count), 4) * 2 + packet
        }
        return bytes
    }

    /// As a member sees it who knows the room and these words.
    func audit(hidden: [(name: String, bytes: [UInt8])] = [("planted words", Array("planted words".utf8))]) -> Audit {
        var knowledge = Audit.Knowledge()
        (knowledge.rooms, knowledge.hidden) = ([room], hidden)
        return Audit(file, knowing: knowledge)
    }

    static func two(_ value: Int) -> [UInt8] { [UInt8(value >> 8), UInt8(value & 255)] }
}

private func * (bytes: [UInt8], count: Int) -> [UInt8] { Array(repeatElement(bytes, count: count).joined()) }
