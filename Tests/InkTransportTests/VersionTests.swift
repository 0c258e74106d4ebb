import Foundation
import InkCrypto
import InkPrimitives
import Testing

@testable import InkTransport

/// Two programs of different versions meet: no session comes of it, and both sides learn why.
@Suite struct VersionTests {
    /// What `inkwire` 0.1 sent, and the room in which it did.
    private struct Recorded: Decodable {
        let room_secret: String
        let start: String
        let cookie: String

        static func load() throws -> (keys: RoomKeys, start: [UInt8], cookie: [UInt8]) {
            let url = try #require(Bundle.module.url(forResource: "protocol-1", withExtension: "json", subdirectory: "Resources"))
            let recorded = try JSONDecoder().decode(Recorded.self, from: Data(contentsOf: url))
            let secret = try #require(Hex.decode(recorded.room_secret).flatMap { Secret32($0) })
            return (RoomKeys(roomSecret: secret), try #require(Hex.decode(recorded.start)), try #require(Hex.decode(recorded.cookie)))
        }
    }

    private struct Told: Equatable {
        var theirs: UInt8
        var isFresh: Bool

        static func all(_ outputs: [Endpoint.Output]) -> [Told] {
            outputs.compactMap {
                if case .versionMismatch(let theirs, _, let isFresh) = $0 { Told(theirs: theirs, isFresh: isFresh) } else { nil }
            }
        }
    }

    private let here = TestNet.address(0)
    private let there = TestNet.address(1)

    @Test func `TR-18: a start of 0.1 is answered by a cookie of our version, and the person is told`() throws {
        let (keys, start, _) = try Recorded.load()
        var endpoint = Endpoint(TestNet.configuration(1, keys: keys))
        endpoint.receive(start, from: here, now: .zero)
        let outputs = RawPeer.outputs(&endpoint)
        #expect(Told.all(outputs) == [Told(theirs: 1, isFresh: false)])
        let answers = outputs.compactMap { if case .transmit(let bytes, let to, _) = $0, to == here { bytes } else { nil } }
        let answer = try #require(answers.first)
        // What 0.1 looks at: type, version, two zeros, its index, and the MAC.
        #expect(answers.count == 1 && answer.count == 80)
        #expect(answer[..<8] == [0xF4, Endpoint.version, 0, 0] + start[4..<8])
        #expect(HandshakeMAC.isRight(answer, key: keys.mac))
        #expect(endpoint.halfOpenCount == 0)
    }

    @Test func `TR-176: a start of 0.1 is fresh where signalling announced it, and a replay hides nothing fresh`() throws {
        let (keys, start, _) = try Recorded.load()
        var endpoint = Endpoint(TestNet.configuration(1, keys: keys))
        endpoint.receive(start, from: here, now: .zero)
        endpoint.receive(start, from: here, now: .zero + .seconds(1))
        #expect(Told.all(RawPeer.outputs(&endpoint)) == [Told(theirs: 1, isFresh: false)])
        endpoint.expect(
            attempt: Array(start[StartPacket.attemptRange]), remote: TestNet.configuration(0).peerID, addresses: [],
            now: .zero + .seconds(2))
        endpoint.receive(start, from: here, now: .zero + .seconds(2))
        endpoint.receive(start, from: here, now: .zero + .seconds(3))
        #expect(Told.all(RawPeer.outputs(&endpoint)) == [Told(theirs: 1, isFresh: true)])
        endpoint.receive(start, from: here, now: .zero + .seconds(12))
        #expect(Told.all(RawPeer.outputs(&endpoint)) == [Told(theirs: 1, isFresh: true)])
    }

