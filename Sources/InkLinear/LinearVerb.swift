import InkBoard
import InkFrontEnd
import InkSession

/// What can be typed at the beginning of a line: one row each, of which reading and help are made.
///
/// A new verb is a case here, its row below, and how it is read (`LinearReading`). The names are those of the terminal's `:` commands and of what
/// JSON lines `do`, where they mean the same (LN-1).
package enum LinearVerb: CaseIterable, Hashable, Sendable {
    // In the order of the help.
    case rectangle, ellipse, diamond, note, text, line, arrow, pen
    case label, move, place, resize, from, to, path, delete, duplicate, undo, redo
    case ink, fill, width, border, heads, startHead, endHead, elbow, fitLabel
    case group, ungroup, front, back, forward, backward, align, distribute, lock, unlock
    case copy, cut, paste, export, importFile
    case list, find, near, describe, who, members, status, connection
    case say, messages, point, lookHere, name
    case invite, code, role, remove, takeBack, slow, safety, verify, unverify
    case wait, help, quit

    /// What there is to know of a verb.
    struct Row: Sendable {
        /// Lower case, of ASCII, of one word.
        let name: String
        /// What stands behind it.
        let usage: String
        let words: String
        /// What else is taken for its name.
        let otherNames: [String]

        init(_ name: String, _ usage: String, _ words: String, or otherNames: [String] = []) {
            (self.name, self.usage, self.words, self.otherNames) = (name, usage, words, otherNames)
        }
    }

    var row: Row {
        switch self {
        case .rectangle: Row("rectangle", "X Y W H [TEXT]", "draw a rectangle", or: ["rect", "box"])
        case .ellipse: Row("ellipse", "X Y W H [TEXT]", "draw an ellipse")
        case .diamond: Row("diamond", "X Y W H [TEXT]", "draw a diamond")
        case .note: Row("note", "X Y TEXT", "write a note, as large as its words", or: ["sticky"])
        case .text: Row("text", "X Y TEXT", "write a text")
        case .line: Row("line", "FROM [X,Y ...] TO [TEXT]", "draw a line; an end is a place X,Y or a shape that it stays at")
        case .arrow: Row("arrow", "FROM [X,Y ...] TO [TEXT]", "draw an arrow; an end is a place X,Y or a shape that it stays at")
        case .pen: Row("pen", "X,Y X,Y ...", "draw freehand through these places", or: ["freehand", "stroke"])

        case .label: Row("label", "SHAPE [TEXT]", "what stands in a shape; without TEXT, nothing")
        case .move: Row("move", "SHAPE ... DX DY", "move shapes, each with its group, by so many cells")
        case .place: Row("place", "SHAPE X Y", "put a shape at a place")
        case .resize: Row("resize", "SHAPE W H", "make a box so large")
        case .from: Row("from", "LINE X,Y|SHAPE", "put the first end of a line elsewhere")
        case .to: Row("to", "LINE X,Y|SHAPE", "put the last end of a line elsewhere")
        case .path: Row("path", "LINE X,Y X,Y ...", "lead a line by these places, at no shape any more")
        case .delete: Row("delete", "SHAPE ...", "delete shapes, each with its group")
        case .duplicate: Row("duplicate", "SHAPE ... [by DX,DY]", "copy shapes beside themselves")
        case .undo: Row("undo", "", "take back what you did last")
        case .redo: Row("redo", "", "do again what was taken back")

        case .ink:
            Row("ink", "SHAPE ... COLOUR", "colour of lines and texts: own, a name or #RRGGBB", or: ["colour", "color", "stroke-colour"])
        case .fill: Row("fill", "SHAPE ... COLOUR", "colour inside boxes: none, a name or #RRGGBB")
        case .width: Row("width", "SHAPE ... WIDTH", "width of lines: \(StyleWords.widthWords.joined(separator: ", "))")
        case .border: Row("border", "SHAPE ... STYLE", "\(BorderStyle.allCases.map(\.rawValue).joined(separator: ", "))")
        case .heads: Row("heads", "LINE ... ENDS", "at which ends of lines heads stand: none, end, start, both")
        case .startHead:
            Row(
                "start-head", "LINE ... HEAD", "what stands at the first end: \(StyleWords.headWords.joined(separator: ", "))",
                or: ["start_head"])
        case .endHead:
            Row(
                "end-head", "LINE ... HEAD", "what stands at the last end: \(StyleWords.headWords.joined(separator: ", "))",
                or: ["end_head"])
        case .elbow: Row("elbow", "LINE ... on|off", "lines go around corners, or straight", or: ["route"])
        case .fitLabel: Row("fit-label", "SHAPE ...", "make boxes as large as their labels need")

        case .group: Row("group", "SHAPE SHAPE ...", "make shapes one group")
        case .ungroup: Row("ungroup", "SHAPE ...", "take groups apart")
        case .front: Row("front", "SHAPE ...", "order: above all others")
        case .back: Row("back", "SHAPE ...", "order: below all others")
        case .forward: Row("forward", "SHAPE ...", "order: above the next one")
        case .backward: Row("backward", "SHAPE ...", "order: below the next one")
        case .align: Row("align", "SHAPE SHAPE ... SIDE", "to the \(Alignment.allCases.map(\.rawValue).joined(separator: ", ")) of all")
        case .distribute: Row("distribute", "SHAPE SHAPE SHAPE ... AXIS", "equal room between, horizontally or vertically")
        case .lock: Row("lock", "SHAPE ...", "lock shapes: owners alone change them")
        case .unlock: Row("unlock", "SHAPE ...", "open again what is locked")

        case .copy: Row("copy", "SHAPE ...", "copy shapes, for any board of yours")
        case .cut: Row("cut", "SHAPE ...", "copy shapes, and delete them")
        case .paste: Row("paste", "[by DX,DY]", "draw what was copied, here or elsewhere")
        case .export:
            Row("export", "FILE", "write the board to a file, whose ending tells how; none that is there is replaced", or: ["save"])
        case .importFile: Row("import", "FILE", "add a file; .board makes the board what it says", or: ["read"])

        case .list: Row("list", "[NUMBER]", "all shapes by their numbers, forty at once", or: ["shapes", "state"])
        case .find: Row("find", "TEXT", "shapes in which a text stands")
        case .near: Row("near", "X Y|SHAPE", "the ten shapes nearest to a place or a shape")
        case .describe: Row("describe", "SHAPE", "all that is known of a shape")
        case .who: Row("who", "", "who is here", or: ["people"])
        case .members: Row("members", "", "who has which role, and which invites stand")
        case .status: Row("status", "", "whether all is saved and sent, and the board's fingerprint")
        case .connection: Row("connection", "", "how each person is reached", or: ["stats"])

        case .say: Row("say", "TEXT", "say something to the others")
        case .messages: Row("messages", "[COUNT]", "what was said last, twenty unless told otherwise", or: ["history"])
        case .point: Row("point", "X Y|off", "show the others a place", or: ["cursor"])
        case .lookHere: Row("look-here", "X Y W H", "ask all to look at a part of the board", or: ["look_here"])
        case .name: Row("name", "NAME", "what the others call you")

        case .invite: Row("invite", "[ROLE] [COUNT] [TIME]", "the board's link, or a new one for a role, so many people, so long as 10m")
        case .code: Row("code", "[ROLE] [COUNT]", "a short code to be said aloud, for one unless told otherwise")
        case .role: Row("role", "WHO ROLE", "give somebody a role: \(Role.words.joined(separator: ", "))", or: ["grant"])
        case .remove: Row("remove", "WHO [REASON]", "end somebody's right, for a reason")
        case .takeBack:
            Row("take-back", "WHO [TIME]", "take back what somebody did, or did in the last 10m", or: ["takeback", "take_back"])
        case .slow: Row("slow", "TIME|off", "how often who is no owner may change something, as 10s", or: ["slow_mode"])
        case .safety: Row("safety", "WHO", "six words: if the other reads the same, nobody is between you")
        case .verify: Row("verify", "WHO", "they were the same")
        case .unverify: Row("unverify", "WHO", "that does not hold any more")

        case .wait:
            Row("wait", "peers|saved|delivered|synced [SECONDS]", "hold the lines that follow until it is so; 30 s unless told otherwise")
        case .help: Row("help", "[COMMAND]", "all commands, or what one takes", or: ["commands"])
        case .quit: Row("quit", "", "leave; all is saved", or: ["exit"])
        }
    }

    package var name: String { row.name }
    package var otherNames: [String] { row.otherNames }
    /// As it is typed.
    var usage: String { row.usage.isEmpty ? name : "\(name) \(row.usage)" }

    /// The verb of a word; nil for none.
    init?(_ word: String) {
        guard let verb = Self.byName[word.lowercased()] else { return nil }
        self = verb
    }

    /// What somebody meant who typed a word that is none; nil where that is not clear.
    static func nearest(to word: String) -> String? { NearestWord.nearest(to: word, among: byName.keys) }

    /// No two verbs share a name: where two rows have one, every test ends here.
    private static let byName = Dictionary(
        uniqueKeysWithValues: allCases.flatMap { verb in ([verb.row.name] + verb.row.otherNames).map { ($0, verb) } })
}
