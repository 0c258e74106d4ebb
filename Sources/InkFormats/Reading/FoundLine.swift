import InkBoard

/// A line of a drawing from end to end.
struct FoundLine: Hashable, Sendable {
    /// One of its ends.
    struct End: Hashable, Sendable {
        /// The last cell of the line itself.
        var place: CellPlace
        /// Where it looks.
        var way: Way
        var hasHead = false
        /// A cell of a border that it meets or points at.
        var border: CellPlace?
        /// A cell of words that it looks at otherwise than straight on.
        var word: CellPlace?
        /// True where it ends at another line, whatever stands behind that.
        var isAtLine = false
    }

    var start: End
    var end: End
    /// Cells from end to end where its way turns, the ends included.
    var corners: [CellPlace]
    var style = LineStyle.solid
    var isHeavy = false
    /// Words that stand in it.
    var label = ""
    /// Where they begin; nil for words of several rows.
    var labelStart: CellPlace?
}

extension FoundLine {
    /// Takes its look from most of the characters that it is drawn with.
    mutating func look(as signs: [LineSign]) {
        isHeavy = signs.filter(\.isHeavy).count * 2 > signs.count
        for style in [LineStyle.dashed, .dotted, .double] where signs.filter({ $0.style == style }).count * 2 > signs.count {
            self.style = style
        }
    }
}
