import InkPrimitives

extension Drawing {
    /// The drawing, where a board takes all of it (BD-71).
    ///
    /// Readers refuse with the place in the file. This stands behind all of them: what one missed would else be refused when a part is drawn already.
    ///
    /// - Throws: for the first shape that no board takes, by its number.
    public func checked() throws(DrawingError) -> Drawing {
        guard items.count <= Self.itemsMax else { throw DrawingError("there are more than \(Self.itemsMax) shapes") }
        for (index, item) in items.enumerated() {
            if let flaw = item.content.flaw { throw DrawingError("shape \(index + 1), of the kind \(item.content.kind.name), \(flaw)") }
        }
        return self
    }
}

extension KnownProperty {
    /// True for a value that a new shape of this kind may have.
    func allows(_ value: Value, of kind: ShapeKind) -> Bool {
        row.form.allows(value) && (row.law != .samples || value == .points([]) || kind.isPath)
    }
}

extension ShapeDraft {
    /// Why no board takes it; nil where one does.
    fileprivate var flaw: String? {
        if kind.isPath, points.isEmpty { return "has no points" }
        for property in KnownProperty.drawn {
            if let value = value(of: property), !property.allows(value, of: kind) { return flaw(of: property) }
        }
        return isTooLarge ? "is too large: at most \(Limits.transactionBytes >> 10) KiB with all its points" : nil
    }

    private func flaw(of property: KnownProperty) -> String {
        switch property.form {
        case .point, .size: return "lies beyond the edge of the board"
        case .points:
            if !kind.isPath { return "has points" }
            let most = Limits.pointsPerStroke
            return points.count > most ? "has more than \(most) points" : "has points beyond the edge of the board"
        case .text(let limit): return "has a “\(property.row.key)” of more than \(limit) bytes"
        case .strokeWidth: return "has lines of more than 255.875 px"
        case .groups: return "lies in more than \(GroupID.depthMax) groups, or in one twice"
        default: return "has a “\(property.row.key)” that there is not"
        }
    }

    /// True for what may not fit a transaction, whatever else that has to say: all of a shape is in one.
    private var isTooLarge: Bool {
        guard points.count > Self.pointsAlwaysFitting else { return false }
        let bytes = KnownProperty.drawn.reduce(0) { $0 + (value(of: $1).map($1.form.bytes(of:))?.count ?? 0) }
        return bytes > Limits.transactionBytes - Self.frameBytes
    }

    /// A thousand points of 17 bytes and the longest text are half a transaction.
    private static let pointsAlwaysFitting = 1000
    /// Header, 16 parents, signature, the names of properties, and the write that goes on with a gesture.
    private static let frameBytes = 1024
}
