import InkFormats
import InkFrontEnd

/// Who is here, how they are reached and what they do.
struct PeoplePanel: Sendable {
    func handle(_ key: Key) -> PanelAnswer { [.character("P"), .character("q"), .enter].contains(key) ? .closes : .stays }

    func draw(_ people: Roster, me: String, on buffer: inout CellBuffer, _ layout: Layout, _ style: GlyphStyle) {
        let present = people.present
        let box = Box(on: &buffer, width: 56, height: present.count + 4, title: "people", layout, style)
        var lines = [me.isEmpty ? "you" : "you: \(safeForTerminal(me, columnsMax: 24))  (:name changes it)"]
        for (_, person) in present {
            let color = people.color(person)
            let doing = person.gestures.isEmpty ? person.status.state.rawValue : "drawing"
            let marker = Character(style == .ascii ? color.asciiMarker : color.marker)
            let reach = person.isSilent ? Sentence.silentFor(seconds: person.status.silentSeconds ?? 0) : person.pathWord
            lines.append("\(marker) \(people.shownName(person, columnsMax: 16))  \(doing)  \(reach?.text ?? "")")
        }
        if present.isEmpty { lines.append("nobody else yet: i invites") }
        if lines.count > box.rows, box.rows > 0 {
            let hidden = lines.count - box.rows + 1
            lines = Array(lines.prefix(box.rows - 1)) + ["and \(hidden) more"]
        }
        for (index, line) in lines.enumerated() { box.write(line, row: index, on: &buffer) }
    }
}
