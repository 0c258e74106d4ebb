import InkBoard
import InkFrontEnd
import InkPrimitives
import InkSession
import Testing

@Suite struct RequestsTests {
    private let draft = ShapeDraft(kind: .text, position: .zero, text: "a")

    @Test func `FE-11, FE-157: each intent has a reference of its own until its outcome, but for what streams`() {
        var requests = Requests<String>()
        let asked = [
            Intent.begin(.shape(draft)), .update(.shape(draft)), .extend([.zero]), .cursor(.zero), .typing, .commit, .undo, .say("x"),
        ].map { requests.ask($0, for: "\($0)", now: .zero) }
        #expect(asked == [1, nil, nil, nil, nil, 2, 3, 4])
        #expect(requests.isAwaiting)
        #expect(requests[3]?.intent == .undo)
        for reference in [2, 3, 4] as [UInt64] {
            let answer = requests.take(reference == 3 ? .skipped([]) : .done, of: reference, now: .zero)
            #expect(answer?.isKept == false && requests[reference] == nil)
        }
        // A gesture alone is no work.
        let again = requests.take(.done, of: 4, now: .zero)
        #expect(!requests.isAwaiting && requests[1] != nil && again == nil)
    }

    @Test func `FE-12: what the disk refuses is asked again each second, and shown meanwhile`() {
        var requests = Requests<String>()
        let first = requests.ask(.commit, for: "stroke", again: .draw(draft), now: .zero)
        _ = requests.ask(.delete([]), for: "deletion", now: .zero)
        // A gesture whose beginning was refused is not there: what it drew is asked for at once.
        let kept = requests.take(.refused(.noGesture), of: 1, now: .zero)
        #expect(first == 1 && kept?.isKept == true && kept?.request.wasRefused == false && requests.keptCount == 1)
        var asked = requests.handleTimeout(now: .zero)
        #expect(asked.map(\.intent) == [.draw(draft)] && asked.map(\.reference) == [3] && asked.map(\.before) == [1])
        for second in 0..<20 {
            let now = Instant.zero + .seconds(second)
            let answer = requests.take(.refused(.diskRefuses("full")), of: asked[0].reference, now: now)
            #expect(answer?.isKept == true && answer?.request.wasRefused == (second > 0))
            #expect(requests.shown(now: now).map(\.purpose).first == "stroke")
            #expect(requests.deadline(now: now) == now + .seconds(1) || second < 5)
            #expect(requests.handleTimeout(now: now + .milliseconds(999)).isEmpty)
            asked = requests.handleTimeout(now: now + .seconds(1))
            #expect(asked.map(\.intent) == [.draw(draft)])
        }
        #expect(requests.keptCount == 1)
        let done = requests.take(.done, of: asked[0].reference, now: .zero)
        #expect(done?.isKept == false && requests.keptCount == 0)
        // What cannot be asked again goes.
        let gone = requests.take(.refused(.diskRefuses("full")), of: 2, now: .zero)
        #expect(gone?.isKept == false && !requests.isAwaiting)
    }

    @Test func `FE-12: what waits to be asked again can be withdrawn, and what is on its way cannot`() {
        var requests = Requests<Int>()
        _ = requests.ask(.draw(draft), for: 1, again: .draw(draft), now: .zero)
        #expect(!requests.withdraw(1) && requests.isAwaiting)
        _ = requests.take(.refused(.diskRefuses("full")), of: 1, now: .zero)
        #expect(requests.withdraw(1) && requests.keptCount == 0 && requests.deadline(now: .zero) == nil && !requests.withdraw(1))
    }

    @Test func `FE-12: of what cannot be told why, and of the sixty-fifth, nothing is kept`() {
        var requests = Requests<Int>()
        for number in 0..<70 {
            let reference = requests.ask(.draw(draft), for: number, again: .draw(draft), now: .zero)
            let answer = reference.flatMap { requests.take(.refused(.diskRefuses("full")), of: $0, now: .zero) }
            #expect(answer?.isKept == (number < 64))
        }
        #expect(requests.keptCount == 64 && requests.shown(now: .zero).map(\.purpose) == Array(0..<64))
        let reference = requests.ask(.draw(draft), for: 70, again: .draw(draft), now: .zero)
        let answer = reference.flatMap { requests.take(.refused(.tooLarge), of: $0, now: .zero) }
        #expect(answer?.isKept == false)
    }

    @Test func `FE-158: what has no answer for five seconds is no longer shown, and still asked`() {
        var requests = Requests<Int>()
        _ = requests.ask(.undo, for: 7, now: .zero)
        let late = Instant.zero + .seconds(5)
        #expect(requests.deadline(now: .zero) == late && requests.shown(now: late - .milliseconds(1)).count == 1)
        #expect(requests.shown(now: late).isEmpty && requests.isAwaiting && requests.deadline(now: late) == nil)
    }
}
