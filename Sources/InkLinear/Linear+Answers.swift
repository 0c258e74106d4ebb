import InkBoard
import InkFrontEnd
import InkPrimitives
import InkSession

/// Answers: one line, but for lists, which are a line that counts and then one each (LN-10).
extension Linear {
    /// What is known here is answered at once.
    mutating func answerHere(_ command: LinearCommand, now: Instant) throws(LineFault) {
        switch command {
        case .list(let first): try list(from: first)
        case .find(let text): find(text)
        case .near(let place): try tellNear(place)
        case .describe(let ref): answer(description(of: try one(ref)))
        case .who: tellWho(now: now)
        case .help(let verb): tellHelp(verb)
        default: preconditionFailure("\(command) is not known here")
        }
    }

    // MARK: Shapes

    /// Standing shapes in the order of their numbers.
    private var standing: [(number: Int, shape: Shape)] {
        front.board.shapes.compactMap { shape in numbers.known(shape.id).map { ($0, shape) } }.sorted { $0.0 < $1.0 }
    }

    private mutating func list(from first: Int) throws(LineFault) {
        let all = standing
        let rest = all.filter { $0.number >= first }
        guard !all.isEmpty else { return answer("nothing stands on the board") }
        guard !rest.isEmpty else {
            throw LineFault(
                "no shape has the number \(first) or a greater one: the greatest is \(all.last?.number ?? 0); `list` begins with the first")
        }
        let page = rest.prefix(Self.pageMax)
        let more = rest.count > page.count ? "; `list \(rest[page.count].number)` goes on" : ""
        write("\(Sentence.count(all.count, "shape")), of which \(page.count) follow\(page.count == 1 ? "s" : "")\(more)")
        tell(page)
    }

    private mutating func find(_ text: String) {
        let sought = text.lowercased()
        let found = standing.filter { $0.shape.content.text.lowercased().contains(sought) || $0.shape.content.label == text }
        guard !found.isEmpty else { return answer("nothing found: no shape has these words; `list` tells all") }
        let more = found.count > Self.pageMax ? ", of which the first \(Self.pageMax) follow" : ""
        write("\(Sentence.count(found.count, "shape")) found\(more)")
        tell(found.prefix(Self.pageMax))
    }

    private mutating func tell(_ shapes: ArraySlice<(number: Int, shape: Shape)>) {
        for (_, shape) in shapes { write(sentences.named(shape)) }
        finish()
    }

    private mutating func tellNear(_ place: LinearCommand.LineEnd) throws(LineFault) {
        let (point, excluded): (Point, ShapeID?)
        switch place {
        case .place(let place): (point, excluded) = (place, nil)
        case .shape(let ref):
            let id = try one(ref)
            let box = front.board[id]?.content.worldBox ?? WorldBox(left: 0, top: 0, right: 0, bottom: 0)
            (point, excluded) = (Point(clampingX: Int64(box.left + box.right) / 2, y: Int64(box.top + box.bottom) / 2), id)
        }
        var found: [(away: Int, number: Int, words: String)] = []
        for (number, shape) in standing where shape.id != excluded {
            let box = shape.content.worldBox
            let (x, y) = (Self.gap(Int(point.x), box.left, box.right), Self.gap(Int(point.y), box.top, box.bottom))
            found.append((x * x + y * y, number, "\(sentences.called(shape.id)), \(Self.way(x, y)): \(sentences.noun(shape.content))"))
        }
        guard !found.isEmpty else { return answer("nothing \(excluded == nil ? "" : "else ")stands on the board") }
        let nearest = found.sorted { ($0.away, $0.number) < ($1.away, $1.number) }.prefix(Self.nearMax)
        write("the nearest to \(Cells.words(point)), \(nearest.count) of \(found.count)")
        for shape in nearest { write(shape.words) }
        finish()
    }

    /// From a place to a span: 0 within it.
    private static func gap(_ place: Int, _ low: Int, _ high: Int) -> Int { place < low ? low - place : place > high ? high - place : 0 }

