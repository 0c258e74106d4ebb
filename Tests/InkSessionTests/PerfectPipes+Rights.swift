import InkBoard
import InkPrimitives
import InkSession
import Testing

// Boards on which people have roles, and what is asked there.
extension PerfectPipes {
    /// Ann, who made the board, and others who joined by invites of hers.
    static func governed(_ others: [(name: String, role: Role)] = []) throws -> (pipes: PerfectPipes, invites: [InviteNews]) {
        var pipes = try PerfectPipes(admission: .grants)
        pipes.add(name: "ann")
        var invites: [InviteNews] = []
        for (name, role) in others {
            let news = try pipes.invite(InviteOrder(role: role), by: 0)
            invites.append(news)
            pipes.add(name: name, dialling: Array(pipes.members.indices), invite: news.key)
            #expect(pipes.run(.seconds(8)) { $0.areEqual && $0.members.allSatisfy { $0.node.role != nil && $0.node.presentPeers > 0 } })
        }
        return (pipes, invites)
    }

    /// Makes an invite.
    mutating func invite(_ order: InviteOrder, by index: Int) throws -> InviteNews {
        let outcome = ask(.invite(order), by: index)
        let news = members[index].events.compactMap { if case .invited(let news, _) = $0 { news } else { nil } }.last
        return try #require(outcome == .done ? news : nil)
    }

    /// Asks, and waits for the outcome.
    mutating func ask(_ intent: Intent, by index: Int) -> Outcome? {
        let reference = UInt64(members[index].told.count + 1000)
        self.intent(intent, by: index, ref: reference)
        func outcome(_ pipes: PerfectPipes) -> Outcome? {
            for case .outcome(reference, let outcome) in pipes.members[index].events { return outcome }
            return nil
        }
        _ = run(.seconds(5)) { outcome($0) != nil }
        return outcome(self)
    }
}
