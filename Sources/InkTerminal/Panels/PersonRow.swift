import InkBoard
import InkFormats
import InkFrontEnd
import InkPrimitives
import InkSession

/// Somebody as the people panel shows him: one who is here, or a member who is not.
struct PersonRow: Hashable, Sendable {
    let device: AuthorID
    /// Nil for who is not here.
    let peer: PeerID?
    /// Safe to draw; with what tells him from namesakes.
    let name: String
    /// In whose place it stands is told by colour and by this (TM-5).
    let marker: Character
    let isVerified: Bool
    /// Whose name he takes; nil for nobody's.
    let claim: IdentityNews?
    let role: Role?
    /// He made the board.
    let isHost: Bool
    /// How packets reach him, or for how long he was not heard; empty where neither is known.
    let reach: String
    /// What he does, or when he was here last.
    let doing: String

    /// Safety words say something of him: he is not verified, or goes by another's name.
    var needsWords: Bool { !isVerified || claim != nil }

    /// The row in as much as has room, whole forms only (TM-290).
    func text(columns: Int, _ style: GlyphStyle, fitting: ([String]) -> String) -> String {
        // Before the name, where nobody writes one into his (TM-432).
        let tick = claim != nil ? "!" : isVerified ? style == .unicode ? "✓" : "v" : " "
        let who = "\(marker)\(tick) \(Self.withoutTicks(name))"
        let what = [role.map { "\($0)" } ?? "", isHost ? "host" : ""].filter { !$0.isEmpty }.joined(separator: " ")
        let parts = [what, reach, doing].filter { !$0.isEmpty }
        func joined(_ parts: [String]) -> String { ([who] + parts.filter { !$0.isEmpty }).joined(separator: "  ") }
        let inColumns = [Self.padded(who, 26), Self.padded(what, 11), Self.padded(reach, 17), doing].joined(separator: " ")
        let short = [joined(parts), joined([what, doing]), joined([doing]), who]
        return fitting(columns >= Self.columnsForTable ? [inColumns] + short : short)
    }

    private static let columnsForTable = 70

    /// A name with what looks like a tick as a question mark.
    private static func withoutTicks(_ name: String) -> String {
        String(String.UnicodeScalarView(name.unicodeScalars.map { Self.ticks.contains($0) ? "?" : $0 }))
    }

    private static let ticks: Set<Unicode.Scalar> = ["✓", "✔", "☑", "✅", "🗸", "🗹", "√", "⍻", "🮱"]

    /// Text that takes at least so many columns.
    private static func padded(_ text: String, _ columns: Int) -> String {
        text + String(repeating: " ", count: max(0, columns - CharacterWidth.columns(of: text)))
    }
}

extension PersonRow {
    /// All of whom something is known: those here, then members who are not, whoever was here last first (TM-290).
    ///
    /// - Parameters:
    ///   - members: as they were told last, and when that was by the wall clock, ms since 1970.
    static func all(_ front: FrontEnd, _ members: [MemberNews], wallTime: UInt64, _ style: GlyphStyle, now: Instant) -> [PersonRow] {
        var rows: [PersonRow] = []
        var seen: Set<AuthorID> = front.me.map { [$0] } ?? []
        for (peer, person) in front.people.present {
            guard let device = person.status.author, seen.insert(device).inserted else { continue }
            let color = front.people.color(person)
            let silence = person.isSilent ? Sentence.silentFor(seconds: person.status.silentSeconds ?? 0).text : nil
            rows.append(
                PersonRow(
                    device: device, peer: peer, name: front.people.shownName(person, columnsMax: 16),
                    marker: Character(style == .ascii ? color.asciiMarker : color.marker), isVerified: person.status.isVerified,
                    claim: front.claims[device], role: person.status.role,
                    isHost: members.contains { $0.device == device && $0.origin == .founder },
                    reach: silence ?? person.pathWord?.text ?? "", doing: person.doing(isTyping: front.typists.contains(peer), now: now)))
        }
        let away = members.filter { !seen.contains($0.device) && !$0.isPresent }.enumerated().sorted { left, right in
            let (newer, older) = (left.element.lastSeen ?? 0, right.element.lastSeen ?? 0)
            return newer != older ? newer > older : left.offset < right.offset
        }
        for (_, member) in away {
            let name = member.name.isEmpty ? "?" : safeForTerminal(member.name, columnsMax: 16)
            let isDouble = members.contains { $0.device != member.device && PersonName.fold($0.name) == PersonName.fold(member.name) }
            let claim = member.takesNameOf.map { before in
                let wasVerified = members.contains { $0.device == before && $0.isVerified }
                return IdentityNews(name: member.name, device: member.device, before: before, wasVerified: wasVerified)
            }
            rows.append(
                PersonRow(
                    device: member.device, peer: nil, name: isDouble ? "\(name)@\(member.device)" : name,
                    marker: style == .ascii ? "-" : "·",
                    isVerified: member.isVerified, claim: claim, role: member.role, isHost: member.origin == .founder, reach: "",
                    doing: member.lastSeen.map { "seen \(Self.age(since: $0, now: wallTime))" } ?? "not met here"))
        }
        return rows
    }

    /// How long ago that was; of what lies ahead, since clocks are set, nothing but that it was not long ago.
    static func age(since then: UInt64, now: UInt64) -> String {
        switch (now - min(now, then)) / 60_000 {
        case ..<1: "just now"
        case let minutes where minutes < 60: "\(minutes) min ago"
        case let minutes where minutes < 1440: "\(minutes / 60) h ago"
        case let minutes: "\(minutes / 1440) d ago"
        }
    }
}
