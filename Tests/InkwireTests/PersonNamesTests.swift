import ArgumentParser
import Foundation
import InkPrimitives
import Testing

@testable import inkwire

/// What a person is called, and what of that is kept.
@Suite final class PersonNamesTests {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("inkwire-\(UUID().uuidString)").path

    deinit {
        // A leftover below the temporary directory harms nobody.
        try? FileManager.default.removeItem(atPath: folder)
    }

    private func options(_ arguments: String...) throws -> GlobalOptions {
        try GlobalOptions.parse(["--data-dir", folder] + arguments)
    }

    @Test func `CL-307: a second person on a machine neither has the first one's name nor takes it from him`() throws {
        let first = try options()
        #expect(first.keep(name: "ana", profile: 1) == nil && first.keptName(profile: 1) == "ana")
        for profile in [2, 3] {
            #expect(first.keptName(profile: profile) == nil)
            #expect(try first.displayName(profile: profile) != "ana")
            #expect(first.keep(name: "eve", profile: profile) == "this name is not kept: you are a second person on this machine")
        }
        #expect(try options().keptName(profile: 1) == "ana")
    }

    @Test func `CL-42, CL-46: what was typed goes first, and is used where it cannot be kept`() throws {
        var options = try options("--name", "given")
        #expect(try options.displayName(profile: 1) == "given" && options.displayName(profile: 2) == "given")
        options.typedName = "typed"
        #expect(try options.displayName(profile: 1) == "typed" && options.displayName(profile: 2) == "typed")
        #expect(options.knowsName(profile: 1) && options.knowsName(profile: 2))
        // Something that is no file stands where it would be kept.
        try FileManager.default.createDirectory(atPath: "\(folder)/name/x", withIntermediateDirectories: true)
        let words = try #require(options.keep(name: "typed", profile: 1))
        #expect(words.hasPrefix("your name is not kept for the next time: "))
        #expect(options.keptName(profile: 1) == nil)
    }
}