    private static func way(_ x: Int, _ y: Int) -> String {
        let parts = [
            x == 0 ? nil : "\(Cells.columnWords(abs(x))) to the \(x < 0 ? "left" : "right")",
            y == 0 ? nil : "\(Cells.rowWords(abs(y))) \(y < 0 ? "up" : "down")",
        ].compactMap { $0 }
        return parts.isEmpty ? "there" : parts.joined(separator: " and ")
    }

    private func description(of id: ShapeID) -> String {
        guard let shape = front.board[id] else { return sentences.called(id) }
        let content = shape.content
        var parts = sentences.look(content)
        if shape.isLocked { parts.append("locked") }
        let lines = front.board.lines(boundTo: id)
        if !lines.isEmpty { parts.append("lines that end there: \(sentences.called(lines))") }
        if let unit = front.board.unit(of: id), unit.group != nil { parts.append("in a group of shapes \(sentences.called(unit.shapes))") }
        if let index = front.board.index(of: id) { parts.append("\(index) of \(front.board.shapes.count - 1) others lie below it") }
        parts.append("drawn by \(front.name(of: id.author))")
        if !content.label.isEmpty { parts.append("called \(content.label)") }
        // Whole, and last.
        let words = content.text.isEmpty ? "" : ", text \(content.text)"
        var plain = content
        plain.text = ""
        return "\(sentences.called(id)), \(sentences.noun(plain)), \(parts.joined(separator: ", "))\(words)"
    }

    // MARK: People

    private mutating func tellWho(now: Instant) {
        let people = front.people.present.filter { $0.person.status.state != .joining }
        let own = "you are \(front.ownName)" + (role.map { ", \($0)" } ?? "")
        guard !people.isEmpty else { return answer("\(Sentence.onlyYou.text); \(own)") }
        write("\(people.count == 1 ? "one other is" : "\(people.count) others are") here; \(own)")
        for (peer, person) in people {
            var parts = [person.status.role.map { "\($0)" }, person.pathWord?.text].compactMap { $0 }
            parts.append(person.doing(isTyping: front.typists.peers.contains(peer), now: now))
            if person.status.isVerified { parts.append("verified") }
            if let silent = person.status.silentSeconds, person.isSilent { parts.append(Sentence.silentFor(seconds: silent).text) }
            if let point = pointers[peer] { parts.append("points at \(Cells.words(point))") }
            write("\(parts.joined(separator: ", ")): \(front.people.name(of: person))")
        }
        finish()
    }

    /// Those here as members, on a board without roles.
    private var peopleHere: [MemberNews] {
        front.people.present.compactMap { _, person in
            person.status.author.map {
                MemberNews(
                    device: $0, person: $0, name: person.status.name, role: .editor, origin: .granted, giver: nil, isPresent: true,
                    since: 0,
                    right: .zero, isOverUse: false)
            }
        }
    }

    private mutating func take(_ members: [MemberNews], _ invites: [StandingInvite]) {
        guard case .awaitingAnswer? = running?.stage, let command = running?.command, let me else { return }
        do throws(WhomFault) {
            switch command {
            case .safety(let who):
                let device = try Whom.present(who, among: members.isEmpty ? peopleHere : members)
                guard device != me else {
                    return fail("there is nobody between you and yourself: name somebody else; `who` tells who is here")
                }
                compare(me, with: device)
            case .verify(let who, let isVerified):
                let device = try Whom.present(who, among: members.isEmpty ? peopleHere : members)
                guard device != me else { return fail("one need not verify oneself: name somebody else; `who` tells who is here") }
                submit(.verify(device, isVerified), saying: isVerified ? "verified: \(who)" : "not verified any more: \(who)")
            case .role(let who, let role):
                guard !members.isEmpty else { return fail(Refusal.noRoles.description) }
                submit(.grant(try Whom.member(who, among: members), role), saying: "\(role) from now on: \(who)")
            case .remove(let who, let reason):
                guard !members.isEmpty else { return fail(Refusal.noRoles.description) }
                let whom: RemovalOrder.Whom =
                    switch try Whom(who, among: members, invites: invites) {
                    case .device(let device): .device(device)
                    case .invite(let invite): .invite(invite)
                    }
                submit(.remove(RemovalOrder(whom, reason: reason)), saying: "removed: \(who)")
            default: tell(members, invites)
            }
        } catch {
            fail("\(error)")
        }
    }

