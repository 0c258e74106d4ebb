import InkBoard
import InkPrimitives
import InkSession
import InkSimulator
import InkTerminal

/// Two people at terminals, and somebody who draws by a program, on one board in memory: all that they do follows from a seed.
///
/// A value: what is looked at to see whether all is well is a copy, so that looking changes nothing of what comes.
struct Storm: Sendable {
    private var session: LocalBoard
    private var seats: [Seat] = []
    private var hands: [Hand] = []
    private var mischief: Mischief
    private var random: SplitMix64
    /// What was copied last, by either.
    private var clip: [UInt8]?
    private(set) var now = Instant.zero
    /// Things that happened so far.
    private(set) var count = 0
    /// The last of them, newest last.
    private(set) var last: [String] = []
    /// FNV-1a of all frames, which is the same in every process.
    private(set) var hash: UInt64 = 0xCBF2_9CE4_8422_2325

    init(seed: UInt64) throws {
        random = SplitMix64(seed: seed)
        mischief = Mischief(seed: random.split("mischief"))
        session = try LocalBoard(name: "storm", owner: "ana", now: now)
        session.join("bob", now: now)
        session.join("eve", now: now)
        for number in 0..<2 {
            let profile = TerminalProfile(
                depth: random.chance(0.8) ? .direct : random.chance(0.5) ? .sixteen : .none, style: random.chance(0.85) ? .unicode : .ascii,
                reducesMotion: random.chance(0.2))
            hands.append(Hand(seed: random.split("hand \(number)"), columns: 80, rows: 24))
            seats.append(Seat(content(of: number), profile: profile, columns: 80, rows: 24))
        }
        pass(.seconds(7))
    }

    /// What both see, as text.
    var screens: [String] { seats.map(\.glass.text) }

    // MARK: What happens

    mutating func step() {
        count += 1
        let turn = random.below(100)
        switch turn {
        case 0..<8: apply(.intent(mischief.next(session.shapes)), by: 2)
        case 8: apply(.delay(.milliseconds([0, 0, 5, 40, 150][random.below(5)])), by: 2)
        case 9: apply(.disk(isFull: random.chance(0.3)), by: 0)
        default:
            let number = turn % 2
            apply(hands[number].next(), by: number)
        }
        // Reports of a mouse come in bursts.
        pass(.milliseconds(random.chance(0.7) ? 1 : 2 + random.below(7)))
    }

    private mutating func apply(_ happening: Happening, by number: Int) {
        last.append("\(count) \(["ana", "bob", "eve"][number]): \(happening)")
        if last.count > Self.lastMax { last.removeFirst() }
        switch happening {
        case .bytes(let bytes): seats[number].handle(.bytes(bytes), now: now)
        case .resize(let columns, let rows): seats[number].handle(.resized(columns: columns, rows: rows), now: now)
        case .jolt(let columns, let rows):
            let (oldColumns, oldRows) = (seats[number].glass.columns, seats[number].glass.rows)
            seats[number].handle(.resized(columns: columns, rows: rows), now: now)
            seats[number].handle(.resized(columns: oldColumns, rows: oldRows), now: now)
        case .intent(let intent): session.handle(.intent(intent, ref: nil), by: number, now: now)
        case .pause(let span): pass(span)
        case .delay(let span): session.delay = span
        case .disk(let isFull): session.diskRefuses = isFull ? "no space left" : nil
        }
        settle()
    }

    /// Lets time pass, as loops would that sleep until deadlines.
    private mutating func pass(_ span: Duration) {
        let end = now + span
        while let deadline = nextDeadline, deadline <= end {
            // What is due at once and stays so is looked at again a little later.
            now = max(now + .milliseconds(1), deadline)
            session.advance(now: now)
            for number in seats.indices { seats[number].handle(.timeout, now: now) }
            settle()
        }
        now = max(now, end)
    }

    private var nextDeadline: Instant? { seats.reduce(session.deadline) { earliest($0, $1.deadline(now: now)) } }

