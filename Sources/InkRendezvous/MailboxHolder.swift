import InkPrimitives

/// What an inviter wants with a mailbox. The number is his own, and names one mailbox from `open` on until its end was told.
public enum MailboxWish: Hashable, Sendable {
    /// Opens one, at the first rendezvous of the list that has let us in and keeps mailboxes (RV-77).
    case open(UInt64)
    /// Opens one with a number of four digits, at a rendezvous that this program brings.
    case openLocal(UInt64)
    /// Gives it back; nothing more is told of it.
    case close(UInt64)
    /// Says something to the visitor who is there; nothing where he has gone. At most `Signalling.mailboxBodyBytesMax` bytes.
    case pass(UInt64, visitor: UInt32, body: [UInt8])
    /// Sends the visitor away; nothing more is told of him.
    case dismiss(UInt64, visitor: UInt32)
}

/// What an inviter is told of a mailbox, which the number of his wish names. Who visits and what is said is the rendezvous' word.
public enum MailboxNews: Hashable, Sendable {
    /// It is there, with this number, at the rendezvous at this position of the list.
    case opened(UInt64, MailboxNumber, at: Int)
    /// There will be none.
    case notOpened(UInt64, MailboxObstacle)
    /// A visitor came; of the one before, if he had not gone, nothing more is told but that.
    case knock(UInt64, visitor: UInt32, body: [UInt8])
    /// The visitor said something more.
    case passed(UInt64, visitor: UInt32, body: [UInt8])
    /// The visitor has gone, or was there too long.
    case gone(UInt64, visitor: UInt32)
    /// It is no more: the connection was lost, or it was there for as long as the rendezvous keeps one.
    case ended(UInt64, MailboxEnd)
}

/// Why a mailbox could not be opened.
public enum MailboxObstacle: Hashable, Sendable, CustomStringConvertible {
    /// No rendezvous has let us in, in 10 s.
    case noRendezvous
    /// Those that did keep none.
    case noneKept
    /// They have no room for one more of ours now.
    case noRoom
    /// It was asked and does not answer.
    case noAnswer
    /// We hold as many as we may.
    case tooMany
    /// Those that did give some to who has a token, and we have none there (RV-178).
    case noneForGuests

    public var description: String {
        switch self {
        case .noRendezvous: "no rendezvous answers, so there is no place for a code"
        case .noneKept: "the rendezvous is of an older version and keeps no codes: give the link instead"
        case .noRoom: "the rendezvous has no room for one more code now; try again in a minute"
        case .noAnswer: "the rendezvous does not answer when asked for a place for a code"
        case .noneForGuests: "the rendezvous has places for codes of who has a token alone: give the link instead"
        case .tooMany: "\(MailboxHolder.boxesMax) codes are open already; wait until one is over, or end its invite"
        }
    }
}

/// How a mailbox came to its end without our wish.
public enum MailboxEnd: Hashable, Sendable { case lost, over }

/// Our mailboxes at the rendezvous of a list: asks for them, and keeps apart who is whose visitor there.
///
///     waits ──a place is in──▶ asked ──mailbox──▶ open ──gone, place lost, close──▶ forgotten
///       ▲                        ├── no-mailbox: next place ┘
///       └────────────────────────┘        10 s without ──▶ not opened
///
/// A rendezvous is believed in nothing that costs more than it could deny anyway: of each mailbox one visitor at a time is there, under ascending numbers, and
/// what it brings in a second is bounded.
struct MailboxHolder: Sendable {
    enum Output: Hashable, Sendable {
        case send(MailboxRequest, at: Int)
        case news(MailboxNews)
    }

    private enum State: Sendable {
        /// Until then some place must have opened it; these had no room.
        case waits(until: Instant, refused: Set<Int>)
        case asked(Int, until: Instant, refused: Set<Int>)
        case open(MailboxNumber, at: Int, visitor: UInt32?, last: UInt32?)
    }

    private struct Place: Sendable {
        var keeps = false
        /// It takes us for a guest, and so keeps none of ours.
        var isForBearers = false
        /// Whom what it answers is for, in order. Who wants it no more stays in the list until then.
        var asked = Queue<UInt64>()
        var incoming = TokenBucket(rate: MailboxHolder.incomingRate, burst: MailboxHolder.incomingBurst, now: .distantPast)
    }

