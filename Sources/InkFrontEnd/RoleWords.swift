import InkBoard

extension Role {
    /// The words of all roles, the least first.
    package static let words = allCases.map { "\($0)" }

    /// By its word.
    package init?(word: String) {
        guard let role = Self.allCases.first(where: { "\($0)" == word }) else { return nil }
        self = role
    }
}
