import InkFrontEnd
import InkPrimitives
import InkSession
import Testing

@Suite struct RosterTests {
    @Test func `a colour follows from the key, and who comes later takes the next free one`() {
        // FE-1
        let author: AuthorID = identifier(2)
        var (left, right) = (Roster(), Roster())
        let people = (0..<9).map { PeerStatus(peer: identifier($0), author: author, name: "\($0)", state: .joined) }
        for person in people { _ = left.take(person) }
        _ = right.take(people[5])
        #expect(right[people[5].peer]?.slot == 2 && left[people[0].peer]?.slot == 2)
        #expect(left.present.map(\.person.slot) == [0, 1, 2, 3, 4, 5, 6, 9, 9])
        // Seven colours for nine people: the last two share one.
        #expect(Set(left.present.map { left.color($0.person).name }).count == 7)
        // Who goes leaves a place, and nobody moves.
        let order = left.present.map(\.peer)
        var gone = people[3]
        gone.state = .left
        #expect(left.take(gone)?.status.name == "3")
        #expect(left.present.map(\.peer) == order.filter { $0 != gone.peer })
    }

    @Test func `a person is announced once, by name or after two seconds`() {
        // FE-2
        var roster = Roster()
        let (bob, shy): (PeerID, PeerID) = (identifier(1), identifier(2))
        for peer in [bob, shy] {
            _ = roster.take(PeerStatus(peer: peer, state: .joined))
            let isBack = roster.isHere(peer, silentSeconds: nil, now: .zero)
            #expect(!isBack)
        }
        #expect(roster.takeArrivals(now: .zero) == [])
        #expect(roster.deadline == .zero + .seconds(2))
        _ = roster.take(PeerStatus(peer: bob, name: "bob", state: .joined))
        #expect(roster.takeArrivals(now: .zero + .milliseconds(10)) == ["bob"])
        #expect(roster.takeArrivals(now: .zero + .seconds(2)) == ["somebody"])
        #expect(roster.takeArrivals(now: .zero + .seconds(9)) == [] && roster.deadline == nil)
        // A name that was told does not go again.
        _ = roster.take(PeerStatus(peer: bob, state: .idle))
        #expect(roster[bob]?.status.name == "bob" && roster[bob]?.status.state == .idle)
    }
}
