import InkBoard
import InkPrimitives
import Testing

@testable import InkSession

/// A name proves nothing: a known one that comes with another key is told.
@Suite struct KnownNamesTests {
    private func told(_ pipes: PerfectPipes, _ index: Int) -> [Event] {
        pipes.members[index].events.filter { if case .knownName = $0 { true } else { false } }
    }

    /// Bob comes and goes, and then somebody else by what looks like his name.
    private func visited(by impostor: String) throws -> (pipes: PerfectPipes, bob: AuthorID, other: AuthorID) {
        var pipes = try PerfectPipes()
        pipes.add(name: "ana")
        pipes.add(name: "bob")
        #expect(pipes.run(.seconds(10)) { $0.areEqual && $0.members.allSatisfy { $0.node.presentPeers == 1 } })
        #expect(told(pipes, 0).isEmpty && told(pipes, 1).isEmpty)
        pipes.input(.quit, to: 1)
        #expect(pipes.run(.seconds(20)) { $0.members[0].node.presentPeers == 0 })
        pipes.add(name: impostor)
        #expect(pipes.run(.seconds(10)) { $0.members[0].node.board?.personName($0.members[2].node.author) == impostor })
        return (pipes, pipes.members[1].node.author, pipes.members[2].node.author)
    }

    @Test(arguments: ["bob", "Bo\u{200B}b "])
    func `FE-65: a known name that comes with another key is told once, and is known from then on`(name: String) throws {
        var (pipes, bob, other) = try visited(by: name)
        let event = Event.knownName(name, author: other, before: bob)
        #expect(told(pipes, 0) == [event])
        pipes.intent(.rename("somebody"), by: 2)
        pipes.intent(.rename(name), by: 2)
        _ = pipes.run(.seconds(2))
        #expect(told(pipes, 0) == [event])
        // Who joins knows nobody, and has nothing to tell.
        #expect(told(pipes, 2).isEmpty)
        // In the next session, too: both are known, and a third is not.
        var again = try PerfectPipes()
        again.add(name: "ana", stored: pipes.saved(by: 0).filter { !$0.isGenesis })
        again.add(name: name, stored: pipes.saved(by: 2).filter { !$0.isGenesis }, identityIndex: 2)
        #expect(again.run(.seconds(10)) { $0.areEqual && $0.members[0].node.presentPeers == 1 })
        #expect(told(again, 0).isEmpty)
        again.add(name: "BOB", identityIndex: 7)
        #expect(again.run(.seconds(10)) { !told($0, 0).isEmpty })
        #expect(told(again, 0) == [.knownName("BOB", author: again.members[2].node.author, before: bob)])
    }

    @Test func `FE-172: who takes one's own name is told, and shown as another`() throws {
        let (pipes, _, other) = try visited(by: "ANA")
        let ana = pipes.members[0].node.author
        #expect(told(pipes, 0) == [.knownName("ANA", author: other, before: ana)])
        #expect(pipes.members[0].node.peers.map(\.hasOurName) == [true])
        let (others, _, _) = try visited(by: "anabel")
        #expect(told(others, 0).isEmpty && others.members[0].node.peers.map(\.hasOurName) == [false])
    }

    @Test func `FE-65: many names of one member neither fill the memory nor the screen`() {
        var names = KnownNames()
        let known: [AuthorID] = (0..<100).map { AuthorID(Array(repeating: UInt8($0), count: 32))! }
        for (number, author) in known.enumerated() { names.note("name \(number)", of: author) }
        let hostile = AuthorID(Array(repeating: 200, count: 32))!
        for step in 0..<10_000 { #expect(names.take("other \(step)", of: hostile, now: .zero) == nil) }
        let told = (0..<100).count { names.take("NAME \($0)", of: hostile, now: .zero) != nil }
        #expect(told == 10)
        // What was known before stays so.
        #expect(names.take("name 99", of: hostile, now: .zero + .seconds(60)) == known[99])
    }
}
