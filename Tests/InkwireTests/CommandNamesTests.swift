import InkAutomation
import InkTerminal
import Testing

/// What a person types and what a program writes are called by one name.
@Suite struct CommandNamesTests {
    // TM-160
    @Test func `a command that lines of JSON have, too, has the same name`() {
        // Done by a hand in the palette's own words, and not what a person types by name.
        let ofProgramsAlone = ["draw", "stroke", "set", "cursor", "typing", "state", "wait", "stats"]
        let shared = ["undo", "redo", "delete", "move", "say", "invite", "quit"]
        let names = BoardCommand.allCases.map(\.name)
        for name in shared { #expect(isKnown(name) && names.contains(name), "\(name)") }
        for name in ofProgramsAlone { #expect(isKnown(name) && !names.contains(name), "\(name)") }
        #expect(!isKnown("xyzzy"))
    }

    private func isKnown(_ name: String) -> Bool {
        do throws(AutomationError) {
            _ = try AutomationRequest(line: Array(#"{"do":"\#(name)"}"#.utf8))
            return true
        } catch {
            return error.code != "unknown_command"
        }
    }
}
