import InkBoard
import InkPrimitives
import InkSession

extension BoardView {
    /// What adds a drawing to the board, above all that stands; nil for one without shapes. Groups get names of their own where the board has theirs
    /// (FE-110).
    ///
    /// - Parameters:
    ///   - step: how far it is displaced.
    ///   - author: whose the shapes become.
    ///   - isUsed: true for a label that the author has used before: the shape is added without it.
    package func importing(
        _ drawing: Drawing, by step: Point = .zero, author: AuthorID, isUsed: (String) -> Bool
    ) throws(ArrangementError) -> Intent? {
        var (groups, labels): ([GroupID: GroupID], Set<String>) = ([:], [])
        var drafts: [ShapeDraft] = []
        drafts.reserveCapacity(drawing.items.count)
        for item in drawing.items {
            var draft = item.content
            draft.position = draft.position + step
            // FE-187
            guard draft.position - step == item.content.position else { throw .beyondEdge }
            // FE-110
            if isUsed(draft.label) || !draft.label.isEmpty && !labels.insert(draft.label).inserted { draft.label = "" }
            draft.groups = draft.groups.map { group in
                if let name = groups[group] { return name }
                let name = members(of: group).isEmpty ? group : newGroup(copying: group, by: author)
                groups[group] = name
                return name
            }
            drafts.append(draft)
        }
        return drafts.isEmpty ? nil : .change(BoardChange(drawn: drafts))
    }
}