    /// Mailboxes at once, as many as a source may have.
    static let boxesMax = 8
    /// How long it may take until one is open (RV-77).
    static let openTime: Duration = .seconds(10)
    /// What is heard of one place, messages a second and at once: an honest joiner has three (RV-78).
    private static let incomingRate = 10.0
    private static let incomingBurst = 60.0

    private var boxes: [UInt64: State] = [:]
    /// Those that are to have four digits, and are asked for.
    private var local: Set<UInt64> = []
    private var places: [Int: Place] = [:]
    /// Those whose last connection was lost, or could not be opened: nothing is hoped of them while others have answered.
    private var failed: Set<Int> = []
    private var outputs = Outputs<Output>()
    /// Said by a rendezvous and for no mailbox or visitor of ours, or too much (RV-157).
    private(set) var strays = 0

    mutating func nextOutput() -> Output? { outputs.next() }

    // Inputs.

    mutating func take(_ wish: MailboxWish, now: Instant) {
        switch wish {
        case .open(let reference), .openLocal(let reference):
            precondition(boxes[reference] == nil, "a mailbox has a number of its own, and \(reference) is another's")
            guard boxes.count < Self.boxesMax else { return outputs.append(.news(.notOpened(reference, .tooMany))) }
            boxes[reference] = .waits(until: now + Self.openTime, refused: [])
            if wish == .openLocal(reference) { local.insert(reference) }
        case .close(let reference):
            local.remove(reference)
            // One that was asked for and is not there yet is given back when it comes.
            if case .open(let number, let place, _, _) = boxes.removeValue(forKey: reference) {
                outputs.append(.send(.close(number), at: place))
            }
        case .pass(let reference, let visitor, let body):
            precondition(body.count <= Signalling.mailboxBodyBytesMax, "a body has \(body.count) bytes, which are too many")
            guard case .open(let number, let place, visitor, _) = boxes[reference] else { return }
            outputs.append(.send(.pass(number, visitor: visitor, body: body), at: place))
        case .dismiss(let reference, let visitor):
            guard case .open(let number, let place, visitor, let last) = boxes[reference] else { return }
            boxes[reference] = .open(number, at: place, visitor: nil, last: last)
            outputs.append(.send(.dismiss(number, visitor: visitor), at: place))
        }
    }

    mutating func connected(at place: Int) {
        places[place] = Place()
        failed.remove(place)
    }

    mutating func welcomed(keeps: Bool, asGuest: Bool = false, at place: Int) {
        places[place]?.keeps = keeps && !asGuest
        places[place]?.isForBearers = keeps && asGuest
    }

    /// A connection is gone, and what was held there with it.
    mutating func disconnected(at lost: Int) {
        places[lost] = nil
        failed.insert(lost)
        for (reference, state) in sortedBoxes {
            switch state {
            case .open(_, lost, _, _):
                boxes[reference] = nil
                outputs.append(.news(.ended(reference, .lost)))
            case .asked(lost, let until, let refused): boxes[reference] = .waits(until: until, refused: refused)
            case .waits, .asked, .open: break
            }
        }
    }

    /// What a rendezvous says. What fits nothing of ours is counted: it is not trusted to be in order.
    mutating func received(_ answer: MailboxAnswer, at place: Int, now: Instant) {
        switch answer {
        case .opened(let number): opened(number, at: place)
        case .noMailbox(nil): refused(at: place)
        case .gone(let number, nil):
            guard let (reference, _, _) = open(number, at: place) else { return strays += 1 }
            boxes[reference] = nil
            outputs.append(.news(.ended(reference, .over)))
        case .gone(let number, let visitor?):
            guard let (reference, present, last) = open(number, at: place), present == visitor else { return strays += 1 }
            boxes[reference] = .open(number, at: place, visitor: nil, last: last)
            outputs.append(.news(.gone(reference, visitor: visitor)))
        case .knock(let number, let visitor, let body): knock(number, visitor, body, at: place, now: now)
        case .pass(let number, let visitor?, let body):
            guard let (reference, present, _) = open(number, at: place), present == visitor, isHeard(at: place, now: now) else {
                return strays += 1
            }
            outputs.append(.news(.passed(reference, visitor: visitor, body: body)))
        case .noMailbox, .busy, .pass: strays += 1
        }
    }

