import InkPrimitives
import Testing

@testable import InkBoard

/// Every answer that a picture gives about a log.
private struct Answers: Equatable {
    struct Register: Equatable {
        var standing: TransactionName?
        var writers: [TransactionName]
    }
    struct Offers: Equatable {
        var done: [[TransactionName]]
        var undone: [[TransactionName]]
    }

    var standing: [Shape] = []
    var written: [ShapeID: Shape] = [:]
    var kinds: [ShapeID: TransactionName] = [:]
    var marks: [ShapeID: [TransactionName]] = [:]
    var registers: [ShapeID: [Property: Register]] = [:]
    var labels: [String: [ShapeID]] = [:]
    var names: [AuthorID: String] = [:]
    var messages: [TransactionName] = []
    var offers: [AuthorID: [Offers]] = [:]
    var takenBack: Set<TransactionName> = []

    init() {}

    /// What a log holds that can be asked about.
    struct Questions {
        var registers: [ShapeID: Set<Property>] = [:]
        var labels: Set<String> = []
        var authors: [AuthorID]
        var strands: [Strand]
        var transactions: [Transaction]

        init(_ log: Log, strands: [Strand]) {
            (authors, self.strands, transactions) = (log.authorsSorted, strands, log.transactions)
            for write in log.transactions.flatMap(\.writes) where write.target.number > 0 {
                registers[write.target, default: []].insert(write.property)
                if case .text(let label) = write.value, write.property == .label { labels.insert(label) }
            }
        }
    }

    init(_ picture: InkBoard.Picture, _ log: Log, _ questions: Questions) {
        standing = picture.shapes.standing
        for (id, properties) in questions.registers {
            written[id] = picture.shapes.written(id)
            #expect(picture.shapes.wasWritten(id) || written[id] == nil)
            kinds[id] = picture.shapes.kindWriter(of: id, in: log)?.name
            marks[id] = picture.shapes.liveMarks(on: id, in: log).map(\.name).sorted()
            for property in properties where property.row?.law.isRegister == true {
                let writers = picture.shapes.writers(of: property, of: id, in: log)
                #expect(picture.shapes.writerCount(of: property, of: id) == writers.count)
                registers[id, default: [:]][property] = Register(
                    standing: picture.shapes.standingWriter(of: property, of: id, in: log)?.name, writers: writers.map(\.name).sorted())
            }
        }
        for label in questions.labels { labels[label] = picture.shapes.ids(labelled: label) }
        for author in questions.authors {
            names[author] = picture.names[author]
            offers[author] = questions.strands.map { strand in
                let done = picture.undo.lastDone(of: author, in: strand, of: log)
                let undone = picture.undo.lastUndone(of: author, in: strand, of: log)
                return Offers(
                    done: done.map { [$0.gesture.map(\.name), $0.steps.map(\.name)] } ?? [],
                    undone: undone.map { [$0.gesture.map(\.name), $0.steps.map(\.name)] } ?? [])
            }
            let back = picture.undo.takenBack(of: author, of: log)
            takenBack.formUnion(questions.transactions.filter { back.contains($0, in: log) }.map(\.name))
        }
        messages = picture.messages.entries(of: log).map(\.name)
    }

    init(_ picture: NaivePicture, _ questions: Questions) {
        standing = picture.standing
        for (id, properties) in questions.registers {
            written[id] = picture.written(id)
            kinds[id] = picture.kindWriter(of: id)?.name
            marks[id] = picture.liveMarks(on: id).map(\.name).sorted()
            for property in properties where property.row?.law.isRegister == true {
                registers[id, default: [:]][property] = Register(
                    standing: picture.standingWriter(of: property, of: id)?.name,
                    writers: picture.writers(of: property, of: id).map(\.name).sorted())
            }
        }
        for label in questions.labels { labels[label] = picture.ids(labelled: label) }
        for author in questions.authors {
            names[author] = picture.name(of: author)
            offers[author] = questions.strands.map { strand in
                Offers(
                    done: picture.lastDone(of: author, in: strand).map { [$0.parts, $0.redos] } ?? [],
                    undone: picture.lastUndone(of: author, in: strand).map { [$0.parts, $0.undos] } ?? [])
            }
            for strand in questions.strands {
                let gestures = picture.gestures(of: author, in: strand).all
                takenBack.formUnion(gestures.flatMap { ($0.isDone ? [] : $0.parts) + $0.passed })
            }
        }
        messages = picture.messages
    }
}

@Suite struct PictureTests {
    private static let strands = [Strand.common, Strand(token: 7)]

