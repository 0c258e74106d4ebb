import InkBoard
import InkPrimitives
import InkSession
import Testing

@Suite struct MessagesTests {
    private func pair() throws -> PerfectPipes {
        var pipes = try PerfectPipes()
        pipes.add(name: "ana")
        pipes.add(name: "bob")
        #expect(pipes.run(.seconds(10)) { $0.areEqual && $0.members.allSatisfy { $0.node.presentPeers == 1 } })
        return pipes
    }

    /// What was told of messages of one's own, in order.
    private func told(_ pipes: PerfectPipes, _ index: Int = 0) -> [ChatMessage] {
        pipes.members[index].events.compactMap { event in
            switch event {
            case .chat(let message, _), .chatState(let message): message.state == nil ? nil : message
            default: nil
            }
        }
    }

    private func outcome(_ pipes: PerfectPipes, _ ref: UInt64) -> Outcome? {
        pipes.members[0].events.compactMap { if case .outcome(ref, let outcome) = $0 { outcome } else { nil } }.last
    }

    private func pages(_ pipes: PerfectPipes) -> [ChatPage] {
        pipes.members[0].events.compactMap { if case .chatPage(let page, _) = $0 { page } else { nil } }
    }

    @Test func `SE-230, SE-231: a message waits while nobody is there, and is delivered once who comes has it`() throws {
        var pipes = try PerfectPipes()
        pipes.add(name: "ana")
        pipes.intent(.say("is anybody here?"), by: 0)
        _ = pipes.run(.seconds(2))
        #expect(told(pipes).map(\.state) == [.waiting])
        pipes.add(name: "bob")
        #expect(pipes.run(.seconds(10)) { told($0).last?.state == .delivered })
        #expect(Set(told(pipes).map(\.id)).count == 1 && told(pipes).allSatisfy { $0.text == "is anybody here?" })
        // Of what another says nothing is told but the message.
        let bobs = pipes.members[1].events.compactMap { if case .chat(let message, _) = $0 { message } else { nil } }
        #expect(bobs.map(\.state) == [nil] && told(pipes, 1).isEmpty)
        // Who comes later changes nothing of it.
        let count = told(pipes).count
        pipes.add(name: "cem")
        #expect(pipes.run(.seconds(10)) { $0.areEqual && $0.members[0].node.presentPeers == 2 })
        _ = pipes.run(.seconds(2))
        #expect(told(pipes).count == count)
    }

    @Test func `SE-230: of several who are there it is told how many have it`() throws {
        var pipes = try pair()
        pipes.add(name: "cem")
        #expect(pipes.run(.seconds(10)) { $0.areEqual && $0.members[0].node.presentPeers == 2 })
        let cem = pipes.members[2].address
        pipes.delays[cem] = .milliseconds(400)
        pipes.intent(.say("hello"), by: 0)
        #expect(pipes.run(.seconds(10)) { told($0).last?.state == .delivered })
        #expect(told(pipes).map(\.state).contains(.sent(by: 1, of: 2)))
    }

    @Test func `SE-368, SE-369: after a restart a message that waited is followed, and the end is told before the farewell`() throws {
        var pipes = try PerfectPipes()
        pipes.add(name: "ana")
        pipes.intent(.say("yesterday"), by: 0)
        _ = pipes.run(.seconds(1))
        pipes.restart(0)
        let seen = pipes.members[0].events.count
        pipes.add(name: "bob")
        let isDelivered = pipes.run(.seconds(10)) { pipes in
            pipes.members[0].events[seen...].contains {
                if case .chatState(let message) = $0 { message.text == "yesterday" && message.state == .delivered } else { false }
            }
        }
        #expect(isDelivered)
        pipes.intent(.say("bye"), by: 0)
        pipes.input(.quit, to: 0)
        _ = pipes.run(.seconds(10)) { $0.members[0].events.contains { if case .stopped = $0 { true } else { false } } }
        #expect(told(pipes).last { $0.text == "bye" }?.state == .delivered)
    }