    private mutating func tell(_ members: [MemberNews], _ invites: [StandingInvite]) {
        guard !members.isEmpty else { return answer("nobody has a role on this board: whoever has the link may draw") }
        write("\(Sentence.count(members.count, "member")), \(Sentence.count(invites.count, "invite"))")
        for member in members {
            var parts = ["\(member.role)", "key \(member.device)", member.isPresent ? "here" : "not here"]
            if member.device == me { parts.append("you") }
            if member.isVerified { parts.append("verified") }
            if let other = member.takesNameOf { parts.append("goes by the name of \(other), who is another") }
            if member.isOverUse { parts.append("more than the invite was for") }
            write("\(parts.joined(separator: ", ")): \(member.name.isEmpty ? "no name" : member.name)")
        }
        for invite in invites {
            let uses = "used by \(invite.usedCount)\(invite.uses > 0 ? " of \(invite.uses)" : "")"
            write("an invite \(invite.name.hex.prefix(Whom.digitsMin)), \(invite.role), \(uses)\(invite.isOverUsed ? ", over-used" : "")")
        }
        finish()
    }

    mutating func tell(_ page: ChatPage) {
        running?.wasTold = true
        write(page.entries.isEmpty ? "nothing was said yet" : "\(Sentence.count(page.entries.count, "message")), the oldest first")
        for entry in page.entries {
            let isOwn = entry.message.author == front.me
            let name = isOwn ? "you" : entry.name.isEmpty ? "somebody" : entry.name
            write(Sentence.said(name, entry.message.text).text)
        }
    }

    // MARK: The session

    mutating func take(_ answer: BoardAnswer, now: Instant) {
        switch answer {
        case .board: break
        case .status(let status): check(status)
        case .members(let members, let invites): take(members, invites)
        case .state(let report): tell(report)
        case .links(let links, _): tell(links)
        case .invite(let link): tell(link: link)
        case .dump: break
        }
    }

    private mutating func tell(_ report: StateReport) {
        guard running?.command == .status else { return }
        let people = front.people.present.count { $0.person.status.state != .joining }
        let words = [
            report.isSaved ? Sentence.saved.text : saving.word.text,
            report.unsent == 0 ? "nothing unsent" : Sentence.unsent(report.unsent).text,
            people == 0 ? Sentence.onlyYou.text : "\(people == 1 ? "one other" : "\(people) others") here", front.pathWord?.text,
            Sentence.count(report.shapes.count, "shape"), "fingerprint \(report.fingerprint.hex.prefix(32))", "board \(front.name)",
        ].compactMap { $0 }
        answer(words.joined(separator: ", "))
    }

    private mutating func tell(_ links: [LinkReport]) {
        guard running?.command == .connection else { return }
        guard !links.isEmpty else { return answer("nobody is connected") }
        write(Sentence.count(links.count, "connection"))
        for link in links {
            let name = front.people[link.peer].map { front.people.name(of: $0) } ?? "somebody"
            let trip = link.roundTrip.map { "\(Int($0.milliseconds.rounded())) ms" } ?? "no round trip yet"
            let loss = Int((link.loss * 100).rounded())
            write("\(Sentence.word(link.path)), \(trip), \(loss) % lost, \(link.bytesIn) bytes in, \(link.bytesOut) out: \(name)")
        }
        finish()
    }

