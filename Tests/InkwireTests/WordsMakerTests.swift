import InkCrypto
import InkPrimitives
import InkSession
import Synchronization
import Testing

@testable import inkwire

@Suite struct WordsMakerTests {
    private static func device(_ number: UInt64) -> AuthorID {
        var random = SplitMix64(seed: number)
        return AuthorID(using: &random)
    }

    @Test func `CL-334: safety words are made one after the other, and of the same two keys once, where they could be made`() async {
        let counts = Mutex((now: 0, most: 0, all: 0))
        let maker = WordsMaker { one, other in
            counts.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1), $0.all + 1) }
            defer { counts.withLock { $0.now -= 1 } }
            // For one pair the machine does not give the memory.
            if [one, other].contains(Self.device(3)) { return nil }
            return SafetyWords(one, other, cost: Argon2id.Cost(passes: 1, memory: 8192))
        }
        func make(_ one: UInt64, _ other: UInt64) async -> SafetyWords? {
            await withCheckedContinuation { told in maker.make(Self.device(one), Self.device(other)) { told.resume(returning: $0) } }
        }
        let made = await withTaskGroup(of: SafetyWords?.self) { group in
            for number in 0..<40 { group.addTask { number % 2 == 0 ? await make(1, 2) : await make(2, 1) } }
            return await group.reduce(into: [SafetyWords?]()) { $0.append($1) }
        }
        #expect(Set(made).count == 1 && made[0] != nil)
        let refused = [await make(1, 3), await make(1, 3)]
        let seen = counts.withLock { $0 }
        #expect(refused == [nil, nil] && seen.most == 1 && seen.all == 3, "\(seen)")
    }
}
