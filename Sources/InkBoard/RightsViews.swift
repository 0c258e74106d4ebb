/// What some sets of rights transactions come to, for those that were asked about last: work asks about the newest few, and an old one
/// costs an evaluation.
struct RightsViews: Sendable {
    private var views: [RightsSet: RightsView] = [:]
    /// Memory that they take, about.
    private(set) var byteCount = 0

    subscript(set: RightsSet) -> RightsView? { views[set] }

    mutating func insert(_ view: RightsView, of set: RightsSet) {
        guard views[set] == nil else { return }
        if byteCount + view.byteCount > Self.bytesMax { (views, byteCount) = ([:], 0) }
        views[set] = view
        byteCount += view.byteCount
    }

    /// Bytes: a view grows with what was ever removed, so that a number of them says little.
    static let bytesMax = 8 << 20
}
