import InkFrontEnd
import InkPrimitives
import InkSession
import Testing

@Suite struct ChatsTests {
    private let me: AuthorID = identifier(1000)

    private func message(_ number: Int, by author: AuthorID? = nil, _ state: MessageState? = nil) -> ChatMessage {
        ChatMessage(id: identifier(number), author: author ?? me, text: "\(number)", state: state)
    }

    private func page(_ numbers: Range<Int>, next: Int?) -> ChatPage {
        ChatPage(numbers.map { ChatPage.Entry(message($0, by: identifier(2000)), name: "bob") }, next: next.map { identifier($0) })
    }

    @Test func `FE-131: pages stand before what came since, each message once, and go when nobody reads them`() {
        var chats = Chats()
        chats.take(message(500), by: "you")
        #expect(chats.older == .unknown)
        let newest = page(300..<500, next: 300).entries + [ChatPage.Entry(message(500), name: "ana")]
        chats.take(ChatPage(newest, next: identifier(300)), me: me)
        chats.take(page(100..<300, next: 100), me: me)
        chats.take(message(501), by: "you")
        #expect(chats.messages.map(\.message.text) == (100...501).map { "\($0)" } && chats.older == .before(identifier(100)))
        #expect(chats.messages[0].name == "bob")
        chats.take(page(0..<100, next: nil), me: me)
        #expect(chats.older == .none && chats.messages.count == 502)
        chats.endReading()
        #expect(chats.messages.count == Chats.messagesMax && chats.older == .before(identifier(502 - Chats.messagesMax)))
        // Whoever reads on without end keeps no more than so much.
        for step in 0..<30 { chats.take(page(10_000 + 200 * step..<10_200 + 200 * step, next: 10_000 + 200 * step), me: me) }
        #expect(chats.messages.count < Chats.readingMax + 200 && chats.older == .none)
    }

    @Test func `FE-131: what is older is asked for from a message on that the board has`() {
        var chats = Chats()
        chats.take(page(0..<1, next: nil), me: me)
        chats.change(message(1, .failed(.noRight)), by: "you")
        for number in 2...Chats.messagesMax { chats.take(message(number), by: "you") }
        #expect(chats.messages.first?.message.id == identifier(1) && chats.older == .before(identifier(2)))
    }

    @Test func `FE-130, FE-192: a message goes on under its name, and one that failed makes way for what is said in its place`() {
        var chats = Chats()
        chats.take(message(1, .waiting), by: "you")
        chats.change(message(1, .sent(by: 1, of: 2)), by: "you")
        chats.change(message(1, .delivered), by: "you")
        #expect(chats.messages.map(\.message.state) == [.delivered])
        // Of what is not here any more nothing is shown.
        chats.change(message(7, .delivered), by: "you")
        #expect(chats.messages.count == 1)
        chats.change(message(2, .failed(.diskRefuses("full"))), by: "you")
        #expect(chats.messages.map(\.message.state) == [.delivered, .failed(.diskRefuses("full"))])
        var again = message(3, .waiting)
        again.instead = identifier(2)
        chats.take(again, by: "you")
        #expect(chats.messages.map(\.message.id) == [identifier(1), identifier(3)])
    }

    @Test func `FE-132: what others say is counted until it is read, and what names our person apart`() {
        for (text, isNamed) in [
            ("hello", false), ("@ana hello", true), ("hello @ANA!", true), ("@anabel", false), ("mail ana@ana.org", false),
            ("(@ana)", true),
            ("@ana", true), ("@", false), ("@an", false), ("you and @bob, and @ana", true),
        ] { #expect(Mention.names("ana", in: text) == isNamed, "\(text)") }
        #expect(Mention.names("ana maria", in: "hi @Ana Maria, look") && !Mention.names("", in: "@ "))
        var chats = Chats()
        chats.take(message(1), by: "you")
        chats.take(message(2, by: identifier(2000)), by: "bob", isRead: false)
        chats.take(message(3, by: identifier(2000)), by: "bob", isRead: false, naming: true)
        #expect(chats.unread.count == 2 && chats.unread.naming == 1)
        chats.read()
        #expect(chats.unread.count == 0 && chats.unread.naming == 0)
        // What counts no more is not waited for; what was read is not taken off a second time.
        chats.take(message(4, by: identifier(2000)), by: "bob", isRead: false)
        chats.take(message(5, by: identifier(2000)), by: "bob", isRead: false, naming: true)
        chats.forget([identifier(2), identifier(5), identifier(99)])
        #expect(chats.unread.count == 1 && chats.unread.naming == 0)
        #expect(Mention.begun(in: "hello @an")?.beginning == "an" && Mention.begun(in: "a@b") == nil && Mention.begun(in: "hello") == nil)
        #expect(Mention.completions(of: "A", among: ["bob", "ana", "Ali"]) == ["ana", "Ali"])
    }

    @Test func `FE-133: who types is told by name until they have said it, ended or left`() {
        var front = FrontEnd(name: "plan", me: me, isReady: true, shapes: [])
        let (bob, eve): (PeerID, PeerID) = (identifier(1), identifier(2))
        func hear(_ event: Event) { _ = front.take(event, holdsUnsaved: false, now: .zero) }
        hear(.peer(PeerStatus(peer: bob, author: identifier(2000), name: "bob", state: .joined)))
        hear(.peer(PeerStatus(peer: eve, author: identifier(3000), name: "eve", state: .joined)))
        hear(.typing(peer: eve))
        hear(.typing(peer: bob))
        #expect(front.typingNames == ["eve", "bob"])
        hear(.chat(message(1, by: identifier(2000)), ref: nil))
        #expect(front.typingNames == ["eve"])
        hear(.typing(peer: bob))
        hear(.typingEnded(peer: eve))
        #expect(front.typingNames == ["bob"])
        hear(.peer(PeerStatus(peer: bob, author: identifier(2000), name: "bob", state: .left)))
        #expect(front.typingNames.isEmpty)
    }
}
