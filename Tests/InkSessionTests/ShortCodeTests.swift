import InkCrypto
import InkPrimitives
import Testing

@testable import InkSession

@Suite struct ShortCodeTests {
    private static func code(_ seed: UInt64, place: ShortCode.Place? = nil) throws -> ShortCode {
        var random = SplitMix64(seed: seed)
        var generator = SecretGenerator(seed: (0..<32).map { _ in UInt8.random(in: 0...255, using: &random) })
        return try #require(ShortCode.drawn(mailbox: 1 + random.below(99_999), place: place, using: &generator))
    }

    private static func outcome(_ text: String) -> Result<ShortCode.Reading, ShortCodeError> {
        Result { () throws(ShortCodeError) in try ShortCode.read(text) }
    }

    /// All that one mistake makes of a word.
    private static func mistakes(in word: String) -> Set<String> {
        let letters = Array(word)
        var found: Set<String> = []
        for index in 0...letters.count {
            for letter in "abcdefghijklmnopqrstuvwxyz" {
                found.insert(String(letters[..<index]) + String(letter) + String(letters[index...]))
                if index < letters.count {
                    found.insert(String(letters[..<index]) + String(letter) + String(letters[(index + 1)...]))
                }
            }
            if index < letters.count { found.insert(String(letters[..<index]) + String(letters[(index + 1)...])) }
            if index + 1 < letters.count {
                found.insert(String(letters[..<index]) + String([letters[index + 1], letters[index]]) + String(letters[(index + 2)...]))
            }
        }
        found.remove(word)
        return found
    }

    /// One of them.
    private static func mistake(in word: String, using random: inout SplitMix64) -> String {
        while true {
            var letters = Array(word)
            let index = random.below(letters.count)
            let letter = Character(Unicode.Scalar(UInt8(ascii: "a") + UInt8(random.below(26))))
            switch random.below(4) {
            case 0: letters.insert(letter, at: random.below(letters.count + 1))
            case 1: letters[index] = letter
            case 2: letters.remove(at: index)
            default: if index > 0 { letters.swapAt(index, index - 1) }
            }
            if String(letters) != word { return String(letters) }
        }
    }

