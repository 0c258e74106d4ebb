import InkCrypto
import InkPrimitives

@testable import InkSession

/// All that a rendezvous and the wire see of one run of a code, and the code, which they do not see.
struct Transcript {
    let code: ShortCode
    /// What was said in the mailbox: knock, answer, confirmation, the inviter's word.
    let bodies: [[UInt8]]
    /// All bytes of both sockets, but for their frames.
    let wire: [UInt8]

    init(_ code: ShortCode, _ bodies: [[UInt8]], wire: [UInt8]) { (self.code, self.bodies, self.wire) = (code, bodies, wire) }

    /// Transcripts that give the words away, each in another way: what finds nothing in a true one must find them here.
    static func planted(like real: Transcript, using random: inout SecretGenerator) -> [(name: String, transcript: Transcript)] {
        let (code, words) = (real.code, Array(real.code.password.utf8))
        var result: [(String, Transcript)] = []
        // Both draw the same scalar each time.
        var session = random.bytes(CodeMessage.sessionCount)
        let run = CodeKeys.run(
            .initiator, words: code.password, mailbox: UInt32(code.mailbox), session: session, secret: Guesser.weakSecret)
        var bodies = real.bodies
        bodies[0] = CodeMessage.opening(session: session, share: run.share)
        result.append(("a share of a scalar that is always the same", Transcript(code, bodies, wire: [])))
        // The joiner's key is one that the words alone make.
        bodies = real.bodies
        let box = Array(bodies[2].dropFirst(CodeMessage.tagCount))
        bodies[2] = Blake2b.hash(bodies[0] + bodies[1] + box, key: Blake2b.hash256(words), count: CodeMessage.tagCount) + box
        result.append(("a tag whose key is a hash of the words", Transcript(code, bodies, wire: [])))
        // What names the run is made of the words.
        bodies = real.bodies
        session = Array(Blake2b.hash256(words).prefix(CodeMessage.sessionCount))
        bodies[0] = CodeMessage.opening(session: session, share: Array(bodies[0].suffix(32)))
        result.append(("a hash of the words", Transcript(code, bodies, wire: [])))
        result.append(("the words", Transcript(code, real.bodies, wire: real.wire + words)))
        return result
    }
}

/// Tries words against a transcript, offline: as often as it likes, and with all that can be computed of a guess.
struct Guesser {
    private let transcript: Transcript
    /// Each sixteen bytes in a row of what was said.
    private let windows: Set<[UInt8]>
    private let session: [UInt8]
    private let shares: [[UInt8]]

    static let weakSecret: Secret32 = {
        guard let secret = Secret32([UInt8](repeating: 0, count: Secret32.byteCount)) else { preconditionFailure("32 bytes") }
        return secret
    }()

    init(_ transcript: Transcript) {
        self.transcript = transcript
        var windows: Set<[UInt8]> = []
        for body in transcript.bodies where body.count >= Self.window {
            for start in 0...(body.count - Self.window) { windows.insert(Array(body[start..<start + Self.window])) }
        }
        self.windows = windows
        session = Array(transcript.bodies[0][1...CodeMessage.sessionCount])
        shares = [Array(transcript.bodies[0].suffix(32)), Array(transcript.bodies[1].suffix(32))]
    }

    /// Whether the transcript tells that these are the words.
    func confirms(_ words: String) -> Bool {
        let (text, mailbox) = (Array(words.utf8), UInt32(transcript.code.mailbox))
        for form in [text, Array("\(mailbox)-".utf8) + text] {
            for digest in [Blake2b.hash256(form), Blake2b.hash(form, count: 64), SHA256.hash(form)] where isSeen(digest) { return true }
        }
        // The point that the words are, and what a scalar makes of it that anybody may know.
        let run = CodeKeys.run(.initiator, words: words, mailbox: mailbox, session: session, secret: Self.weakSecret)
        if isSeen(run.share) { return true }
        for (side, share) in [(CPace.Side.initiator, shares[1]), (.responder, shares[0])] {
            let run = CodeKeys.run(side, words: words, mailbox: mailbox, session: session, secret: Self.weakSecret)
            guard let key = run.key(with: share) else { continue }
            var keys = CodeKeys(key, transcript: transcript.bodies[0] + transcript.bodies[1])
            if keys.open(transcript.bodies[2], by: .initiator) != nil { return true }
            keys.said(transcript.bodies[2])
            if keys.open(transcript.bodies[3], by: .responder) != nil { return true }
        }
        // A key that the words alone make.
        let (tag, box) = (transcript.bodies[2].prefix(CodeMessage.tagCount), transcript.bodies[2].dropFirst(CodeMessage.tagCount))
        let said = transcript.bodies[0] + transcript.bodies[1] + box
        for key in [Blake2b.hash256(text), SHA256.hash(text)] where Blake2b.hash(said, key: key, count: CodeMessage.tagCount) == Array(tag)
        {
            return true
        }
        return false
    }

    /// Whether the bytes of the wire have it in clear.
    func isInClear(_ words: String) -> Bool {
        let text = Array(words.utf8)
        guard transcript.wire.count >= text.count else { return false }
        return (0...(transcript.wire.count - text.count)).contains { start in
            transcript.wire[start] == text[0] && transcript.wire[start..<start + text.count].elementsEqual(text)
        }
    }

    private func isSeen(_ digest: [UInt8]) -> Bool { windows.contains(Array(digest.prefix(Self.window))) }

    private static let window = 16

    /// What an attacker who has the transcript finds: with each word of the list in each place beside the true ones, the true code among them, and with
    /// codes by chance.
    ///
    /// - Parameters:
    ///   - words: of the list, from the first.
    ///   - codes: by chance.
    func hits(words: Int, codes: Int, using random: inout SecretGenerator) -> (tried: Int, hits: Int) {
        let own = transcript.code.password.split(separator: "-").map(String.init)
        var (tried, hits) = (0, 0)
        func attempt(_ words: [String]) {
            tried += 1
            if confirms(words.joined(separator: "-")) { hits += 1 }
        }
        for place in own.indices {
            for word in Set(CodeWords.all.prefix(words) + [own[place]]).sorted() {
                var guess = own
                guess[place] = word
                attempt(guess)
            }
            if isInClear(own[place]) { hits += 1 }
        }
        for _ in 0..<codes { attempt(own.indices.map { _ in CodeWords.all[Int(random.next() % UInt64(CodeWords.count))] }) }
        return (tried, hits)
    }
}
