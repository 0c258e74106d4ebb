import CInkSystem
import Foundation
import InkTerminal

/// Asks for a code or a link below the shell, on a terminal (CL-343).
enum CodePrompt {
    /// The line that is typed; nil where the input ends. What is beyond `limit` bytes is dropped.
    static func read(_ prompt: String, limit: Int) -> String? {
        Notices.write(prompt)
        // Where what is typed would not be seen, the system shows it.
        guard isatty(2) == 1, ink_prompt_enter(0) == 0 else { return StandardInput.readLine(limit: limit) }
        defer { ink_prompt_leave() }
        var line = CodeLine(prompt: prompt, bytesMax: limit)
        while true {
            // Byte by byte: what follows the line belongs to whoever reads next.
            guard let byte = StandardInput.readByte() else { return nil }
            let shown = line.take(byte)
            if !shown.isEmpty { Notices.write(shown) }
            switch line.state {
            case .typing: continue
            case .done(let text): return text
            case .ended: return nil
            }
        }
    }
}
