import InkFormats
import InkFrontEnd

/// Who is here, how they are reached and what they do.
struct PeoplePanel: Sendable {
    func handle(_ key: Key) -> PanelAnswer { [.character("P"), .character("q"), .enter].contains(key) ? .closes : .stays }

    func draw(_ people: Roster, me: String, on buffer: inout CellBuffer, _ layout: Layout, _ style: GlyphStyle) {
        let present = people.present
        let box = Box(on: &buffer, width: Self.width, height: max(2, present.count + 1) + 2, title: "people", layout, style)
        let own = me.isEmpty ? "you" : "you: \(safeForTerminal(me, columnsMax: 24))"
        var lines = [box.fitting(["\(own)  (:name changes it)", own])]
        for (_, person) in present {
            let color = people.color(person)
            let doing = person.gestures.isEmpty ? person.status.state.rawValue : "drawing"
            let marker = Character(style == .ascii ? color.asciiMarker : color.marker)
            let silence = person.isSilent ? Sentence.silentFor(seconds: person.status.silentSeconds ?? 0).text : nil
            let name = "\(marker) \(people.shownName(person, columnsMax: 16))"
            let reach = silence ?? person.pathWord?.text ?? ""
            lines.append(box.fitting(["\(name)  \(doing)  \(reach)", "\(name)  \(silence ?? doing)", name]))
        }
        if present.isEmpty { lines.append(box.fitting(["nobody else yet: i invites", "i invites others"])) }
        if lines.count > box.rows, box.rows > 0 {
            let hidden = lines.count - box.rows + 1
            lines = Array(lines.prefix(box.rows - 1)) + ["and \(hidden) more"]
        }
        for (index, line) in lines.enumerated() { box.write(line, row: index, on: &buffer) }
    }

    private static let width = 56
}