    @Test func `TR-18: a cookie of 0.1 ends the attempt that it answers, and no other`() throws {
        let (keys, start, cookie) = try Recorded.load()
        // The places of type, version and index are those of 0.1, and the cookie is bound to its start as ours are.
        let packet = try CookiePacket(decoding: cookie)
        #expect(packet.version == 1 && packet.open(start: start, keys: keys)?.count == StartPacket.cookieCount)
        var endpoint = Endpoint(TestNet.configuration(0, keys: keys))
        endpoint.dial(attempt: [UInt8](repeating: 1, count: 16), remote: nil, addresses: [there], now: .zero)
        let ours = try #require(RawPeer.transmitted(&endpoint).first)
        endpoint.receive(cookie, from: there, now: .zero)
        #expect(RawPeer.outputs(&endpoint).isEmpty)
        var answer = cookie
        answer.replaceSubrange(4..<8, with: ours[4..<8])
        HandshakeMAC.renew(&answer, key: keys.mac)
        endpoint.receive(answer, from: here, now: .zero)
        #expect(RawPeer.outputs(&endpoint).isEmpty)
        endpoint.receive(answer, from: there, now: .zero)
        let outputs = RawPeer.outputs(&endpoint)
        #expect(Told.all(outputs) == [Told(theirs: 1, isFresh: true)])
        #expect(outputs.contains { if case .attemptFailed = $0 { true } else { false } })
        #expect(endpoint.deadline == nil)
    }

    @Test func `TR-18, TR-154: without the room's key another version gets nothing, and is told to nobody`() throws {
        let (keys, start, cookie) = try Recorded.load()
        var endpoint = Endpoint(TestNet.configuration(1, keys: keys))
        for packet in [start, cookie] {
            for bit in 0..<packet.count * 8 {
                var flipped = packet
                flipped[bit / 8] ^= 1 << UInt8(bit % 8)
                endpoint.receive(flipped, from: here, now: .zero)
            }
        }
        #expect(RawPeer.outputs(&endpoint).isEmpty)
        #expect(endpoint.counters.versionMismatches == 0)
    }

    @Test(arguments: [true, false], [true, false])
    func `TR-4, TR-18, TR-176: whichever version dials, announced or not, both sides are told, the attempt fails, and no session lives`(
        newerDials: Bool, isAnnounced: Bool
    ) throws {
        var (dialler, listener) = (Endpoint(TestNet.configuration(0)), Endpoint(TestNet.configuration(1)))
        let attempt = [UInt8](repeating: 3, count: 16)
        if isAnnounced { listener.expect(attempt: attempt, remote: TestNet.configuration(0).peerID, addresses: [], now: .zero) }
        dialler.dial(attempt: attempt, remote: isAnnounced ? TestNet.configuration(1).peerID : nil, addresses: [there], now: .zero)
        var (atDialler, atListener): ([Endpoint.Output], [Endpoint.Output]) = ([], [])
        // The one that is newer sees a number less than its own, and is seen as one more.
        let shift: Int = newerDials ? 1 : -1
        var isBusy = true
        while isBusy {
            let (out, back) = (RawPeer.outputs(&dialler), RawPeer.outputs(&listener))
            isBusy = !out.isEmpty || !back.isEmpty
            atDialler += out
            atListener += back
            for case .transmit(let packet, _, _) in out { listener.receive(shifted(packet, by: shift), from: here, now: .zero) }
            for case .transmit(let packet, _, _) in back { dialler.receive(shifted(packet, by: -shift), from: there, now: .zero) }
        }
        let (newer, older) = (Endpoint.version + 1, Endpoint.version - 1)
        #expect(Told.all(atDialler) == [Told(theirs: newerDials ? older : newer, isFresh: true)])
        #expect(Told.all(atListener) == [Told(theirs: newerDials ? newer : older, isFresh: isAnnounced)])
        #expect(atDialler.contains { if case .attemptFailed = $0 { true } else { false } })
        #expect(dialler.connectionIDs.isEmpty && listener.connectionIDs.isEmpty && listener.halfOpenCount == 0)
        #expect(dialler.deadline == nil)
        func bytes(_ outputs: [Endpoint.Output]) -> Int {
            outputs.reduce(0) { if case .transmit(let bytes, _, _) = $1 { $0 + bytes.count } else { $0 } }
        }
        #expect(bytes(atListener) <= bytes(atDialler))
    }

    /// A handshake packet as a member makes it whose version is so much greater.
    private func shifted(_ packet: [UInt8], by shift: Int) -> [UInt8] {
        var packet = packet
        packet[1] = UInt8(Int(packet[1]) + shift)
        HandshakeMAC.renew(&packet, key: TestNet.room.mac)
        return packet
    }
}

extension HandshakeMAC {
    /// Makes the MAC right again after a change.
    fileprivate static func renew(_ packet: inout [UInt8], key: Secret32) {
        packet.removeLast(byteCount)
        append(to: &packet, key: key)
    }
}
