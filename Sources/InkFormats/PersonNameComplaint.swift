import InkPrimitives

/// What is wrong with what a person wants to be called; nil for nothing.
public func personNameComplaint(_ name: String) -> String? {
    if name.utf8.count > Limits.nameBytes { return "a name holds at most \(Limits.nameBytes) bytes" }
    if name.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) { return "a name is one line of letters" }
    return safeForTerminal(name).allSatisfy(\.isWhitespace) ? "nothing of this name would be seen" : nil
}
