import InkConnectivity
import InkPrimitives
import Testing

private func hex(_ text: String) throws -> [UInt8] { try #require(Hex.decode(text)) }
private func address(_ text: String) throws -> SocketAddress { try #require(SocketAddress(text)) }

/// RFC 5769 §2.1: an ICE request with PRIORITY, which we do not know.
private let rfc5769Request =
    "000100582112a442b7e7a701bc34d686fa87dfae802200105354554e207465737420636c69656e74002400046e0001ff80290008932ff9b151263b36000600096576746a3a68367659202020000800149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a280280004e57a3bcf"
/// RFC 5769 §2.2.
private let rfc5769ResponseV4 =
    "0101003c2112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220002000080001a147e112a643000800142b91f599fd9e90c38c7489f92af9ba53f06be7d780280004c07d4c96"
/// RFC 5769 §2.3.
private let rfc5769ResponseV6 =
    "010100482112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d900080014a382954e4be67bf11784c97c8292c275bfe3ed4180280004c8fb0b4c"
/// Binding exchange of coturn 4.6.1 with turnutils_stunclient, captured on 2026-11-20.
private let coturnRequest = "000100002112a44250dc561637bec59d9a1deb47"
private let coturnResponse =
    "010100442112a44250dc561637bec59d9a1deb47002000080001b68fe112a648000100080001979dc000020a802b000800010d96c000020a80220014436f7475726e2d342e362e312027476f7273742780280004474bab5f"

@Suite struct STUNTests {
    @Test func `reads the responses of RFC 5769`() throws {
        let four = try STUNMessage(decoding: hex(rfc5769ResponseV4))
        #expect(four.kind == .success && four.hasFingerprint)
        #expect(four.mappedAddress == SocketAddress("192.0.2.1:32853"))
        let six = try STUNMessage(decoding: hex(rfc5769ResponseV6))
        #expect(six.mappedAddress == SocketAddress("[2001:db8:1234:5678:11:2233:4455:6677]:32853"))
        #expect(six.attributes.map(\.type) == [0x8022, 0x0020, 0x0008])
    }

    @Test func `reads what coturn answers`() throws {
        let raw = try hex(coturnResponse)
        let message = try STUNMessage(decoding: raw)
        #expect(message.mappedAddress == SocketAddress("192.0.2.10:38813"))
        #expect(message.transaction == Array(try hex(coturnRequest)[8...]))
    }

    @Test func `CN-23: a flipped bit anywhere in a fingerprinted message makes it no message`() throws {
        let good = try hex(rfc5769ResponseV4)
        for index in good.indices {
            for bit in 0..<8 {
                var bad = good
                bad[index] ^= 1 << UInt8(bit)
                let message = try? STUNMessage(decoding: bad)
                // A flip inside the type of FINGERPRINT turns it into an attribute that nobody knows: readable, but unproven.
                #expect(message == nil || message?.hasFingerprint == false, "byte \(index) bit \(bit)")
            }
        }
    }

    @Test func `CN-23: fingerprint must be the last attribute`() throws {
        let message = STUNMessage(kind: .request, transaction: Array(1...12)).encoded(withFingerprint: true)
        var longer = message + [0x80, 0x22, 0, 0]
        longer[3] += 4
        #expect(STUN.isSTUN(longer))
        #expect(throws: WireError.unexpected) { try STUNMessage(decoding: longer) }
    }

    @Test func `CN-1: tells STUN from everything else on the socket`() throws {
        let request = STUN.bindingRequest(transaction: Array(repeating: 7, count: 12))
        #expect(STUN.isSTUN(request))
        #expect(!STUN.isSTUN([]))
        #expect(!STUN.isSTUN(Array(request.dropLast())))
        #expect(!STUN.isSTUN(request + [0]))
        for first in 4...255 {
            var other = request
            other[0] = UInt8(first)
            #expect(!STUN.isSTUN(other))
        }
        var cookie = request
        cookie[4] ^= 1
        #expect(!STUN.isSTUN(cookie))
    }

    @Test func `every truncation and a thousand random bodies are refused or read, never trapped on`() throws {
        let good = try hex(rfc5769Request)
        for count in 0..<good.count { #expect((try? STUNMessage(decoding: Array(good[..<count]))) == nil) }
        var random = SplitMix64(seed: 1)
        for _ in 0..<1000 {
            var datagram = Array(good[..<20])
            let words = random.below(30)
            datagram[2] = 0
            datagram[3] = UInt8(words * 4)
            for _ in 0..<words * 4 { datagram.append(UInt8(truncatingIfNeeded: random.next() & 0x3F)) }
            _ = try? STUNMessage(decoding: datagram)
            if let answer = STUN.answer(to: datagram, from: try address("192.0.2.1:4000")) {
                #expect(answer.count <= datagram.count * 22 / 10)
            }
        }
    }

    @Test(arguments: ["203.0.113.9:40000", "[2001:db8::9]:40000"])
    func `CN-25: answers a bare request with the sender's address and nothing more`(source: String) throws {
        let request = try hex(coturnRequest)
        let from = try address(source)
        let answer = try #require(STUN.answer(to: request, from: from))
        #expect(answer.count == (from.ip.bytes.count == 4 ? 32 : 44))
        let message = try STUNMessage(decoding: answer)
        #expect(message.kind == .success && message.mappedAddress == from && message.attributes.count == 1 && !message.hasFingerprint)
        #expect(message.transaction == Array(request[8...]))
    }

    @Test func `a fingerprint is given where one was sent`() throws {
        let answer = try #require(STUN.answer(to: STUN.bindingRequest(transaction: Array(0..<12)), from: address("203.0.113.9:1")))
        #expect(try STUNMessage(decoding: answer).hasFingerprint)
    }

    @Test func `CN-4: never answers an answer, an indication, or another method`() throws {
        let from = try address("203.0.113.9:40000")
        for type: [UInt8] in [[1, 1], [1, 0x11], [0, 0x11], [0, 3], [0, 4]] {
            var datagram = try hex(coturnRequest)
            datagram.replaceSubrange(0..<2, with: type)
            #expect(STUN.answer(to: datagram, from: from) == nil)
        }
    }

    @Test func `CN-4: names the attributes that it does not understand`() throws {
        let answer = try #require(STUN.answer(to: hex(rfc5769Request), from: address("203.0.113.9:40000")))
        let message = try STUNMessage(decoding: answer)
        #expect(message.kind == .error)
        #expect(message.attributes.map(\.value) == [[0, 0, 4, 20], [0x00, 0x24]])
        #expect(answer.count < (try hex(rfc5769Request)).count)
    }
}
