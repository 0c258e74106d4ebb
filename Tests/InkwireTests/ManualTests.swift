import ArgumentParser
import InkFrontEnd
import Testing

@testable import inkwire

/// Help, manual and examples, which are written from the command line itself.
@Suite struct ManualTests {
    private static func all(below command: CommandDescription) -> [CommandDescription] {
        [command] + command.commands.flatMap { all(below: $0) }
    }

    private static func words(of command: CommandDescription) -> [String] {
        command.path.split(separator: " ").dropFirst().map(String.init)
    }

    @Test func `CL-230: the help of each command is seen whole on a terminal of 80 by 24, below the line that asked for it`() throws {
        let program = try CommandDescription.program
        let commands = Self.all(below: program)
        #expect(commands.count > 20)
        for command in commands {
            let words = Self.words(of: command)
            for asked in [words + ["--help"], ["help"] + words] {
                let text = try #require(try HelpRequest(asked, of: program)).text(of: program)
                let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
                #expect(lines.count <= 23 && lines.allSatisfy { $0.count <= 80 }, "\(command.path): \(lines.count) lines")
                for example in Example.all(of: words) { #expect(text.contains(example.command) && text.contains(example.purpose)) }
                for argument in command.own { #expect(text.contains(argument.term), "\(command.path) \(argument.term)") }
            }
        }
        let options = HelpPage.options(of: program)
        for title in OptionGroups.titles { #expect(options.contains(title)) }
        #expect(options.contains("--data-dir <dir>") && options.contains("--high-contrast"))
    }

    @Test func `CL-344: help is asked for in three ways, and for a command that there is not in none`() throws {
        let program = try CommandDescription.program
        #expect(try HelpRequest(["help"], of: program) == .command([]))
        #expect(try HelpRequest(["-h"], of: program) == .command([]))
        #expect(try HelpRequest(["help", "identity", "export"], of: program) == .command(["identity", "export"]))
        #expect(try HelpRequest(["export", "sketch", "--help"], of: program) == .command(["export"]))
        #expect(try HelpRequest(["help", "options"], of: program) == .options)
        #expect(try HelpRequest(["export", "sketch"], of: program) == nil)
        #expect(try HelpRequest(["---completion", "open", "--", "positional@0", "inkwire", "open", "-h"], of: program) == nil)
        for words in [["help", "exprot"], ["help", "identity", "exprot"]] {
            let failure = #expect(throws: Failure.self) { try HelpRequest(words, of: program) }
            #expect(failure?.exit == 2 && failure?.why.hasSuffix("export`?") == true)
        }
    }

    /// What the shell gives the program of an example; nil where it calls another.
    private static func arguments(of example: String) -> [String]? {
        guard let start = example.firstRange(of: "inkwire ") ?? (example.hasSuffix("inkwire") ? example.firstRange(of: "inkwire") : nil)
        else { return nil }
        let call = example[start.lowerBound...].prefix { !"|<>)".contains($0) }
        var (words, isQuoted): ([String], Bool) = ([""], false)
        for character in call.dropFirst("inkwire".count) {
            switch character {
            case "'": isQuoted.toggle()
            case " " where !isQuoted: words.append("")
            default: words[words.count - 1].append(character)
            }
        }
        return words.filter { !$0.isEmpty }
    }

    @Test func `CL-231: the command line understands each example`() throws {
        var count = 0
        for command in Self.all(below: try CommandDescription.program)
        where command.superCommands == nil || command.superCommands?.count == 1 {
            let examples = Example.all(of: Self.words(of: command))
            #expect(!examples.isEmpty, "\(command.path)")
            for example in examples {
                let arguments = try #require(Self.arguments(of: example.command), "\(example.command)")
                #expect(throws: Never.self, "\(example.command)") { try Inkwire.parseAsRoot(arguments) }
                count += 1
            }
        }
        #expect(count > 40)
    }

    @Test func `CL-232: each page of the manual tells of every option, and the program's of those that all commands take`() throws {
        let program = try CommandDescription.program
        let pages = ManualPage.all(of: program)
        #expect(pages.count == program.commands.count + 1 && pages.map(\.name).contains("inkwire-merge-driver"))
        for command in program.commands {
            let page = try #require(pages.first { $0.name == "inkwire-\(command.commandName)" })
            let text = page.plain
            for argument in command.own + command.commands.flatMap(\.own) {
                #expect(text.contains(argument.term), "\(page.name) \(argument.term)")
            }
            #expect(text.hasPrefix("NAME\n    \(page.name) - ") && text.contains("EXIT STATUS") && text.contains("inkwire(1)"))
            #expect(text.split(separator: "\n").allSatisfy { $0.count <= 80 })
        }
        let text = pages[0].plain
        for title in OptionGroups.titles { #expect(text.contains(title.uppercased())) }
        for command in program.commands { #expect(text.contains("inkwire-\(command.commandName)(1)")) }
        for variable in ConfigKey.allCases.compactMap(\.variable) { #expect(text.contains(variable)) }
    }

    @Test func `CL-232: no word of a page is taken for a request of troff`() throws {
        for page in ManualPage.all(of: try CommandDescription.program) {
            let known = [".TH", ".SH", ".PP", ".TP", ".nh", ".ad"]
            for line in page.roff(version: "v").split(separator: "\n") where line.hasPrefix(".") || line.hasPrefix("'") {
                #expect(known.contains(String(line.prefix(3))), "\(page.name): \(line)")
            }
        }
    }

    @Test(arguments: [
        ("exprot", "export"), ("jion", "join"), ("bords", "boards"), ("opne", "open"), ("EXPORT", "export"), ("members2", "members"),
        ("serv", "serve"),
    ])
    func `CL-235: the nearest word is found`(typed: String, meant: String) throws {
        let words = try CommandDescription.program.commands.map(\.commandName)
        #expect(NearestWord.nearest(to: typed, among: words) == meant)
        #expect(NearestWord.nearest(to: "q\(typed)zz", among: [typed + "abcdefgh"]) == nil)
    }

    @Test func `CL-235: nothing is guessed where two words are as near, or none is`() {
        #expect(NearestWord.nearest(to: "plan1", among: ["plan2", "plan3"]) == nil)
        #expect(NearestWord.nearest(to: "plan1", among: ["plan2", "plan2"]) == "plan2")
        #expect(NearestWord.nearest(to: "x", among: ["sketch"]) == nil && NearestWord.nearest(to: "", among: ["sketch", ""]) == "")
    }
}