    /// A board of a random history, some of which a second program of each author made.
    private static func board(seed: UInt64, using random: inout SplitMix64) throws -> Board {
        let all = try random.chance(0.5) ? union(someHistory(seed: seed, actions: 60)) : closeHistory(using: &random)
        var board = try Board(genesis: try #require(all.first { $0.isGenesis }))
        for transaction in all where random.chance(0.2) && !transaction.isGenesis { board.claim(transaction.name, by: strands[1]) }
        #expect(board.load(all.shuffled(using: &random)).isEmpty)
        return board
    }

    /// What two people write to the same two shapes, marks and retractions above all.
    private static func closeHistory(using random: inout SplitMix64) throws -> [Transaction] {
        let first = try genesis(by: try key(1))
        var people = try [Replica(1, genesis: first), Replica(2, genesis: first)]
        var marks: [TransactionName] = [first.name]
        for _ in 0..<30 {
            let shape = ShapeID(author: people[random.below(2)].author, number: 1)
            let kind: ShapeKind = random.chance(0.5) ? .note : .rectangle
            let taken = marks.shuffled(using: &random).prefix(1 + random.below(4)).sorted()
            let writes = [
                Write(shape, .kind, .kind(kind.rawValue)), Write(shape, .deletion, .mark), Write(shape, .retraction, .names(taken)),
                Write(shape, .position, .point(Point(x: Int32(random.below(100)), y: 0))),
            ].filter { _ in random.chance(0.4) }
            let index = random.below(2)
            if random.chance(0.3) { people[index].receive(people[1 - index]) }
            guard !writes.isEmpty else { continue }
            let transaction = try people[index].write(writes)
            if writes.contains(where: { $0.property == .deletion }) { marks.append(transaction.name) }
        }
        return union(people)
    }

    /// Who counts: what each author did before some point, each by itself, or nearly all.
    private static func someSlots(of log: Log, using random: inout SplitMix64) -> Set<Slot> {
        let slots = 0..<log.end
        switch random.below(4) {
        case 0:
            let ends = Dictionary(uniqueKeysWithValues: log.authorsSorted.map { ($0, UInt64(random.below(Int(log.sequence(of: $0)) + 1))) })
            return Set(slots.filter { log[$0].sequence <= ends[log[$0].author] ?? 0 })
        case 1: return Set(slots.filter { _ in random.chance(0.5) })
        case 2: return Set(slots.filter { _ in random.chance(0.9) })
        default: return Set(slots)
        }
    }

    @Test(arguments: seeds(60))
    func `BD-95, BD-96, BD-100, BD-172: what is taken out and put in again leaves no trace, and is as the rules say`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed ^ 0xB0A4D)
        let board = try Self.board(seed: seed, using: &random)
        // Half of the boards know roles.
        let roles: [Role] = random.chance(0.5) ? [.editor] : [.commenter, .commenter, .editor, .owner]
        var (log, roleOf): (Log, [TransactionName: Role]) = (Log(), [:])
        for transaction in board.log.transactions {
            let role = roles[random.below(roles.count)]
            roleOf[transaction.name] = role
            _ = log.append(transaction, after: log.slots(named: transaction.parents), as: role)
        }
        let questions = Answers.Questions(log, strands: Self.strands)
        var counting = Set(0..<log.end)
        var picture = InkBoard.Picture(log, claims: board.picture.undo, counting: counting.contains)
        for _ in 0..<4 {
            let next = Self.someSlots(of: log, using: &random)
            if random.chance(0.5) {
                _ = picture.change(
                    removing: counting.subtracting(next), inserting: next.subtracting(counting).shuffled(using: &random), of: log)
            } else {
                var ignored = InsertOutcome(result: .inserted)
                for slot in counting.symmetricDifference(next).shuffled(using: &random) {
                    if counting.contains(slot) {
                        picture.remove(slot, of: log)
                    } else {
                        picture.insert(slot, of: log, isReported: false, outcome: &ignored)
                    }
                }
            }
            counting = next
            let answers = Answers(picture, log, questions)
            #expect(answers == Answers(InkBoard.Picture(log, claims: board.picture.undo, counting: next.contains), log, questions))
            let naive = NaivePicture(
                next.map { log[$0] },
                strand: { name in log.slot(of: name).map { board.picture.undo.strand(of: log[$0]) } ?? .common },
                role: { roleOf[$0] ?? .viewer })
            #expect(answers == Answers(naive, questions))
        }
    }
}
