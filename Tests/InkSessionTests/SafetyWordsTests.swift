import InkBoard
import InkCrypto
import InkPrimitives
import Testing

@testable import InkSession

@Suite struct SafetyWordsTests {
    /// What costs next to nothing, where it is not about the cost.
    private static let cheap = Argon2id.Cost(passes: 1, memory: 8192)

    private static func key(_ number: UInt8) -> AuthorID { AuthorID(Array(repeating: number, count: 32))! }

    @Test func `SE-241: both see the same six words, and whoever has another key sees others`() throws {
        let words = try #require(SafetyWords(Self.key(1), Self.key(2), cost: Self.cheap))
        #expect(words == SafetyWords(Self.key(2), Self.key(1), cost: Self.cheap))
        #expect(words.words.count == 6 && words.words.allSatisfy { CodeWords.index(of: $0) != nil })
        #expect(words.description.split(separator: " ").map(String.init) == words.words)
        var seen: Set<SafetyWords> = [words]
        for other in 3..<100 as Range<UInt8> {
            #expect(seen.insert(try #require(SafetyWords(Self.key(1), Self.key(other), cost: Self.cheap))).inserted)
        }
    }

    @Test func `SE-241, SE-374: of two keys the words are these, at the cost that is meant`() throws {
        #expect(SafetyWords.cost == Argon2id.Cost(passes: 3, memory: 268_435_456))
        let words = try #require(SafetyWords(Self.key(1), Self.key(2)))
        // As another program made them with libsodium and the list of words.
        #expect(words.description == "alert harmony shuttle boiler geometry ebony")
    }

    @Test func `SE-241: each of the 2048 words comes, each at every place`() throws {
        var counts = [[String: Int]](repeating: [:], count: SafetyWords.count)
        for number in 0..<4000 {
            let digest = Blake2b.hash256(Array("\(number)".utf8))
            let other = try #require(AuthorID(digest))
            for (place, word) in try #require(SafetyWords(Self.key(1), other, cost: Self.cheap)).words.enumerated() {
                counts[place][word, default: 0] += 1
            }
        }
        // 4000 draws of 2048 leave 2048/e^1.95 = 291 out; no word is drawn twenty times.
        for place in counts { #expect((1650...1850).contains(place.count) && place.values.allSatisfy { $0 < 20 }) }
    }

    @Test func `who has no words is told why`() {
        #expect(SafetyWords.obstacle.contains("256 MiB"))
    }
}
