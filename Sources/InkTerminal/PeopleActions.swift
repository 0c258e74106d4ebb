import InkBoard
import InkFormats
import InkFrontEnd
import InkPrimitives
import InkSession

/// What is done with somebody who is chosen in the people panel.
extension BoardScene {
    /// Who has to be answered for is chosen first (TM-293).
    mutating func openPeople(now: Instant) {
        open(.people(PeoplePanel(selecting: front.claims.unanswered?.device)), now: now)
        compared.choose(nil, now: now)
        fetchMembers(now: now)
        changePeople(now: now) { _ in }
    }

    /// Looks at who is there, and changes the panel; nothing where it is not open.
    mutating func changePeople(now: Instant, _ change: (inout PeoplePanel) -> Void) {
        guard case .panel(.people(var people), _) = mode else { return }
        people.look(at: front, display.style, now: now)
        change(&people)
        mode.open(.people(people))
        compareSelected(now: now)
        redraw(.soon)
    }

    /// Asks anew who is a member, where that is shown.
    mutating func fetchMembers(now: Instant) {
        guard case .panel(.people(var people), _) = mode else { return }
        if people.wantsMembers(now: now) { outputs.append(.effect(.fetchMembers)) }
        mode.open(.people(people))
    }

    mutating func take(_ members: [MemberNews], wallTime: UInt64, now: Instant) {
        var wereOld = false
        changePeople(now: now) {
            $0.take(members, wallTime: wallTime, now: now)
            wereOld = $0.wereMembersOld()
        }
        changePeople(now: now) { _ in }
        if wereOld { fetchMembers(now: now) }
    }

    mutating func take(_ words: SafetyWords?, of device: AuthorID, now: Instant) {
        compared.take(device, words)
        changePeople(now: now) { _ in }
    }

    /// The words of who stays chosen are made, one person after the other; of who is asked about at once.
    mutating func compareSelected(now: Instant) {
        if case .comparing(let device)? = people?.stage, let row = people?.row(of: device), row.needsWords, compared.ask(for: device) {
            outputs.append(.effect(.compare(device)))
        }
        compared.choose(people?.row.flatMap { $0.needsWords ? $0.device : nil }, now: now)
        if let device = compared.due(now: now) { outputs.append(.effect(.compare(device))) }
    }

    // TM-294
    mutating func act(_ action: PeopleAction, on device: AuthorID, now: Instant) {
        guard let row = people?.row(of: device) else { return }
        switch action {
        case .goTo, .follow:
            guard let peer = row.peer else {
                return front.notices.add("\(row.name) is not here now, and can be neither gone to nor followed", as: .setting, now: now)
            }
            mode.takePanel()
            if action == .goTo { goTo(peer, now: now) } else { follow(peer, now: now) }
        case .verify:
            if compared.ask(for: device, isAgain: true) { outputs.append(.effect(.compare(device))) }
            changePeople(now: now) { $0.begin(.comparing(device)) }
        case .role: changePeople(now: now) { $0.begin(.choosingRole(device)) }
        case .remove: changePeople(now: now) { $0.begin(.removing(device, PromptLine("why: ", bytesMax: Limits.reasonBytes))) }
        }
    }

    /// The words are the same; of who was verified, that is taken back (TM-436).
    mutating func settleWords(with device: AuthorID, now: Instant) {
        guard let row = people?.row(of: device) else { return }
        let takesBack = !row.needsWords
        // Nobody says that words are the same which he has not seen (TM-435).
        if !takesBack { guard case .known = compared.state(of: device) else { return } }
        let told = takesBack ? "\(row.name) is not verified any more" : "\(row.name) is verified"
        ask(.verify(device, !takesBack), for: Purpose(told: told), now: now)
    }

    // TM-433
    mutating func give(_ device: AuthorID, _ role: Role, now: Instant) {
        ask(.grant(device, role), for: Purpose(told: "\(people?.row(of: device)?.name ?? "somebody") is \(role) now"), now: now)
    }

    mutating func remove(_ device: AuthorID, reason: String, now: Instant) {
        let told = "\(people?.row(of: device)?.name ?? "somebody") is removed"
        ask(.remove(RemovalOrder(.device(device), reason: reason)), for: Purpose(told: told), now: now)
    }

    private var people: PeoplePanel? { if case .people(let people)? = mode.panel { people } else { nil } }
}
