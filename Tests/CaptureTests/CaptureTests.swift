import InkCrypto
import InkPrimitives
import InkTransport
import Testing

@testable import InkAudit
@testable import capture

/// Two endpoints with a session between them, what went over the line, and the log of one's keys.
private struct Overheard {
    var datagrams: [(bytes: [UInt8], from: Int)] = []
    var log = ""
    private var ends: [Endpoint] = []
    private var sessions: [ConnectionID?] = [nil, nil]
    private var now = Instant.zero

    static let addresses = [SocketAddress("10.0.0.1:4000"), SocketAddress("[fd00::2]:4001")]

    init() throws {
        let room = RoomKeys(roomSecret: try Self.secret(7))
        for index in 0..<2 as Range<UInt8> {
            let (signing, staticKey) = (SigningKey(seed: try Self.secret(100 + index)), StaticKey(secret: try Self.secret(50 + index)))
            var generator = SecretGenerator(seed: try Self.secret(150 + index))
            var configuration = Endpoint.Configuration(
                salt: PeerSalt(using: &generator), keys: room, staticKey: staticKey,
                certificate: .make(signing: signing, staticKey: staticKey), seed: try Self.secret(200 + index))
            configuration.disclosesKeys = index == 0
            ends.append(Endpoint(configuration))
        }
        let there = try #require(Self.addresses[1])
        ends[0].dial(attempt: [UInt8](repeating: 5, count: 16), remote: nil, addresses: [there], now: now)
        try exchange()
        let session = try #require(sessions[0])
        ends[0].send(Array("hidden words".utf8), lane: .ops, on: session, now: now)
        ends[0].sendPresence([1, 2, 3], on: session, now: now)
        try exchange()
        // A moment later the responder says its first word.
        now = now + .milliseconds(10)
        for end in ends.indices { ends[end].handleTimeout(now: now) }
        try exchange()
    }

    private static func secret(_ byte: UInt8) throws -> Secret32 { try #require(Secret32([UInt8](repeating: byte, count: 32))) }

    private mutating func exchange() throws {
        for _ in 0..<20 {
            for end in 0..<2 {
                while let output = ends[end].nextOutput() {
                    switch output {
                    case .transmit(let bytes, _, _):
                        datagrams.append((bytes, end))
                        ends[1 - end].receive(bytes, from: try #require(Self.addresses[end]), now: now)
                    case .established(let id, _): sessions[end] = id
                    case .keys(let disclosure): log += disclosure.lines
                    default: break
                    }
                }
            }
        }
    }

    /// As a capture: each datagram within UDP and IP, behind a link's header.
    func file(linkType: UInt32, isNew: Bool, isLittle: Bool) -> [UInt8] {
        func number(_ value: UInt64, _ count: Int) -> [UInt8] {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) }
            return isLittle ? bytes : bytes.reversed()
        }
        var file: [UInt8]
        if isNew {
            file =
                number(0x0A0D_0D0A, 4) + number(28, 4) + number(0x1A2B_3C4D, 4) + number(1, 2) + number(0, 2) + number(.max, 8)
                + number(28, 4)
            file += number(1, 4) + number(28, 4) + number(UInt64(linkType), 2) + number(0, 2) + number(0, 4)
            // Its clock counts nanoseconds.
            file += number(9, 2) + number(1, 2) + [9, 0, 0, 0] + number(28, 4)
        } else {
            file = number(0xA1B2_C3D4, 4) + number(2, 2) + number(4, 2) + number(0, 8) + number(65_535, 4) + number(UInt64(linkType), 4)
        }
        for (index, datagram) in datagrams.enumerated() {
            let frame = Self.link(linkType, isV6: datagram.from == 1) + Self.packet(datagram.bytes, from: datagram.from)
            let count = UInt64(frame.count)
            if isNew {
                let padding = [UInt8](repeating: 0, count: (4 - frame.count % 4) % 4)
                let length = number(UInt64(32 + frame.count + padding.count), 4)
                file += number(6, 4) + length + number(0, 4) + number(0, 4) + number(UInt64(index) * 1_500_000, 4)
                file += number(count, 4) + number(count, 4) + frame + padding + length
            } else {
                file += number(1, 4) + number(UInt64(index) * 1500, 4) + number(count, 4) + number(count, 4) + frame
            }
        }
        return file
    }

    private static func link(_ type: UInt32, isV6: Bool) -> [UInt8] {
        let kind: [UInt8] = isV6 ? [0x86, 0xDD] : [0x08, 0x00]
        return switch type {
        case 1: [UInt8](repeating: 2, count: 12) + [0x81, 0, 0, 5] + kind
        case 0: [2, 0, 0, 0]
        case 113: [UInt8](repeating: 0, count: 14) + kind
        case 276: kind + [UInt8](repeating: 0, count: 18)
        default: []
        }
    }

    private static func packet(_ payload: [UInt8], from end: Int) -> [UInt8] {
        func two(_ value: Int) -> [UInt8] { [UInt8(value >> 8), UInt8(value & 255)] }
        let udp = two(4000 + end) + two(4001 - end) + two(8 + payload.count) + [0, 0] + payload
        guard end == 1 else {
            return [0x45, 0] + two(20 + udp.count) + [0, 0, 0, 0, 64, 17, 0, 0] + [10, 0, 0, 1] + [10, 0, 0, 2] + udp
        }
        let address = { (last: UInt8) in [0xFD] + [UInt8](repeating: 0, count: 14) + [last] }
        // With options that go from hop to hop before it.
        return [0x60, 0, 0, 0] + two(8 + udp.count) + [0, 64] + address(2) + address(1) + [17, 0, 1, 4, 0, 0, 0, 0] + udp
    }
}

