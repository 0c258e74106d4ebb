import Dispatch
import Foundation
import InkBoard
import InkTerminal
import Synchronization
import Testing

@testable import inkwire

/// Files that a person at a terminal asks to be drawn.
@Suite struct FileReaderTests {
    @Test func `CL-100: what import reads is read, and what it does not is told with its place`() throws {
        let folder = NSTemporaryDirectory() + "reading-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        func look(_ name: String, _ bytes: [UInt8]) throws -> TerminalApp.FileDrawing {
            try Data(bytes).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
            return FileReader.look("\(folder)/\(name)")
        }
        guard case .read(_, let drawing, isPlaced: false, losses: []) = try look("a.txt", Array("+--+\n|a |\n+--+".utf8)) else {
            Issue.record("a drawing of text is not read")
            return
        }
        #expect(drawing.items.map(\.content.text) == ["a"])
        let excalidraw = #"{"type":"excalidraw","version":2,"elements":[{"type":"image","id":"a","x":0,"y":0,"width":9,"height":9}]}"#
        guard case .read(_, let other, isPlaced: true, let losses) = try look("b.excalidraw", Array(excalidraw.utf8)) else {
            Issue.record("a board of Excalidraw is not read")
            return
        }
        #expect(other.items.isEmpty && losses.count == 1 && losses[0].contains("image"), "\(losses)")
        for (name, bytes, why) in [
            ("c.txt", [0x61, 0x0A, 0x62, 0xFF], "line 2, column 2: the text is no UTF-8 here"), ("d.json", Array("{".utf8), "line 1"),
            ("e.xyz", [], "its ending is none of json, excalidraw, txt, mermaid, md, board, markdown, mmd"),
        ] as [(String, [UInt8], String)] {
            guard case .failed("\(folder)/\(name)", let told) = try look(name, bytes) else {
                Issue.record("\(name) is read")
                continue
            }
            #expect(told.contains(why), "\(told)")
        }
        for (path, why) in [(folder, "that is a directory"), ("/dev/zero", "that is no file"), ("\(folder)/no.txt", "No such file")] {
            guard case .failed(path, let told) = FileReader.look(path) else {
                Issue.record("\(path) is read")
                continue
            }
            #expect(told.contains(why), "\(told)")
        }
        // The terminal is no file.
        guard case .failed("-", _) = FileReader.look("-") else {
            Issue.record("a stream is read")
            return
        }
    }

    @Test func `CL-316: of several files the last is told, whatever hangs, and those that hang do not gather`() {
        let (gate, told) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        let heard = Mutex<[TerminalApp.FileDrawing]>([])
        let reader = FileReader(
            look: { path in
                if path.hasPrefix("slow") { gate.wait() }
                return .failed(path: path, why: "no")
            },
            tell: { answer in
                heard.withLock { $0.append(answer) }
                told.signal()
            })
        #expect(reader.read("slow 1") == nil)
        #expect(reader.read("a") == nil)
        told.wait()
        #expect(heard.withLock { $0 } == [.failed(path: "a", why: "no")])
        for number in 2...4 { #expect(reader.read("slow \(number)") == nil) }
        #expect(reader.read("b") == "4 files that were asked for before are not read yet")
        for _ in 1...4 { gate.signal() }
        told.wait()
        #expect(heard.withLock { $0 } == [.failed(path: "a", why: "no"), .failed(path: "slow 4", why: "no")])
    }
}
