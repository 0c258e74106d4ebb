/// How many elements each table of a value holds, wherever in it the table is: found by looking at all that is stored, so that a table that comes
/// later is counted, too.
package struct Census: Hashable, Sendable {
    /// By the way to the table: names of properties, `[]` for what is in another table.
    package private(set) var counts: [String: Int] = [:]

    /// - Parameter skipped: ways that are not gone.
    package init(of value: Any, skipping skipped: Set<String> = []) {
        var seen: Set<ObjectIdentifier> = []
        walk(value, "", skipped, &seen)
    }

    /// All elements.
    package var total: Int { counts.values.reduce(0, +) }

    private mutating func walk(_ value: Any, _ way: String, _ skipped: Set<String>, _ seen: inout Set<ObjectIdentifier>) {
        // What has one is counted by its length, and has nothing in it.
        if let bytes = value as? [UInt8] { return counts[way, default: 0] += bytes.isEmpty ? 0 : 1 }
        guard !(value is String), !skipped.contains(way) else { return }
        let mirror = Mirror(reflecting: value)
        switch mirror.displayStyle {
        case .collection, .set, .dictionary:
            counts[way, default: 0] += mirror.children.count
            for child in mirror.children { walk(child.value, way + "[]", skipped, &seen) }
        case .optional: for child in mirror.children { walk(child.value, way, skipped, &seen) }
        case .class:
            guard seen.insert(ObjectIdentifier(value as AnyObject)).inserted else { return }
            for child in mirror.children { walk(child.value, way + "." + (child.label ?? ""), skipped, &seen) }
        default:
            for child in mirror.children {
                walk(child.value, way.isEmpty ? child.label ?? "" : way + "." + (child.label ?? ""), skipped, &seen)
            }
        }
    }
}
