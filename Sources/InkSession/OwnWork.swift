import InkBoard
import InkPrimitives

/// Own work, from the wish to the disk: which programs ask, what waits, and what is on no disk yet.
struct OwnWork: Sendable {
    /// The programs of our person that take part; the holder's is always there.
    private(set) var seats: [FrontEndID: Seat]
    /// Intents that wait for what the others say of our earlier work.
    private(set) var held: [HeldIntent] = []
    /// The seats of programs that have gone, while something that they asked waits (SE-94).
    private var departed: [Seat] = []
    /// True once this process has written anything: to wait before that is all that can be done.
    private(set) var hasWritten = false
    /// Until when the first change waits for what others say of our work; nil before anything waits.
    private var doubtUntil: Instant?
    /// From here on the numbers of our next shapes are looked for (SE-50).
    private(set) var nextShapeNumber: UInt64
    /// Own transactions that are not on disk yet: shown here, told to nobody.
    private(set) var unsaved: Set<TransactionName> = []
    var adoption = Adoption()
    private var toldRestoring = false
    var journal: StrokeJournal

    private static let heldMax = 10_000

    init(strand: Strand, firstShapeNumber: UInt64, journal: StrokeJournal) {
        seats = [.holder: Seat(strand: strand)]
        nextShapeNumber = firstShapeNumber
        self.journal = journal
    }

    /// Something waits for what the neighbours say of our work.
    var waits: Bool { !held.isEmpty || journal.recovered != nil }

    func deadline(now: Instant) -> Instant? {
        var soonest = earliest(journal.deadline, toldRestoring ? adoption.deadline : nil)
        if waits, let doubtUntil, doubtUntil > now { soonest = earliest(soonest, doubtUntil) }
        return soonest
    }

    // The programs.

    mutating func attach(_ frontEnd: FrontEndID, strand: Strand) { seats[frontEnd] = Seat(strand: strand) }

    /// What waits is not thrown away with its program, nor given to another's history; nobody hears of it any more.
    mutating func detach(_ frontEnd: FrontEndID) {
        let waiting = held.indices.filter { held[$0].asker.frontEnd == frontEnd }
        if let seat = seats[frontEnd], !waiting.isEmpty {
            departed.append(seat)
            for index in waiting {
                held[index].asker = .nobody
                held[index].departed = departed.count - 1
            }
        }
        seats[frontEnd] = nil
    }

    // What waits.

    /// Nothing more may wait.
    var isFull: Bool { held.count >= Self.heldMax }

    /// What a hand of this program has finished waits.
    func holdsFinished(of frontEnd: FrontEndID) -> Bool { held.contains { $0.isFinished && $0.asker.frontEnd == frontEnd } }

    mutating func hold(_ intent: HeldIntent) { held.append(intent) }

    /// All that waited, in the order in which it came.
    mutating func takeHeld() -> [HeldIntent] {
        defer { held = [] }
        return held
    }

    /// Something of this program's is done now: of one that has gone, what it did before and which history of undo is its are known until all of
    /// its work is done.
    mutating func seat(_ intent: HeldIntent) {
        if let place = intent.departed { seats[.nobody] = departed[place] }
    }

    mutating func unseat(_ intent: HeldIntent) {
        if let place = intent.departed, let seat = seats.removeValue(forKey: .nobody) { departed[place] = seat }
    }

    mutating func forgetDeparted() { departed = [] }

    // Doubt: the first change of a process waits for the words of others (SE-20).

    /// Nothing has waited for words yet.
    var isWithoutDoubt: Bool { doubtUntil == nil }

    /// The words of others may still be waited for.
    func mayDoubt(now: Instant) -> Bool { !hasWritten && doubtUntil.map { now < $0 } ?? true }

    mutating func beginDoubt(now: Instant) { doubtUntil = now + SessionTiming.receiptPatience }

