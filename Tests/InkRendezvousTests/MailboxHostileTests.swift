import Foundation
import InkConnectivity
import InkCrypto
import InkPrimitives
import Testing

@testable import InkRendezvous

/// Anything at any time, from a seed.
private struct Chaos {
    var random: SplitMix64
    /// What is likely to be named.
    var numbers: [MailboxNumber] = []

    mutating func body() -> [UInt8] { (0..<random.below(4)).map { _ in UInt8(truncatingIfNeeded: random.next()) } }
    mutating func visitor() -> UInt32 { random.chance(0.1) ? .max : UInt32(random.below(6)) }
    mutating func number() -> MailboxNumber {
        if !numbers.isEmpty, random.chance(0.8) { return numbers[random.below(numbers.count)] }
        return MailboxNumber(random.chance(0.1) ? 10_000 + UInt32(random.below(5)) : 1 + UInt32(random.below(12)))!
    }

    mutating func request() -> MailboxRequest {
        switch random.below(6) {
        case 0: .open
        case 1: .close(number())
        case 2: .knock(number(), body: body())
        case 3: .pass(number(), visitor: visitor(), body: body())
        case 4: .pass(number(), visitor: nil, body: body())
        default: .dismiss(number(), visitor: visitor())
        }
    }

    mutating func answer() -> MailboxAnswer {
        switch random.below(8) {
        case 0: .opened(number())
        case 1: .noMailbox(random.chance(0.5) ? nil : number())
        case 2: .busy(number())
        case 3, 4: .knock(number(), visitor: visitor(), body: body())
        case 5: .pass(number(), visitor: random.chance(0.5) ? nil : visitor(), body: body())
        case 6: .gone(number(), visitor: visitor())
        default: .gone(number(), visitor: nil)
        }
    }
}

@Suite struct MailboxHostileTests {
    /// What a socket may know of a mailbox: told by nothing but what it asked and what it heard.
    private struct Ledger {
        typealias Token = RendezvousServer.ConnectionToken
        var owner: [MailboxNumber: Token] = [:]
        var visitor: [MailboxNumber: (token: Token, number: UInt32)] = [:]
        var lastVisitor: [MailboxNumber: UInt32] = [:]
    }

