/// Reading what people type and paste for a code (SE-212, SE-213).
///
///     [code:] NUMBER word word word [@HOST[:PORT]]        anything but letters and digits between them
extension ShortCode {
    /// A code as it was understood.
    public struct Reading: Equatable, Sendable {
        public let code: ShortCode
        /// What was taken for something else than was typed; to be shown before anything (SE-356) is sent.
        public let corrections: [Correction]
    }

    /// A word that is in no list, and the one that it was taken for.
    public struct Correction: Equatable, Sendable {
        public let typed: String
        public let taken: String
    }

    /// Reads a code that was typed (SE-358). Throws `.notACode` for what may be a link or anything else.
    public static func read(_ text: String) throws(ShortCodeError) -> Reading {
        guard text.utf8.count <= textBytes, !text.contains("://") else { throw .notACode }
        let parts = folded(text).split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        let tokens = Self.tokens(of: parts[0])
        guard let number = tokens.first, tokens.contains(where: { !isNumber($0) }) || tokens.count == 1 && isNumber(number) else {
            throw .notACode
        }
        guard isNumber(number) else {
            // Of a sentence one word may be in the list by chance.
            guard tokens.count(where: { CodeWords.index(of: $0) != nil }) >= 2 else { throw .notACode }
            throw .numberMissing
        }
        guard number.first != "0", number.count <= digitsMax, let mailbox = Int(number), mailboxes.contains(mailbox) else {
            throw .noSuchNumber(shown(number))
        }
        guard tokens.count == 1 + wordCount else { throw .wordCount(tokens.count - 1) }
        var (words, corrections): ([Int], [Correction]) = ([], [])
        for typed in tokens.dropFirst() {
            let (word, isCorrected) = try meaning(of: typed)
            words.append(word)
            if isCorrected { corrections.append(Correction(typed: shown(typed), taken: CodeWords.all[word])) }
        }
        let place: Place? = parts.count == 2 ? try Self.place(parts[1]) : nil
        guard let code = ShortCode(mailbox: mailbox, words: words, place: place) else { throw .notACode }
        return Reading(code: code, corrections: corrections)
    }

    /// True of what is a code, though perhaps with a mistake in it; false of a link and of all else.
    public static func isLikelyCode(_ text: String) -> Bool {
        do {
            _ = try read(text)
            return true
        } catch {
            return error != .notACode
        }
    }

    /// The words, sorted, that the last word of `typed`, a code so far, may become; none while no letter of it stands.
    public static func completions(of typed: String) -> [String] {
        let text = folded(String(typed.suffix(textBytes)))
        let tokens = Self.tokens(of: text[...])
        guard !text.contains("@"), text.unicodeScalars.last.map(isWordScalar) == true, (2...1 + wordCount).contains(tokens.count),
            isNumber(tokens[0])
        else { return [] }
        return Array(CodeWords.all[CodeWords.beginning(with: tokens[tokens.count - 1])])
    }

    /// What a key that completes makes of a code that is being typed (SE-389).
    public enum Completion: Equatable, Sendable {
        /// No word begins so, or none is begun.
        case none
        /// These letters follow: all that the words that may be meant have in common; of the only one all, and a hyphen where another word is to come.
        case more(String)
        /// Words that may be meant, and how many those are in all.
        case several([String], count: Int)
    }

    /// What follows `typed`, a code so far (SE-271).
    public static func completion(of typed: String) -> Completion {
        let words = completions(of: typed)
        let tokens = Self.tokens(of: folded(String(typed.suffix(textBytes)))[...])
        guard let first = words.first, let last = tokens.last else { return .none }
        let common = words.reduce(first[...]) { common, word in common.prefix(zip(common, word).prefix { $0 == $1 }.count) }
        let more = String(common.dropFirst(last.count))
        if words.count == 1 { return .more(more + (tokens.count <= wordCount ? "-" : "")) }
        return more.isEmpty ? .several(Array(words.prefix(completionsShown)), count: words.count) : .more(more)
    }

    /// The word that `typed` stands for, and whether that is to be shown.
    ///
    /// Words that begin so, and words that one mistake makes it of, are what it may stand for. The mistake in one must not be taken for the
    /// beginning of another: where there are two, the person is asked.
    private static func meaning(of typed: String) throws(ShortCodeError) -> (index: Int, isCorrected: Bool) {
        if let index = CodeWords.index(of: typed) { return (index, false) }
        let (begun, near) = (CodeWords.beginning(with: typed), CodeWords.oneMistake(from: typed))
        // What begins so comes first, where it is one: the letters may have been left (SE-355) out on purpose.
        let meant = (begun.count == 1 ? begun + near.filter { !begun.contains($0) } : near + begun.filter { !near.contains($0) })
        if meant.count == 1 {
            return (meant[0], begun.isEmpty || typed.unicodeScalars.count < CodeWords.tellingLetters)
        }
        let likely = meant.isEmpty ? Array(CodeWords.beginning(with: String(typed.prefix(CodeWords.tellingLetters - 1)))) : meant
        throw .unknownWord(shown(typed), suggestions: likely.prefix(suggestionsMax).map { CodeWords.all[$0] })
    }