@Suite struct CaptureTests {
    @Test(arguments: [0, 1, 101, 113, 276] as [UInt32], [0, 1, 2, 3])
    func `TR-121: with the log of one side every packet of both is read, and nothing that was said`(linkType: UInt32, form: Int) throws {
        let overheard = try Overheard()
        var reader = PacketReader()
        reader.read(log: overheard.log)
        #expect(reader.unread == 0)
        let file = PacketFile(overheard.file(linkType: linkType, isNew: form & 1 == 1, isLittle: form & 2 == 2))
        #expect(file.complaint == nil && file.frames.count == overheard.datagrams.count)
        let account = Account(file, reader: reader)
        #expect(account.foreign == 0 && account.sealed == 0 && account.ours == overheard.datagrams.count)
        let text = account.lines.joined(separator: "\n")
        for kind in ["start", "cookie", "answer", "finish", "ops 0 @0 +21; presence +3", "ping"] {
            #expect(text.contains(kind), "\(kind) is not in\n\(text)")
        }
        #expect(text.contains("10.0.0.1:4000 > 10.0.0.2:4001") && text.contains("[fd00:0:0:0:0:0:0:2]:4001 > [fd00:0:0:0:0:0:0:1]:4000"))
        #expect(text.contains("  in  ") && text.contains("  out  "))
        #expect(account.lines[1].contains("0.001500"), "\(account.lines[1])")
        #expect(!text.contains("hidden") && !text.contains(Hex.encode(Array("hidden".utf8))))
    }

    @Test func `TR-121: a frame that is older than the first has a time before it`() throws {
        var bytes = try Overheard().file(linkType: 101, isNew: false, isLittle: true)
        // The first one's microseconds, behind the file's head of 24 bytes and the seconds: half a second later than the next's, which are 1500.
        bytes.replaceSubrange(28..<32, with: [0xFC, 0xA6, 0x07, 0x00])
        let lines = Account(PacketFile(bytes), reader: PacketReader()).lines
        #expect(lines[0].contains(" 0.000000 ") && lines[1].contains(" -0.500000 "), "\(lines.prefix(2))")
    }

    @Test func `TR-121: several datagrams that a kernel sent as one are read one by one`() throws {
        let overheard = try Overheard()
        var reader = PacketReader()
        reader.read(log: overheard.log)
        let data = overheard.datagrams.filter { $0.bytes[0] == 0xF3 }
        let sender = try #require(data.first).from
        let ours = data.filter { $0.from == sender }.map(\.bytes)
        let train = Array(repeating: try #require(ours.max { $0.count < $1.count }), count: 3)
        let read = reader.read(train: Array(train.joined()))
        #expect(read.map(\.byteCount) == train.map(\.count))
        #expect(read.allSatisfy { $0.reading.direction != nil })
        var blind = PacketReader()
        #expect(blind.read(train: Array(train.joined())).map(\.byteCount) == [train.joined().count])
    }

    @Test func `TR-121: without the keys of a connection its packets stay sealed`() throws {
        let overheard = try Overheard()
        let file = PacketFile(overheard.file(linkType: 101, isNew: false, isLittle: true))
        var reader = PacketReader()
        // Another's keys, and lines that are none.
        reader.read(log: "INKWIRE_KEYS 1 00000001 \(String(repeating: "ab", count: 32)) in\nINKWIRE_KEYS 2 x\n\nnonsense\n")
        #expect(reader.unread == 2)
        let account = Account(file, reader: reader)
        #expect(account.sealed > 0 && !account.lines.contains { $0.contains("ops") || $0.contains("#") })
    }

    @Test(arguments: 0..<4 as Range<UInt64>)
    func `no file makes the reader crash or turn for ever`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let overheard = try Overheard()
        let files = [(1, false, true), (101, true, true), (276, true, false), (0, false, false)].map {
            overheard.file(linkType: $0.0, isNew: $0.1, isLittle: $0.2)
        }
        var known = PacketReader()
        known.read(log: overheard.log)
        var complaints: Set<String> = []
        for _ in 0..<150 {
            var bytes = files[random.below(files.count)]
            for _ in 0..<1 + random.below(12) where !bytes.isEmpty {
                let at = random.chance(0.4) ? random.below(min(80, bytes.count)) : random.below(bytes.count)
                switch random.below(4) {
                case 0: bytes[at] = UInt8(truncatingIfNeeded: random.next())
                case 1: bytes[at] = [0, 0x7F, 0x80, 0xFF][random.below(4)]
                case 2: bytes.removeSubrange(at..<min(bytes.count, at + 1 + random.below(8)))
                default: bytes.insert(contentsOf: [0xFF, 0xFF, 0xFF, 0xFF], at: at)
                }
            }
            let file = PacketFile(bytes)
            complaints.insert("\(String(describing: file.complaint))")
            let account = Account(file, reader: known)
            #expect(account.ours + account.foreign == file.frames.count && file.frames.count <= bytes.count / 12)
        }
        #expect(complaints.count >= 3, "too few of the ways to be wrong were met: \(complaints)")
    }
}
