import CInkSystem
import Foundation
import InkBoard
import InkPrimitives
import InkSession
import InkTerminal
import Synchronization
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

@Suite(.serialized) struct TerminalGuardTests {
    @Test func `TM-18: leaving writes the restoring bytes once and sets the modes back`() throws {
        // Crashes, signals and suspension are in Tests/EndToEndTests/test_terminal_restore.py.
        var (leader, follower): (Int32, Int32) = (-1, -1)
        try #require(ink_pty_open(&leader, &follower, 81, 25) == 0)
        defer {
            close(leader)
            close(follower)
        }
        var (columns, rows): (Int32, Int32) = (0, 0)
        #expect(ink_window_size(follower, &columns, &rows) == 0)
        #expect((columns, rows) == (81, 25))
        _ = fcntl(leader, F_SETFL, O_NONBLOCK)
        let restore = TerminalProfile.leave
        #expect(ink_guard_arm(follower, restore, restore.count, [], 0) == 0)
        #expect(ink_guard_is_restored() == 1)
        #expect(ink_guard_enter() == 0)
        #expect(ink_guard_is_restored() == 0)
        ink_guard_leave()
        ink_guard_leave()
        #expect(ink_guard_is_restored() == 1)
        #expect(everything(from: leader) == restore)
    }

    @Test func `TM-246: who leaves waits for the answers that the terminal owes, and not for ever`() throws {
        for answers in [true, false] {
            var (leader, follower): (Int32, Int32) = (-1, -1)
            try #require(ink_pty_open(&leader, &follower, 80, 24) == 0)
            defer { close(leader) }
            for end in [leader, follower] { _ = fcntl(end, F_SETFL, O_NONBLOCK) }
            let (tty, mailbox, profile) = (try TTY(descriptor: follower, note: ""), try TTYMailbox(), TerminalProfile())
            let loop = try TTYLoop(tty: tty, mailbox: mailbox, profile: profile, clock: Self.clock())
            var app = TerminalApp(profile: profile, columns: 80, rows: 24, board: BoardContent(name: "plan"))
            let isDone = DispatchSemaphore(value: 0)
            let wasEarly = Mutex(false)
            let terminal = Thread { [leader] in
                var seen = ""
                func look(_ milliseconds: Int32) -> Bool {
                    var polled = pollfd(fd: leader, events: Int16(POLLIN), revents: 0)
                    guard poll(&polled, 1, milliseconds) > 0 else { return false }
                    var bytes = [UInt8](repeating: 0, count: 4096)
                    let count = read(leader, &bytes, bytes.count)
                    if count > 0 { seen += String(decoding: bytes[..<count], as: UTF8.self) }
                    return true
                }
                while !seen.contains("\u{1B}[?2004l"), look(5000) {}
                // Longer than a tty is flushed for, and shorter than is waited.
                while look(100), !seen.contains("?1049l") {}
                wasEarly.withLock { $0 = seen.contains("?1049l") }
                let answer = Array("\u{1B}[<0;1;1Mls\r\u{1B}[?62;22c".utf8)
                if answers { _ = write(leader, answer, answer.count) }
                isDone.signal()
            }
            mailbox.post(.event(.stopped(unsaved: 0, unsent: 0)))
            terminal.start()
            #expect(loop.run(&app) { _, _ in } == .effect(.stopped))
            loop.leave(&app)
            isDone.wait()
            #expect(ink_guard_is_restored() == 1 && !wasEarly.withLock { $0 })
            var waiting: Int32 = -1
            #expect(ioctl(follower, UInt(FIONREAD), &waiting) == 0 && waiting == 0)
            withExtendedLifetime(tty) {}
        }
    }

    @Test func `TM-18: what is entered is left, in the reverse order for the mouse`() {
        let (enter, leave) = (modes(TerminalProfile.enter, "h"), modes(TerminalProfile.leave, "l"))
        #expect(Set(enter).subtracting(["?25", "?7"]).isSubset(of: leave))
        #expect(modes(TerminalProfile.leave, "h").sorted() == ["?25", "?7"])
        #expect(leave.filter { ["?1000", "?1002", "?1003"].contains($0) } == ["?1003", "?1002", "?1000"])
    }