    @Test func `SE-230, SE-233: while the disk refuses a message it is failed, and to resend it asks the disk alone`() throws {
        var pipes = try pair()
        pipes.members[0].diskRefuses = true
        pipes.intent(.say("on its way"), by: 0)
        #expect(pipes.run(.seconds(1)) { told($0).last?.state == .failed(.diskRefuses("no space left on device")) })
        let name = try #require(told(pipes).last?.id)
        pipes.members[0].diskRefuses = false
        let asked = pipes.now
        for ref in 1...3 { pipes.intent(.resend(name), by: 0, ref: UInt64(ref)) }
        #expect(pipes.run(.seconds(3)) { told($0).last?.state == .delivered })
        #expect(outcome(pipes, 3) == .done)
        #expect(pipes.now - asked < .milliseconds(500), "the disk was asked at once")
        #expect(pipes.members.allSatisfy { $0.node.board?.chats.map(\.text) == ["on its way"] })
        // Once more, now that all have it.
        pipes.intent(.resend(name), by: 0, ref: 4)
        _ = pipes.run(.seconds(2))
        #expect(outcome(pipes, 4) == .done && pipes.members.allSatisfy { $0.node.board?.chats.count == 1 })
        pipes.intent(.resend(.zero), by: 0, ref: 5)
        #expect(outcome(pipes, 5) == .refused(.noSuchMessage))
    }

    @Test func `SE-232, SE-370: what the disk does not let be said is kept, and said once`() throws {
        var pipes = try pair()
        pipes.members[0].diskRefuses = true
        pipes.intent(.say("first"), by: 0)
        _ = pipes.run(.milliseconds(200))
        pipes.intent(.say("second"), by: 0, ref: 1)
        let refusal = Refusal.diskRefuses("no space left on device")
        #expect(outcome(pipes, 1) == .refused(refusal))
        let kept = try #require(told(pipes).last)
        #expect(kept.text == "second" && kept.state == .failed(refusal) && pipes.members[0].node.board?.message(kept.id) == nil)
        pipes.intent(.resend(kept.id), by: 0, ref: 2)
        #expect(outcome(pipes, 2) == .refused(refusal) && told(pipes).last == kept, "the same is not told twice")
        pipes.members[0].diskRefuses = false
        #expect(pipes.run(.seconds(3)) { $0.members[0].node.syncStatus.isSaved })
        pipes.intent(.resend(kept.id), by: 0, ref: 3)
        #expect(outcome(pipes, 3) == .done)
        let said = try #require(told(pipes).last { $0.text == "second" })
        #expect(said.instead == kept.id && said.id != kept.id)
        pipes.intent(.resend(kept.id), by: 0, ref: 4)
        #expect(outcome(pipes, 4) == .refused(.noSuchMessage))
        #expect(pipes.run(.seconds(5)) { told($0).last?.state == .delivered && $0.areEqual })
        #expect(pipes.members.allSatisfy { $0.node.board?.chats.map(\.text) == ["first", "second"] })
        // No more than so many are kept.
        pipes.members[0].diskRefuses = true
        pipes.intent(.say("third"), by: 0)
        let before = told(pipes).count
        for number in 0..<80 {
            _ = pipes.run(.milliseconds(200))
            pipes.intent(.say("kept \(number)"), by: 0)
        }
        #expect(told(pipes)[before...].count { $0.text.hasPrefix("kept") } == 64)
    }

    @Test func `SE-234: more than ten messages a second are refused in words, and none of them is lost or kept`() throws {
        var pipes = try pair()
        for number in 0..<30 { pipes.intent(.say("\(number)"), by: 0, ref: UInt64(100 + number)) }
        let refused = (0..<30).filter { outcome(pipes, UInt64(100 + $0)) == .refused(.saidTooFast) }
        #expect(refused == Array(10..<30) && pipes.members[0].node.board?.chats.count == 10)
        #expect(told(pipes).allSatisfy { if case .failed = $0.state { false } else { true } })
        _ = pipes.run(.milliseconds(500))
        for number in 30..<40 { pipes.intent(.say("\(number)"), by: 0) }
        #expect(pipes.members[0].node.board?.chats.count == 15)
        // What is drawn meanwhile is not held up.
        pipes.intent(.draw(ShapeDraft(kind: .note, position: .zero, text: "a")), by: 0, ref: 1)
        #expect(outcome(pipes, 1) == .done)
    }