    private mutating func tell(link: String) {
        guard case .invite? = running?.command else { return }
        guard let news = running?.invited else { return answer("whoever has this link may join: \(link)") }
        do throws(InviteLinkError) {
            var invite = try Invite(link: link)
            invite.key = news.key
            if let code = news.code {
                let count = news.uses == 1 ? "once" : "for \(news.uses)"
                return answer("a code for \(Self.article(news.role)), good \(count), for ten minutes, while this board is open: \(code)")
            }
            if let obstacle = news.codeObstacle { write("there is no code: \(obstacle)") }
            let uses =
                news.uses == 0
                ? "whoever has this link joins" : news.uses == 1 ? "one joins by this link" : "\(news.uses) join by this link"
            let end = news.timeToLive == 0 ? "" : ", for \(Self.span(news.timeToLive))"
            answer("\(uses) as \(Self.article(news.role))\(end): \(invite.link)")
        } catch {
            fail("\(error)")
        }
    }

    /// Seconds in the greatest unit of which they are a whole number.
    private static func span(_ seconds: UInt32) -> String {
        let (unit, word) = [(86_400, "day"), (3600, "hour"), (60, "minute")].first { seconds % $0.0 == 0 } ?? (1, "second")
        return Sentence.count(Int(seconds / unit), word)
    }

    private static func article(_ role: Role) -> String { "\(role == .owner || role == .editor ? "an" : "a") \(role)" }

    // MARK: Waiting

    func words(of condition: LinearCommand.Condition) -> String {
        switch condition {
        case .peers: "somebody else"
        case .saved: "that all is saved"
        case .delivered: "that all is delivered"
        case .synced: "that all are in step"
        }
    }

    private mutating func check(_ status: StatusReport) {
        guard case .waiting(let condition, _)? = running?.stage else { return }
        running?.hasLooked = true
        if case .export(let path)? = running?.command {
            guard status.isSaved else { return }
            running?.stage = .awaitingAnswer
            return perform(.export(path))
        }
        switch condition {
        case .peers(let count): if status.presentPeers >= count { answer("\(Sentence.count(status.presentPeers, "other")) here") }
        case .saved: if status.isSaved { answer("all is saved") }
        case .delivered: if status.isDelivered { answer("all is delivered") }
        case .synced: if status.isSynced { answer("all are in step") }
        }
    }

    // MARK: Help

    private mutating func tellHelp(_ verb: LinearVerb?) {
        guard let verb else {
            write(
                "\(LinearVerb.allCases.count) commands; SHAPE is a number, a name or its words; X Y W H are cells; `help COMMAND` says more"
            )
            for verb in LinearVerb.allCases { write("\(verb.usage): \(verb.row.words)") }
            return finish()
        }
        let others = verb.otherNames.isEmpty ? "" : "; also \(verb.otherNames.joined(separator: ", "))"
        answer("\(verb.usage): \(verb.row.words)\(others)\(verb.hint)")
    }

    private static let pageMax = 40
    private static let nearMax = 10
}

extension LinearVerb {
    /// What is said besides by `help` of one command: an example, and what is easily missed.
    fileprivate var hint: String {
        switch self {
        case .rectangle: "; for example rectangle 10 5 12 4 cache, or db = rectangle 10 5 12 4 \"the cache\""
        case .ellipse, .diamond: "; for example \(name) 10 5 12 4 cache"
        case .note, .text: "; for example \(name) 10 5 buy milk, or \(name) 10 5 \"two\\nlines\""
        case .line, .arrow: "; for example \(name) 1 2 calls, or \(name) web cache \"is asked\", or \(name) 10,5 20,5 20,9"
        case .pen: "; for example pen 10,5 12,6 14,5"
        case .move: "; for example move 3 2 0 moves shape 3 two columns to the right"
        case .ink, .fill: "; names are \(PersonColor.all.map(\.name).joined(separator: ", "))"
        case .delete: "; all is all shapes"
        default: ""
        }
    }
}