    /// Optimal string alignment: insertions, deletions, substitutions, and transpositions of neighbours.
    private static func distance(_ left: String, _ right: String) -> Int {
        let (a, b) = (Array(left.utf8), Array(right.utf8))
        var rows = [Array(0...b.count)]
        for i in 1...a.count {
            var row = [i]
            for j in 1...b.count {
                var best = min(rows[i - 1][j] + 1, row[j - 1] + 1, rows[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1))
                if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] { best = min(best, rows[i - 2][j - 2] + 1) }
                row.append(best)
            }
            rows.append(row)
        }
        return rows[a.count][b.count]
    }

    @Test func `SE-210, SE-352: the list has 2048 sorted words that their first four letters tell apart`() {
        let words = CodeWords.all
        #expect(words.count == CodeWords.count && CodeWords.count == 2048)
        #expect(words == words.sorted() && Set(words).count == words.count)
        #expect(
            words.allSatisfy {
                (3...8).contains($0.utf8.count) && $0.utf8.allSatisfy { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) }
            })
        #expect(Set(words.map { $0.prefix(4) }).count == words.count)
        // Sorted, so what begins with a word would follow it.
        #expect(zip(words, words.dropFirst()).allSatisfy { !$1.hasPrefix($0) })
        // Codes name words by their place: whoever changes one makes old and new programs misunderstand each other.
        let sum = Hex.encode(Blake2b.hash256(Array(words.joined(separator: " ").utf8)).prefix(8))
        #expect(sum == "308c9b53d5ffa50f")
    }

    @Test func `SE-352: any two words of the list are two mistakes apart`() {
        // One mistake leaves a form in common that lacks a letter at most.
        var sharing: [String: [String]] = [:]
        for word in CodeWords.all {
            let letters = Array(word)
            for form in Set(letters.indices.map { String(letters[..<$0] + letters[($0 + 1)...]) } + [word]) {
                sharing[form, default: []].append(word)
            }
        }
        let pairs = sharing.values.flatMap { group in group.indices.flatMap { one in group[(one + 1)...].map { (group[one], $0) } } }
        #expect(pairs.filter { Self.distance($0, $1) < 2 }.map { "\($0) \($1)" } == [])
        #expect(Self.distance("lamp", "lapm") == 1 && Self.distance("lamp", "lame") == 1 && Self.distance("lamp", "clap") == 2)
    }

    @Test func `SE-352: no two words of the list sound the same, and none is a number or a role`() {
        let all = Set(CodeWords.all)
        for group in Self.homophones.split(separator: ",") {
            let here = group.split(whereSeparator: \.isWhitespace).map(String.init).filter(all.contains)
            #expect(here.count < 2, "\(here) sound the same")
        }
        let numbers =
            "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
        let others =
            "twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million billion first second third half quarter double triple"
        let roles = "owner editor commenter viewer owners editors viewers admin member code join inkwire"
        for word in "\(numbers) \(others) \(roles)".split(separator: " ") { #expect(!all.contains(String(word))) }
    }

    private static let homophones = """
        air heir ere, aisle isle, allowed aloud, alter altar, ant aunt, ascent assent, ate eight, bail bale, ball bawl, band banned,
        bare bear, baron barren, base bass, bazaar bizarre, beach beech, bean been, beat beet, bell belle, berry bury, berth birth,
        board bored, bolder boulder, boar bore, bow bough, brake break, bread bred, bridal bridle, buy by bye, buyer byre,
        canvas canvass, capital capitol, carat carrot karat, ceiling sealing, cell sell, cellar seller, cent scent sent, cereal serial,
        chord cord, chute shoot, clothes close, coarse course, colonel kernel, complement compliment, coral choral, council counsel,
        creak creek, crews cruise, currant current, cymbal symbol, dear deer, desert dessert, dew due, die dye, draft draught,
        dual duel, ewe you yew, fair fare, feat feet, fir fur, flair flare, flea flee, flew flu flue, flour flower, fore four for,
        foul fowl, gait gate, gilt guilt, gnu new knew, gorilla guerrilla, grate great, groan grown, guest guessed, hail hale,
        hair hare, hall haul, hangar hanger, hart heart, heal heel, hear here, hoarse horse, hole whole, holy wholly, hour our,
        idle idol, jam jamb, jean gene, key quay, knead need, knight night, knot not, know no, lain lane, leak leek, lesson lessen,
        liar lyre, links lynx, loan lone, made maid, mail male, main mane, maize maze, manner manor, marshal martial, mantle mantel,
        meat meet, medal meddle metal, mince mints, miner minor, mist missed, moat mote, moose mousse, morning mourning, muscle mussel,
        mustard mustered, naval navel, none nun, oar ore or, pail pale, pain pane, pair pear pare, palette pallet palate,
        patience patients, pause paws, peace piece, peak peek, pearl purl, pedal peddle petal, peer pier, plain plane, pole poll,
        pray prey, presence presents, prince prints, principal principle, profit prophet, rain reign rein, raise rays, read reed,
        right rite write, ring wring, road rode rowed, roe row, role roll, root route, rose rows, rye wry, sail sale, sauce source,
        scene seen, sea see, seam seem, seas seize, serf surf, sew so sow, shear sheer, shoe shoo, side sighed, slay sleigh, soar sore,
        sole soul, some sum, son sun, staid stayed, stair stare, stake steak, stationary stationery, steal steel, stile style,
        storey story, straight strait, suite sweet, tail tale, tea tee, team teem, tern turn, throne thrown, thyme time, tide tied,
        tire tyre, toad towed, toe tow, vain vane vein, wail whale, waist waste, wait weight, wander wonder, warn worn, way weigh whey,
        weak week, weather whether, which witch, whine wine, wood would, wrap rap, yoke yolk,
        sauce source, caught court, father farther, lava larva, law lore, pawn porn, saw sore, stalk stork, talk torque, tuna tuner,
        panda pander, spa spar, flaw floor, alms arms, sort sought, fort fought, raw roar, rota rotor, cheetah cheater
        """

    @Test(arguments: 0..<200 as Range<UInt64>) func `SE-211: a code reads back from its text`(seed: UInt64) throws {
        let places: [String?] = [nil, "board.example", "board.example:8443", "127.0.0.1:9", "[2001:db8::1]", "[2001:db8::1]:8443", "a-b_c"]
        let place = places[Int(seed) % places.count]
        let code = try Self.code(seed, place: place.map { try #require(ShortCode.Place($0)) })
        let reading = try ShortCode.read(code.text)
        #expect(reading.code == code && reading.corrections.isEmpty)
        #expect(code.text == "\(code.mailbox)-\(code.password)" + (place.map { "@\($0)" } ?? ""))
        #expect(code.isLocal == (String(code.mailbox).count == 4))
        #expect(ShortCode.isLikelyCode(code.text))
    }

    @Test func `SE-211, SE-354: each word of the list reads back at each place`() throws {
        for index in CodeWords.all.indices {
            let words = [index, 2047 - index, (index + 700) % 2048]
            let code = try #require(ShortCode(mailbox: 7, words: words))
            #expect(code.password == words.map { CodeWords.all[$0] }.joined(separator: "-"))
            let reading = try ShortCode.read(code.text)
            #expect(reading.code == code && reading.corrections.isEmpty, "\(code.text)")
        }
        #expect(ShortCode(mailbox: 7, words: [0, 2048, 1]) == nil && ShortCode(mailbox: 7, words: [0, 1]) == nil)
        #expect(ShortCode(mailbox: 0, words: [0, 1, 2]) == nil && ShortCode(mailbox: 100_000, words: [0, 1, 2]) == nil)
    }

    @Test func `SE-353: words are drawn uniformly, and the seed says which`() throws {
        var generator = SecretGenerator(seed: [UInt8](repeating: 7, count: 32))
        var counts = [[Int]](repeating: [Int](repeating: 0, count: 16), count: 3)
        var seen: Set<String> = []
        for _ in 0..<4096 {
            let code = try #require(ShortCode.drawn(mailbox: 7, using: &generator))
            for (place, word) in code.password.split(separator: "-").enumerated() {
                let index = try #require(CodeWords.index(of: String(word)))
                counts[place][index / 128] += 1
                seen.insert("\(place) \(word)")
            }
        }
        // 256 in each of 16 parts; five standard deviations are 78.
        #expect(counts.joined().allSatisfy { (178...334).contains($0) }, "\(counts)")
        // Of 2048 words 1 - e^-2 are seen at each place: 1771, give or take 15.
        #expect((5100...5500).contains(seen.count), "\(seen.count)")
        let again = try (Self.code(3), Self.code(3), Self.code(4))
        #expect(again.0 == again.1 && again.0 != again.2)
        #expect(ShortCode.drawn(mailbox: 100_000, using: &generator) == nil)
    }

    @Test func `SE-353: nothing but its text shows the words of a code`() throws {
        let reading = try ShortCode.read("7-copper-lantrn-orbit")
        let correction = try #require(reading.corrections.first)
        var dumped = ""
        dump(reading, to: &dumped)
        dump(reading.code, to: &dumped)
        dump(correction, to: &dumped)
        dumped +=
            "\(reading) \(reading.code) \(correction) \(String(reflecting: reading)) \(String(reflecting: reading.code)) \([correction])"
        for word in ["copper", "lantern", "lantrn", "orbit"] { #expect(!dumped.contains(word), "\(dumped)") }
        for word in reading.code.password.split(separator: "-") {
            let index = try #require(CodeWords.index(of: String(word)))
            #expect(!dumped.contains(String(index)), "\(dumped)")
        }
    }

    @Test(arguments: [
        "7-copper-lantern-orbit", " 7-copper-lantern-orbit\n", "7 copper lantern orbit", "7-Copper-LANTERN-oRBIT",
        "7, copper, lantern, orbit.",
        "7.copper.lantern.orbit", "7_copper__lantern - orbit", "code: 7-copper-lantern-orbit", "Code 7 copper lantern orbit",
        "CODE:7-copper-lantern-orbit",
        "inkwire join 7-copper-lantern-orbit", "\"7-copper-lantern-orbit\"", "“7-copper-lantern-orbit”", "«7 copper lantern orbit»",
        "'7-copper-lantern-orbit'",
        "code: `7-copper-lantern-orbit`", "7–copper—lantern‑orbit", "7−copper−lantern−orbit", "７－ｃｏｐｐｅｒ－lantern－orbit",
        "٧ copper lantern orbit",
        "7copper lantern orbit", "7-copp-lant-orbi", "7-coppe-lanter-orbi", "7\tcopper\r\n  lantern   orbit", "7/copper/lantern/orbit!",
        "(7-copper-lantern-orbit)",
        "7-cop\u{200B}per-lan\u{AD}tern-orbit", "\u{FEFF}7-copper-lantern-orbit", "7\u{3000}copper\u{3001}lantern\u{FF0C}orbit",
        "7-copper-lantern-orb\u{0130}t",
    ])
    func `SE-212: what makes no difference for people makes none here`(typed: String) throws {
        let reading = try ShortCode.read(typed)
        #expect(reading.code.text == "7-copper-lantern-orbit")
        #expect(reading.corrections.isEmpty)
    }

    @Test(arguments: [
        ("7-copper-lantern-orbit@board.example:8443", "@board.example:8443"),
        ("7 copper lantern orbit @ Board.Example : 8443", "@board.example:8443"),
        ("“7-copper-lantern-orbit@board.example”.", "@board.example"),
        ("7-copper-lantern-orbit＠board‑one.example：８４４３", "@board-one.example:8443"),
        ("7-copper-lantern-orbit@[2001:DB8::1]", "@[2001:db8::1]"), ("<7-copper-lantern-orbit@[::1]:9>", "@[::1]:9"),
        ("7-copper-lantern-orbit@board.exa\n  mple", "@board.example"), ("7-copper-lantern-orbit@127.0.0.1,", "@127.0.0.1"),
    ])
    func `SE-212: the place of a code is read as forgivingly`(typed: String, place: String) throws {
        let reading = try ShortCode.read(typed)
        #expect(reading.code.text == "7-copper-lantern-orbit\(place)")
        #expect(reading.corrections.isEmpty)
    }

    @Test func `SE-355, SE-356, SE-357: four letters are enough for a word, or its person is asked`() throws {
        var asked = 0
        for word in CodeWords.all {
            let typed = String(word.prefix(4))
            switch Self.outcome("7-\(typed)-copper-orbit") {
            case .success(let reading):
                #expect(reading.code.password == "\(word)-copper-orbit" && reading.corrections.isEmpty)
            case .failure(let error):
                guard case .unknownWord(typed, let suggestions) = error else { throw error }
                #expect(
                    suggestions.contains(word) && suggestions.contains { Self.distance($0, typed) == 1 && $0 != word },
                    "\(word): \(suggestions)")
                asked += 1
            }
        }
        #expect(asked < CodeWords.count / 5, "\(asked)")
    }

    @Test func `SE-213, SE-356: a word with one mistake is corrected, and that is told`() throws {
        for (typed, taken) in [
            ("coppr", "copper"), ("coppper", "copper"), ("cupper", "copper"), ("ocpper", "copper"), ("coppre", "copper"),
            ("c0pper", "copper"),
            ("lantérn", "lantern"), ("kopper", "copper"), ("zeb", "zebra"),
        ] {
            let reading = try ShortCode.read("7-orbit-\(typed)-zebra")
            #expect(reading.code.text == "7-orbit-\(taken)-zebra")
            #expect(reading.corrections == [ShortCode.Correction(typed: typed, taken: taken)])
        }
        let reading = try ShortCode.read("7-obrit-lantern-kopper@board.example")
        #expect(reading.corrections.map(\.typed) == ["obrit", "kopper"] && reading.corrections.map(\.taken) == ["orbit", "copper"])
    }

    @Test(arguments: 0..<30 as Range<UInt64>) func `SE-357: of 3000 codes no single mistake in a word makes another one unseen`(
        seed: UInt64
    ) throws {
        var random = SplitMix64(seed: seed ^ 0x5348_4F52_54)
        for number in 0..<100 as Range<UInt64> {
            let code = try Self.code(seed * 100 + number)
            let words = code.password.split(separator: "-").map(String.init)
            for place in words.indices {
                var typed = words
                typed[place] = Self.mistake(in: words[place], using: &random)
                Self.check("\(code.mailbox)-\(typed.joined(separator: "-"))", against: code, typed: typed[place], meant: words[place])
            }
        }
    }

    @Test func `SE-213, SE-357: each mistake in each word of a part of the list is corrected or asked about`() throws {
        for index in stride(from: 5, to: CodeWords.count, by: 211) {
            let code = try #require(ShortCode(mailbox: 7, words: [3, index, 900]))
            let word = CodeWords.all[index]
            for typed in Self.mistakes(in: word) {
                Self.check("7-\(CodeWords.all[3])-\(typed)-\(CodeWords.all[900])", against: code, typed: typed, meant: word)
            }
        }
    }

    /// Reads `text`, which is `code` but for one mistake that made `typed` of the word `meant`.
    private static func check(_ text: String, against code: ShortCode, typed: String, meant: String) {
        switch outcome(text) {
        case .success(let reading) where reading.corrections.isEmpty:
            // The end of the word was left out, which is none to show.
            #expect(reading.code == code && meant.hasPrefix(typed), "\(text) was read as \(reading.code.text)")
        case .success(let reading):
            #expect(reading.corrections == [ShortCode.Correction(typed: typed, taken: meant)] && reading.code == code, "\(text)")
        case .failure(let error):
            guard case .unknownWord(typed, let suggestions) = error, (2...3).contains(suggestions.count) else {
                Issue.record("\(text): \(error)")
                return
            }
        }
    }

    @Test func `SE-357: of a word that may be several, or none, the person is told`() {
        #expect(throws: ShortCodeError.unknownWord("xyzzy", suggestions: [])) { try ShortCode.read("7-xyzzy-copper-orbit") }
        #expect(throws: ShortCodeError.unknownWord("lanternlight", suggestions: ["landing", "language", "lantern"])) {
            try ShortCode.read("7-lanternlight-copper-orbit")
        }
        guard case .failure(let error) = Self.outcome("7-ca-copper-orbit"), case .unknownWord("ca", let suggestions) = error else {
            Issue.record("two letters were taken for a word")
            return
        }
        #expect(suggestions.count == 3)
        #expect(error.description.contains("“ca”") && suggestions.allSatisfy(error.description.contains))
    }

    @Test func `SE-271, SE-355, SE-389: the word that is being typed is completed`() {
        #expect(ShortCode.completions(of: "7-copp") == ["copper"])
        #expect(ShortCode.completions(of: "code: 7 Copper LAN") == ["landing", "language", "lantern"])
        #expect(ShortCode.completions(of: "7copper,lantern,orb") == ["orbit"])
        #expect(ShortCode.completions(of: "7-copper") == ["copper"])
        // SE-271
        #expect(ShortCode.completion(of: "7-copp") == .more("er-"))
        #expect(ShortCode.completion(of: "7-copper") == .more("-"))
        #expect(ShortCode.completion(of: "7-copper-lantern-ORB") == .more("it"))
        #expect(ShortCode.completion(of: "7-copper-lan") == .several(["landing", "language", "lantern"], count: 3))
        #expect(ShortCode.completion(of: "7-copper-lang") == .more("uage-"))
        #expect(ShortCode.completion(of: "7-copper-qz") == .none && ShortCode.completion(of: "inkwire://x") == .none)
        #expect(ShortCode.completion(of: "7-copper-lantern-orbit@ho") == .none)
        for typed in [
            "", "7", "7-", "copp", "7-copper-", "7-xq", "7-copper-lantern-orbit-zeb", "7-copper-lantern-orbit@zeb", "inkwire://zeb",
        ] {
            #expect(ShortCode.completions(of: typed) == [], "\(typed)")
        }
        #expect(ShortCode.completions(of: "7-c").count > 100)
    }

    @Test(arguments: [
        ("", ShortCodeError.notACode), ("hello", .notACode), ("inkwire://board.example:1/?tls=0#1.AAAA", .notACode),
        ("https://a.example/7-copper-lantern-orbit", .notACode),
        ("a sentence with copper in it", .notACode), ("2026-11-28", .notACode), ("10.0.0.1:8443", .notACode), ("join", .notACode),
        (String(repeating: "7-copper-lantern-orbit", count: 50), .notACode), ("copper-lantern-orbit", .numberMissing),
        ("code: copper lantern orbti", .numberMissing),
        ("0-copper-lantern-orbit", .noSuchNumber("0")), ("07-copper-lantern-orbit", .noSuchNumber("07")),
        ("100000-copper-lantern-orbit", .noSuchNumber("100000")),
        ("99999999999999999999-copper-lantern-orbit", .noSuchNumber("99999999999999999999")), ("7", .wordCount(0)),
        ("7-copper-lantern", .wordCount(2)),
        ("7-copper-lantern-orbit-zebra", .wordCount(4)), ("7 copper lantern orbit board.example", .wordCount(5)),
        ("7-copper-lantern-orbit@", .badHost("")),
        ("7-copper-lantern-orbit@board example/x", .badHost("boardexample/x")),
        ("7-copper-lantern-orbit@board.example:0", .badHost("board.example:0")),
        ("7-copper-lantern-orbit@board.example:99999", .badHost("board.example:99999")), ("7-copper-lantern-orbit@::1", .badHost("::1")),
        ("7-copper-lantern-orbit@a@b", .badHost("a@b")), ("7-copper-lantern-orbit@[board]", .badHost("[board]")),
    ])
    func `SE-214: what is wrong with a code is named, and what is none is left for a link`(typed: String, error: ShortCodeError) {
        #expect(throws: error) { try ShortCode.read(typed) }
        #expect(ShortCode.isLikelyCode(typed) == (error != .notACode))
        #expect(!error.description.isEmpty && error.description.utf8.count < 200)
    }

    @Test(arguments: 0..<400 as Range<UInt64>) func `SE-358: any bytes are read or refused`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let pieces = [
            "7", "4711", "-", "@", ":", "copper", "lan", "orbit", "[", "]", "\u{202E}", "\u{0301}", "\u{1B}[2J", "é", "👩‍👩‍👧", "٣", "ﬁ", "İ",
            "\0", "://", " ", "code", "\u{FF10}",
            String(repeating: "a", count: 300), String(repeating: "9", count: 300), "zzzz", "\u{1D7D8}", "½", "一",
        ]
        var text = ""
        for _ in 0..<random.below(12) {
            if random.chance(0.3) {
                text += String(decoding: (0..<random.below(20)).map { _ in UInt8.random(in: 0...255, using: &random) }, as: UTF8.self)
            } else {
                text += pieces[random.below(pieces.count)]
            }
        }
        let completions = ShortCode.completions(of: text)
        #expect(completions == completions.sorted() && completions.count < 300)
        switch Self.outcome(text) {
        case .success(let reading):
            #expect(Self.outcome(reading.code.text) == .success(ShortCode.Reading(code: reading.code, corrections: [])))
        case .failure(let error):
            // What a message repeats reaches a terminal.
            #expect(error.description.unicodeScalars.allSatisfy { ![.control, .format].contains($0.properties.generalCategory) })
            #expect(error.description.count < 300)
        }
    }

    @Test(arguments: 0..<300 as Range<UInt64>)
    func `SE-214: a code with any one character changed is read as itself, or the change is told`(
        seed: UInt64
    ) throws {
        let code = try Self.code(seed)
        var random = SplitMix64(seed: seed &+ 99)
        var scalars = Array(code.text.unicodeScalars)
        let number = String(code.mailbox).count
        let index = number + 1 + random.below(scalars.count - number - 1)
        guard scalars[index] != "-", let other = Unicode.Scalar(UInt32(0x21 + random.below(0x2F00))), other != "@" else { return }
        scalars[index] = other
        guard let reading = try? ShortCode.read(String(String.UnicodeScalarView(scalars))) else { return }
        #expect(reading.code == code || !reading.corrections.isEmpty)
    }
}
