extension BoardScene {
    /// On what it depends that a text has come to the clipboard. Inside tmux that is one line of its configuration, told once; more is not known, for
    /// nothing answers (TM-193).
    mutating func clipboardCondition() -> String {
        guard display.isInTmux, !display.hasToldTmux else { return "the terminal allows it" }
        display.hasToldTmux = true
        return "tmux has this line: set -g set-clipboard on"
    }
}

/// The terminal's clipboard (OSC 52).
enum Clipboard {
    /// The bytes that ask the terminal to keep a text; nil for one that is too long: terminals cut or refuse it.
    static func copying(_ text: String) -> [UInt8]? {
        guard text.utf8.count <= textMax else { return nil }
        return Array("\u{1B}]52;c;\(base64(Array(text.utf8)))\u{1B}\\".utf8)
    }

    private static let textMax = 100_000

    /// With padding, as the sequence wants it (RFC 4648 §4).
    private static func base64(_ bytes: [UInt8]) -> String {
        var result: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = Array(bytes[start..<min(start + 3, bytes.count)])
            let bits = group.reduce(0) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
            for index in 0..<4 {
                result.append(index <= group.count ? alphabet[Int(bits >> UInt32(18 - 6 * index) & 63)] : UInt8(ascii: "="))
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
}
