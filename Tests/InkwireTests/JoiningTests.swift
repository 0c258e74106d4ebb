import InkBoard
import InkPrimitives
import InkSession
import Testing

@testable import inkwire

@Suite struct JoiningTests {
    private let start = Instant.zero + .seconds(100)
    private let rendezvous = [Invite.Host(name: "127.0.0.1", port: 4300)]

    @Test func `a board of which nothing comes is given up after the patience, one that grows is not`() {
        var joining = Joining(patience: .seconds(30), now: start)
        #expect(joining.deadline == start + .seconds(30))
        #expect(joining.isHopeless(arrived: 0, isKeptOut: false, now: start + .seconds(29)) == false)
        #expect(joining.isHopeless(arrived: 7, isKeptOut: false, now: start + .seconds(30)) == false)
        #expect(joining.deadline == start + .seconds(60))
        #expect(joining.isHopeless(arrived: 7, isKeptOut: false, now: start + .seconds(60)) == true)
        #expect(joining.deadline == nil)
        #expect(joining.failure(rendezvous: rendezvous).exit == Failure.Exit.rendezvous.rawValue)
    }

    @Test func `who joins and meets nobody is told so once, within five seconds`() {
        var joining = Joining(patience: .seconds(30), now: start)
        let at = start + .seconds(4)
        #expect(joining.saysAt == at)
        #expect(joining.takeNews(rendezvous: rendezvous, now: start + .milliseconds(3900)) == nil)
        #expect(joining.takeNews(rendezvous: rendezvous, now: at) == "still trying: no rendezvous answers so far")
        #expect(joining.takeNews(rendezvous: rendezvous, now: at) == nil && joining.saysAt == nil)
        joining = Joining(patience: .seconds(30), now: start)
        joining.take(.rendezvous(.connected), now: start)
        #expect(joining.takeNews(rendezvous: rendezvous, now: at) == "still trying: nobody who has the board is there so far")
        joining = Joining(patience: .seconds(30), now: start)
        joining.take(.meeting(.zero, author: .zero, nil), now: start)
        #expect(joining.takeNews(rendezvous: rendezvous, now: at) == nil)
        // Who has met another version is told that, and looks at the clock no more often for it.
        joining = Joining(patience: .seconds(30), now: start)
        joining.take(.versionMismatch(theirs: 1, ours: 2), now: start + .seconds(2))
        #expect(joining.saysAt == nil)
        #expect(Joining(patience: .seconds(3), now: start).saysAt == nil)
    }

    @Test func `CL-17: who meets only another version gives up three seconds later and says who must update`() {
        var joining = Joining(patience: .seconds(30), now: start)
        joining.take(.rendezvous(.connected), now: start)
        joining.take(.versionMismatch(theirs: 1, ours: 2), now: start + .milliseconds(300))
        joining.take(.versionMismatch(theirs: 1, ours: 2), now: start + .seconds(2))
        #expect(joining.deadline == start + .milliseconds(3300))
        #expect(joining.isHopeless(arrived: 0, isKeptOut: true, now: start + .seconds(3)) == false)
        #expect(joining.isHopeless(arrived: 0, isKeptOut: true, now: start + .milliseconds(3300)) == true)
        let failure = joining.failure(rendezvous: rendezvous)
        #expect(failure.exit == Failure.Exit.version.rawValue)
        #expect(failure.why == "somebody's inkwire is older (protocol 1, yours speaks 2)")
        #expect(failure.next == "they should install the one that you have, or a newer one; then join again")
    }

    @Test func `CL-17: who meets another version beside his own waits for the board as long as ever`() {
        var joining = Joining(patience: .seconds(30), now: start)
        joining.take(.versionMismatch(theirs: 3, ours: 2), now: start)
        #expect(joining.isHopeless(arrived: 1, isKeptOut: false, now: start + .seconds(3)) == false)
        #expect(joining.deadline == start + .seconds(30))
        joining.take(.versionMismatch(theirs: 3, ours: 2), now: start + .seconds(10))
        #expect(joining.deadline == start + .seconds(13))
        joining.take(.ready(.zero, me: .zero), now: start + .seconds(11))
        #expect(joining.deadline == nil)
        #expect(joining.isHopeless(arrived: 9, isKeptOut: true, now: start + .seconds(40)) == false)
    }

    @Test func `a board that is here is waited for by nobody`() {
        var joining = Joining(patience: nil, now: start)
        joining.take(.versionMismatch(theirs: 1, ours: 2), now: start)
        #expect(joining.deadline == nil)
        #expect(joining.isHopeless(arrived: 0, isKeptOut: true, now: start + .seconds(99)) == false)
    }

    @Test func `CL-151: who is let in by nobody gives up three seconds later, and not while more comes`() {
        var joining = Joining(patience: .seconds(30), now: start)
        joining.take(.notAdmitted, now: start + .seconds(1))
        joining.take(.notAdmitted, now: start + .seconds(2))
        #expect(joining.deadline == start + .seconds(4) && joining.saysAt == nil)
        #expect(joining.isHopeless(arrived: 5, isKeptOut: false, now: start + .seconds(4)) == false)
        joining.take(.notAdmitted, now: start + .seconds(5))
        #expect(joining.isHopeless(arrived: 5, isKeptOut: false, now: start + .seconds(8)) == true)
        #expect(joining.failure(rendezvous: rendezvous).exit == Failure.Exit.invite.rawValue)
    }

    @Test func `CL-157: who meets only somebody who is no member is told the key, when all others had their time`() {
        var joining = Joining(patience: .seconds(30), now: start)
        joining.take(.rejected(author: .zero, rule: "rights: not linked"), now: start)
        #expect(joining.deadline == start + .seconds(30) && joining.saysAt == nil)
        let failure = joining.failure(rendezvous: rendezvous)
        #expect(failure.exit == Failure.Exit.identity.rawValue && failure.why.contains("\(AuthorID.zero)"))
        // What breaks another rule proves nothing of who somebody is.
        joining = Joining(patience: .seconds(30), now: start)
        joining.take(.rejected(author: .zero, rule: "presence: damaged"), now: start)
        #expect(joining.failure(rendezvous: rendezvous).exit != Failure.Exit.identity.rawValue)
    }
}
