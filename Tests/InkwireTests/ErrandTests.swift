import Foundation
import InkCrypto
import InkPrimitives
import InkSession
import InkTerminal
import Testing

@testable import inkwire

/// What a person at a board asks of the program: files, and a name that is kept.
@Suite struct ErrandTests {
    private func folder() throws -> String {
        let path = NSTemporaryDirectory() + "errands-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }

    private func notice(_ outcome: FileWriter.Outcome) -> String? { if case .notice(let words) = outcome.told { words } else { nil } }

    @Test func `CL-43: who leaves is told to come back by what he came with`() {
        #expect(InteractiveRun.wayBack(to: "plan", dataDirectory: nil) == "inkwire open plan")
        #expect(InteractiveRun.wayBack(to: "-a b", dataDirectory: "/tmp/my boards") == "inkwire open --data-dir '/tmp/my boards' -- '-a b'")
    }

    @Test func `TM-168, TM-381: a file is written whole, and one that is there only by who says so`() throws {
        let folder = try folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = folder + "/plan.txt"
        var export = TerminalApp.FileExport(path: path, text: "┌─┐\n", shapeCount: 1, cutWords: nil, replaces: false)
        #expect(notice(FileWriter.place(export)) == "1 shape written to \(path)")
        #expect(FileManager.default.contents(atPath: path) == Data("┌─┐\n".utf8))
        export.text = "other\n"
        #expect(FileWriter.place(export) == .exists(export))
        #expect(FileManager.default.contents(atPath: path) == Data("┌─┐\n".utf8))
        export.replaces = true
        export.cutWords = "it is large"
        #expect(notice(FileWriter.place(export)) == "only a part is written, for it is large: \(path)")
        #expect(FileManager.default.contents(atPath: path) == Data("other\n".utf8))
        // Neither a directory nor what is no file, whatever was said.
        for (other, words) in [(folder, "a directory"), ("/dev/null", "no file")] {
            export.path = other
            #expect(notice(FileWriter.place(export)) == "not written: that is \(words): \(other)")
        }
        export.path = folder + "/nowhere/plan.txt"
        #expect(notice(FileWriter.place(export))?.hasPrefix("not written: ") == true)
        #expect(notice(FileWriter.place(export))?.hasSuffix(": \(export.path)") == true)
    }
}

@Suite struct KeptNameTests {
    @Test func `CL-42, CL-307: a name is kept in the data directory, and what is no name is none`() throws {
        let folder = NSTemporaryDirectory() + "kept-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let kept = KeptName(dataDirectory: folder)
        #expect(kept.name == nil && !FileManager.default.fileExists(atPath: folder))
        for name in ["ana", "Åsa 板", "two words"] {
            try kept.keep(name)
            #expect(KeptName(dataDirectory: folder).name == name)
        }
        for bytes in ["", "\n", "a\nb", "\u{1B}[2J", String(repeating: "x", count: Limits.nameBytes + 1), "   "] {
            try Data(bytes.utf8).write(to: URL(fileURLWithPath: folder + "/name"))
            #expect(kept.name == nil, "\(bytes.debugDescription)")
        }
        // Where it cannot be kept, that is told.
        #expect(throws: (any Error).self) { try KeptName(dataDirectory: "/dev/null/x").keep("ana") }
    }

    @Test func `CL-44: a link says how far it leads`() throws {
        func words(_ hosts: [String], _ direct: [String] = [], isOwn: Bool = false) throws -> String {
            let rendezvous = try hosts.map { try #require(Invite.Host($0)) }
            let direct = try direct.map { text in
                let host = try #require(Invite.Host(text))
                return SocketAddress(ip: try #require(IPAddress(host.name)), port: host.port)
            }
            var random = SplitMix64(seed: 1)
            return LinkReach.words(
                of: Invite(
                    rendezvous: rendezvous, usesTLS: false, direct: direct, roomSecret: Secret32.random(), board: BoardID(using: &random)),
                isOwn: isOwn)
        }
        for hosts in [["127.0.0.1:4300"], ["[::1]:4300"], ["localhost:4300"]] {
            #expect(try words(hosts) == "It works on this machine only.")
        }
        for hosts in [["192.168.1.7:4300", "127.0.0.1:4300"], ["10.0.0.2:4300"], ["[fd00::1]:4300"], ["box.local:4300"]] {
            #expect(try words(hosts, isOwn: true).hasPrefix("It works in this network only"), "\(hosts)")
            #expect(try words(hosts).hasPrefix("It works in this network only"), "\(hosts)")
        }
        #expect(try words(["signal.example.org:4300"], ["192.168.1.7:5000"]) == "It works wherever signal.example.org:4300 can be reached.")
        #expect(try words(["8.8.8.8:4300", "127.0.0.1:4300"], isOwn: true).hasPrefix("It works in this network, and where this machine's"))
        #expect(try words([], ["8.8.8.8:4300"]).hasPrefix("It works in this network, and"))
    }
}