    /// What waits is written, whatever others would say.
    mutating func waitNoLonger() {
        adoption.giveUp()
        hasWritten = true
    }

    /// Looks whether own work is on its way back.
    ///
    /// - Parameters:
    ///   - own: we have 1...`own` of our transactions.
    ///   - isWaiting: some that came waits for its parents.
    /// - Returns: whether it is, if that is to be told; nil where it was told.
    mutating func followAdoption(own: UInt64, isWaiting: Bool, now: Instant) -> Bool? {
        let isUnderWay = adoption.isUnderWay(own: own, isWaiting: isWaiting, now: now)
        adoption.settle(own: own, isWaiting: isWaiting, now: now)
        guard isUnderWay != toldRestoring else { return nil }
        toldRestoring = isUnderWay
        return isUnderWay
    }

    // Gestures.

    mutating func gestureBegan(of asker: Asker) {
        seats[asker.frontEnd]?.gestureReference = asker.reference
        seats[asker.frontEnd]?.gestureBegan = nil
        seats[asker.frontEnd]?.lastTyped = nil
    }

    mutating func gestureEnded(of frontEnd: FrontEndID) {
        seats[frontEnd]?.gestureReference = nil
        seats[frontEnd]?.gestureBegan = nil
        seats[frontEnd]?.origin = nil
    }

    /// The gesture under way changes this shape from here on.
    mutating func gesture(of frontEnd: FrontEndID, beganFrom origin: Shape?) { seats[frontEnd]?.origin = origin }

    /// The stroke under way took a transaction already; the first of them.
    mutating func gesture(of frontEnd: FrontEndID, tookFirst name: TransactionName?) { seats[frontEnd]?.gestureBegan = name }

    /// A text was typed that becomes this where it is written.
    mutating func typing(of frontEnd: FrontEndID, becomes text: String) { seats[frontEnd]?.origin?.content.text = text }

    mutating func typed(in shape: ShapeID, by frontEnd: FrontEndID, sequence: UInt64) { seats[frontEnd]?.lastTyped = (shape, sequence) }

    /// The gesture that a program did last, if that wrote this shape: what goes on with it names it.
    func step(on shape: ShapeID, of frontEnd: FrontEndID) -> TransactionName? {
        seats[frontEnd]?.lastStep.flatMap { $0.shapes.contains(shape) ? $0.first : nil }
    }

    // What was written.

    /// One own transaction is in the set, and not on disk.
    mutating func authored(_ writes: [Write], _ transaction: Transaction) {
        hasWritten = true
        let made = writes.filter { $0.property == .kind && $0.target.author == transaction.author }.map(\.target.number).max()
        if let made { nextShapeNumber = max(nextShapeNumber, made + 1) }
        unsaved.insert(transaction.name)
    }

    /// Remembers what a program did last, for what may go on with it.
    mutating func did(_ writes: [Write], _ name: TransactionName, by frontEnd: FrontEndID) {
        let shapes = Set(writes.map(\.target).filter { $0.number > 0 })
        if writes.contains(where: { $0.property == .continuation }) {
            seats[frontEnd]?.lastStep?.shapes.formUnion(shapes)
        } else {
            let takesBack = writes.contains { $0.property == .undo || $0.property == .redo }
            seats[frontEnd]?.lastStep = takesBack ? nil : (name, shapes)
        }
    }

    /// The disk has it.
    ///
    /// - Returns: true for one of ours that it did not have before.
    mutating func saved(_ name: TransactionName) -> Bool { unsaved.remove(name) != nil }
}

/// An intent that waits for own work of which others may know more than our files.
struct HeldIntent: Sendable {
    var intent: Intent
    var asker: Asker
    /// True for what a hand has finished: it was begun when it could be taken, and is not refused for what happened since.
    var isFinished = false
    /// The transaction that began what it goes on with.
    var continued: TransactionName?
    /// The place of its program among those that have gone; nil while that is there.
    fileprivate(set) var departed: Int?
}