    private static func place(_ typed: Substring) throws(ShortCodeError) -> Place {
        // Blanks of a wrapped line, and what a sentence puts around a code, belong to no name.
        var text = typed.filter { !$0.isWhitespace }
        while let last = text.last, last != "]", !last.isLetter, !last.isNumber { text.removeLast() }
        guard let place = Place(text) else { throw .badHost(shown(text)) }
        return place
    }

    /// Numbers and words of what stands before the `@`, without what people write before a code.
    private static func tokens(of text: Substring) -> [String] {
        var tokens = Array(text.unicodeScalars.split { !isWordScalar($0) }.map { String($0) }.drop(while: leadIns.contains))
        // "7copper": nothing was typed between.
        if let first = tokens.first, let end = first.firstIndex(where: { !isDigit($0) }), end > first.startIndex {
            tokens[0...0] = [String(first[..<end]), String(first[end...])]
        }
        return tokens
    }

    /// Small letters; digits of any script, full-width forms, dashes of any kind and the minus as those of ASCII; any white space as a
    /// blank; without accents that stand alone and what is not seen.
    private static func folded(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if scalar.properties.isWhitespace {
                result.append(" ")
                continue
            }
            let isFullWidth = (0xFF01...0xFF5E).contains(scalar.value)
            let narrow = isFullWidth ? Unicode.Scalar(scalar.value - 0xFEE0) ?? scalar : scalar
            switch narrow.properties.generalCategory {
            case .control, .format, .surrogate, .unassigned, .nonspacingMark, .enclosingMark: continue
            case .dashPunctuation: result.append("-")
            case .mathSymbol where narrow == "\u{2212}": result.append("-")
            case .decimalNumber:
                let digit = Int(narrow.properties.numericValue ?? 0)
                result.append(contentsOf: String(digit).unicodeScalars)
            default:
                let small = narrow.properties.lowercaseMapping.unicodeScalars
                result.append(contentsOf: small.filter { $0.properties.generalCategory != .nonspacingMark })
            }
        }
        return String(result)
    }

    private static func isWordScalar(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) }

    private static func isDigit(_ character: Character) -> Bool { character.isASCII && character.isNumber }

    private static func isNumber(_ token: String) -> Bool { token.allSatisfy(isDigit) }

    /// As much of what was typed as a message shows.
    private static func shown(_ typed: some StringProtocol) -> String { String(typed.prefix(shownMax)) }

    /// What is written before a code, in a mail or on a screen.
    private static let leadIns: Set<String> = ["inkwire", "join", "code"]
    private static let suggestionsMax = 3
    private static let completionsShown = 6
    private static let digitsMax = 5
    private static let shownMax = 40
    /// Far more than a code with the longest name of a host needs (253 bytes).
    private static let textBytes = 1024
}

extension ShortCode.Reading: CustomReflectable {
    /// Empty, as of the code.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension ShortCode.Correction: CustomReflectable {
    /// Empty: a word of a code is as secret as the code.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// Why a text is not read as a code (SE-214). What was typed is named as far as the person needs it; `description` is fit for a status line.
public enum ShortCodeError: Error, Hashable, Sendable, CustomStringConvertible {
    /// It is something else: perhaps a link.
    case notACode
    /// Words of codes without the number before them.
    case numberMissing
    /// No mailbox has it.
    case noSuchNumber(String)
    /// Not three.
    case wordCount(Int)
    /// In no list, and either one mistake from none, or from several (SE-357).
    case unknownWord(String, suggestions: [String])
    /// What stands behind the `@` is no name of a host, or no port.
    case badHost(String)

    public var description: String {
        switch self {
        case .notACode: "it is not a code: that is a number and three words, such as 7-copper-lantern-orbit"
        case .numberMissing: "its number is missing: a code begins with one, as in 7-copper-lantern-orbit; ask for all of it"
        case .noSuchNumber(let number):
            "no code has the number \(number): it is one from 1 to 99999 without a zero before it; look at it again"
        case .wordCount(0): "its words are missing: a code has three behind its number; ask for all of it"
        case .wordCount(let count): "a code has three words, and this has \(count); give its number, its words and what stands behind the @"
        case .unknownWord(let word, let suggestions):
            suggestions.isEmpty
                ? "“\(word)” is no word of a code; have it spelled to you"
                : "“\(word)” is no word of a code; was it \(suggestions.joined(separator: " or "))? Give the whole word"
        case .badHost(""): "nothing stands behind the @: name the rendezvous there, as in @board.example, or leave out the @"
        case .badHost(let host): "“\(host)” is no name of a rendezvous: behind the @ stands HOST or HOST:PORT, as in @board.example:8443"
        }
    }
}
