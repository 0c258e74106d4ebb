import InkBoard
import InkPrimitives
import InkSession

/// People on one board for days: they come and go, sleep, draw now and then, and everything goes wrong a little; all from one seed (SM-91).
///
///     Timetable ─▶ own events ─┐
///                              ├─▶ the sooner of the two ─▶ World ─▶ hours: Traffic ─▶ DaysReport
///     World ─▶ its events ─────┘                             └─▶ meetings: one picture, memory, tables, timers ─▶ DaysReport
///
/// Between meetings nothing is healed by hand. At a meeting all are there and lines are good; then what each has is held against the others and against
/// the same board opened anew.
package struct DaysWorld {
    enum Happening {
        case begins(Int)
        case comes(Int, moves: Bool)
        case goes(Int, Timetable.Evening, until: Instant)
        case lineGoes(Int, Duration)
        case clockJumps(Int, to: Int64)
        case stalls(Int, Duration)
        case fault(ScheduledFault)
        case invites(seconds: UInt32, hasCode: Bool)
        case endsInvite
        case renewsSecret
        case meets
        // What follows from those.
        case acts(Int, turn: Int)
        case wakes(Int, process: Int, after: Duration)
        case lineReturns(Int)
        case noticesLoss(Int, connection: UInt64)
        case serverForgets(UInt64)
        case hangsUp(UInt64)
        case hour(Int)
        case looks(since: Instant, restingSince: Instant?)

        /// It happens though nobody does anything.
        var isOfHoliday: Bool {
            switch self {
            case .begins, .meets: true
            default: false
            }
        }
    }

    /// People on the board, where nobody says otherwise.
    package static let people = 8
    /// What a person does in an hour of work; a gesture is one thing.
    private static let actsAnHour = 20.0
    /// A world of days in which nobody comes to rest so soon after lines are good is broken.
    private static let patience: Duration = .seconds(120)
    private static let restTime: Duration = .seconds(2)
    /// The other side of a connection that says nothing is given up after so long.
    private static let silenceMax: Duration = .seconds(55)
    /// A program whose machine slept asks whether its connection lives, and waits so long.
    private static let answerTime: Duration = .seconds(1)

    var world: World
    private var queue = EventQueue<Happening>()
    private var random: SplitMix64
    /// Who works now, and the number of what they do next.
    private var isAtWork: [Bool]
    private var turns: [Int]
    private(set) var isOver = false
    /// Something of people or of mishaps happened in this hour.
    private var isNoisy = true
    private let end: Instant
    private let meters: Meters
    package private(set) var report = DaysReport()
    private let tell: (String) -> Void
    /// Programs are open, nobody does anything, and nothing goes wrong but losses.
    private let isHoliday: Bool

    /// - Parameters:
    ///   - isHoliday: all are there and do nothing, and nothing goes wrong but losses.
    ///   - tell: is given a line of the report as soon as it is known.
    package init(
        seed: UInt64, hours: Int, people: Int = DaysWorld.people, isHoliday: Bool = false, detail: Trace.Detail = .hashOnly,
        meters: Meters = Meters(),
        picture: (any BoardPicture.Type)? = nil, tell: @escaping (String) -> Void = { _ in }
    ) throws(SimulationFailure) {
        precondition(hours >= 1, "a world of days lasts an hour at least, not \(hours)")
        var options = World.Options(peers: people)
        options.hours = hours
        world = try World(seed: seed, options: options, detail: detail, picture: picture)
        random = world.random.split("acts")
        (isAtWork, turns) = (Array(repeating: false, count: people), Array(repeating: 0, count: people))
        (end, self.meters, self.tell, self.isHoliday) = (.zero + .hours(hours), meters, tell, isHoliday)
        for entry in Timetable(hours: hours, people: people, random: world.random.split("timetable")).entries {
            if !isHoliday || entry.what.isOfHoliday { queue.schedule(entry.what, at: entry.at) }
        }
        for hour in 1...hours { queue.schedule(.hour(hour), at: .zero + .hours(hour)) }
    }

    package var summary: String { world.summary }

    /// Lives until the last meeting is over, or breaks.
    package mutating func run() throws(SimulationFailure) {
        report.begin(meters)
        tell(DaysReport.heading)
        do throws(Violation) {
            while !isOver { try step() }
            try report.hold(against: world)
            for line in report.closing { tell(line) }
            if let line = DaysReport.takeApart(&world, meters) { tell(line) }
        } catch {
            throw SimulationFailure(seed: world.seed, options: world.options, at: world.now, text: error.text, lines: world.trace.lines)
        }
    }

    private mutating func step() throws(Violation) {
        guard let next = world.queue.nextTime ?? queue.nextTime else { throw Violation("nothing is left to happen") }
        if let own = queue.nextTime, own <= next {
            guard let (time, event) = queue.next() else { return }
            world.now = max(world.now, time)
            try happen(event)
        } else {
            guard let (time, event) = world.queue.next() else { return }
            world.now = time
            try world.happen(event)
        }
        guard world.queue.count < World.queueMax else { throw Violation("\(world.queue.count) events are waiting") }
    }

    private var now: Instant { world.now }

    private mutating func happen(_ event: Happening) throws(Violation) {
        switch event {
        case .hour(let hour): return try endHour(hour)
        case .meets: return try meet()
        case .looks(let since, let restingSince): return try look(since: since, restingSince: restingSince)
        default: isNoisy = true
        }
        switch event {
        case .begins(let person):
            world.queue.schedule(.start(person), at: now)
            begin(person)
        case .comes(let person, let moves):
            begin(person)
            if moves, Timetable.evening(of: person) == .sleeps { try move(person) }
            if isAwake(person) { try world.give(.attention(.here), to: person) }
        case .goes(let person, let evening, let until): try go(person, evening, until: until)
        case .acts(let person, let turn): try act(person, turn: turn)
        case .wakes(let person, let process, let gap): try wake(person, process: process, after: gap)
        case .stalls(let person, let lasting):
            guard isAwake(person) else { return }
            try world.begin(.pause(node: person, lasting: lasting))
            queue.schedule(.wakes(person, process: world.participants[person].process, after: lasting), at: now + lasting)
        case .clockJumps(let person, let skew):
            guard isAwake(person) else { return }
            world.participants[person].wallSkew = skew
            report.clockJumps += 1
            try world.giveWallClock(person)
        case .fault(let fault):
            report.faults += 1
            try world.begin(fault)
        case .lineGoes(let person, let lasting): cutLine(of: person, lasting: lasting)
        case .lineReturns(let person): line(of: person, isCut: false)
        case .noticesLoss(let person, let number): try noticeLoss(of: number, person)
        case .serverForgets(let number): forget(number)
        case .hangsUp(let number): try world.hungUp(number)
        case .invites(let seconds, let hasCode):
            guard isAwake(0), world.participants[0].view.isReady else { return }
            report.invitesMade += 1
            try world.give(.invite(InviteOrder(role: .editor, timeToLive: seconds, code: hasCode ? .atHand : .none)), to: 0)
        case .endsInvite:
            guard isAwake(0), let invite = world.participants[0].node?.invites.last(where: { $0.endsAt != nil }) else { return }
            report.invitesRemoved += 1
            try world.give(.remove(RemovalOrder(.invite(invite.name))), to: 0)
        case .renewsSecret: try renewSecret()
        case .hour, .meets, .looks: break
        }
    }

    // People.

    private func isAwake(_ person: Int) -> Bool {
        let participant = world.participants[person]
        return participant.isUp && participant.leavingSince == nil && participant.pausedUntil.map { $0 <= now } ?? true
    }

    private mutating func begin(_ person: Int) {
        isAtWork[person] = true
        turns[person] += 1
        guard !isHoliday else { return }
        queue.schedule(.acts(person, turn: turns[person]), at: now + .seconds(10) + random.jitter(.seconds(600)))
    }

    private mutating func act(_ person: Int, turn: Int) throws(Violation) {
        guard turns[person] == turn, isAtWork[person] else { return }
        var pause = pauseBetweenActs()
        if isAwake(person), world.participants[person].view.isReady {
            let (intent, short) = world.participants[person].person.act(shapes: world.participants[person].node?.board?.shapes ?? [])
            // A hand that draws goes on; else they look at it for a while.
            if short <= Self.handPauseMax { pause = short } else { report.acts += 1 }
            try world.give(intent, to: person)
            if let more = world.participants[person].person.follow(intent) { try world.give(more, to: person) }
        }
        queue.schedule(.acts(person, turn: turn), at: now + pause)
    }

    private mutating func pauseBetweenActs() -> Duration {
        let mean = Duration.seconds(3600).scaled(by: 1 / Self.actsAnHour)
        return .seconds(1) + random.jitter(mean * 2)
    }

    private static let handPauseMax: Duration = .milliseconds(50)

    private mutating func go(_ person: Int, _ evening: Timetable.Evening, until: Instant) throws(Violation) {
        isAtWork[person] = false
        guard isAwake(person) else { return }
        if let last = world.participants[person].person.finish() { try world.give(last, to: person) }
        switch evening {
        case .staysOpen: break
        case .hides:
            try world.give(.attention(.hidden), to: person)
            world.participants[person].person.hide()
        case .quits: try world.leave(person, returnsAfter: until - now)
        case .sleeps: sleep(person, until: until)
        }
    }

    /// The machine sleeps: nothing reaches it, its clock goes on, and its connections are forgotten by others.
    private mutating func sleep(_ person: Int, until: Instant) {
        report.sleeps += 1
        world.participants[person].pausedUntil = until
        world.participants[person].heldDatagrams = .max / 2
        if let number = world.participants[person].connection, until > now + Self.silenceMax {
            queue.schedule(.serverForgets(number), at: now + Self.silenceMax)
            queue.schedule(.hangsUp(number), at: until + Self.answerTime)
        }
        queue.schedule(.wakes(person, process: world.participants[person].process, after: until - now), at: until)
    }

    private mutating func wake(_ person: Int, process: Int, after gap: Duration) throws(Violation) {
        guard world.isLive(person, process), world.participants[person].pausedUntil.map({ $0 <= now }) ?? false else { return }
        world.participants[person].pausedUntil = nil
        // A driver notices what is longer than a loop takes to turn.
        if gap >= .seconds(3) { try world.give(.resumed(after: gap), to: person) }
        if isAtWork[person] { try world.give(.attention(.here), to: person) }
    }

    /// A laptop is taken elsewhere.
    private mutating func move(_ person: Int) throws(Violation) {
        report.moves += 1
        world.participants[person].moves += 1
        let number = UInt32(person) << 8 + world.participants[person].moves
        if let kind = world.participants[person].nat?.kind {
            world.participants[person].nat = NAT(kind, ip: .v4(0x0B00_1001 + number))
            world.participants[person].address.ip = .v4(0xC0A8_0002 + number)
        } else {
            world.participants[person].address.ip = .v4(0x0B00_1001 + number)
        }
        if isAwake(person) { try world.giveAddresses(person) }
    }

    // What goes wrong.

    private mutating func cutLine(of person: Int, lasting: Duration) {
        guard !world.participants[person].isCutOff, lasting > Self.silenceMax else { return }
        report.linesCut += 1
        line(of: person, isCut: true)
        queue.schedule(.lineReturns(person), at: now + lasting)
        guard let number = world.participants[person].connection else { return }
        queue.schedule(.noticesLoss(person, connection: number), at: now + world.participants[person].noticesLossAfter)
        queue.schedule(.serverForgets(number), at: now + Self.silenceMax)
    }

    private mutating func line(of person: Int, isCut: Bool) {
        world.participants[person].isCutOff = isCut
        // The last is the host of the rendezvous.
        let others = (0...world.participants.count).filter { $0 != person }
        world.cut([person], others, bothWays: true, by: isCut ? 1 : -1)
    }

    private mutating func noticeLoss(of number: UInt64, _ person: Int) throws(Violation) {
        guard world.participants[person].connection == number else { return }
        guard isAwake(person) || world.participants[person].pausedUntil == nil else {
            let until = world.participants[person].pausedUntil ?? now
            return queue.schedule(.noticesLoss(person, connection: number), at: max(until, now) + Self.answerTime)
        }
        world.participants[person].connection = nil
        try world.give(.rendezvousClosed(reason: "no sign of life"), to: person)
    }

    /// The rendezvous has not heard of a socket for too long.
    private mutating func forget(_ number: UInt64) {
        guard let socket = world.rendezvous.sockets[number] else { return }
        let now = now
        if socket.isOpen { world.rendezvous.server?.closed(.init(number), now: now) }
        world.rendezvous.sockets[number]?.isOpen = false
        if world.participants[socket.node].connection != number { world.rendezvous.sockets[number] = nil }
        world.drainRendezvous()
    }

    private mutating func renewSecret() throws(Violation) {
        guard isAwake(0), world.participants[0].view.isReady else { return }
        let local = world.clock(0)
        do throws(Refusal) {
            try world.participants[0].node?.renewSecret(now: local)
            report.secretsRenewed += 1
        } catch {
            throw Violation("the owner gets no new secret: \(error)")
        }
        try world.drain(0)
    }

    // Hours and meetings.

    private mutating func endHour(_ hour: Int) throws(Violation) {
        world.verdicts = [:]
        for node in world.participants.indices {
            world.participants[node].seen.turn()
            try world.checkFigures(node)
        }
        report.endHour(hour, of: world, isQuiet: !isNoisy, isAwake: world.participants.indices.map(isAwake))
        isNoisy = false
    }

    private mutating func meet() throws(Violation) {
        world.trace.note(now, node: -1, .heal, hash: 0, "all meet")
        (world.linkFaults, world.diskFaults, world.isHealed) = (LinkFaults(), DiskFaults(), true)
        for person in world.participants.indices {
            isAtWork[person] = false
            guard isAwake(person) else { continue }
            if let last = world.participants[person].person.finish() { try world.give(last, to: person) }
            try world.give(.attention(.here), to: person)
        }
        queue.schedule(.looks(since: now, restingSince: nil), at: now + .milliseconds(250))
    }

    /// Looks whether all agree, and takes the measure of the day when they have for long enough.
    private mutating func look(since: Instant, restingSince: Instant?) throws(Violation) {
        var resting = restingSince
        if let unrest = world.unrest() {
            resting = nil
            guard now < since + Self.patience else { throw Violation("no rest \(Self.patience) after lines are good: \(unrest)") }
        } else {
            resting = resting ?? now
        }
        guard let begun = resting, now >= begun + Self.restTime else {
            return queue.schedule(.looks(since: since, restingSince: resting), at: now + .milliseconds(250))
        }
        // SM-92
        try world.checkAtRest()
        tell(try report.endDay(of: world, meters))
        (world.linkFaults, world.diskFaults, world.isHealed) = (world.faults.link, world.faults.disk, false)
        guard now < end else { return isOver = true }
        for person in world.participants.indices { begin(person) }
    }
}
