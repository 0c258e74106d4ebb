import ArgumentParser
import InkTerminal
import Testing

@testable import inkwire

@Suite struct ShellWordTests {
    @Test(
        arguments: [
            ("plan", "plan"), ("my plan", "'my plan'"), ("it's", "'it'\\''s'"), ("板", "板"), ("$HOME", "'$HOME'"), ("-x", "-- -x"),
            ("--help", "-- --help"), ("-my plan", "-- '-my plan'"), ("a;b", "'a;b'"), ("", "''"), ("~", "'~'"), ("!!", "'!!'"),
        ])
    func `CL-43: a board's name is told as a shell and the program take it`(name: String, word: String) {
        #expect(ShellWord.last(name) == word)
    }

    @Test(arguments: ["-x", "--help", "-"])
    func `CL-43: a name that begins as an option does is none behind two dashes`(name: String) throws {
        let words = ShellWord.last(name).split(separator: " ").map(String.init)
        #expect(try OpenCommand.parse(words).board == name)
        #expect(try ExportCommand.parse(["-o", "plan.json"] + words).board == name)
    }
}
