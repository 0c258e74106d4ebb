import InkPrimitives

/// A message being typed, in the status row.
struct ChatPanel: Sendable {
    var line = PromptLine("say: ", bytesMax: Limits.chatBytes)

    /// - Parameter names: of those here, who can be named.
    mutating func handle(_ key: Key, _ modifiers: KeyModifiers, _ names: [String]) -> PanelAnswer {
        if key == .tab {
            _ = line.complete(names)
            return .stays
        }
        if key == .enter { return line.isEmpty ? .closes : .says(line.text) }
        return line.handle(key, modifiers) ? .types : .stays
    }
}
