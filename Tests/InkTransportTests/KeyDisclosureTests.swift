import InkCrypto
import InkPrimitives
import Testing

@testable import InkTransport

@Suite struct KeyDisclosureTests {
    @Test func `TR-121: no key leaves an endpoint that was not asked for it, whatever becomes of its connections`() {
        var net = TestNet(seed: 3, faults: Faults(loss: 0.2))
        for index in 0..<3 { net.add(TestNet.configuration(index)) }
        // Dialled both ways at once, so that one session of a pair is turned down.
        net.connect(0, 1)
        net.connect(1, 0, nonce: 6)
        net.connect(2, 0, announced: false, nonce: 7)
        net.run(for: .seconds(10))
        #expect(net.nodes.allSatisfy { !$0.established.isEmpty })
        #expect(net.nodes.allSatisfy { $0.keys.isEmpty })
    }

    @Test func `TR-226: where it was asked for, each space is told once, and its keys open what goes over it`() throws {
        var net = TestNet()
        var asked = TestNet.configuration(0)
        asked.disclosesKeys = true
        net.add(asked)
        net.add(TestNet.configuration(1))
        net.connect(0, 1)
        net.run { $0.nodes[0].id != nil && $0.nodes[1].id != nil }
        net.send([1, 2, 3], from: 0)
        net.send([4, 5, 6], from: 1)
        net.run(for: .seconds(1))
        #expect(net.nodes[0].keys.count == 1 && net.nodes[1].keys.isEmpty)
        var reader = PacketReader()
        reader.read(log: net.nodes[0].keys.map(\.lines).joined())
        var directions: Set<PacketReader.Direction> = []
        for datagram in net.sent {
            let read = reader.read(datagram.bytes)
            let reading = try #require(read)
            guard reading.kind == "data" else { continue }
            let direction = try #require(reading.direction)
            #expect(direction == (datagram.from == net.nodes[0].address ? .sent : .received))
            directions.insert(direction)
        }
        #expect(directions.count == 2)
    }

    @Test func `TR-226: renewed keys are told, too, and open all that follows`() throws {
        var net = TestNet()
        for index in 0..<2 {
            var configuration = TestNet.configuration(index)
            configuration.disclosesKeys = index == 1
            configuration.rekeying = RekeySchedule(after: .seconds(2), refusedAfter: .seconds(30))
            net.add(configuration)
        }
        net.connect(0, 1)
        for number in 0..<50 as Range<UInt8> {
            net.run(for: .milliseconds(200))
            net.send([number], from: Int(number) % 2)
        }
        #expect(net.nodes[0].keys.isEmpty && net.nodes[1].keys.count >= 4)
        var reader = PacketReader()
        reader.read(log: net.nodes[1].keys.map(\.lines).joined())
        let data = net.sent.compactMap { reader.read($0.bytes) }.filter { $0.kind == "data" }
        let isAllRead = data.allSatisfy { $0.direction != nil }
        #expect(isAllRead && Set(data.map(\.index)).count >= 8)
        #expect(data.contains { $0.frames.contains("new keys? 2") } && data.contains { $0.frames.contains("new keys 2") })
    }

    @Test func `TR-121: what tells keys cannot be printed by mistake`() throws {
        var configuration = TestNet.configuration(1)
        configuration.disclosesKeys = true
        var endpoint = Endpoint(configuration)
        _ = try #require(
            RawPeer(dialling: &endpoint, configuration: TestNet.configuration(0), from: TestNet.address(8), now: .zero))
        let outputs = RawPeer.outputs(&endpoint)
        let disclosure = try #require(outputs.compactMap { if case .keys(let disclosure) = $0 { disclosure } else { nil } }.first)
        let digits = disclosure.lines.split(separator: "\n").map { $0.split(separator: " ")[3] }
        #expect(digits.count == 2 && digits.allSatisfy { $0.utf8.count == 64 } && digits[0] != digits[1])
        var text = "\(outputs) \(disclosure) \(String(reflecting: outputs))"
        dump(outputs, to: &text)
        for key in digits { #expect(!text.contains(key)) }
        #expect(!text.contains("receiving") && !text.contains("sending"))
    }

    /// Packet `number` from the peer of a session, in the short form, with a ping.
    private static func packet(_ number: UInt64, from raw: RawPeer) -> [UInt8] {
        var packet: [UInt8] = []
        let headerCount = DataHeader.write(number, receiverIndex: raw.remoteIndex, largestAcknowledged: number - 1, to: &packet)
        packet.append(Frame.pingType)
        raw.keys.seal(&packet, headerCount: headerCount, counter: number)
        return packet
    }

    @Test func `TR-121: a capture that begins late is read, where no more than four million packets came before`() throws {
        var endpoint = Endpoint(TestNet.configuration(1))
        let raw = try #require(RawPeer(dialling: &endpoint, configuration: TestNet.configuration(0), from: TestNet.address(8), now: .zero))
        let log = KeyDisclosure(localIndex: raw.localIndex, remoteIndex: raw.remoteIndex, keys: raw.keys).lines
        let last: UInt64 = 64 << 16 - 1
        for first in [1, 1 << 16 + 7, last] as [UInt64] {
            var reader = PacketReader()
            reader.read(log: log)
            // The next ones are read where it ends, too.
            for number in [first, first + 1, first + 30_000] {
                let reading = reader.read(Self.packet(number, from: raw))
                #expect(reading?.number == number && reading?.direction == .sent && reading?.frames == ["ping"], "\(number)")
            }
        }
        var reader = PacketReader()
        reader.read(log: log)
        let reading = reader.read(Self.packet(last + 1, from: raw))
        #expect(reading?.kind == "data" && reading?.number == nil && reading?.frames == [])
    }

    @Test func `TR-121: of one index eight keys are read, and those of others all the same`() throws {
        func line(_ index: String, _ key: Int) -> String {
            "\(KeyDisclosure.label) \(index) \(Hex.encode([UInt8](repeating: UInt8(key), count: 32))) in\n"
        }
        var reader = PacketReader()
        reader.read(log: (0..<8).map { line("01020304", $0) }.joined())
        // One that is known already is no further one.
        reader.read(log: line("01020304", 3))
        #expect(reader.unread == 0)
        reader.read(log: line("01020304", 8))
        #expect(reader.unread == 1)
        reader.read(log: line("01020305", 8))
        #expect(reader.unread == 1)
    }
}
