import InkBoard
import InkFormats
import InkFrontEnd
import InkPrimitives

/// How what is told by colour is seen by everybody.
extension BoardScene {
    /// Goes to four colours without dim letters, and back.
    mutating func toggleContrast(now: Instant) {
        display.hasHighContrast.toggle()
        let words = display.hasHighContrast ? "high contrast: black, white, yellow, cyan" : "usual colours"
        front.notices.add(words, as: .setting, now: now)
        touch()
    }
}

extension BoardScene.Display {
    /// A name or a marker of a person. A console has eight papers, on some of which no letters are read: there the letters have the colour (TM-218).
    func chip(_ color: PersonColor) -> CellStyle {
        guard style == .console else { return CellStyle(foreground: color.text, background: color.color) }
        return CellStyle(foreground: color.ink(onDark: true), attributes: .bold)
    }
}

extension Cell {
    /// The same for a Linux console. It shows a bright paper as a dark one, and a bright ink is the dark one in bold, also where it is said without
    /// that: bold goes with each ink on black. What is filled or reversed is black on its light grey, with a contrast of 9, and there bold would be
    /// grey (TM-400).
    mutating func raiseConsoleContrast() {
        guard (background == nil) == attributes.contains(.reverse) else {
            foreground = (background ?? foreground).map { PersonColor.contrasted($0) } ?? Color(rgb: 0xFFFFFF)
            background = Color(rgb: 0)
            attributes = attributes.intersection(.underline).union(.bold)
            return
        }
        (foreground, background, attributes) = (Color(rgb: 0), Self.consoleGrey, [])
    }

    /// The eighth of the 16 colours (`ColorDepth`), which is a paper as well.
    private static let consoleGrey = Color(rgb: 0xE5E5E5)
}
