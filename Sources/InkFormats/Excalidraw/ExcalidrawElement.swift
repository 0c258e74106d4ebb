import InkBoard
import InkPrimitives

/// What of an element is read.
enum ExcalidrawElement {
    /// As many as the longest path has, with three numbers a point, and room for the rest of it (FM-254).
    static let valuesMax = 4 * Limits.pointsPerStroke + 4096

    static let selection: JSONSelection = {
        let names = [
            "id", "type", "x", "y", "width", "height", "angle", "isDeleted", "strokeColor", "backgroundColor", "fillStyle", "strokeWidth",
            "strokeStyle", "opacity", "link", "groupIds", "roundness", "strokeSharpness", "points", "elbowed", "startArrowhead",
            "endArrowhead", "text", "originalText", "containerId", "fontSize", "textAlign", "name",
        ]
        var members = Dictionary(uniqueKeysWithValues: names.map { ($0, JSONSelection.all) })
        for name in ["startBinding", "endBinding"] { members[name] = .members(["elementId": .all, "fixedPoint": .all]) }
        members["customData"] = .members([ExcalidrawNames.own: .all])
        return .members(members)
    }()

    /// What this program said of a shape.
    static func own(_ element: JSONObject) -> JSONObject? { element["customData"]?.object?[ExcalidrawNames.own]?.object }
}

extension ShapeDraft {
    /// What is ours alone wins where nobody changed the like in Excalidraw (FM-160).
    mutating func takeOwn(_ own: JSONObject?) {
        guard let own else { return }
        if own["kind"] == "note", kind == .rectangle {
            kind = .note
            corners = own["corners"] == "sharp" ? .sharp : .usual
        }
        if own["kind"] == "line", kind == .arrow {
            let end = heads.end
            (kind, endHead) = (.line, end == .none ? .usual : end)
        }
        if let name = own["id"]?.string, name.utf8.count <= Limits.nameBytes { label = name }
        if let width = own["stroke_width"]?.number, strokeWidth == 8, (0..<1).contains(width) {
            strokeWidth = UInt16(width * 8)
        }
        if own["line_style"] == "double", lineStyle == .solid { lineStyle = .double }
        if own["route"] == "elbow", hasEnds {
            route = .elbow
            // Its corners follow from its ends.
            if points.count > 2 { points = [points[0], points[points.count - 1]] }
        }
    }
}
