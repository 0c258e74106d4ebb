import CInkSystem
import Foundation

/// A picture within a terminal: as PNG by kitty's graphics protocol, or as sixels (DEC STD 070), which `img2sixel` of libsixel makes of it.
enum TerminalImage {
    case kitty
    case sixel

    /// What writes a picture where the cursor is, and goes to the next row.
    func bytes(of png: [UInt8]) throws(Failure) -> [UInt8] {
        switch self {
        case .kitty: return Self.kitty(png)
        case .sixel: return try PictureProgram(name: "img2sixel", debian: "libsixel-bin", homebrew: "libsixel").run(["-"], on: png) + [0x0A]
        }
    }

    /// Bytes of base64 in one escape sequence, at most (kitty graphics protocol, "Remote client").
    private static let chunk = 4096

    private static func kitty(_ png: [UInt8]) -> [UInt8] {
        let text = Array(Data(png).base64EncodedData())
        var bytes: [UInt8] = []
        for start in stride(from: 0, to: text.count, by: chunk) {
            let end = min(start + chunk, text.count)
            // Shown at once, and nothing is answered, which would come to the shell (CL-322).
            let keys = (start == 0 ? "a=T,f=100,q=2," : "") + "m=\(end < text.count ? 1 : 0)"
            bytes += Array("\u{1B}_G\(keys);".utf8) + text[start..<end] + Array("\u{1B}\\".utf8)
        }
        return bytes + [0x0A]
    }

    // MARK: What a terminal can

    /// What the terminal that this process has can show; nil for none of it, or no terminal (CL-131).
    static func ofTerminal(environment: [String: String] = ProcessInfo.processInfo.environment) -> TerminalImage? {
        guard let terminal = environment["TERM"], terminal != "dumb", terminal != "linux", isatty(1) == 1 else { return nil }
        // What does not know the question may print it (CL-131).
        let programs = [terminal, environment["TERM_PROGRAM"] ?? ""].map { $0.lowercased() }
        let mayKnowKitty =
            environment["TMUX"] == nil && ["kitty", "ghostty", "wezterm"].contains { name in programs.contains { $0.contains(name) } }
        let answer = ask((mayKnowKitty ? "\u{1B}_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\u{1B}\\" : "") + "\u{1B}[c")
        if answer.contains("\u{1B}_Gi=31;OK") { return .kitty }
        guard let attributes = answer.split(separator: "\u{1B}[?").last, attributes.hasSuffix("c") else { return nil }
        return attributes.dropLast().split(separator: ";").contains("4") ? .sixel : nil
    }

    /// px across the terminal's text; nil where it does not say.
    static var widthOfTerminal: Int? {
        var (width, height): (Int32, Int32) = (0, 0)
        return ink_window_pixels(1, &width, &height) == 0 && width > 0 ? Int(width) : nil
    }

    /// How long a terminal may be silent, ms: one behind a slow line too.
    private static let patience = 1000
    /// Bytes of an answer: keys that were typed meanwhile are among them.
    private static let answerMax = 4096

    /// What a terminal says until it has told its attributes, which every terminal knows (DA1, ECMA-48).
    private static func ask(_ question: String) -> String {
        let descriptor = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var modes = termios()
        guard tcgetattr(descriptor, &modes) == 0 else { return "" }
        // No signal ends us between the two changes of modes (CL-322).
        var (held, before) = (sigset_t(), sigset_t())
        sigfillset(&held)
        pthread_sigmask(SIG_BLOCK, &held, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        var raw = modes
        cfmakeraw(&raw)
        guard tcsetattr(descriptor, TCSANOW, &raw) == 0 else { return "" }
        defer { tcsetattr(descriptor, TCSANOW, &modes) }
        let bytes = Array(question.utf8)
        guard Foundation.write(descriptor, bytes, bytes.count) == bytes.count else { return "" }
        var answer: [UInt8] = []
        let end = DispatchTime.now() + .milliseconds(patience)
        while answer.count < answerMax {
            let left = Int64(end.uptimeNanoseconds) - Int64(DispatchTime.now().uptimeNanoseconds)
            var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard left > 0, poll(&waiting, 1, Int32(left / 1_000_000) + 1) > 0 else { break }
            var part = [UInt8](repeating: 0, count: 256)
            let count = read(descriptor, &part, part.count)
            guard count > 0 else { break }
            answer += part[..<count]
            if let start = answer.lastIndex(of: 0x1B), answer[start...].starts(with: Array("\u{1B}[?".utf8)),
                answer.last == UInt8(ascii: "c")
            {
                break
            }
        }
        return String(decoding: answer, as: UTF8.self)
    }
}
