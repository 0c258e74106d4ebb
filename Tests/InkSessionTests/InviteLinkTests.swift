import InkBoard
import InkCrypto
import InkPrimitives
import InkSession
import Testing

@Suite struct InviteLinkTests {
    private static func sample(using random: inout SplitMix64, isOfRights: Bool = false) throws -> Invite {
        let secret = try #require(Secret32((0..<32).map { _ in UInt8.random(in: 0...255, using: &random) }))
        let hosts = (0..<random.below(3)).map { _ in
            Invite.Host(
                name: ["127.0.0.1", "board.example", "2001:db8:0:0:0:0:0:1"][random.below(3)], port: UInt16(1 + random.below(60_000)))
        }
        let direct = (0..<random.below(3)).map { _ in
            SocketAddress(ip: .v4(UInt32(truncatingIfNeeded: random.next())), port: UInt16(1 + random.below(60_000)))
        }
        let seed = try #require(Secret32((0..<32).map { _ in UInt8.random(in: 0...255, using: &random) }))
        return Invite(
            rendezvous: hosts, usesTLS: random.chance(0.5), direct: direct, roomSecret: secret, board: BoardID(using: &random),
            key: isOfRights ? InviteKey(invite: TransactionName(using: &random), seed: seed) : nil,
            epoch: isOfRights && random.chance(0.5) ? EpochID(using: &random) : .zero)
    }

    @Test(arguments: 0..<100 as Range<UInt64>)
    func `CL-1, SE-180: a link reads back as what was written, also when a terminal wrapped it`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let invite = try Self.sample(using: &random, isOfRights: seed % 2 == 1)
        #expect(try Invite(link: invite.link) == invite)
        var wrapped = invite.link
        wrapped.insert(contentsOf: "\n   ", at: wrapped.index(wrapped.startIndex, offsetBy: 20 + random.below(40)))
        #expect(try Invite(link: "  \(wrapped)\n") == invite)
    }

    @Test(arguments: [false, true]) func `CL-2: a link cut anywhere is refused`(isOfRights: Bool) throws {
        var random = SplitMix64(seed: 1)
        let text = try Self.sample(using: &random, isOfRights: isOfRights).link
        for count in 0..<text.count {
            #expect(throws: InviteLinkError.self) { try Invite(link: String(text.prefix(count))) }
        }
    }

    @Test func `CL-2: a link with any one character of its secret part changed is refused`() throws {
        var random = SplitMix64(seed: 2)
        let text = try Self.sample(using: &random).link
        let start = try #require(text.firstIndex(of: "#"))
        for index in text[start...].indices {
            var changed = text
            changed.replaceSubrange(index...index, with: text[index] == "A" ? "B" : "A")
            #expect(throws: InviteLinkError.self) { try Invite(link: changed) }
        }
    }

    @Test(arguments: 0..<10 as Range<UInt64>) func `SE-181: a link of form 2 with any one character changed is refused`(seed: UInt64) throws
    {
        var random = SplitMix64(seed: seed)
        let text = try Self.sample(using: &random, isOfRights: true).link
        for index in text.indices {
            for other in ["A", "b", "2", "1", "#", "/", ",", ".", "I", " ", "é"] as [Character] where other != text[index] {
                var changed = text
                changed.replaceSubrange(index...index, with: [other])
                #expect(throws: InviteLinkError.self, "\(changed)") { try Invite(link: changed) }
            }
            var shorter = text
            shorter.remove(at: index)
            #expect(throws: InviteLinkError.self) { try Invite(link: shorter) }
        }
        // Another way in, whoever wrote it there.
        let moved = text.replacing("/?tls=", with: ",evil.example:1/?tls=")
        #expect(throws: InviteLinkError.damaged) { try Invite(link: moved) }
        #expect(throws: InviteLinkError.damaged) { try Invite(link: text.replacing("#", with: "&direct=192.0.2.1:1#")) }
    }

    @Test func `SE-333: a link of form 2 is read from its bytes, and with another flag by a later program`() throws {
        let bytes = (0..<160).map { UInt8($0) } + [0]
        func link(_ payload: [UInt8]) -> String {
            let opening = "inkwire://r.example:1/?tls=1#2."
            return opening + Base64URL.encode(payload + Blake2b.hash256(Array(opening.utf8) + payload).prefix(4))
        }
        let invite = try Invite(link: link(bytes))
        #expect(invite.link == link(bytes))
        let key = try #require(invite.key)
        #expect(key.invite.bytes == Array(64..<96) && key.seed == Secret32(Array(96..<128)) && invite.board.bytes == Array(32..<64))
        #expect(invite.epoch.bytes == Array(128..<160))
        #expect(throws: InviteLinkError.newer) { try Invite(link: link(bytes.dropLast() + [1])) }
    }

    @Test func `SE-180: the longest link that may be written is read`() throws {
        var random = SplitMix64(seed: 4)
        var invite = try Self.sample(using: &random, isOfRights: true)
        let name = String(repeating: "abcdefgh.", count: 28) + "x"
        invite.rendezvous = (0..<Invite.placesMax).map { Invite.Host(name: name, port: 65_535 - UInt16($0)) }
        invite.direct = (0..<Invite.placesMax).map {
            SocketAddress(ip: .v6(high: .max - UInt64($0), low: .max), port: 65_535)
        }
        #expect(name.utf8.count == 253 && invite.link.utf8.count < 8192)
        #expect(try Invite(link: invite.link) == invite)
    }

    @Test(arguments: [
        ("", InviteLinkError.notALink), ("7-copper-lantern-orbit", .notALink), ("https://example.org/#1.AAAA", .notALink),
        ("inkwire://host:1/", .truncated), ("inkwire://host:1/?tls=0#", .truncated), ("inkwire://host:1/?tls=0#1.AAAA", .truncated),
        ("inkwire://host:1/?tls=0#9.AAAA", .newer),
    ])
    func `says what is wrong with a text that is no link`(text: String, error: InviteLinkError) {
        #expect(throws: error) { try Invite(link: text) }
    }

    @Test(arguments: [17, 100, 1000])
    func `CL-2: a link that names too many places is refused as that`(count: Int) throws {
        var random = SplitMix64(seed: 3)
        let link = try Self.sample(using: &random).link
        let secret = try #require(link.split(separator: "#").last)
        let names = (1...count).map { "r\($0).example:4300" }.joined(separator: ",")
        #expect(throws: InviteLinkError.tooMany) { try Invite(link: "inkwire://\(names)/?tls=0#\(secret)") }
        let addresses = (1...count).map { "192.0.2.1:\($0)" }.joined(separator: ",")
        #expect(throws: InviteLinkError.tooMany) { try Invite(link: "inkwire://r.example:1/?tls=0&direct=\(addresses)#\(secret)") }
    }

    @Test(arguments: ["ho st:1", "host", "host:0", "host:65536", ":1", "[::1:1", "[host]:1", "h\u{1B}[2J:1"])
    func `refuses a host that is none`(text: String) {
        #expect(Invite.Host(text) == nil)
    }
}
