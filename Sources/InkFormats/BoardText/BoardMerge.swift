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
    fileprivate enum Outcome {
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
        /// The other version of a text with conflicts; nil for one without.
        private var others: [String: String]?

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

        /// The versions of a shape, of which a text without conflicts has one.
        fileprivate func versions(of name: String) -> Versions {
            Versions(first: lines[name], second: others.map { $0[name] } ?? lines[name])
        }

        /// What both come from: an empty file where they have nothing in common.
        ///
        /// Git merges what two branches come from when that is several, too: of a shape that was in conflict there both versions are known (FM-187).
        package init(base bytes: [UInt8]) throws(DrawingError) {
            guard !bytes.isEmpty else { return }
            let versions = BoardMerge.versions(of: bytes)
            self = try Side(versions?.first ?? bytes)
            if let second = versions?.second { others = try Side(second, sharing: self).lines }
        }
    }

    /// What both sides come from: two where that was in conflict itself (FM-187).
    fileprivate struct Versions {
        var first: String?
        var second: String?

        /// What three versions become: one where at most one side changed something, or both the same. Where it is not known what both come from
        /// all that is not alike is a conflict (FM-185).
        func pick(_ ours: String?, _ theirs: String?) -> Outcome {
            if BoardMerge.areSame(ours, theirs) { return .one(ours) }
            guard BoardMerge.areSame(first, second) else { return .two(ours, theirs) }
            if BoardMerge.areSame(theirs, first) { return .one(ours) }
            return BoardMerge.areSame(ours, first) ? .one(theirs) : .two(ours, theirs)
        }
    }

    /// Two files that cannot be merged, whole between marks, as git does it with what it does not understand.
    package static func unmerged(ours: [UInt8], theirs: [UInt8]) -> [UInt8] {
        func lines(_ bytes: [UInt8]) -> [UInt8] { bytes.isEmpty || bytes.last == 0x0A ? bytes : bytes + [0x0A] }
        return Array((first + "\n").utf8) + lines(ours) + Array((between + "\n").utf8) + lines(theirs) + Array((last + "\n").utf8)
    }

    /// The two texts that one with conflicts stands for; nil for one without.
    private static func versions(of bytes: [UInt8]) -> (first: [UInt8], second: [UInt8])? {
        var (ours, theirs, part, isTwo): ([UInt8], [UInt8], UInt8?, Bool) = ([], [], nil, false)
        for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
            let mark = line.prefix(7)
            if mark.count == 7, let byte = mark.first, "<|=>".utf8.contains(byte), mark.allSatisfy({ $0 == byte }) {
                (part, isTwo) = (byte == UInt8(ascii: ">") ? nil : byte, true)
                continue
            }
            if part == nil || part == UInt8(ascii: "<") { ours += line + [0x0A] }
            if part == nil || part == UInt8(ascii: "=") { theirs += line + [0x0A] }
        }
        return isTwo ? (ours, theirs) : nil
    }

    private static let (first, between, last) = ("<<<<<<< ours", "=======", ">>>>>>> theirs")

    private mutating func merge() {
        let names = Set(ours.lines.keys).union(theirs.lines.keys).sorted(by: BoardText.isBefore)
        var outcomes = names.map { outcome(base.versions(of: $0), ours.lines[$0], theirs.lines[$0]) }
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

    /// What one side deleted while the other bound a line to it is a conflict as what it changed is: the line would hang in the air (FM-186).
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

    // FM-186
    private func outcome(_ base: Versions, _ ours: String?, _ theirs: String?) -> Outcome {
        if case .one(let line) = base.pick(ours, theirs) { return .one(line) }
        guard let our = ours.flatMap(Self.read), let their = theirs.flatMap(Self.read), our.content.kind == their.content.kind else {
            return .two(ours, theirs)
        }
        // Of another kind it is another shape of that name (FM-186, FM-265).
        let before = [base.first, base.second].map { $0.flatMap(Self.read).flatMap { $0.content.kind == our.content.kind ? $0 : nil } }
        var values: [KnownProperty: (ours: String?, theirs: String?)] = [:]
        var isClean = true
        for property in BoardLine.properties {
            let (our, their) = (our.spelling(of: property), their.spelling(of: property))
            let old = Versions(first: before[0]?.spelling(of: property), second: before[1]?.spelling(of: property))
            switch old.pick(our, their) {
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

    /// Equal to the last byte.
    fileprivate static func areSame(_ left: String?, _ right: String?) -> Bool {
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