    @Test func `SE-371: two thousand messages are read page by page while others come, none twice and none missed`() throws {
        var pipes = try pair()
        var count = 0
        while count < 2000 {
            for index in 0...1 {
                for _ in 0..<10 {
                    pipes.intent(.say("message \(count)"), by: index)
                    count += 1
                }
            }
            _ = pipes.run(.seconds(1))
        }
        let all = try #require(pipes.members[0].node.board?.chats)
        #expect(all.count == 2000)
        var (order, read): (ChatOrder, [ChatPage.Entry]) = (ChatOrder(count: 150), [])
        var ref: UInt64 = 1
        while true {
            pipes.intent(.readChat(order), by: 0, ref: ref)
            let page = try #require(pages(pipes).last)
            #expect(page.entries.count <= 150 && outcome(pipes, ref) == .done)
            read = page.entries + read
            guard let next = page.next else { break }
            order.before = next
            ref += 1
            pipes.intent(.say("meanwhile \(ref)"), by: 1)
            pipes.intent(.draw(ShapeDraft(kind: .note, position: .zero, text: "a")), by: 1)
            _ = pipes.run(.milliseconds(200))
        }
        #expect(read.map(\.message.id) == all.map(\.name) && Set(read.map(\.name)) == ["ana", "bob"] && ref == 14)
        let ours = pipes.members[0].node.author
        #expect(read.allSatisfy { $0.message.state == ($0.message.author == ours ? .delivered : nil) })
        #expect(read.allSatisfy { $0.message.wallTime > 1_600_000_000_000 })
        for count in [0, 201, -1] {
            pipes.intent(.readChat(ChatOrder(count: count)), by: 0, ref: 99)
            #expect(outcome(pipes, 99) == .refused(.badValue(field: "count")))
        }
        pipes.intent(.readChat(ChatOrder(before: .zero, count: 1)), by: 0, ref: 98)
        #expect(outcome(pipes, 98) == .refused(.noSuchMessage))
    }

    @Test func `SE-235: a page of long texts ends early, and the next goes on from there`() throws {
        var pipes = try PerfectPipes()
        pipes.add(name: "ana")
        for number in 0..<100 {
            pipes.intent(.say("\(number) " + String(repeating: "x", count: Limits.chatBytes - 8)), by: 0)
            _ = pipes.run(.milliseconds(150))
        }
        var (order, seen): (ChatOrder, [String]) = (ChatOrder(count: 100), [])
        while true {
            pipes.intent(.readChat(order), by: 0, ref: 1)
            let page = try #require(pages(pipes).last)
            #expect(page.entries.reduce(0) { $0 + $1.message.text.utf8.count } <= ChatOrder.textBytesMax)
            seen = page.entries.map { String($0.message.text.prefix { $0 != " " }) } + seen
            guard let next = page.next else { break }
            order.before = next
        }
        #expect(seen == (0..<100).map { "\($0)" })
    }

    @Test func `SE-235: a page is for who asked, and does not wait for what work waits for`() throws {
        var pipes = try pair()
        let other = try #require(FrontEndID(1))
        pipes.input(.attached(other, strand: .common), to: 0)
        pipes.input(.intent(.readChat(ChatOrder(count: 5)), from: other, ref: 7), to: 0)
        let heard = pipes.members[0].told.compactMap { event, audience in if case .chatPage(_, 7) = event { audience } else { nil } }
        #expect(heard == [.only(other)])
    }

    @Test func `SE-236: typing is told when it begins and when it ends`() throws {
        var pipes = try pair()
        func heard() -> [Bool] {
            pipes.members[1].events.compactMap { event in
                switch event {
                case .typing: true
                case .typingEnded: false
                default: nil
                }
            }
        }
        pipes.intent(.typing, by: 0)
        _ = pipes.run(.seconds(1))
        pipes.intent(.typing, by: 0)
        _ = pipes.run(.milliseconds(1500))
        #expect(heard() == [true])
        _ = pipes.run(.seconds(2))
        #expect(heard() == [true, false])
        pipes.intent(.typing, by: 0)
        _ = pipes.run(.milliseconds(500))
        pipes.intent(.say("done"), by: 0)
        _ = pipes.run(.milliseconds(500))
        #expect(heard() == [true, false, true, false])
    }
}
