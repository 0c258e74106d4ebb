import InkBoard
import InkCrypto
import InkPrimitives
import Testing

/// The seeds that a costly law is tried with: a fifth of `count` where code is not optimised and takes ten times as long.
func seeds(_ count: UInt64) -> Range<UInt64> {
    #if DEBUG
        0..<max(1, count / 5)
    #else
        0..<count
    #endif
}

/// A signing key from a number.
func key(_ number: UInt8) throws -> SigningKey { SigningKey(seed: try #require(Secret32(Array(repeating: number, count: 32)))) }

/// A board made by the owner of `key`.
func genesis(by key: SigningKey, name: String = "test") throws -> Transaction {
    try Board.makeGenesis(owner: key, name: name, wallTime: 1_700_000_000_000, nonce: Array(repeating: 7, count: 16))
}

/// One person with a replica of the board.
struct Replica {
    let key: SigningKey
    var board: Board
    /// The number of its last shape.
    var numbersUsed: UInt64 = 0
    var author: AuthorID { key.author }

    init(_ number: UInt8, genesis: Transaction) throws {
        key = try InkBoardTests.key(number)
        board = try Board(genesis: genesis, newest: 2)
    }

    @discardableResult mutating func write(_ writes: [Write]) throws -> Transaction {
        try board.author(writes, key: key, wallTime: 1_700_000_000_000).0
    }

    @discardableResult mutating func draw(_ draft: ShapeDraft) throws -> ShapeID {
        let number = board.freeShapeNumber(of: author, from: numbersUsed + 1)
        numbersUsed = number
        try write(try board.writes(for: draft, number: number, by: author))
        return ShapeID(author: author, number: number)
    }

    mutating func set(_ id: ShapeID, _ changes: PropertyChange...) throws { try write(try board.writes(for: changes, of: id)) }
    mutating func move(_ ids: ShapeID..., by step: Point) throws { try write(try board.writes(moving: ids, by: step)) }
    mutating func delete(_ ids: ShapeID...) throws { try write(try board.writes(deleting: ids)) }
    @discardableResult mutating func say(_ text: String) throws -> Transaction { try write(try Board.writes(saying: text, by: author)) }
    mutating func rename(_ name: String) throws { try write(try Board.writes(naming: name, by: author)) }

    @discardableResult mutating func undo() throws -> UndoPlan {
        let plan = try #require(board.undoWrites(of: author))
        for part in plan.parts { try write(part) }
        return plan
    }

    @discardableResult mutating func redo() throws -> UndoPlan {
        let plan = try #require(board.redoWrites(of: author))
        for part in plan.parts { try write(part) }
        return plan
    }

    /// Takes in all that `other` has.
    mutating func receive(_ other: Replica) {
        for transaction in other.board.transactions { _ = board.insert(transaction) }
    }

    /// Does something at random: mostly draw and change, sometimes undo, delete, talk, or what only a hostile member does.
    mutating func act(using random: inout SplitMix64) throws {
        let shapes = board.shapes
        let target = shapes.isEmpty ? nil : shapes[random.below(shapes.count)]
        switch (random.below(21), target) {
        case (0...3, let target?): try move(target.id, by: Point(x: Int32(random.below(99)) - 49, y: 8))
        case (4, let target?): try set(target.id, .stroke(Color(rgb: UInt32(random.below(1 << 24)))), .text("t\(random.below(9))"))
        case (5, let target?): try set(target.id, .depth(DepthKey.between(nil, target.depth)))
        case (6...7, let target?): try delete(target.id)
        case (8...9, _) where board.canUndo(author): try undo()
        case (10...11, _) where board.canRedo(author): try redo()
        case (12, _): try say("hello \(random.below(100))")
        case (13, _): try rename("person \(random.below(100))")
        case (19, let target?) where board.transactions.last?.author == author && board.transactionCount > 1:
            // Goes on with its last gesture, if that is what its last transaction was.
            let text = try board.writes(for: [.text("on \(random.below(9))")], of: target.id)
            try write(text + Board.writes(continuing: board.transactions[board.transactionCount - 1].name, by: author))
        case (14, let target?): try writeAsHostile(target.id, using: &random)
        case (15, _): try draw(ShapeDraft(kind: .freehand, position: .zero, points: somePoints(using: &random)))
        default: try draw(someDraft(using: &random))
        }
    }

    /// Valid writes that an honest program never makes.
    private mutating func writeAsHostile(_ id: ShapeID, using random: inout SplitMix64) throws {
        switch random.below(5) {
        case 0: try write([Write(id, .points, .points(somePoints(using: &random)))])
        case 1: try write([Write(id, .kind, .kind(UInt8(random.below(12))))])
        case 2: try write([Write(id, .retraction, .names(board.transactions.map(\.name).shuffled(using: &random).prefix(20).sorted()))])
        case 3: try write([Write(id, .label, .text("label \(random.below(5))"))])
        default: try write([Write(id, Property(rawValue: 100), .bytes([UInt8(random.below(256))]))])
        }
    }
}

func someDraft(using random: inout SplitMix64) -> ShapeDraft {
    let kinds: [ShapeKind] = [.rectangle, .ellipse, .diamond, .line, .arrow, .text, .note]
    let kind = kinds[random.below(kinds.count)]
    return ShapeDraft(
        kind: kind, position: Point(x: Int32(random.below(8000)), y: Int32(random.below(8000)) - 4000),
        size: kind.isPath ? .zero : Size(width: Int32(random.below(800)), height: 64),
        points: kind.isPath ? [.zero, Point(x: Int32(random.below(500)), y: 64)] : [], text: random.chance(0.3) ? "text" : "",
        stroke: random.chance(0.5) ? Color(rgb: UInt32(random.below(1 << 24))) : nil, strokeWidth: random.chance(0.5) ? 16 : 8,
        label: random.chance(0.3) ? "label \(random.below(5))" : "",
        startBinding: kind.isPath && random.chance(0.3) ? someBinding(using: &random) : nil,
        endBinding: kind.isPath && random.chance(0.3) ? someBinding(using: &random) : nil,
        lineStyle: random.chance(0.3) ? LineStyle.allCases[random.below(4)] : .solid,
        corners: random.chance(0.3) ? Corners.allCases[random.below(3)] : .usual,
        startHead: random.chance(0.3) ? LineHead.allCases[random.below(6)] : .usual,
        endHead: random.chance(0.3) ? LineHead.allCases[random.below(6)] : .usual, route: random.chance(0.3) ? .elbow : .straight,
        groups: random.chance(0.3) ? [GroupID(rawValue: random.next()), GroupID(rawValue: 7)] : [])
}

/// A binding to what mostly stands nowhere.
func someBinding(using random: inout SplitMix64) -> Binding {
    Binding(ShapeID(author: AuthorID(using: &random), number: 1), x: UInt16(random.below(65_536)), y: UInt16(random.below(65_536)))
}

/// A pen that turns and changes its speed slowly, with the noise of a digitiser.
func somePoints(count: Int? = nil, using random: inout SplitMix64) -> [Point] {
    var (x, y, vx, vy) = (0.0, 0.0, 10.0, 0.0)
    return (0..<(count ?? 2 + random.below(30))).map { _ in
        (vx, vy) = (vx + random.unit() * 3 - 1.5, vy + random.unit() * 3 - 1.5)
        (x, y) = (x + vx, y + vy)
        return Point(x: Int32(x + random.unit() - 0.5), y: Int32(y + random.unit() - 0.5))
    }
}

/// Everything that a person can see of a board.
struct Sight: Equatable {
    let shapes: [Shape]
    let chats: [String]
    let names: [AuthorID: String]
    let labels: [String: [ShapeID]]
    let fingerprint: Fingerprint

    init(_ board: Board) {
        shapes = board.shapes
        chats = board.chats.map { "\($0.name.hex) \($0.author.hex) \($0.text)" }
        names = Dictionary(uniqueKeysWithValues: board.authors.compactMap { author in board.personName(author).map { (author, $0) } })
        labels = Dictionary(uniqueKeysWithValues: (0..<5).map { ("label \($0)", board.ids(labelled: "label \($0)")) })
        fingerprint = board.fingerprint
    }
}

/// Several people who work at once, hear of each other late, out of order and twice; some fork their logs.
func someHistory(seed: UInt64, actions: Int = 60) throws -> [Replica] {
    var random = SplitMix64(seed: seed)
    let first = try genesis(by: try key(1))
    var people = try (1...UInt8(2 + random.below(4))).map { try Replica($0, genesis: first) }
    // A second copy of the last person's device, which does not know that it is one.
    if random.chance(0.3) { people.append(try Replica(UInt8(people.count), genesis: first)) }
    for _ in 0..<actions {
        let index = random.below(people.count)
        if random.chance(0.6) {
            do {
                try people[index].act(using: &random)
            } catch RuleViolation.ownHistoryMissing {
                continue  // The copy has heard of the other's work.
            }
        } else {
            let other = random.below(people.count)
            let known = people[other].board.transactions
            for _ in 0..<(1 + random.below(8)) { _ = people[index].board.insert(known[random.below(known.count)]) }
        }
    }
    return people
}

/// All transactions that anybody has, each once, ascending by name.
func union(_ people: [Replica]) -> [Transaction] {
    Dictionary(people.flatMap { $0.board.transactions.map { ($0.name, $0) } }, uniquingKeysWith: { first, _ in first }).values
        .sorted { $0.name < $1.name }
}