    @Test func `TM-14, TM-21: the loop tells an app of a deadline that nothing else wakes it for`() throws {
        var (leader, follower): (Int32, Int32) = (-1, -1)
        try #require(ink_pty_open(&leader, &follower, 80, 24) == 0)
        defer { close(leader) }
        for end in [leader, follower] { _ = fcntl(end, F_SETFL, O_NONBLOCK) }
        let (tty, mailbox, profile) = (try TTY(descriptor: follower, note: ""), try TTYMailbox(), TerminalProfile())
        let clock = Self.clock()
        let loop = try TTYLoop(tty: tty, mailbox: mailbox, profile: profile, clock: clock)
        var app = TerminalApp(profile: profile, columns: 80, rows: 24, board: BoardContent(name: "plan"))
        let seen = Mutex("")
        let reader = Thread { [leader] in
            // Ends the loop when the words are there, or late.
            let late = clock.now + .seconds(5)
            while clock.now < late, !seen.withLock({ $0.contains("NOT SAVED YET") }) {
                var polled = pollfd(fd: leader, events: Int16(POLLIN), revents: 0)
                guard poll(&polled, 1, 100) > 0 else { continue }
                var bytes = [UInt8](repeating: 0, count: 4096)
                let count = read(leader, &bytes, bytes.count)
                if count > 0 { seen.withLock { $0 += String(decoding: bytes[..<count], as: UTF8.self) } }
            }
            mailbox.post(.event(.stopped(unsaved: 0, unsent: 0)))
        }
        reader.start()
        mailbox.post(.event(.sync(SyncStatus(state: .synced, missing: 0, unsent: 0, isSaved: false, fingerprint: .zero))))
        #expect(loop.run(&app) { _, _ in } == .effect(.stopped))
        #expect(seen.withLock { $0.contains("NOT SAVED YET") })
    }

    @Test func `TM-33: the loop waits for ever, to the deadline or a second, and a little where the line is full`() {
        let now = Instant.zero + .seconds(7)
        func time(_ ahead: Duration?, isBusy: Bool = false) -> Int32 {
            TTYLoop.pollTime(until: ahead.map { now + $0 }, now: now, isBusy: isBusy)
        }
        #expect(time(nil) == -1)
        #expect([.zero, .seconds(-3), .microseconds(1), .microseconds(1001), .milliseconds(999)].map { time($0) } == [0, 0, 1, 2, 999])
        #expect([.milliseconds(1001), .seconds(4), .seconds(86_400)].map { time($0) } == [1000, 1000, 1000])
        #expect([nil, .zero, .milliseconds(20), .seconds(4)].map { time($0, isBusy: true) } == [16, 16, 20, 1000])
    }

    @Test func `TM-33: what fell due while the machine slept is done though nothing else wakes the loop`() throws {
        var (leader, follower): (Int32, Int32) = (-1, -1)
        try #require(ink_pty_open(&leader, &follower, 80, 24) == 0)
        defer { close(leader) }
        for end in [leader, follower] { _ = fcntl(end, F_SETFL, O_NONBLOCK) }
        let (tty, mailbox, profile) = (try TTY(descriptor: follower, note: ""), try TTYMailbox(), TerminalProfile())
        // A clock that goes on only when it is read, until it stands, and then only by a jump.
        let time = Mutex((now: Instant.zero + .seconds(1), isStanding: false))
        let clock = MonotonicClock {
            time.withLock { time in
                if !time.isStanding { time.now += .milliseconds(20) }
                return time.now
            }
        }
        let loop = try TTYLoop(tty: tty, mailbox: mailbox, profile: profile, clock: clock)
        var app = TerminalApp(profile: profile, columns: 80, rows: 24, board: BoardContent(name: "plan"))
        let sleeper = Thread { [leader] in
            func look(until isDone: (String) -> Bool) {
                var seen = ""
                while !isDone(seen) {
                    var polled = pollfd(fd: leader, events: Int16(POLLIN), revents: 0)
                    guard poll(&polled, 1, -1) > 0 else { continue }
                    var bytes = [UInt8](repeating: 0, count: 4096)
                    let count = read(leader, &bytes, bytes.count)
                    if count > 0 { seen += String(decoding: bytes[..<count], as: UTF8.self) }
                }
            }
            look { $0.contains("a sentence") }
            time.withLock { $0.isStanding = true }
            time.withLock { $0.now += .seconds(3600) }
            // Its time is over: what stood in its place is drawn again.
            look { !$0.isEmpty }
            mailbox.post(.event(.stopped(unsaved: 0, unsent: 0)))
        }
        mailbox.post(.notice("a sentence"))
        sleeper.start()
        #expect(loop.run(&app) { _, _ in } == .effect(.stopped))
    }

    private static func clock() -> MonotonicClock {
        let origin = ContinuousClock.now
        return MonotonicClock { Instant(nanoseconds: 1_000_000_000 + (ContinuousClock.now - origin).nanoseconds) }
    }

    /// The private modes that a final byte switches, in order.
    private func modes(_ bytes: [UInt8], _ final: Character) -> [String] {
        String(decoding: bytes, as: UTF8.self).split(separator: "\u{1B}[").compactMap { $0.last == final ? String($0.dropLast()) : nil }
    }

    private func everything(from descriptor: Int32) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = read(descriptor, &bytes, bytes.count)
        return count > 0 ? Array(bytes[..<count]) : []
    }
}
