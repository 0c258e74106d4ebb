import InkBoard
import InkPrimitives

// What an owner does so that a board stays calm (SE-250).
extension Node {
    mutating func calm(_ order: CalmOrder, of asker: Asker, now: Instant) throws(Refusal) -> Outcome {
        guard try ownRight().role == .owner else { throw .calm(.onlyOwners) }
        switch order {
        case .takeBack(let order): return try takeBack(order, of: asker, now: now)
        case .lock(let shapes, let isLocked):
            try perform(of: asker, now: now) { board, _ throws(RuleViolation) in try board.writes(locking: shapes, isLocked) }
            return .done
        case .pace(let milliseconds):
            try perform(of: asker, now: now) { _, author throws(RuleViolation) in
                try Board.writes(pacing: UInt64(milliseconds), by: author)
            }
            return .done
        }
    }

    // Slow mode (SE-252).

    /// What owners say of the pace holds from here on, for us and for what others bring.
    mutating func followPace(rightsChanged: Bool, now: Instant) {
        guard let board, isReady else { return }
        let pace = board.pace
        let isNews = slowMode.follow(pace)
        if isNews { tell(.calm(.pace(milliseconds: UInt32(clamping: pace?.milliseconds ?? 0), by: pace?.by))) }
        let milliseconds = pace?.milliseconds ?? 0
        guard isNews || rightsChanged && milliseconds > 0 else { return }
        let owners = Set(board.standingRights.filter { $0.role == .owner }.compactMap(\.subject))
        agreement.verification.slowDown(to: .milliseconds(Int64(milliseconds)), butFor: owners, now: now)
    }

    /// Throws while what is asked has to wait for the pace of the board (SE-382). What goes on with a gesture of before is part of that.
    func checkPace(of intent: Intent, _ asker: Asker, now: Instant) throws(Refusal) {
        let wait = slowMode.wait(now: now)
        guard wait > .zero, role != .owner, intent.isPaced(goesOn: { work.step(on: $0, of: asker.frontEnd) != nil }) else { return }
        throw .calm(.tooSoon(milliseconds: UInt32(clamping: wait.nanoseconds / 1_000_000)))
    }

    /// Takes back what somebody did, as one step of undo in as many transactions as it needs (SE-250).
    private mutating func takeBack(_ order: TakeBackOrder, of asker: Asker, now: Instant) throws(Refusal) -> Outcome {
        let victim = try worker(order.whom)
        // SE-379
        guard victim != author else { throw .calm(.ownWork) }
        let time = clock.time(now: now)
        let planned = try plan { board, author throws(RuleViolation) -> TakeBackPlan? in
            let span: WorkSpan? =
                switch order.span {
                case .all: board.span(of: victim)
                case .last(let seconds): board.span(of: victim, since: time - min(time, UInt64(seconds) * 1000))
                case .since(let start): board.span(of: victim, since: start)
                case .sequences(let sequences): WorkSpan(author: victim, sequences: sequences)
                }
            return span.map { board.writes(takingBack: $0, by: author) }
        }
        guard let planned, !planned.parts.isEmpty else { throw .calm(.nothingToTakeBack) }
        var first: TransactionName?
        for part in planned.parts {
            let step = first.map { Board.writes(continuing: $0, by: author) } ?? []
            let transaction = try write(part + step, of: asker, now: now)
            first = first ?? transaction.name
        }
        return planned.skipped.isEmpty ? .done : .skipped(planned.skipped)
    }

    /// Who is meant, of all who signed anything here (SE-377).
    private func worker(_ whom: TakeBackOrder.Whom) throws(Refusal) -> AuthorID {
        switch whom {
        case .device(let device): return device
        case .named(let text):
            let found = board?.authors(called: text) ?? []
            guard found.count <= 1 else { throw .calm(.severalCalled(text, found)) }
            guard let only = found.first else { throw .calm(.nobodyCalled(text)) }
            return only
        }
    }
}

extension Intent {
    /// True for what becomes a change of its own, or begins one.
    ///
    /// - Parameter goesOn: whether a shape was written by what its person did last.
    fileprivate func isPaced(goesOn: (ShapeID) -> Bool) -> Bool {
        switch self {
        case .draw, .drawAll, .change, .set, .setAll, .setEach, .move, .resize, .delete, .undo, .redo, .begin, .say, .resend: true
        case .amend(let shape, _): !goesOn(shape)
        case .type(let shape, _, _, let continues, _): !(continues && goesOn(shape))
        // What is begun is finished; what only moves, and names, disturb nobody; owners alone ask for the rest, or for their own devices.
        case .extend, .update, .commit, .cancel, .cursor, .laser, .view, .lookHere, .typing, .attention, .readChat, .verify, .rename,
            .invite,
            .grant, .remove, .calm:
            false
        }
    }
}

extension Board {
    /// Who signed something here and has this name, or a key that begins with these digits, or both; ascending.
    fileprivate func authors(called text: String) -> [AuthorID] {
        let marked = text.split(separator: "@", omittingEmptySubsequences: false)
        let digits = Self.digits(text)
        let both = marked.count > 1 ? Self.digits(String(marked[marked.count - 1])) : nil
        let name = marked.dropLast().joined(separator: "@")
        return authors.filter { author in
            personName(author) == text || digits.map(author.hex.hasPrefix) == true
                || both.map(author.hex.hasPrefix) == true && personName(author) == name
        }
    }

    private static func digits(_ text: String) -> String? {
        let isDigits =
            text.utf8.count >= CalmRefusal.digitsMin && text.unicodeScalars.allSatisfy { $0.isASCII && $0.properties.isASCIIHexDigit }
        return isDigits ? text.lowercased() : nil
    }
}
