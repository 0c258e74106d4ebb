import InkBoard

/// The looks that are asked for by a word: behind a command's name in a terminal, and in linear mode.
package enum StyleWords: CaseIterable, Hashable, Sendable {
    case ink, fill, width, border, heads, startHead, endHead, route

    /// Of the widths of a pen, in their order.
    package static let widthWords = ["thin", "thick", "broad", "broadest"]
    /// Of what can stand at an end of a line.
    package static let headWords = ["none", "arrow", "triangle", "dot", "bar"]
    package static let lineHeads: [LineHead] = [.none, .arrow, .triangle, .dot, .bar]
    package static let routeWords = ["straight", "elbow"]

    /// The look of a word, or of its number from 1; in whatever case.
    package func choice(_ word: String) throws(StyleWordFault) -> StyleChoice {
        switch self {
        case .ink: return .ink(try Self.color(word, none: "own"))
        case .fill: return .fill(try Self.color(word, none: "none"))
        case .width:
            guard let index = Self.index(of: word, among: Self.widthWords) else {
                throw StyleWordFault("there is no width “\(word)”: 1 to 4, or \(Self.widthWords.joined(separator: ", "))")
            }
            return .width(StyleChoice.widths[index])
        case .border: return .border(try Self.item(word, "border", BorderStyle.allCases, BorderStyle.allCases.map(\.rawValue)))
        case .heads: return .heads(try Self.item(word, "place for heads", LineEnds.allCases, LineEnds.allCases.map(\.rawValue)))
        case .startHead: return .startHead(try Self.item(word, "head", Self.lineHeads, Self.headWords))
        case .endHead: return .endHead(try Self.item(word, "head", Self.lineHeads, Self.headWords))
        case .route:
            switch word.lowercased() {
            case "on", "elbow", "2": return .route(.elbow)
            case "off", "straight", "1": return .route(.straight)
            default: throw StyleWordFault("“\(word)” is neither on nor off")
            }
        }
    }

    private static func item<Item>(_ word: String, _ what: String, _ items: [Item], _ words: [String]) throws(StyleWordFault) -> Item {
        guard let index = index(of: word, among: words) else {
            throw StyleWordFault("there is no \(what) “\(word)”: \(words.joined(separator: ", "))")
        }
        return items[index]
    }

    /// Where a word stands in a list, by itself or by its number from 1.
    private static func index(of word: String, among words: [String]) -> Int? {
        words.firstIndex(of: word.lowercased()) ?? place(word, among: words.count)
    }

    /// A colour by its name, its digit or its numbers; nil for the absence of one (TM-235).
    private static func color(_ word: String, none: String) throws(StyleWordFault) -> Color? {
        let sought = word.lowercased()
        if sought == none || sought == "0" { return nil }
        if let index = place(sought, among: PersonColor.all.count) { return PersonColor.all[index].color }
        if let named = PersonColor.named(sought) { return named.color }
        if let color = Color(sought) { return color }
        throw StyleWordFault(
            "there is no colour “\(word)”: \(([none] + PersonColor.all.map(\.name)).joined(separator: ", ")) or #RRGGBB")
    }

    /// Where among so many, from 0, something stands by the number that was typed, from 1. It is compared before it is reckoned with: any number can be
    /// typed.
    private static func place(_ number: String, among count: Int) -> Int? {
        Int(number).flatMap { (1...count).contains($0) ? $0 - 1 : nil }
    }
}

/// Why a word is no look, fit for a status line: it says which there are.
package struct StyleWordFault: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    fileprivate init(_ description: String) { self.description = description }
}
