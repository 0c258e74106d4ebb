/// How many terminal cells a scalar takes: our own table, so that every peer lays out a text alike whatever its system believes.
public enum CharacterWidth {
    /// 0, 1 or 2 cells. Controls count 0; ambiguous width counts 1, as in every non-East-Asian locale (FM-229).
    public static func columns(of scalar: Unicode.Scalar) -> Int {
        let value = scalar.value
        if value < 0x300 { return value < 0x20 || (0x7F..<0xA0).contains(value) || value == 0xAD ? 0 : 1 }
        // A spacing mark (many Indic vowels) takes a cell by its nature, although newer tables fold it into its base.
        if contains(value, WidthTable.zero) { return scalar.properties.generalCategory == .spacingMark ? 1 : 0 }
        return contains(value, WidthTable.wide) ? 2 : 1
    }

    /// Cells that `text` takes when it is shown on one line.
    public static func columns(of text: String) -> Int {
        text.reduce(0) { $0 + columns(of: $1) }
    }

    /// Cells that a cluster takes.
    package static func columns(of character: Character) -> Int {
        var columns = 0
        Glyph.forEachPart(of: character) { columns += $1 }
        return columns
    }

    /// False for scalars without a meaning everywhere (unassigned, private use): no two terminals agree on their width.
    static func isAssigned(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .unassigned, .privateUse: false
        default: true
        }
    }

    /// Binary search in ascending pairs of first and last.
    private static func contains(_ value: UInt32, _ pairs: [UInt32]) -> Bool {
        var (low, high) = (0, pairs.count / 2)
        while low < high {
            let middle = (low + high) / 2
            if value < pairs[middle * 2] {
                high = middle
            } else if value > pairs[middle * 2 + 1] {
                low = middle + 1
            } else {
                return true
            }
        }
        return false
    }
}
