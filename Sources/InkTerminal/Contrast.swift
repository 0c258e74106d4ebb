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
    /// A name or a marker of a person. A console has eight papers, on some of which no letters are read: there the letters have the colour.
    func chip(_ color: PersonColor) -> CellStyle {
        guard style == .console else { return CellStyle(foreground: color.text, background: color.color) }
        return CellStyle(foreground: color.ink(onDark: true), attributes: .bold)
    }
}
