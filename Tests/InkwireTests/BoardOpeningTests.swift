import Dispatch
import Foundation
import InkBoard
import InkPrimitives
import InkStore
import InkTerminal
import Synchronization
import Testing

@testable import inkwire

/// What happens beside the thread of the terminal: a board that is opened, a file that is written.
@Suite final class BesideTheTerminalTests: Sendable {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("inkwire-\(UUID().uuidString)").path
    private var catalog: BoardCatalog { BoardCatalog(dataDirectory: folder) }

    deinit {
        // A leftover below the temporary directory harms nobody.
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// Runs what blocks on a thread of its own: the few that run tests are needed by what is waited for.
    private func blocking(_ body: @escaping @Sendable () throws -> Void) async throws {
        try await withCheckedThrowingContinuation { (done: CheckedContinuation<Void, any Error>) in
            DispatchQueue.global().async { done.resume(with: Result { try body() }) }
        }
    }

    private func options() throws -> GlobalOptions { try GlobalOptions.parse(["--data-dir", folder]) }

    private func open(_ name: String) throws -> OpenedSession {
        let access = try BoardAccess.open(name, catalog: catalog)
        let session = try BoardSession.open(access, options: try options(), embeds: false, patience: nil) { _ in }
        return OpenedSession(access: access, session: session, sentences: [])
    }

    /// Opens beside this thread; what comes too late is closed.
    private func opening(_ open: @escaping @Sendable () throws -> OpenedSession, tell: @escaping @Sendable () -> Void) -> BoardOpening {
        BoardOpening(open, tell: tell, discard: { $0.close(discards: false) })
    }

    @Test func `CL-60: what is opened is taken once, and a failure is what it was`() async throws {
        try await blocking { [self] in
            try OpenedBoard.make(named: "plan", catalog: catalog).close()
            let told = DispatchSemaphore(value: 0)
            let opening = opening({ [self] in try open("plan") }, tell: { told.signal() })
            told.wait()
            let opened = try #require(opening.take()).get()
            #expect(opening.take() == nil && opening.abandon(patience: .seconds(0)) == nil)
            // It holds the lock until it is closed.
            #expect(BoardStore.isOpen(at: catalog.directory(of: opened.access.board, profile: 1)))
            opened.close(discards: false)
            #expect(!BoardStore.isOpen(at: catalog.directory(of: opened.access.board, profile: 1)))
            let missing = self.opening({ [self] in try open("nothing") }, tell: { told.signal() })
            told.wait()
            #expect(throws: StoreError.missing(what: "board “nothing”")) { try missing.take()?.get() }
        }
    }

    @Test func `CL-60: who does not wait for what is opened leaves no lock behind`() async throws {
        try await blocking { [self] in
            try OpenedBoard.make(named: "plan", catalog: catalog).close()
            let directory = try catalog.find("plan").directory
            let (mayOpen, isOpen) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
            let told = Mutex(0)
            let opening = opening(
                { [self] in
                    mayOpen.wait()
                    defer { isOpen.signal() }
                    return try open("plan")
                }, tell: { told.withLock { $0 += 1 } })
            #expect(opening.abandon(patience: .milliseconds(1)) == nil)
            mayOpen.signal()
            isOpen.wait()
            // It is closed on its own thread: the next who opens the board gets it.
            var opened: OpenedBoard?
            while opened == nil { if case .held(let held) = try BoardAccess.open("plan", catalog: catalog) { opened = held } }
            #expect(opened?.store.directory == directory && told.withLock { $0 } == 0)
            opened?.close()
        }
    }

    @Test func `CL-309: what is known to be wrong is told before a screen is taken`() throws {
        try OpenedBoard.make(named: "plan", catalog: catalog).close()
        #expect(throws: Failure.self) { try Prospect(.make("plan"), catalog: catalog) }
        #expect(throws: Failure.self) { try Prospect(.make("-"), catalog: catalog) }
        #expect(throws: StoreError.missing(what: "board “nothing”")) { try Prospect(.open("nothing"), catalog: catalog) }
        let prospect = try Prospect(.open("plan"), catalog: catalog)
        #expect(prospect.name == "plan" && prospect.shapeCount == nil && !prospect.isJoining)
        let place = try catalog.find("plan").place
        catalog.note(
            BoardCatalog.Place(board: place.board, profile: 1, directory: place.directory, name: "plan", shapeCount: 7))
        #expect(try Prospect(.open("plan"), catalog: catalog).shapeCount == 7)
        // By its digits, too.
        #expect(try Prospect(.open(String(place.board.hex.prefix(8))), catalog: catalog).name == "plan")
    }

    @Test func `CL-310: a hint that leads astray costs a search and nothing else`() throws {
        try OpenedBoard.make(named: "plan", catalog: catalog).close()
        try OpenedBoard.make(named: "other", catalog: catalog).close()
        let (plan, other) = (try catalog.find("plan").place, try catalog.find("other").place)
        // The copy of a name says what the board does not.
        try Data("plan".utf8).write(to: URL(fileURLWithPath: "\(other.directory)/name"))
        catalog.note(BoardCatalog.Place(board: other.board, profile: 1, directory: other.directory, name: "plan"))
        #expect(catalog.place(named: "plan")?.board == other.board)
        let access = try BoardAccess.open("plan", catalog: catalog)
        #expect(access.board == plan.board && !BoardStore.isOpen(at: other.directory))
        access.close(discardIfEmpty: false)
        #expect(catalog.place(named: "plan")?.board == plan.board)
    }

    @Test func `CL-62, CL-311: a disk that hangs keeps nobody waiting, and what it had not taken in the end is told`() async throws {
        try await blocking {
            let (mayWrite, answered) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
            let writer = FileWriter(
                place: { export in
                    mayWrite.wait()
                    return export.path == "bad" ? .failed(path: "bad", why: "it is full") : .written("written \(export.path)")
                }, tell: { answered.signal() })
            func export(_ path: String) -> TerminalApp.FileExport {
                TerminalApp.FileExport(path: path, text: "", shapeCount: 0, cutWords: nil, replaces: false)
            }
            #expect(writer.write(export("one")) == nil && writer.take() == [])
            // Nothing gathers behind it.
            #expect(writer.write(export("two")) == "not written, for the disk has not taken another file yet: one")
            mayWrite.signal()
            answered.wait()
            #expect(writer.take() == [.written("written one")] && writer.take() == [])
            #expect(writer.write(export("three")) == nil)
            #expect(writer.end(patience: .milliseconds(1)).failure?.exit == 8)
            mayWrite.signal()
            let last = writer.end(patience: .seconds(60))
            #expect(last.sentences == ["written three"] && last.failure == nil)
        }
    }

    @Test func `CL-67: what came of a file and was not told on the board is there in the end, and a failure is one`() async throws {
        try await blocking {
            let answered = DispatchSemaphore(value: 0)
            let writer = FileWriter(
                place: { $0.path == "bad" ? .failed(path: "bad", why: "it is full") : .written("written \($0.path)") },
                tell: { answered.signal() })
            for path in ["one", "bad", "two"] {
                #expect(writer.write(.init(path: path, text: "", shapeCount: 0, cutWords: nil, replaces: false)) == nil)
                answered.wait()
            }
            let end = writer.end(patience: .seconds(60))
            #expect(end.sentences == ["written one", "written two"])
            #expect(end.failure?.what == "bad is not written" && end.failure?.why == "it is full" && end.failure?.exit == 8)
            #expect(writer.end(patience: .seconds(60)).failure == nil)
        }
    }

    @Test func `CL-68, CL-313: a disk that hangs keeps nobody who copies from drawing, and what is copied comes after it`() async throws {
        try await blocking {
            let (mayKeep, answered) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
            let kept = Mutex<[UInt8]>([])
            let told = Mutex<[String]>([])
            let desk = ClipDesk(
                place: { bytes in
                    mayKeep.wait()
                    kept.withLock { $0 = bytes }
                    return bytes == [3] ? "it is full" : nil
                }, look: { .bytes(kept.withLock { $0 }) },
                tell: { input in
                    told.withLock { $0.append("\(input)") }
                    answered.signal()
                })
            func clip(_ byte: UInt8) -> TerminalApp.KeptClip { TerminalApp.KeptClip(bytes: [byte], shapeCount: 1, cuts: []) }
            desk.keep(clip(1))
            desk.fetch()
            #expect(told.withLock { $0 } == [])
            mayKeep.signal()
            for _ in 0..<2 { answered.wait() }
            #expect(told.withLock { $0.count == 2 && $0[0].hasPrefix("clipKept") && $0[1].contains("[1]") })
            #expect(desk.end(patience: .seconds(60)) == nil)
            desk.keep(clip(3))
            #expect(desk.end(patience: .milliseconds(1)) == "what was copied last is not kept: the disk has not taken it so far")
            mayKeep.signal()
            #expect(desk.end(patience: .seconds(60)).map { $0 == "what was copied last is not kept: it is full" } ?? true)
            #expect(told.withLock { $0.count } == 2)
        }
    }

    @Test func `CL-70: what was made for somebody who did not wait for it is gone, and what was there stays`() async throws {
        try await blocking { [self] in
            try OpenedBoard.make(named: "old", catalog: catalog).close()
            for (way, left) in [(Prospect.Way.example, 1), (.make("new"), 1), (.open("old"), 1)] {
                let run = InteractiveRun(options: try options(), profile: TerminalProfile(), prospect: try Prospect(way, catalog: catalog))
                let opened = try run.open()
                run.discard(opened)
                let entries = try catalog.entries()
                #expect(entries.map(\.name) == ["old"] && entries.count == left, "\(way)")
            }
        }
    }

    @Test func `CL-311: a file that is there already when the person has left is not written, and that is told`() async throws {
        try await blocking {
            let path = NSTemporaryDirectory() + "there-\(UUID().uuidString)"
            try Data("old".utf8).write(to: URL(fileURLWithPath: path))
            defer { try? FileManager.default.removeItem(atPath: path) }
            let (mayWrite, isAsked) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
            let writer = FileWriter(
                place: { export in
                    isAsked.signal()
                    mayWrite.wait()
                    return FileWriter.place(export)
                }, tell: {})
            #expect(writer.write(TerminalApp.FileExport(path: path, text: "new", shapeCount: 1, cutWords: nil, replaces: false)) == nil)
            isAsked.wait()
            #expect(writer.end(patience: .milliseconds(1)).failure?.why == "the disk has not taken it so far")
            mayWrite.signal()
            let failure = writer.end(patience: .seconds(60)).failure
            #expect(failure?.why == "a file of that name is there already" && failure?.exit == 8)
            #expect(FileManager.default.contents(atPath: path) == Data("old".utf8))
        }
    }
}