    /// Asks for what is wanted, and gives up what takes too long.
    ///
    /// - Parameters:
    ///   - isIn: whether a place has let us in.
    ///   - count: places of the list.
    mutating func settle(isIn: (Int) -> Bool, count: Int, now: Instant) {
        guard !boxes.isEmpty else { return }
        let entered = (0..<count).filter { places[$0] != nil && isIn($0) }
        for (reference, state) in sortedBoxes {
            guard case .waits(let until, let refused) = state else { continue }
            let keeping = entered.filter { places[$0]?.keeps == true }
            if let place = keeping.first(where: { !refused.contains($0) && (places[$0]?.asked.count ?? 0) < Self.boxesMax * 2 }) {
                places[place]?.asked.append(reference)
                boxes[reference] = .asked(place, until: until, refused: refused)
                outputs.append(.send(local.contains(reference) ? .openLocal : .open, at: place))
                continue
            }
            // One that still connects may have room (RV-100).
            let isHopeless = !entered.isEmpty && (0..<count).allSatisfy { entered.contains($0) || failed.contains($0) && !refused.isEmpty }
            guard isHopeless || now >= until else { continue }
            if !refused.isEmpty {
                give(up: reference, .noRoom)
            } else if entered.isEmpty {
                give(up: reference, .noRendezvous)
            } else {
                let isForBearers = entered.contains { places[$0]?.isForBearers == true }
                give(up: reference, !keeping.isEmpty ? .noAnswer : isForBearers ? .noneForGuests : .noneKept)
            }
        }
    }

    /// Places that keep a mailbox of ours, or are asked for one.
    var keeping: Set<Int> {
        Set(
            boxes.values.compactMap { state in
                switch state {
                case .asked(let place, _, _), .open(_, let place, _, _): place
                case .waits: nil
                }
            })
    }

    /// When something is given up.
    var deadline: Instant? {
        boxes.values.reduce(nil) { soonest, state in
            switch state {
            case .waits(let until, _), .asked(_, let until, _): earliest(soonest, until)
            case .open: soonest
            }
        }
    }

    mutating func handleTimeout(now: Instant) {
        for (reference, state) in sortedBoxes {
            if case .asked(_, let until, _) = state, now >= until { give(up: reference, .noAnswer) }
        }
    }

    /// Gives all back.
    mutating func leave(now: Instant) { for (reference, _) in sortedBoxes { take(.close(reference), now: now) } }

    // Steps.

    private var sortedBoxes: [(UInt64, State)] { boxes.sorted { $0.key < $1.key }.map { ($0.key, $0.value) } }

    private func open(_ number: MailboxNumber, at place: Int) -> (reference: UInt64, visitor: UInt32?, last: UInt32?)? {
        for (reference, state) in boxes {
            if case .open(number, place, let visitor, let last) = state { return (reference, visitor, last) }
        }
        return nil
    }

    private mutating func opened(_ number: MailboxNumber, at place: Int) {
        guard let reference = places[place]?.asked.popFirst(), open(number, at: place) == nil else { return strays += 1 }
        // It may have been given up, or asked for elsewhere, in the meantime.
        guard case .asked(place, _, _) = boxes[reference] else { return outputs.append(.send(.close(number), at: place)) }
        guard number.isLocal == local.contains(reference) else {
            // Whoever types it would look for it in the wrong place (RV-166).
            outputs.append(.send(.close(number), at: place))
            return give(up: reference, .noneKept)
        }
        local.remove(reference)
        boxes[reference] = .open(number, at: place, visitor: nil, last: nil)
        outputs.append(.news(.opened(reference, number, at: place)))
    }

    private mutating func refused(at place: Int) {
        guard let reference = places[place]?.asked.popFirst() else { return strays += 1 }
        guard case .asked(place, let until, let refused) = boxes[reference] else { return }
        boxes[reference] = .waits(until: until, refused: refused.union([place]))
    }

    private mutating func knock(_ number: MailboxNumber, _ visitor: UInt32, _ body: [UInt8], at place: Int, now: Instant) {
        // One that was there before is played again, or is invented.
        guard let (reference, present, last) = open(number, at: place), last.map({ $0 < visitor }) ?? true, isHeard(at: place, now: now)
        else { return strays += 1 }
        if let present { outputs.append(.news(.gone(reference, visitor: present))) }
        boxes[reference] = .open(number, at: place, visitor: visitor, last: visitor)
        outputs.append(.news(.knock(reference, visitor: visitor, body: body)))
    }

    private mutating func isHeard(at place: Int, now: Instant) -> Bool { places[place]?.incoming.take(now: now) ?? false }

    private mutating func give(up reference: UInt64, _ reason: MailboxObstacle) {
        boxes[reference] = nil
        local.remove(reference)
        outputs.append(.news(.notOpened(reference, reason)))
    }
}
