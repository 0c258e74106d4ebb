import CInkSystem
import InkFormats
import InkTerminal

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// QR codes by libqrencode, where the machine has it: it is opened when a code is first asked for (CL-182).
enum QRCode {
    /// - Returns: a picture, or why there is none.
    static func outcome(of text: String) -> QROutcome {
        do throws(Failure) {
            return .picture(try picture(of: text))
        } catch {
            return .complaint("\(error.what): \(error.why). \(error.next)")
        }
    }

    /// Throws where a QR code could be drawn nowhere (CL-182).
    static func check(isJSON: Bool) throws(Failure) {
        guard !isJSON, isatty(1) == 1 else {
            throw .usage(
                "no QR code can be drawn here", why: "--qr draws on a terminal, and stdout is none, or --json was given",
                next: "leave out --qr")
        }
    }

    /// Draws a text on the terminal of stdout, white on black whatever colours that has.
    static func draw(_ text: String) throws(Failure) {
        let picture = try picture(of: text)
        let style = Notices.isASCII ? GlyphStyle.ascii : .unicode
        let columns = columnsOfTerminal
        guard let rows = picture.rows(columns: columns, rows: .max, style: style) else {
            throw Failure(
                .usage, code: "too_narrow", what: "the QR code was not drawn",
                why: "it needs \(picture.least(style).columns) columns, and the terminal has \(columns)",
                next: "make the window wider or its letters smaller; without --qr the text alone is written")
        }
        try StandardStream.output.deliver(Array(rows.map { "\u{1B}[97;40m\($0)\u{1B}[0m\n" }.joined().utf8))
    }

    private static func picture(of text: String) throws(Failure) -> QRPicture {
        var modules = [UInt8](repeating: 0, count: sideMax * sideMax)
        let side = Int(ink_qr_encode(text, &modules, modules.count))
        guard side != 0 else {
            throw Failure(
                .local, code: "no_qr", what: "no QR code can be drawn", why: "libqrencode 4 is not on this machine",
                next: "Install it (libqrencode4 on Debian, qrencode elsewhere), or give the text")
        }
        guard side > 0, let picture = QRPicture(modules: modules.prefix(side * side).map { $0 == 1 }) else {
            throw Failure(
                .local, code: "no_qr", what: "no QR code can be drawn", why: "the text is longer than one holds",
                next: "Give the text itself")
        }
        return picture
    }

    private static var columnsOfTerminal: Int {
        var size = winsize()
        return ioctl(1, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
    }

    /// Modules of a side of the largest (ISO/IEC 18004, version 40).
    private static let sideMax = 177
}
