import InkPrimitives
import Testing

@testable import InkSession

@Suite struct OwnAttentionTests {
    private let second = FrontEndID(3)!

    private func at(_ seconds: Double) -> Instant { .zero + .milliseconds(Int64(seconds * 1000)) }

    @Test func `SE-275: who is hidden is away at once, and whose keyboard is elsewhere after 10 s`() {
        var own = OwnPresence(now: .zero)
        own.attend(.hidden, by: .holder, now: at(1))
        #expect(own.attention == .away && own.needs == .unseen)
        own.attend(.here, by: .holder, now: at(2))
        #expect(own.attention == .active && own.needs == [])
        own.attend(.elsewhere, by: .holder, now: at(3))
        own.attend(.elsewhere, by: .holder, now: at(9))
        #expect(own.attention == .active && own.deadline == at(13))
        own.handleTimeout(now: at(13))
        #expect(own.attention == .away && own.needs == [], "it is seen still")
        own.attend(.here, by: .holder, now: at(14))
        #expect(own.attention == .active)
        // A look at another window is no absence.
        own.attend(.elsewhere, by: .holder, now: at(15))
        own.attend(.here, by: .holder, now: at(24))
        own.handleTimeout(now: at(25))
        #expect(own.attention == .active)
    }

    @Test func `SE-275: one program that is attended to is enough, and one that goes leaves the others`() {
        var own = OwnPresence(now: .zero)
        own.attach(second)
        own.attend(.hidden, by: .holder, now: at(1))
        #expect(own.attention == .active && own.needs == [])
        own.attend(.hidden, by: second, now: at(2))
        #expect(own.attention == .away && own.needs == .unseen)
        own.detach(second, now: at(3))
        #expect(own.attention == .away)
        own.attach(second)
        #expect(own.attention == .active, "a program that comes is there")
        own.attend(.elsewhere, by: second, now: at(4))
        own.handleTimeout(now: at(14))
        #expect(own.attention == .away && own.needs == [], "one of them is seen still")
    }

    @Test func `SE-391: what is done by hand brings back, and what a program does by itself does not`() {
        var own = OwnPresence(now: .zero)
        own.attend(.hidden, by: .holder, now: at(1))
        for intent in [Intent.view(nil), .cursor(nil), .laser(false), .attention(.hidden)] {
            own.touched(by: .holder, isByHand: intent.isByHand, now: at(2))
            #expect(own.attention == .away, "\(intent)")
        }
        own.touched(by: .holder, isByHand: Intent.cursor(.zero).isByHand, now: at(3))
        #expect(own.attention == .active)
        own.attend(.hidden, by: .holder, now: at(4))
        own.touched(by: second, now: at(5))
        #expect(own.attention == .away, "that was at another program")
    }

    @Test func `SE-390: who is away points nowhere, writes nothing, and is idle when they come back after long`() {
        var own = OwnPresence(now: .zero)
        own.point(at: .zero, by: .holder, now: at(1))
        own.typing(now: at(1))
        let before = own.version
        own.attend(.hidden, by: .holder, now: at(2))
        #expect(own.pointer.position == nil && !own.isTyping && own.version > before)
        let told = own.version
        own.attend(.hidden, by: .holder, now: at(3))
        #expect(own.version == told, "what is known is not told again")
        own.handleTimeout(now: at(70))
        #expect(own.attention == .away && own.version == told)
    }
}
