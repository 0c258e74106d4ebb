/// Foreign text made safe for a terminal: the one gate through which names, chat, texts and error strings pass (T21).
///
/// What cannot be shown is dropped; marks beyond three on one base are dropped; unassigned scalars become U+FFFD. Tabs and, unless kept,
/// line breaks become spaces, so that words stay apart (FM-9).
///
/// - Parameters:
///   - keepsNewlines: leaves line breaks in, each as one U+000A.
///   - columnsMax: cuts the text, never inside a wide glyph, and ends it with `…`; nil for no limit. For one-line text.
public func safeForTerminal(_ text: String, keepsNewlines: Bool = false, columnsMax: Int? = nil) -> String {
    var bytes: [UInt8] = []
    var columns = 0
    // Where to cut if the text proves too long: the last place at which the ellipsis still has room.
    var cut = 0
    for character in text {
        if character.isNewline || character == "\t" {
            if keepsNewlines, character.isNewline {
                bytes.append(0x0A)
                columns = 0
                continue
            }
            columns += 1
            bytes.append(0x20)
        } else {
            Glyph.forEachPart(of: character) { glyph, width in
                columns += width
                glyph.append(to: &bytes)
            }
        }
        guard let columnsMax else { continue }
        if columns <= columnsMax - 1 { cut = bytes.count }
        if columns > columnsMax {
            bytes.removeSubrange(cut...)
            if columnsMax > 0 { bytes.append(contentsOf: "…".utf8) }
            break
        }
    }
    return String(decoding: bytes, as: UTF8.self)
}

/// Foreign bytes made safe for a terminal: malformed UTF-8 becomes U+FFFD first (FM-9).
public func safeForTerminal(bytes: some Collection<UInt8>, keepsNewlines: Bool = false, columnsMax: Int? = nil) -> String {
    safeForTerminal(String(decoding: bytes, as: UTF8.self), keepsNewlines: keepsNewlines, columnsMax: columnsMax)
}
