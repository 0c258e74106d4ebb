import InkBoard
import InkPrimitives

/// Two texts of a board that come from one, made one property by property.
///
/// What one side changed is taken, and what both changed alike. What both changed otherwise is a conflict, and so is a shape that one deleted while the
/// other changed it, or bound a line to it. Of a shape in conflict both versions stand between marks, with all else of it merged already.
package struct BoardMerge: Sendable {
    package private(set) var text = ""
    /// The names of shapes in conflict, in the order of lines.
    package private(set) var conflicts: [String] = []

    /// What came of a shape, or of a property.
    private enum Outcome {
        case one(String?)
        case two(String?, String?)
    }

    private let base: Side
    private let ours: Side
    private let theirs: Side

    package init(base: Side, ours: Side, theirs: Side) {
        (self.base, self.ours, self.theirs) = (base, ours, theirs)
        merge()
    }

    /// The lines of one text, as we write them. The bytes that they were read from need not be kept.
    package struct Side: Sendable {
        fileprivate private(set) var lines: [String: String] = [:]

        /// - Parameter other: a text that has many of these lines, so that they are held once.
        package init(_ bytes: [UInt8], sharing other: Side? = nil) throws(DrawingError) {
            var reader = try BoardTextReader(bytes)
            while let line = try reader.next() {
                guard lines.count < Drawing.itemsMax else { throw reader.error("there are more than \(Drawing.itemsMax) shapes") }
                let text = line.text
                let held = other?.lines[line.name].flatMap { BoardMerge.areSame($0, text) ? $0 : nil }
                guard lines.updateValue(held ?? text, forKey: line.name) == nil else {
                    throw reader.error("the shape “\(line.name)” stands twice")
                }
            }
        }

        /// What both come from: an empty file where they have nothing in common.
        package init(base bytes: [UInt8]) throws(DrawingError) { if !bytes.isEmpty { try self.init(bytes) } else { self.init() } }

        private init() {}
    }

    /// Two files that cannot be merged, whole between marks, as git does it with what it does not understand.
    package static func unmerged(ours: [UInt8], theirs: [UInt8]) -> [UInt8] {
        func lines(_ bytes: [UInt8]) -> [UInt8] { bytes.isEmpty || bytes.last == 0x0A ? bytes : bytes + [0x0A] }
        return Array((first + "\n").utf8) + lines(ours) + Array((between + "\n").utf8) + lines(theirs) + Array((last + "\n").utf8)
    }

    private static let (first, between, last) = ("<<<<<<< ours", "=======", ">>>>>>> theirs")

    private mutating func merge() {
        let names = Set(ours.lines.keys).union(theirs.lines.keys).sorted(by: BoardText.isBefore)
        var outcomes = names.map { outcome(base.lines[$0], ours.lines[$0], theirs.lines[$0]) }
        keepEnds(names, &outcomes)
        var lines: [String] = []
        for (name, outcome) in zip(names, outcomes) {
            switch outcome {
            case .one(let line): if let line { lines.append(line) }
            case .two(let our, let their):
                conflicts.append(name)
                lines += [Self.first] + [our].compactMap { $0 } + [Self.between] + [their].compactMap { $0 } + [Self.last]
            }
        }
        text = BoardText.text(of: lines)
    }

    /// What one side deleted while the other bound a line to it is a conflict as what it changed is: the line would hang in the air.
    private func keepEnds(_ names: [String], _ outcomes: inout [Outcome]) {
        var places: [String: Int] = [:]
        for (place, name) in names.enumerated() { if case .one(nil) = outcomes[place] { places[name] = place } }
        guard !places.isEmpty else { return }
        for outcome in outcomes {
            let lines =
                switch outcome {
                case .one(let line): [line]
                // Whoever resolves it may keep either.
                case .two(let our, let their): [our, their]
                }
            let ends = lines.compactMap { $0.flatMap(Self.read) }.flatMap { [$0.start, $0.end] }
            for name in ends.compactMap({ $0?.name }) {
                guard let place = places[name] else { continue }
                outcomes[place] = .two(ours.lines[name], theirs.lines[name])
            }
        }
    }

    // MARK: One shape

    private func outcome(_ base: String?, _ ours: String?, _ theirs: String?) -> Outcome {
        if case .one(let line) = Self.pick(base, ours, theirs) { return .one(line) }
        guard let our = ours.flatMap(Self.read), let their = theirs.flatMap(Self.read), our.content.kind == their.content.kind else {
            return .two(ours, theirs)
        }
        // Of another kind it is another shape of that name.
        let before = base.flatMap(Self.read).flatMap { $0.content.kind == our.content.kind ? $0 : nil }
        var values: [KnownProperty: (ours: String?, theirs: String?)] = [:]
        var isClean = true
        for property in BoardLine.properties {
            let (old, our, their) = (before?.spelling(of: property), our.spelling(of: property), their.spelling(of: property))
            switch Self.pick(old, our, their) {
            case .one(let value): values[property] = (value, value)
            case .two:
                values[property] = (our, their)
                isClean = false
            }
        }
        let line = BoardLine.text(name: our.name, kind: our.content.kind) { values[$0]?.ours }
        if isClean { return .one(line) }
        return .two(line, BoardLine.text(name: our.name, kind: our.content.kind) { values[$0]?.theirs })
    }

    /// What three versions become: one where at most one side changed something, or both the same.
    private static func pick(_ base: String?, _ ours: String?, _ theirs: String?) -> Outcome {
        if areSame(ours, theirs) || areSame(theirs, base) { return .one(ours) }
        return areSame(ours, base) ? .one(theirs) : .two(ours, theirs)
    }

    /// Equal to the last byte.
    private static func areSame(_ left: String?, _ right: String?) -> Bool {
        switch (left, right) {
        case (nil, nil): true
        case (let left?, let right?): left.utf8.elementsEqual(right.utf8)
        default: false
        }
    }

    /// A line that was read before, and written by us.
    private static func read(_ line: String) -> BoardLine? {
        let bytes = Array(line.utf8)
        var reader = BoardLineReader(bytes, in: 0..<bytes.count)
        return try? reader.readLine()
    }
}
