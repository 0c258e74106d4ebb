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

    // CL-60
    @Test func `what is opened is taken once, and a failure is what it was`() async throws {
        try await blocking { [self] in
            try OpenedBoard.make(named: "plan", catalog: catalog).close()
            let told = DispatchSemaphore(value: 0)
            let opening = BoardOpening({ [self] in try open("plan") }, tell: { told.signal() })
            told.wait()
            let opened = try #require(opening.take()).get()
            #expect(opening.take() == nil && opening.abandon(patience: .seconds(0)) == nil)
            // It holds the lock until it is closed.
            #expect(BoardStore.isOpen(at: catalog.directory(of: opened.access.board, profile: 1)))
            opened.close(discards: false)
            #expect(!BoardStore.isOpen(at: catalog.directory(of: opened.access.board, profile: 1)))
            let missing = BoardOpening({ [self] in try open("nothing") }, tell: { told.signal() })
            told.wait()
            #expect(throws: StoreError.missing(what: "board “nothing”")) { try missing.take()?.get() }
        }
    }

    // CL-60
    @Test func `who does not wait for what is opened leaves no lock behind`() async throws {
        try await blocking { [self] in
            try OpenedBoard.make(named: "plan", catalog: catalog).close()
            let directory = try catalog.find("plan").directory
            let (mayOpen, isOpen) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
            let told = Mutex(0)
            let opening = BoardOpening(
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

    // CL-60
    @Test func `what is known to be wrong is told before a screen is taken`() throws {
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

    // CL-61
    @Test func `a hint that leads astray costs a search and nothing else`() throws {
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

    // CL-62
    @Test func `a disk that hangs keeps nobody waiting, and what it had not taken in the end is told`() async throws {
        try await blocking {
            let (mayWrite, answered) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
            let told = Mutex<[TerminalApp.Input]>([])
            let writer = FileWriter(
                place: { export in
                    mayWrite.wait()
                    return .notice("written \(export.path)")
                },
                tell: { input in
                    told.withLock { $0.append(input) }
                    answered.signal()
                })
            func notices() -> [String] { told.withLock { $0.compactMap { if case .notice(let words) = $0 { words } else { nil } } } }
            func export(_ path: String) -> TerminalApp.FileExport {
                TerminalApp.FileExport(path: path, text: "", shapeCount: 0, cutWords: nil, replaces: false)
            }
            writer.write(export("one"))
            #expect(notices() == [])
            // Nothing gathers behind it.
            writer.write(export("two"))
            #expect(notices() == ["not written, for the disk has not taken another file yet: one"])
            answered.wait()
            mayWrite.signal()
            answered.wait()
            #expect(notices().last == "written one")
            writer.write(export("three"))
            #expect(throws: Failure.self) { try writer.end(patience: .milliseconds(1)) }
            mayWrite.signal()
            let last = try writer.end(patience: .seconds(60))
            #expect(last == "written three" && notices().last == "written one")
        }
    }

    // CL-62
    @Test func `a file that is there already when the person has left is not written, and that is told`() async throws {
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
                }, tell: { _ in })
            writer.write(TerminalApp.FileExport(path: path, text: "new", shapeCount: 1, cutWords: nil, replaces: false))
            isAsked.wait()
            #expect(throws: Failure.self) { try writer.end(patience: .milliseconds(1)) }
            mayWrite.signal()
            let failure = #expect(throws: Failure.self) { try writer.end(patience: .seconds(60)) }
            #expect(failure?.why == "a file of that name is there already" && failure?.exit == 8)
            #expect(FileManager.default.contents(atPath: path) == Data("old".utf8))
        }
    }
}
