import InkBoard
import InkPrimitives
import InkSession
import InkSimulator
import InkTerminal

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The terminal front end on a board that lives in memory: no network, no disk. For tests of the terminal and for measuring it alone.
///
/// `--shapes N` begins with so many boxes and strokes, `--strokes N` with so many strokes of 10 000 samples: what a picture
/// costs on a large board.
///
/// Saying one of the words of `Crash` in the chat ends the process in that way: the restoring of the terminal is tested with real crashes.
@main struct TerminalStand {
    enum Crash: String {
        case trap, segv, overflow, abort, hang
    }

    static func main() {
        let arguments = CommandLine.arguments.dropFirst()
        guard let profile = TerminalProfile(environment: environment()), TTY.isPresent else {
            print("terminal-stand: needs a terminal (TERM is \(environment()["TERM"] ?? "not set"))")
            exit(2)
        }
        do {
            try run(profile: arguments.contains("--ascii") ? ascii(profile) : profile, isStart: arguments.contains("--start"))
        } catch {
            print("terminal-stand: \(error)")
            exit(1)
        }
    }

    private static func run(profile: TerminalProfile, isStart: Bool) throws {
        let origin = ContinuousClock.now
        let clock = MonotonicClock { Instant(nanoseconds: 1_000_000_000 + (ContinuousClock.now - origin).nanoseconds) }
        var local = try LocalBoard(name: "stand", owner: "ana", now: clock.now)
        func count(_ option: String) -> Int {
            let arguments = CommandLine.arguments
            return arguments.firstIndex(of: option).flatMap { arguments.dropFirst($0 + 1).first }.flatMap { Int($0) } ?? 0
        }
        fill(&local, shapes: count("--shapes"), strokes: count("--strokes"), now: clock.now)
        let tty = try TTY(note: "terminal-stand crashed.\r\n")
        let mailbox = try TTYMailbox()
        let loop = try TTYLoop(tty: tty, mailbox: mailbox, profile: profile, clock: clock)
        let size = tty.size
        let invitation = Invitation(link: "inkwire:" + String(repeating: "x", count: 100), command: "inkwire join")
        let content = BoardContent(name: "stand", me: local.node().author, shapes: local.shapes, invitation: invitation)
        var app =
            isStart
            ? TerminalApp(
                profile: profile, columns: size.columns, rows: size.rows,
                start: StartContent(personName: "ana", recents: [.init(name: "api sketch", detail: "2 h ago")]))
            : TerminalApp(profile: profile, columns: size.columns, rows: size.rows, board: content)
        while true {
            let end = loop.run(&app) { intent, reference in
                if case .say(let text) = intent, let crash = Crash(rawValue: text) { perish(by: crash) }
                local.handle(.intent(intent, ref: reference), now: clock.now)
                for event in local.takeEvents() { mailbox.post(.event(event)) }
            }
            switch end {
            case .signal(let signal): TTY.die(by: signal)
            case .effect(.example), .effect(.newBoard), .effect(.open), .effect(.join): app.show(board: content)
            case .effect(.export), .effect(.keepBoard), .effect(.keepName), .effect(.keepSettings), .effect(.goBack), .effect(.opened),
                .effect(.written), .effect(.suspend), .effect(.keepClip), .effect(.fetchClip), .effect(.importFile), .effect(.fetchMembers),
                .effect(.compare), .effect(.picture):
                break
            case .effect(.quit), .effect(.stopped):
                tty.leave()
                return
            }
        }
    }

    /// Lays out a board of half boxes with words and half strokes of thirty samples, some sixty to a window; and of long strokes in one window.
    private static func fill(_ local: inout LocalBoard, shapes: Int, strokes: Int, now: Instant) {
        let side = max(1, Int(Double(shapes).squareRoot()))
        let drafts = (0..<shapes).map { number -> ShapeDraft in
            let place = Point(x: Int32(number % side * 960), y: Int32(number / side * 640))
            guard number % 2 == 0 else {
                let points = (0..<30 as Range<Int32>).map { step -> Point in
                    let rise = step * step % 13
                    return Point(x: step * 24, y: rise * 32)
                }
                return ShapeDraft(kind: .freehand, position: place, points: points)
            }
            return ShapeDraft(kind: .rectangle, position: place, size: Size(width: 640, height: 384), text: "box \(number)")
        }
        for first in stride(from: 0, to: drafts.count, by: 100) {
            local.handle(.intent(.drawAll(Array(drafts[first..<min(first + 100, drafts.count)])), ref: nil), now: now)
        }
        for number in 0..<strokes {
            let points = (0..<Limits.pointsPerStroke).map { step -> Point in
                let angle = step * (7 + number)
                return Point(x: Int32(angle % 7600), y: Int32((angle / 3 + step) % 4800))
            }
            local.handle(.intent(.draw(ShapeDraft(kind: .freehand, position: .zero, points: points)), ref: nil), now: now)
        }
        _ = local.takeEvents()
    }

    private static func perish(by crash: Crash) {
        switch crash {
        case .trap:
            let empty: [Int] = []
            print(empty[Int(getpid())])
        case .segv: UnsafeMutablePointer<Int>(bitPattern: 8)?.pointee = 1
        case .overflow: print(depth(of: 1))
        case .abort: abort()
        case .hang: while true { poll(nil, 0, 1000) }
        }
    }

    /// Runs out of stack.
    @inline(never)
    private static func depth(of number: Int) -> Int {
        withUnsafeTemporaryAllocation(of: Int.self, capacity: 512) { space in
            space[0] = number
            return depth(of: number + 1) + space[0]
        }
    }

    private static func ascii(_ profile: TerminalProfile) -> TerminalProfile {
        var profile = profile
        profile.style = .ascii
        return profile
    }

    private static func environment() -> [String: String] {
        var result: [String: String] = [:]
        for name in [
            "TERM", "COLORTERM", "NO_COLOR", "LC_ALL", "LC_CTYPE", "LANG", "SSH_CONNECTION", "INKWIRE_REDUCED_MOTION",
            "INKWIRE_HIGH_CONTRAST",
        ] {
            if let value = getenv(name) { result[name] = String(cString: value) }
        }
        return result
    }
}
