import InkFrontEnd
import InkPrimitives

/// What a person can ask of a board by name: one row each, of which the dispatch of keys, the help and the hints are made.
///
/// A new command is a case here and its row below: without the row nothing compiles, and nothing else is to be done. Keys that steer
/// (arrows, Enter, Escape, `hjkl` while something is selected) are no commands: what they do depends on what they are about (TM-233).
package enum BoardCommand: CaseIterable, Hashable, Sendable {
    // In the order of the help.
    case select, hand, rectangle, diamond, ellipse, arrow, line, pen, text, note, laser, eraser, lockTool, panByKeys
    case undo, redo, delete, duplicate, selectAll, next, previous, move, resize
    case group, ungroup, front, back, forward, backward, align, distribute
    case ink, width, fill, border, heads, startHead, endHead, elbow, fitLabel, grow
    case find, shapes, fit, nearer, farther, unzoomed, pageUp, pageDown, goToPerson, follow, lookHere, hideCursors, minimap, grid, snap,
        contrast
    case say, invite, people, connection, messages, set, name
    case lock, unlock, mute, unmute, slow, takeBack, remove
    case copy, cut, paste, pasteText, copyText, export, importFile, mouse, repaint, commands, help, keep, suspend, quit

    /// What there is to know of a command, in one place (TM-160).
    struct Row: Sendable {
        /// Lower case, of ASCII, of one word; as JSON lines name the same thing, where they do.
        let name: String
        /// Those that are usual (`KeyMap`); the first is the one to tell.
        let keys: [KeyStroke]
        /// What it does, for the help; of ASCII.
        let words: String
        /// What else the palette takes for its name.
        let otherNames: [String]
        let run: @Sendable (inout BoardScene, Instant) -> Void
        /// What may be typed behind its name; nil for nothing.
        let argument: Argument?
        /// True for what is done to what is selected: it waits for a shape that was drawn a moment ago (TM-357).
        let needsSelection: Bool

        /// What follows a name in the palette.
        struct Argument: Sendable {
            /// What is meant, in capitals; of ASCII.
            let hint: String
            /// False where the command does something without it.
            let isNeeded: Bool
            /// Takes what was typed, not empty; says what is wrong with it, or nil for nothing.
            let take: @Sendable (inout BoardScene, String, Instant) -> String?

            static func optional(_ hint: String, _ take: @escaping @Sendable (inout BoardScene, String, Instant) -> String?) -> Argument {
                Argument(hint: hint, isNeeded: false, take: take)
            }

            /// Its keys ask for it in the palette.
            static func needed(_ hint: String, _ take: @escaping @Sendable (inout BoardScene, String, Instant) -> String?) -> Argument {
                Argument(hint: hint, isNeeded: true, take: take)
            }
        }

        init(
            _ name: String, _ keys: [KeyStroke], _ words: String, or otherNames: [String] = [], taking argument: Argument? = nil,
            needsSelection: Bool = false, run: @escaping @Sendable (inout BoardScene, Instant) -> Void
        ) {
            (self.name, self.keys, self.words, self.otherNames) = (name, keys, words, otherNames)
            (self.argument, self.needsSelection, self.run) = (argument, needsSelection, run)
        }

        /// Picks a tool.
        init(_ name: String, _ tool: Tool, _ words: String) {
            let letters = [tool.letter] + (tool.digit.map { [$0] } ?? [])
            self.init(name, letters.map { .key(.character($0)) }, words) { $0.pick(tool, now: $1) }
        }
    }

    var row: Row {
        switch self {
        case .select: Row("select", .select, "select, move and resize shapes")
        case .hand: Row("hand", .hand, "hand: pull the board about")
        case .rectangle: Row("rectangle", .rectangle, "draw rectangles")
        case .diamond: Row("diamond", .diamond, "draw diamonds")
        case .ellipse: Row("ellipse", .ellipse, "draw ellipses")
        case .arrow: Row("arrow", .arrow, "draw arrows")
        case .line: Row("line", .line, "draw lines")
        case .pen: Row("pen", .freehand, "pen: draw freehand")
        case .text: Row("text", .text, "write a text")
        case .note: Row("note", .note, "write a note")
        case .laser: Row("laser", .laser, "laser: show with light that fades, and leaves nothing")
        case .eraser: Row("eraser", .eraser, "eraser: rub out whole shapes")
        case .lockTool: Row("keep-tool", ["Q"], "lock the tool: it stays picked") { $0.toggleLock(now: $1) }
        case .panByKeys: Row("pan", [" "], "hand, and back to the tool before") { $0.pick($0.pen.toggled(.hand), now: $1) }

        // Ctrl+Shift+Z cannot be told from Ctrl+Z in most terminals: it must never do more harm than an undo.
        case .undo: Row("undo", ["u", .control("z")], "take back what you did last") { $0.undo(now: $1) }
        case .redo: Row("redo", ["U", .control("r"), .control("y")], "do again what was taken back") { $0.redo(now: $1) }
        case .delete:
            Row("delete", ["x", .key(.delete), .key(.backspace)], "delete what is selected", needsSelection: true) {
                $0.deleteSelection(now: $1)
            }
        case .duplicate:
            Row("duplicate", ["D", .control("d")], "copy what is selected beside it", needsSelection: true) { $0.duplicate(now: $1) }
        case .selectAll: Row("select-all", [.control("a")], "select all shapes") { scene, _ in scene.selectAll() }
        case .next: Row("next", ["]", .key(.tab)], "select the newest shape, then older ones") { scene, _ in scene.selectNext(1) }
        case .previous:
            Row("previous", ["[", .shift(.tab)], "select the oldest shape, then newer ones") { scene, _ in scene.selectNext(-1) }
        case .move: Row("move", ["m"], "move what is selected by arrows and hjkl", needsSelection: true) { $0.moveByKeys(now: $1) }
        case .resize:
            Row("resize", ["z"], "resize by arrows; of a line: choose an end to pull", needsSelection: true) { $0.toggleResizing(now: $1) }

        case .group: Row("group", [.control("g")], "make what is selected one group", needsSelection: true) { $0.group(now: $1) }
        case .ungroup:
            Row("ungroup", [.alt("g"), .control("u")], "take the group apart that is selected", needsSelection: true) {
                $0.ungroup(now: $1)
            }
        case .front: Row("front", ["}"], "order: above all others", needsSelection: true) { $0.order(to: .front, now: $1) }
        case .back: Row("back", ["{"], "order: below all others", needsSelection: true) { $0.order(to: .back, now: $1) }
        case .forward: Row("forward", [")"], "order: above the next one", needsSelection: true) { $0.order(to: .up, now: $1) }
        case .backward: Row("backward", ["("], "order: below the next one", needsSelection: true) { $0.order(to: .down, now: $1) }
        case .align:
            Row(
                "align", [], "to the left, right, top, bottom, centre or middle of all",
                taking: .needed("SIDE") { $0.align(to: $1, now: $2) }, needsSelection: true
            ) { $0.ask(for: .align, now: $1) }
        case .distribute:
            Row(
                "distribute", [], "equal room between, horizontally or vertically",
                taking: .needed("AXIS") { $0.distribute($1, now: $2) }, needsSelection: true
            ) { $0.ask(for: .distribute, now: $1) }

        case .ink:
            Row(
                "ink", ["c"], "colour of lines and texts", or: ["colour", "color", "stroke"],
                taking: .optional("COLOUR", { $0.pick(.ink, $1, now: $2) }), needsSelection: true
            ) { $0.open(.picker(StylePicker(of: .ink)), now: $1) }
        case .width:
            Row(
                "width", ["w"], "width of lines", or: ["stroke_width"], taking: .optional("1-4", { $0.pick(.width, $1, now: $2) }),
                needsSelection: true
            ) {
                $0.open(.picker(StylePicker(of: .width)), now: $1)
            }
        case .fill:
            Row(
                "fill", ["B"], "colour inside boxes", taking: .optional("COLOUR", { $0.pick(.fill, $1, now: $2) }), needsSelection: true
            ) {
                $0.open(.picker(StylePicker(of: .fill)), now: $1)
            }
        case .border:
            Row(
                "border", ["b"], "light, heavy, double, dashed, dotted, rounded, sharp", or: ["line_style", "corners"],
                taking: .optional("STYLE", { $0.pick(.border, $1, now: $2) }), needsSelection: true
            ) { $0.open(.picker(StylePicker(of: .border)), now: $1) }
        case .heads:
            Row(
                "heads", ["A"], "at which ends of a line heads stand", taking: .optional("ENDS", { $0.pick(.heads, $1, now: $2) }),
                needsSelection: true
            ) { $0.open(.picker(StylePicker(of: .heads)), now: $1) }
        case .startHead:
            Row(
                "start-head", ["<"], "what stands at the first end of a line", or: ["start_head"],
                taking: .optional("HEAD", { $0.pick(.startHead, $1, now: $2) }), needsSelection: true
            ) { $0.open(.picker(StylePicker(of: .startHead)), now: $1) }
        case .endHead:
            Row(
                "end-head", [">"], "what stands at the last end of a line", or: ["end_head"],
                taking: .optional("HEAD", { $0.pick(.endHead, $1, now: $2) }), needsSelection: true
            ) { $0.open(.picker(StylePicker(of: .endHead)), now: $1) }
        case .elbow:
            Row(
                "elbow", ["E"], "lines go around corners, or straight", or: ["route"],
                taking: .optional("ON|OFF", { $0.pick(.route, $1, now: $2) }), needsSelection: true
            ) { $0.open(.picker(StylePicker(of: .route)), now: $1) }

        case .fitLabel:
            Row("fit-label", [], "make what is selected as large as its label needs", needsSelection: true) { $0.fitLabels(now: $1) }
        case .grow:
            Row(
                "grow", [], "boxes grow with their label while it is written, and not",
                taking: .optional("ON|OFF", { $0.pick(growing: $1, now: $2) })
            ) { $0.toggleGrowing(now: $1) }

        case .find:
            Row("find", [.control("f")], "go to a text on the board", taking: .optional("TEXT") { $0.find($1, now: $2) }) {
                $0.open(.finder(ShapeFinder(.hits)), now: $1)
            }
        case .shapes: Row("shapes", ["L"], "list all shapes, to pick one") { $0.listShapes(now: $1) }
        case .fit: Row("fit", ["f", .key(.home)], "show the drawing, from as far as that takes") { $0.fit(now: $1) }
        // TM-130
        case .nearer: Row("nearer", ["+"], "zoom in (so does Ctrl+wheel)") { $0.zoom(by: 1, now: $1) }
        case .farther: Row("farther", ["-"], "zoom out") { $0.zoom(by: -1, now: $1) }
        case .unzoomed: Row("unzoomed", ["="], "zoom to 100 %") { $0.zoom(to: .standard, now: $1) }
        case .pageUp: Row("page-up", [.key(.pageUp)], "look half a window higher") { scene, _ in scene.panPages(-1) }
        case .pageDown: Row("page-down", [.key(.pageDown)], "look half a window lower") { scene, _ in scene.panPages(1) }
        case .goToPerson: Row("go", ["'"], "go where you are asked to look, or to a person") { $0.goToPerson(now: $1) }
        case .follow: Row("follow", ["G"], "follow what a person sees, the next, nobody") { $0.followNext(now: $1) }
        case .lookHere: Row("look-here", ["\""], "ask all to look at what you see", or: ["look_here"]) { $0.askToLook(now: $1) }
        case .minimap:
            Row("minimap", ["Z"], "the whole drawing in a corner, and off") { $0.toggleMinimap(now: $1) }
        case .grid: Row("grid", ["#"], "dots that help to align, and off") { scene, _ in scene.display.showsGrid.toggle() }
        case .snap:
            Row(
                "snap", ["S"], "drags meet edges and middles, or the grid; Alt is free",
                taking: .optional("ON|OFF", { scene, word, _ in scene.pick(snap: word) })
            ) { scene, _ in scene.setSnap(!scene.snaps) }
        case .contrast: Row("contrast", [], "high contrast, and back to the usual colours") { $0.toggleContrast(now: $1) }
        case .hideCursors:
            Row("cursors", [.alt("c")], "hide others' cursors, and show them") { scene, _ in scene.display.hidesCursors.toggle() }

        case .say:
            Row("say", ["/"], "say something to the others", taking: .optional("TEXT", { $0.said($1, now: $2) })) {
                $0.open(.chat(ChatPanel()), now: $1)
            }
        case .invite: Row("invite", ["i"], "show the link that others need") { $0.open(.invite(InvitePanel($0.invitation)), now: $1) }
        case .people: Row("people", ["P"], "who is here, and what you do with them") { $0.openPeople(now: $1) }
        case .connection: Row("connection", ["N"], "how each is reached") { $0.open(.sheet(Sheet(.connection)), now: $1) }

        // TM-170
        case .messages: Row("messages", ["T"], "what was said, and a line to answer") { $0.openTalk(now: $1) }
        case .set:
            Row(
                "set", [], "be told when you are away: bell, notify, title, quiet",
                taking: .needed("WHAT HOW") { $0.set($1, now: $2) }
            ) { $0.ask(for: .set, now: $1) }
        case .name:
            Row("name", [], "what the others call you", taking: .needed("NAME") { $0.rename($1, now: $2) }) { $0.ask(for: .name, now: $1) }

        case .lock:
            Row("lock", [], "lock what is selected: owners alone change it", needsSelection: true) { $0.lockSelection(true, now: $1) }
        case .unlock: Row("unlock", [], "open again what is locked and selected", needsSelection: true) { $0.lockSelection(false, now: $1) }
        case .mute:
            Row("mute", [], "do not show the pointer of somebody", taking: .needed("NAME") { $0.mute($1, now: $2) }) {
                $0.ask(for: .mute, now: $1)
            }
        case .unmute:
            Row("unmute", [], "show the pointers that are muted", taking: .optional("NAME") { $0.unmute($1, now: $2) }) { scene, now in
                if let words = scene.unmute(nil, now: now) { scene.front.notices.add(words, as: .setting, now: now) }
            }
        case .slow:
            Row(
                "slow", [], "how often who is no owner may change something", or: ["slow_mode"],
                taking: .needed("10s|OFF") { $0.slowDown($1, now: $2) }
            ) { $0.ask(for: .slow, now: $1) }
        case .takeBack:
            Row(
                "take-back", [], "take back what somebody did, or did in the last 10m", or: ["takeback", "take_back"],
                taking: .needed("NAME [10m]") { $0.takeBack($1, now: $2) }
            ) { $0.ask(for: .takeBack, now: $1) }

        case .remove:
            Row("remove", [], "end somebody's right, for a reason", taking: .needed("NAME REASON") { $0.remove($1, now: $2) }) {
                $0.ask(for: .remove, now: $1)
            }

        case .copy: Row("copy", ["y"], "copy what is selected, for any board", needsSelection: true) { $0.copyShapes(now: $1) }
        case .cut: Row("cut", ["X"], "copy what is selected, and delete it", needsSelection: true) { $0.copyShapes(cuts: true, now: $1) }
        case .paste: Row("paste", ["V", .control("v")], "paste what was copied, here or elsewhere") { $0.pasteShapes(now: $1) }
        case .pasteText:
            Row("paste-text", [], "make a text of the drawing that was pasted last", needsSelection: true) { $0.pasteAsText(now: $1) }
        case .copyText:
            Row("copy-text", ["Y"], "copy as text what is selected, or all", needsSelection: true) { $0.copyAsText(now: $1) }
        case .export:
            Row(
                "export", [.control("s")], "write the board to a file as text", or: ["w", "save"],
                taking: .needed("FILE") { scene, path, _ in scene.export(to: path) }
            ) { $0.ask(for: .export, now: $1) }
        case .importFile:
            Row(
                "import", [], "add a file; .board makes the board what it says", or: ["read"],
                taking: .needed("FILE") { scene, path, now in
                    scene.importFile(at: path, now: now)
                    return nil
                }
            ) { $0.ask(for: .importFile, now: $1) }
        case .mouse: Row("mouse", ["M"], "mouse off and on, for copying with the terminal") { $0.toggleMouse(now: $1) }
        // The key is taken before the board sees it: whatever is being done, what others wrote over the screen is in its way.
        case .repaint: Row("repaint", [.control("l")], "paint the screen anew") { scene, _ in scene.wantsRepaint = true }
        case .commands:
            Row("commands", [":", .control("p")], "type a command by its name") {
                $0.open(.commands(CommandList(.palette, keys: $0.keys)), now: $1)
            }
        case .help:
            Row("help", ["?", .key(.function(1))], "search all this and run it") {
                $0.open(.commands(CommandList(.help, keys: $0.keys)), now: $1)
            }
        case .keep: Row("keep", [], "keep an example that would go when you leave") { $0.keepBoard(now: $1) }
        case .suspend: Row("suspend", [], "stop, as Ctrl+Z does in a shell; fg goes on") { scene, _ in scene.suspend() }
        case .quit:
            Row("quit", ["q"], "quit (so does Ctrl+C twice); everything is saved", or: ["exit"]) { scene, _ in
                scene.outputs.append(.effect(.quit))
            }
        }
    }

    package var name: String { row.name }
    package var words: String { row.words }
    package var takesArgument: Bool { row.argument != nil }
    /// Its usual keys as the help writes them, the one to tell first.
    package var keyWords: [String] { row.keys.map(\.word) }
}
