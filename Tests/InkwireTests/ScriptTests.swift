import InkAutomation
import InkStore
import Testing

@testable import inkwire

@Suite struct ScriptTests {
    private func script(_ lines: String...) throws -> Script { try Script(bytes: Array(lines.joined(separator: "\n").utf8)) }

    @Test func `CL-304: commands are known by their lines, and what stands behind a quit is neither read nor counted`() throws {
        let script = try script("", #"{"do":"undo"}"#, "  ", #"{"do":"redo"}"#, #"{"do":"quit"}"#, "nonsense", #"{"do":"undo"}"#)
        #expect(script.commands == [.undo, .redo])
        #expect(script.lines == [2, 4])
    }

    @Test func `CL-33: a line that is no command is named before anything is run`() {
        let failure = #expect(throws: Failure.self) { try script(#"{"do":"undo"}"#, "", #"{"do":"fly"}"#) }
        #expect(failure?.what == "line 3 cannot be applied" && failure?.exit == 2)
    }

    @Test(
        arguments: [("disk", 8), ("own_history_missing", 8), ("timeout", 10), ("no_such_shape", 2), ("duplicate_id", 2)]
            as [(String, Int32)])
    func `CL-33: the error of a command decides the exit code`(code: String, exit: Int32) {
        let failure = Failure(command: "line 1", code: code, why: "m")
        #expect(failure.exit == exit && failure.why == "m")
    }
}
