import InkPrimitives

/// When people come, go and sleep, and what goes wrong meanwhile, for days: a function of the seed.
///
/// A world begins on a Monday at eight. All meet each day at five in the afternoon, and once more at the end: then nothing goes wrong, everybody is
/// there, and what they have is held against each other.
struct Timetable {
    /// What becomes of somebody's program in the evening.
    enum Evening: Int, CaseIterable {
        /// It goes on, and nobody sees it.
        case hides
        /// The machine sleeps.
        case sleeps
        /// It ends, and another begins in the morning.
        case quits
        /// It goes on as if somebody was there.
        case staysOpen
    }

    struct Entry {
        var at: Instant
        var what: DaysWorld.Happening
    }

    private(set) var entries: [Entry] = []
    private let hours: Int
    private let people: Int

    /// After eight in the morning.
    static let meetingAfter: Duration = .hours(9)
    /// So long a meeting may take, and so long before it nothing more goes wrong.
    static let meetingTime: Duration = .seconds(150)
    private static let lull: Duration = .seconds(180)
    /// In the daytime, an hour and person; at night a tenth of it.
    private static let lineRate = 0.1
    private static let crashRate = 0.05
    private static let clockRate = 0.05
    private static let stallRate = 0.1
    private static let rebindRate = 0.05
    private static let fullRate = 0.02
    /// An hour.
    private static let rendezvousRate = 0.15

    init(hours: Int, people: Int, random: SplitMix64) {
        (self.hours, self.people) = (hours, people)
        for person in 0..<people {
            var stream = random.split("day \(person)")
            for day in 0...hours / 24 { plan(day, of: person, &stream) }
        }
        var stream = random.split("mishaps")
        for hour in 0..<hours { goWrong(in: hour, &stream) }
        var chores = random.split("chores")
        for day in 0...hours / 24 { plan(choresOf: day, &chores) }
        for at in meetings { add(.meets, at: at) }
        // Stable: what has the same time keeps its order.
        entries = entries.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map(\.element)
    }

    static func evening(of person: Int) -> Evening { Evening.allCases[person % Evening.allCases.count] }

    var meetings: [Instant] {
        let end = Instant.zero + .hours(hours)
        let daily = (0...hours / 24).map { Instant.zero + .hours(24 * $0) + Self.meetingAfter }
        return daily.filter { $0 + .hours(1) < end } + [end]
    }

    private mutating func add(_ what: DaysWorld.Happening, at instant: Instant) {
        if instant <= .zero + .hours(hours) { entries.append(Entry(at: instant, what: what)) }
    }

    /// How long something may last that begins at `instant`; nil where it may not begin.
    private func span(_ wanted: Duration, from instant: Instant) -> Duration? {
        guard let next = meetings.first(where: { $0 + Self.meetingTime > instant }) else { return nil }
        let room = next - Self.lull - instant
        return room < .seconds(60) ? nil : min(wanted, room)
    }

    /// One day of one person.
    private mutating func plan(_ day: Int, of person: Int, _ random: inout SplitMix64) {
        let morning = Instant.zero + .hours(24 * day)
        let evening = Self.evening(of: person)
        // Who makes the board is there first; on the first day all come soon.
        let comes = morning + (day == 0 ? random.jitter(.seconds(person == 0 ? 1 : 300)) : random.jitter(.hours(2)))
        add(day == 0 ? .begins(person) : .comes(person, moves: random.chance(0.5)), at: comes)
        let lunch = morning + .hours(4) + random.jitter(.seconds(1800))
        let rest = Duration.seconds(1800) + random.jitter(.seconds(1800))
        if let rest = span(rest, from: lunch) {
            add(.goes(person, evening == .quits ? .hides : evening, until: lunch + rest), at: lunch)
            add(.comes(person, moves: false), at: lunch + rest)
        }
        // Lids that are closed for minutes.
        for _ in 0..<2 where evening == .sleeps {
            let at = morning + .hours(2) + random.jitter(.hours(6))
            if let rest = span(.seconds(20) + random.jitter(.seconds(1200)), from: at) {
                add(.goes(person, .sleeps, until: at + rest), at: at)
            }
        }
        // One is left over in the evening, each day another; each second day the machines of all others sleep meanwhile.
        let isLast = person == (day * 3 + 1) % people
        let leaves = morning + (isLast ? .hours(15) : .hours(10) + random.jitter(.hours(2)))
        let next = morning + .hours(24) + random.jitter(.hours(1))
        if let night = span(next - leaves, from: leaves) {
            if !day.isMultiple(of: 2), !isLast, let alone = span(.hours(2), from: leaves) {
                add(.goes(person, evening == .quits ? .quits : .sleeps, until: leaves + alone), at: leaves)
                add(.goes(person, evening, until: leaves + night), at: leaves + alone + .seconds(60))
            } else {
                add(.goes(person, evening, until: leaves + night), at: leaves)
            }
        }
    }

    /// What goes wrong in one hour.
    private mutating func goWrong(in hour: Int, _ random: inout SplitMix64) {
        let factor = hour % 24 < 11 ? 1.0 : 0.1
        let begin = Instant.zero + .hours(hour)
        func often(_ rate: Double) -> Bool { random.chance(rate * factor) }
        func some(_ least: Duration, _ most: Duration) -> (Instant, Duration)? {
            let at = begin + random.jitter(.hours(1))
            return span(least + random.jitter(most - least), from: at).map { (at, $0) }
        }
        for person in 0..<people {
            if often(Self.lineRate), let (at, lasting) = some(.seconds(60), .seconds(900)) { add(.lineGoes(person, lasting), at: at) }
            if often(Self.crashRate), let (at, lasting) = some(.seconds(1), .seconds(600)) {
                add(.fault(.crash(node: person, downtime: lasting)), at: at)
            }
            if often(Self.clockRate), let (at, _) = some(.zero, .seconds(1)) {
                add(.clockJumps(person, to: Int64(random.below(14_400_000)) - 7_200_000), at: at)
            }
            if often(Self.stallRate), let (at, lasting) = some(.milliseconds(50), .seconds(30)) { add(.stalls(person, lasting), at: at) }
            if often(Self.rebindRate), let (at, _) = some(.zero, .seconds(1)) { add(.fault(.rebind(node: person)), at: at) }
            if often(Self.fullRate), let (at, lasting) = some(.seconds(1), .seconds(300)) {
                add(.fault(.fullDisk(node: person, lasting: lasting)), at: at)
            }
        }
        if often(Self.rendezvousRate), let (at, lasting) = some(.seconds(5), .seconds(1800)) {
            add(.fault(.killRendezvous(downtime: lasting)), at: at)
        }
    }

    /// What the owner of the board does once a day.
    private mutating func plan(choresOf day: Int, _ random: inout SplitMix64) {
        let morning = Instant.zero + .hours(24 * day)
        let spans: [Duration] = [.seconds(1200), .hours(3), .hours(10), .hours(26), .hours(50)]
        for (index, span) in spans.enumerated() {
            add(
                .invites(seconds: UInt32(span.components.seconds), hasCode: index == 0),
                at: morning + .seconds(1800) + random.jitter(.hours(1)))
        }
        add(.endsInvite, at: morning + .hours(5) + random.jitter(.hours(1)))
        add(.renewsSecret, at: morning + .seconds(1200) + random.jitter(.hours(3)))
    }
}

extension Duration {
    static func hours(_ count: Int) -> Duration { .seconds(count * 3600) }
}