    private mutating func settle() {
        var isAtRest = false
        while !isAtRest {
            isAtRest = true
            for number in seats.indices {
                for event in session.takeEvents(of: number) { seats[number].handle(.event(event), now: now) }
                while let output = seats[number].nextOutput() {
                    isAtRest = false
                    perform(output, by: number)
                }
            }
        }
        _ = session.takeEvents(of: 2)
        for number in seats.indices {
            for byte in seats[number].look(now: now) { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        }
    }

    private mutating func perform(_ output: TerminalApp.Output, by number: Int) {
        switch output {
        case .intent(let intent, let reference): session.handle(.intent(intent, ref: reference), by: number, now: now)
        case .effect(.quit):
            seats[number].finish(now: now)
            while case .intent(let intent, let reference)? = seats[number].nextOutput() {
                session.handle(.intent(intent, ref: reference), by: number, now: now)
            }
            _ = session.takeEvents(of: number)
            seats[number].open(content(of: number))
        case .effect(.suspend): seats[number].goOn()
        case .effect(.export(let export)):
            seats[number].handle(export.replaces ? .notice("written") : .fileExists(export), now: now)
        case .effect(.keepClip(let kept)):
            clip = kept.bytes
            seats[number].handle(.clipKept(kept, complaint: nil), now: now)
        case .effect(.fetchClip): seats[number].handle(.clip(clip.map { .bytes($0) } ?? .none), now: now)
        case .effect(.importFile(let path)): seats[number].handle(.imported(.failed(path: path, why: "no such file")), now: now)
        case .effect(.fetchMembers): seats[number].handle(.members([], wallTime: 1), now: now)
        case .effect(.compare(let device)): seats[number].handle(.safetyWords(device, nil), now: now)
        case .effect(.picture(let text)): seats[number].handle(.picture(text, .complaint("no library")), now: now)
        case .effect(.keepBoard), .effect(.example), .effect(.keepName), .effect(.keepSettings), .effect(.newBoard), .effect(.join),
            .effect(.open), .effect(.goBack), .effect(.opened), .effect(.written), .effect(.stopped):
            break
        }
    }

    private func content(of number: Int) -> BoardContent {
        let node = session.node(number)
        return BoardContent(
            name: "storm", me: node.author, shapes: node.board?.shapes ?? [],
            invitation: Invitation(link: "inkwire:abc", command: "inkwire join"))
    }

    private static let lastMax = 40

    // MARK: Whether all is well

    /// Where a screen is wrong as it is, in the middle of whatever is being done.
    func complaintAtOnce() -> String? {
        for (number, seat) in seats.enumerated() {
            if let words = Self.compare(seat, seat.repainted(now: now), from: now) {
                return "\(["ana", "bob"][number])'s screen differs from what a full repaint shows\n\(words)"
            }
        }
        return nil
    }

    /// What is wrong, in words; nil if nothing is. Nothing of it happens to the storm itself (TM-230).
    func complaint() -> String? {
        if let words = complaintAtOnce() { return words }
        var now = now
        var calm = self
        calm.session.delay = .zero
        calm.session.diskRefuses = nil
        calm.session.handle(.intent(.cancel, ref: nil), by: 2, now: now)
        calm.pass(.seconds(13))
        now = calm.now
        let boards = (0..<3).map { calm.session.node($0).board }
        let prints = boards.map { $0?.fingerprint }
        guard Set(prints).count == 1 else { return "fingerprints differ: \(prints)" }
        guard Set(boards.map { $0?.shapes ?? [] }).count == 1 else { return "fingerprints are equal and shapes are not" }
        for (number, seat) in calm.seats.enumerated() {
            let name = ["ana", "bob"][number]
            if let words = Self.compare(seat, seat.repainted(now: now), from: now) {
                return "at rest \(name)'s screen differs from what a full repaint shows\n\(words)"
            }
            if let words = Self.compare(seat, seat.relearned("storm", boards[number]?.shapes ?? [], now: now), from: now) {
                return "at rest \(name)'s screen differs from what the board itself shows\n\(words)"
            }
        }
        return nil
    }

    /// Lets both draw until they have no more to draw; where they then differ.
    private static func compare(_ seat: Seat, _ other: Seat, from start: Instant) -> String? {
        var (seat, other, now) = (seat, other, start)
        var stillFrames = 0
        for _ in 0..<framesMax where stillFrames < 4 {
            now += .milliseconds(20)
            seat.handle(.timeout, now: now)
            other.handle(.timeout, now: now)
            while seat.nextOutput() != nil {}
            while other.nextOutput() != nil {}
            let (bytes, others) = (seat.look(now: now), other.look(now: now))
            stillFrames = bytes.isEmpty && others.isEmpty ? stillFrames + 1 : 0
        }
        return seat.difference(from: other)
    }

    /// Glides and rasters that are made in parts have come to their ends by then.
    private static let framesMax = 200
}

/// A storm that broke.
struct StormFailure: Error, CustomStringConvertible {
    let seed: UInt64
    /// Which thing that happened broke it, from 1.
    let count: Int
    let complaint: String
    let last: [String]

    var description: String {
        """
        seed \(seed) FAILED at event \(count): \(complaint)
          the last that happened:
        \(last.map { "    " + $0 }.joined(separator: "\n"))
          replay: tools/terminal-storm --seeds \(seed) --events \(count)
        """
    }
}

extension Storm {
    /// Plays a whole storm. Where it breaks, it goes back to when all was well and looks after each event, so that the first bad one is told.
    ///
    /// - Parameters:
    ///   - events: how many things happen.
    ///   - stride: all is looked at after so many, and the screens as they are twenty times as often.
    static func play(seed: UInt64, events: Int, stride: Int = 1000) throws -> Storm {
        var storm = try Storm(seed: seed)
        var sound = storm
        while storm.count < events {
            storm.step()
            let complaint: String?
            if storm.count % stride == 0 || storm.count == events {
                complaint = storm.complaint()
            } else if storm.count % max(1, stride / 20) == 0 {
                complaint = storm.complaintAtOnce()
            } else {
                continue
            }
            guard let complaint else {
                sound = storm
                continue
            }
            while sound.count < storm.count {
                sound.step()
                if let early = sound.complaint() { throw StormFailure(seed: seed, count: sound.count, complaint: early, last: sound.last) }
            }
            throw StormFailure(seed: seed, count: storm.count, complaint: complaint, last: storm.last)
        }
        return storm
    }
}
