import InkFrontEnd
import InkPrimitives
import InkSession
import Testing

@Suite struct RosterTests {
    @Test func `FE-1, FE-152: a colour follows from the key, and who comes later takes the next free one`() {
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

    @Test func `FE-2, FE-153: a person is announced once, by name or after two seconds`() {
        var roster = Roster()
        let (bob, shy): (PeerID, PeerID) = (identifier(1), identifier(2))
        for peer in [bob, shy] {
            _ = roster.take(PeerStatus(peer: peer, state: .joined))
            let isBack = roster.isHere(peer, silentSeconds: nil, now: .zero)
            #expect(!isBack)
        }
        #expect(roster.takeArrivals(now: .zero).isEmpty)
        #expect(roster.deadline == .zero + .seconds(2))
        _ = roster.take(PeerStatus(peer: bob, name: "bob", state: .joined))
        #expect(roster.takeArrivals(now: .zero + .milliseconds(10)).map(\.name) == ["bob"])
        #expect(roster.takeArrivals(now: .zero + .seconds(2)).map(\.name) == ["somebody"])
        #expect(roster.takeArrivals(now: .zero + .seconds(9)).isEmpty && roster.deadline == nil)
        // A name that was told does not go again.
        _ = roster.take(PeerStatus(peer: bob, state: .idle))
        #expect(roster[bob]?.status.name == "bob" && roster[bob]?.status.state == .idle)
    }

    @Test func `FE-61, FE-170: two people with one name are told apart, however the second spells it`() {
        for name in ["bob", "Bob", "bo\u{200B}b", "bob\u{202E}", " bob ", "bob@00000000", "bob@0123abcd@89abcdef"] {
            var roster = Roster()
            _ = roster.take(PeerStatus(peer: identifier(1), author: identifier(11), name: "bob", state: .joined))
            _ = roster.take(PeerStatus(peer: identifier(3), author: identifier(13), name: "eve", state: .joined))
            #expect(roster.present.map { roster.name(of: $0.person) }.sorted() == ["bob", "eve"])
            let other = PeerStatus(peer: identifier(2), author: identifier(12), name: name, state: .joined)
            _ = roster.take(other)
            let marks = [11, 12].map { "@\(identifier($0) as AuthorID)" }
            #expect(Set(roster.present.map { roster.name(of: $0.person) }) == ["bob" + marks[0], name + marks[1], "eve"])
            var gone = other
            gone.state = .left
            _ = roster.take(gone)
            #expect(roster.present.map { roster.name(of: $0.person) }.sorted() == ["bob", "eve"])
        }
        // Two programs of one device are one person.
        var roster = Roster()
        for peer in [1, 2] { _ = roster.take(PeerStatus(peer: identifier(peer), author: identifier(11), name: "bob", state: .joined)) }
        #expect(roster.present.map { roster.name(of: $0.person) } == ["bob", "bob"])
        // Who goes by our own name is told from us.
        let namesake = PeerStatus(peer: identifier(4), author: identifier(14), name: "ana", state: .joined, hasOurName: true)
        _ = roster.take(namesake)
        #expect(roster.present.map { roster.name(of: $0.person) }.contains("ana@\(identifier(14) as AuthorID)"))
        // What is seen differs: nothing need be added.
        #expect(PersonName.fold("bob") != PersonName.fold("bob 2") && PersonName.fold("b ob") != PersonName.fold("bob"))
    }

    @Test func `FE-61: names are alike where their folds are equal, whatever they are made of`() {
        var random = SplitMix64(seed: 61)
        let signs = ["a", "A", "b", "0", "o", "1", "l", "|", " ", "@", "@0123abcd", "\u{200B}", "\u{301}", "а", "-", "‐", "é", "ａ"]
        var alike = 0
        for _ in 0..<20_000 {
            let names = (0..<2).map { _ in (0..<random.below(5)).map { _ in signs[random.below(signs.count)] }.joined() }
            let folds = names.map(PersonName.fold)
            let areOne = folds[0] == folds[1] && !folds[0].isEmpty
            #expect(PersonName.areAlike(names[0], names[1]) == areOne, "\(names)")
            if areOne, names[0] != names[1] { alike += 1 }
        }
        #expect(alike > 100)
        // The way that looks at no table is the way that does.
        for plain in ["bob 2", "BOB", "a|0", "x_y", "10"] { #expect(PersonName.fold(plain) == PersonName.fold("\u{200B}\(plain)")) }
    }

    @Test func `FE-62: nobody who is silent is said to be reached`() {
        var roster = Roster()
        for (silent, isSaid) in [(nil, true), (1, true), (2, false), (9, false)] as [(Int?, Bool)] {
            let status = PeerStatus(
                peer: identifier(1), name: "bob", state: .joined, path: .direct, roundTrip: .milliseconds(3), silentSeconds: silent)
            _ = roster.take(status)
            #expect((roster[identifier(1)]?.pathWord != nil) == isSaid && roster.silent.isEmpty == isSaid)
        }
        // Who is silent longest is told first.
        _ = roster.take(PeerStatus(peer: identifier(2), name: "eve", state: .joined, silentSeconds: 12))
        _ = roster.take(PeerStatus(peer: identifier(3), name: "ana", state: .joined, silentSeconds: 3))
        #expect(roster.silent.map(\.name) == ["eve", "bob", "ana"] && roster.lost.map(\.name) == ["eve", "bob"])
    }
}
