import InkPrimitives

/// A message being typed, in the status row.
struct ChatPanel: Sendable {
    var line = PromptLine("say: ", bytesMax: Limits.chatBytes)

    mutating func handle(_ key: Key, _ modifiers: KeyModifiers) -> PanelAnswer {
        if key == .enter { return line.isEmpty ? .closes : .says(line.text) }
        return line.handle(key, modifiers) ? .types : .stays
    }
}