    @Test(arguments: 0..<10 as Range<UInt64>)
    func `RV-71, RV-72, RV-73, RV-74, RV-151: whatever sockets ask in any order, each hears of its own, and nothing is left`(
        seed: UInt64
    ) {
        typealias Token = RendezvousServer.ConnectionToken
        var chaos = Chaos(random: SplitMix64(seed: seed))
        var configuration = RendezvousServer.Configuration()
        configuration.messageBurst = 100_000
        configuration.sourceMessageBurst = 100_000
        var server = RendezvousServer(configuration, seed: [UInt8](repeating: UInt8(seed), count: 32))
        var (now, ledger, open) = (Instant.zero, Ledger(), Set<Token>())
        var (lastToken, knocks, openings): (UInt64, Int, Int) = (0, 0, 0)
        // Who asks, and what, while the server answers.
        func drain(_ asker: Token?, _ request: MailboxRequest?) {
            while let output = server.nextOutput() {
                switch output {
                case .close(let token, _): open.remove(token)
                case .send(.mailbox(let answer), let token):
                    #expect(open.contains(token), "seed \(seed)")
                    switch answer {
                    case .opened(let number):
                        #expect(token == asker && request == .open && ledger.owner[number] == nil, "seed \(seed)")
                        (ledger.owner[number], ledger.lastVisitor[number]) = (token, 0)
                        openings += 1
                    case .noMailbox(nil): #expect(token == asker && request == .open)
                    case .noMailbox(let number?): #expect(token == asker && ledger.owner[number] == nil, "seed \(seed)")
                    case .busy(let number): #expect(token == asker && ledger.visitor[number] != nil, "seed \(seed)")
                    case .knock(let number, let visitor, let body):
                        #expect(ledger.owner[number] == token && ledger.visitor[number] == nil, "seed \(seed)")
                        #expect(visitor > ledger.lastVisitor[number, default: 0] && request == .knock(number, body: body), "seed \(seed)")
                        ledger.lastVisitor[number] = visitor
                        if let asker { ledger.visitor[number] = (asker, visitor) }
                        knocks += 1
                    case .pass(let number, let visitor?, let body):
                        let present = ledger.visitor[number]
                        #expect(token == ledger.owner[number] && present?.number == visitor && present?.token == asker, "seed \(seed)")
                        #expect(request == .pass(number, visitor: nil, body: body), "seed \(seed)")
                    case .pass(let number, nil, let body):
                        let present = ledger.visitor[number]
                        #expect(token == present?.token && ledger.owner[number] == asker, "seed \(seed)")
                        if let present { #expect(request == .pass(number, visitor: present.number, body: body), "seed \(seed)") }
                    case .gone(let number, let visitor?):
                        #expect(ledger.owner[number] == token && ledger.visitor[number]?.number == visitor, "seed \(seed)")
                        ledger.visitor[number] = nil
                    case .gone(let number, nil):
                        // To the visitor, or to him who holds it.
                        #expect(ledger.visitor[number]?.token == token || ledger.owner[number] == token, "seed \(seed)")
                        if ledger.visitor[number]?.token == token, ledger.owner[number] == asker { ledger.visitor[number] = nil }
                    }
                case .send, .relay: break
                }
            }
            // What is over without a word to him who brought it about.
            if let asker, let request {
                switch request {
                case .close(let number) where ledger.owner[number] == asker: (ledger.owner[number], ledger.visitor[number]) = (nil, nil)
                case .dismiss(let number, let visitor) where ledger.owner[number] == asker && ledger.visitor[number]?.number == visitor:
                    ledger.visitor[number] = nil
                default: break
                }
            }
            for (number, owner) in ledger.owner where !open.contains(owner) { (ledger.owner[number], ledger.visitor[number]) = (nil, nil) }
            for (number, present) in ledger.visitor where !open.contains(present.token) { ledger.visitor[number] = nil }
        }
        for _ in 0..<3000 {
            switch chaos.random.below(12) {
            case 0, 1:
                lastToken += 1
                open.insert(Token(lastToken))
                server.opened(Token(lastToken), from: Source(.v4(UInt32(lastToken % 40))), now: now)
                drain(nil, nil)
            case 2:
                guard let token = open.sorted().dropFirst(chaos.random.below(max(1, open.count))).first else { continue }
                open.remove(token)
                server.closed(token, now: now)
                drain(nil, nil)
            case 3:
                // Less than a visit or a lifetime, so that no end of time is mixed with one that was asked for.
                now += .milliseconds(chaos.random.below(100))
                if ledger.visitor.isEmpty { server.handleTimeout(now: now) }
                drain(nil, nil)
            default:
                let living = open.sorted()
                let token =
                    living.isEmpty || chaos.random.chance(0.1)
                    ? Token(1 + UInt64(chaos.random.below(Int(lastToken) + 2))) : living[chaos.random.below(living.count)]
                chaos.numbers = ledger.owner.keys.sorted()
                let request = chaos.request()
                server.received(.mailbox(request), from: token, now: now)
                drain(token, request)
            }
        }
        #expect(server.mailboxCount == ledger.owner.count, "seed \(seed)")
        #expect(knocks > 20 && openings > 20, "seed \(seed): \(knocks) knocks, \(openings) openings")
        for token in open.sorted() { server.closed(token, now: now) }
        while server.nextOutput() != nil {}
        #expect(server.mailboxCount == 0 && server.socketCount == 0, "seed \(seed)")
        // What still waits for its time does nothing any more, and then nothing waits.
        while let deadline = server.deadline { server.handleTimeout(now: deadline) }
        #expect(server.nextOutput() == nil, "seed \(seed)")
    }

    @Test(arguments: 0..<10 as Range<UInt64>)
    func `RV-78, RV-159: whatever a rendezvous says, an inviter hears of one visitor at a time, and a visitor ends`(seed: UInt64) {
        var chaos = Chaos(random: SplitMix64(seed: seed))
        var holder = MailboxHolder()
        var (now, present, last): (Instant, [UInt64: UInt32], [UInt64: UInt32]) = (.zero, [:], [:])
        var (known, reference, knocks): (Set<UInt64>, UInt64, Int) = ([], 0, 0)
        func drain() {
            holder.settle(isIn: { _ in true }, count: 2, now: now)
            while let output = holder.nextOutput() {
                guard case .news(let news) = output else { continue }
                switch news {
                case .opened(let box, _, _): #expect(known.contains(box) && present[box] == nil, "seed \(seed)")
                case .notOpened(let box, _), .ended(let box, _):
                    #expect(known.remove(box) != nil, "seed \(seed)")
                    present[box] = nil
                case .knock(let box, let visitor, _):
                    #expect(known.contains(box) && present[box] == nil && last[box].map { $0 < visitor } ?? true, "seed \(seed)")
                    (present[box], last[box]) = (visitor, visitor)
                    knocks += 1
                case .passed(let box, let visitor, _): #expect(present[box] == visitor, "seed \(seed)")
                case .gone(let box, let visitor):
                    #expect(present[box] == visitor, "seed \(seed)")
                    present[box] = nil
                }
            }
        }
        for _ in 0..<5000 {
            now += .milliseconds(chaos.random.below(200))
            let place = chaos.random.below(2)
            switch chaos.random.below(20) {
            case 0:
                holder.connected(at: place)
                holder.welcomed(keeps: chaos.random.chance(0.8), at: place)
            case 1: if chaos.random.chance(0.2) { holder.disconnected(at: place) }
            case 2, 3:
                reference += 1
                known.insert(reference)
                holder.take(.open(reference), now: now)
            case 4:
                guard let box = known.min() else { continue }
                known.remove(box)
                present[box] = nil
                holder.take(.close(box), now: now)
            case 5:
                guard let (box, visitor) = present.min(by: { $0.key < $1.key }) else { continue }
                present[box] = nil
                holder.take(.dismiss(box, visitor: visitor), now: now)
            case 6: holder.handleTimeout(now: now)
            default: holder.received(chaos.answer(), at: place, now: now)
            }
            drain()
        }
        #expect(knocks > 5 && holder.strays > 100, "seed \(seed)")
        var visitor = MailboxVisitor(mailbox: chaos.number(), knock: [1])
        visitor.start(now: now)
        let begun = now
        while let deadline = visitor.deadline {
            now = min(deadline, now + .milliseconds(chaos.random.below(400)))
            switch chaos.random.below(12) {
            case 0, 1: visitor.connected()
            case 2, 3:
                visitor.received(
                    .welcome(nonce: [], stunPort: nil, mailboxes: chaos.random.chance(0.95)), now: now)
            case 4: visitor.received(.refused(.tooManyKnocks), now: now)
            case 5: visitor.pass(chaos.body())
            default: visitor.received(.mailbox(chaos.answer()), now: now)
            }
            visitor.handleTimeout(now: now)
            while visitor.nextOutput() != nil {}
        }
        #expect(now - begun <= .seconds(60 + 10 + 25 + 2), "seed \(seed)")
    }

    @Test func `RV-146: no bytes that are called a message of a mailbox are more than one, and no body more than its limit`() throws {
        var random = SplitMix64(seed: 14)
        let largest = [UInt8](repeating: 255, count: Signalling.mailboxBodyBytesMax)
        let number = MailboxNumber(999_999_999)!
        let requests: [ClientMessage] = [
            .mailbox(.open), .mailbox(.close(number)), .mailbox(.knock(number, body: largest)), .mailbox(.knock(number, body: [])),
            .mailbox(.pass(number, visitor: .max, body: largest)), .mailbox(.pass(number, visitor: nil, body: [1])),
            .mailbox(.dismiss(number, visitor: 0)),
        ]
        let answers: [ServerMessage] = [
            .mailbox(.opened(number)), .mailbox(.noMailbox(number)), .mailbox(.noMailbox(nil)), .mailbox(.busy(number)),
            .mailbox(.knock(number, visitor: .max, body: largest)), .mailbox(.pass(number, visitor: .max, body: largest)),
            .mailbox(.pass(number, visitor: nil, body: [])), .mailbox(.gone(number, visitor: 3)), .mailbox(.gone(number, visitor: nil)),
            .refused(.tooManyKnocks), .welcome(nonce: [UInt8](repeating: 1, count: 32), stunPort: nil, mailboxes: true),
        ]
        let encoder = JSONEncoder()
        var texts: [Data] = []
        for message in requests {
            let text = try encoder.encode(message)
            #expect(text.count <= Signalling.messageBytesMax)
            #expect(try JSONDecoder().decode(ClientMessage.self, from: text) == message)
            if text.count < 300 { texts.append(text) }
        }
        for message in answers {
            let text = try encoder.encode(message)
            #expect(text.count <= Signalling.messageBytesMax)
            #expect(try JSONDecoder().decode(ServerMessage.self, from: text) == message)
            if text.count < 300 { texts.append(text) }
        }
        // Whatever is made of them is read as what it says, or is refused.
        var (read, refused) = (0, 0)
        for round in 0..<1500 {
            var text = texts[round % texts.count]
            for _ in 0...random.below(3) { text[text.startIndex + random.below(text.count)] = UInt8(truncatingIfNeeded: random.next()) }
            do {
                let message = try JSONDecoder().decode(ClientMessage.self, from: text)
                #expect(try JSONDecoder().decode(ClientMessage.self, from: encoder.encode(message)) == message)
                read += 1
            } catch is DecodingError { refused += 1 }
            if let message = try? JSONDecoder().decode(ServerMessage.self, from: text) {
                #expect(try JSONDecoder().decode(ServerMessage.self, from: encoder.encode(message)) == message)
            }
        }
        #expect(refused > 300)
    }

    @Test(arguments: [
        #"{"type":"knock","mailbox":7}"#, #"{"type":"knock","body":""}"#, #"{"type":"knock","mailbox":0,"body":""}"#,
        #"{"type":"knock","mailbox":0,"body":""}"#, #"{"type":"knock","mailbox":-7,"body":""}"#,
        #"{"type":"knock","mailbox":7.5,"body":""}"#, #"{"type":"knock","mailbox":"7","body":""}"#,
        #"{"type":"knock","mailbox":4294967303,"body":""}"#, #"{"type":"close-mailbox"}"#, #"{"type":"dismiss","mailbox":7}"#,
        #"{"type":"dismiss","mailbox":7,"visitor":-1}"#, #"{"type":"pass","mailbox":7,"visitor":4294967296,"body":""}"#,
        #"{"type":"pass","mailbox":7,"visitor":1,"body":"A"}"#, #"{"type":"mailbox","mailbox":1000000000}"#, #"{"type":"mailbox"}"#,
        #"{"type":"mailbox-busy"}"#, #"{"type":"gone"}"#, #"{"type":"no-mailbox","mailbox":0}"#,
        #"{"type":"no-mailbox","mailbox":null}"#,
        #"{"type":"welcome","nonce":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","mailboxes":7}"#,
    ])
    func `RV-71, RV-146: what is no message of a mailbox is refused`(json: String) {
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(ClientMessage.self, from: Data(json.utf8)) }
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(ServerMessage.self, from: Data(json.utf8)) }
    }

    @Test func `RV-146: a body over its limit is refused before it is decoded, and a field that nobody knows is left unread`() throws {
        let text = String(repeating: "A", count: 3868)
        let json = #"{"type":"knock","mailbox":7,"body":"\#(text)"}"#
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(ClientMessage.self, from: Data(json.utf8)) }
        let newer = #"{"type":"welcome","nonce":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","mailboxes":true,"later":{"a":[1]}}"#
        #expect(
            try JSONDecoder().decode(ServerMessage.self, from: Data(newer.utf8))
                == .welcome(nonce: [UInt8](repeating: 0, count: 32), stunPort: nil, mailboxes: true))
    }
}
