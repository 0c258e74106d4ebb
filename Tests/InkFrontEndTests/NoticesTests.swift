import InkFrontEnd
import InkPrimitives
import Testing

@Suite struct NoticesTests {
    @Test func `FE-3: two notices are shown, each for four seconds`() {
        var notices = Notices()
        for (index, text) in ["one", "two", "three"].enumerated() { notices.add(text, now: .zero + .seconds(index)) }
        #expect(notices.shown.map(\.text) == ["two", "three"])
        #expect(notices.deadline == .zero + .seconds(5))
        let early = notices.expire(now: .zero + .milliseconds(4999))
        let due = notices.expire(now: .zero + .seconds(5))
        #expect(!early && due && notices.shown.map(\.text) == ["three"])
        // The same again is no second notice, and stands longer.
        notices.add("three", now: .zero + .seconds(5))
        #expect(notices.shown.count == 1 && notices.deadline == .zero + .seconds(9))
    }

    @Test func `FE-154: of one kind there is one, and names join it`() {
        var notices = Notices()
        notices.add(person: "bob", .joined, now: .zero)
        notices.add(person: "eve", .joined, now: .zero)
        notices.add(person: "bob", .joined, now: .zero)
        #expect(notices.shown.map(\.text) == ["eve, bob joined"])
        notices.add(person: "bob", .back, now: .zero)
        notices.add(person: "eve", .back, now: .zero)
        #expect(notices.shown.map(\.text) == ["eve, bob joined", "bob, eve are back"])
        notices.add("no link", as: .invites, now: .zero)
        notices.add("no answer", as: .invites, now: .zero)
        #expect(notices.shown.map(\.text) == ["bob, eve are back", "no answer"])
    }

    @Test func `FE-60: what is no longer so is not said beside what is`() {
        var notices = Notices()
        notices.add(person: "bob", .left, now: .zero)
        notices.add(person: "ana", .left, now: .zero)
        notices.add(person: "ana", .joined, now: .zero)
        #expect(notices.shown.map(\.text) == ["bob left", "ana joined"])
        notices.add(person: "ana", .left, now: .zero)
        #expect(notices.shown.map(\.text) == ["bob, ana left"])
        for kind in [Notices.Kind.joined, .back] {
            notices.add(.alone(isSaved: true), as: .alone, now: .zero)
            notices.add(person: "ana", kind, now: .zero)
            #expect(!notices.shown.contains { $0.text.hasPrefix("Only you") }, "\(kind)")
        }
    }
}
