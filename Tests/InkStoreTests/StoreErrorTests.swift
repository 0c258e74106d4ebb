import Foundation
import InkStore
import Testing

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

@Suite struct StoreErrorTests {
    @Test(arguments: [
        (EROFS, StoreError.readOnly(path: "p")), (ENOSPC, .full(path: "p")), (EDQUOT, .full(path: "p")), (EFBIG, .full(path: "p")),
        (EACCES, .permission(path: "p")), (ENOENT, .missing(what: "p")),
    ])
    func `the system's reasons become ours`(number: Int32, error: StoreError) {
        #expect(StoreError(errno: number, path: "p") == error)
    }

    @Test func `every error says what, why and what next, and has its exit code`() {
        let all: [(StoreError, Int32)] = [
            (.readOnly(path: "p"), 8), (.full(path: "p"), 8), (.permission(path: "p"), 8), (.corrupt(path: "p", detail: "d"), 8),
            (.newer(path: "p", found: 2, known: 1), 9), (.locked(path: "p"), 8), (.missing(what: "w"), 5),
            (.failed(path: "p", detail: "d"), 8), (.gone(path: "p"), 8), (.overwritten(path: "p"), 8),
            (.corruptIdentity(path: "p", detail: "d"), 8),
            (.exposed(path: "p", mode: 0o644), 8), (.pathTooLong(path: "p", bytes: 600, limit: 504), 8), (.unlockable(path: "p"), 8),
        ]
        for (error, exit) in all {
            #expect(!error.what.isEmpty && !error.why.isEmpty && !error.next.isEmpty && !error.code.isEmpty)
            #expect(error.exitCode == exit)
        }
        #expect(Set(all.map(\.0.code)).count == all.count)
    }

    /// The system's own read-only file system; a directory without the right to write stops nobody who runs as root.
    @Test(.enabled(if: FileManager.default.fileExists(atPath: "/proc/self")))
    func `a place where nothing can be made is refused with a reason`() {
        let error = #expect(throws: StoreError.self) { try Identity.loadOrCreate(at: "/proc/self/inkwire/identity.key") }
        // Not that a board were missing, and as a fault of the disk.
        #expect(error?.exitCode == 8 && error?.why == "no directory can be made there")
        #expect(throws: StoreError.failed(path: "", detail: "no directory can be made there")) { try Files.makeDirectory("") }
    }

    @Test func `a file where a directory is needed is refused`() throws {
        let folder = try Folder()
        #expect(FileManager.default.createFile(atPath: "\(folder.path)/file", contents: nil))
        #expect(throws: StoreError.self) { try Files.makeDirectory("\(folder.path)/file") }
        #expect(throws: StoreError.self) { try Files.makeDirectory("\(folder.path)/file/below") }
    }
}
