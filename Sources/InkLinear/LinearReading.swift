import InkBoard
import InkFormats
import InkFrontEnd
import InkPrimitives
import InkSession

/// How a line is read: `[NAME =] VERB …` (LN-1, LN-2).
extension LinearCommand {
    /// Longest line that is read, bytes: a stroke of 10 000 places takes at most 250 kB.
    package static let lineBytes = 1 << 20

    /// Reads a line; nil for an empty one and for a remark, which begins with `#` (LN-16).
    package static func reading(_ line: [UInt8]) throws(LineFault) -> LinearCommand? {
        guard let text = String(validating: line, as: UTF8.self) else {
            throw LineFault("the line is not text: its bytes are not UTF-8; type words, `help` lists them")
        }
        guard !text.unicodeScalars.contains(where: { $0.value < 0x20 && $0 != "\t" && $0 != "\r" || $0.value == 0x7F }) else {
            throw LineFault("the line holds a control character, which no command has: type it again; in quotes \\n is a line break")
        }
        var words = LineWords(text)
        guard let first = try words.next(), first.isQuoted || first.text.first != "#" else { return nil }
        guard words.peek() == LineWords.Word(text: "=") else { return try command(first, &words) }
        let name = try Self.name(first)
        _ = try words.next()
        guard let verb = try words.next() else {
            throw LineFault("nothing is drawn: behind “\(name) =” stands what it shall be the name of, as \(name) = rectangle 10 5 12 4")
        }
        let command = try command(verb, &words)
        guard command.draws else { throw LineFault("“\(name) =” names what is drawn, and \(verb.text) draws nothing: leave it out") }
        return .named(name, command)
    }

    private var draws: Bool {
        switch self {
        case .box, .line, .pen, .text: true
        default: false
        }
    }

    private static func command(_ word: LineWords.Word, _ words: inout LineWords) throws(LineFault) -> LinearCommand {
        guard !word.isQuoted, let verb = LinearVerb(word.text) else {
            let meant = LinearVerb.nearest(to: word.text)
            throw LineFault("there is no command “\(word.text)”: \(meant.map { "did you mean `\($0)`?" } ?? "`help` lists all")")
        }
        var reader = VerbReader(verb: verb, words: words)
        let command = try reader.command()
        guard reader.words.isAtEnd else {
            let more = reader.words.peek()?.text ?? "something"
            throw LineFault("“\(more)” is more than `\(verb.name)` takes: it is `\(verb.usage)`")
        }
        words = reader.words
        return command
    }

    private static func name(_ word: LineWords.Word) throws(LineFault) -> String {
        let name = word.text
        guard name.utf8.count <= Limits.nameBytes else {
            throw LineFault(
                "this name is too long: it has \(name.utf8.count) bytes and \(Limits.nameBytes) are as many as may be; take a shorter one")
        }
        guard name != "all", name.first?.isLetter == true,
            name.unicodeScalars.allSatisfy({
                $0.properties.isAlphabetic || $0.properties.numericType != nil || "_-.".unicodeScalars.contains($0)
            })
        else {
            throw LineFault(
                "“\(name)” cannot be a shape's name: it begins with a letter and has letters, digits, _ - and . alone; take another")
        }
        return name
    }
}

/// Reads what stands behind one verb.
private struct VerbReader {
    let verb: LinearVerb
    var words: LineWords

    mutating func command() throws(LineFault) -> LinearCommand {
        switch verb {
        case .rectangle: return try box(.rectangle)
        case .ellipse: return try box(.ellipse)
        case .diamond: return try box(.diamond)
        case .note: return .box(.note, try place(), .zero, text: try neededText(Limits.textBytes))
        case .text: return .text(try place(), try neededText(Limits.textBytes))
        case .line: return .line(.line, try line(), text: try text(Limits.textBytes))
        case .arrow: return .line(.arrow, try line(), text: try text(Limits.textBytes))
        case .pen: return .pen(try points(least: 1))

        case .label: return .label(try shape(), try text(Limits.textBytes))
        case .move:
            let (refs, last) = try shapes(before: 2)
            return .move(refs, by: try step(last[0].text, last[1].text))
        case .place: return .place(try shape(), try place())
        case .resize: return .resize(try shape(), try size())
        case .from: return .pull(try shape(), isStart: true, try end())
        case .to: return .pull(try shape(), isStart: false, try end())
        case .path: return .path(try shape(), try points(least: 2))
        case .delete: return .delete(try shapes(before: 0).refs)
        case .duplicate:
            let all = try words.all()
            let hasStep = all.count > 2 && all[all.count - 2] == LineWords.Word(text: "by")
            let by = hasStep ? try point(all[all.count - 1]) : Self.copyStep
            return .arrange(try refs(all.dropLast(hasStep ? 2 : 0)), .duplicate(by: by))
        case .undo: return .undo
        case .redo: return .redo

        case .ink: return try look(.ink)
        case .fill: return try look(.fill)
        case .width: return try look(.width)
        case .border: return try look(.border)
        case .heads: return try look(.heads)
        case .startHead: return try look(.startHead)
        case .endHead: return try look(.endHead)
        case .elbow: return try look(.route)
        case .fitLabel: return .fitLabel(try shapes(before: 0).refs)

        case .group: return .arrange(try shapes(before: 0).refs, .group)
        case .ungroup: return .arrange(try shapes(before: 0).refs, .ungroup)
        case .front: return .arrange(try shapes(before: 0).refs, .order(.front))
        case .back: return .arrange(try shapes(before: 0).refs, .order(.back))
        case .forward: return .arrange(try shapes(before: 0).refs, .order(.up))
        case .backward: return .arrange(try shapes(before: 0).refs, .order(.down))
        case .align:
            let (refs, last) = try shapes(before: 1)
            return .arrange(refs, .align(try choice(last[0].text, "side")))
        case .distribute:
            let (refs, last) = try shapes(before: 1)
            return .arrange(refs, .distribute(try choice(last[0].text, "axis")))
        case .lock: return .lock(try shapes(before: 0).refs, true)
        case .unlock: return .lock(try shapes(before: 0).refs, false)

        case .copy: return .copy(try shapes(before: 0).refs, cuts: false)
        case .cut: return .copy(try shapes(before: 0).refs, cuts: true)
        case .paste:
            guard let by = try words.next() else { return .paste(by: Self.copyStep) }
            guard by.text == "by", let step = try words.next() else { throw wanted() }
            return .paste(by: try point(step))
        case .export: return .export(try neededText(Self.pathBytes))
        case .importFile: return .importFile(try neededText(Self.pathBytes))

        case .list: return .list(from: words.isAtEnd ? 1 : try count(1...Int(Int32.max)))
        case .find: return .find(try neededText(Limits.textBytes))
        case .near:
            guard let word = try words.next() else { throw wanted() }
            guard let next = try words.next() else { return .near(try end(word)) }
            return .near(.place(try step(word.text, next.text)))
        case .describe: return .describe(try shape())
        case .who: return .who
        case .members: return .members
        case .status: return .status
        case .connection: return .connection

        case .say: return .say(try neededText(Limits.chatBytes))
        case .messages: return .messages(words.isAtEnd ? Self.messagesUsual : try count(1...ChatOrder.countMax))
        case .point:
            if words.peek() == LineWords.Word(text: "off") {
                _ = try words.next()
                return .point(nil)
            }
            return .point(try place())
        case .lookHere:
            let (place, size) = (try place(), try size())
            let (left, top) = (Int(place.x), Int(place.y))
            let box = WorldBox(left: left, top: top, right: left + Int(size.width), bottom: top + Int(size.height))
            guard box.right <= Int(Limits.coordinate), box.bottom <= Int(Limits.coordinate) else { throw Self.beyondEdge }
            return .lookHere(box)
        case .name:
            let name = try neededText(Self.pathBytes)
            if let complaint = personNameComplaint(name) { throw LineFault("that name cannot be: \(complaint); take another") }
            return .name(name)

        case .invite, .code: return try invite()
        case .role:
            let (who, word) = (try who(), try word())
            guard let role = Role(word: word.text.lowercased()) else { throw noChoice(word.text, "role", Role.words) }
            return .role(who, role)
        case .remove: return .remove(try who(), reason: try text(Limits.reasonBytes))
        case .safety: return .safety(try who())
        case .verify: return .verify(try who(), true)
        case .unverify: return .verify(try who(), false)
        case .takeBack:
            let who = try who()
            guard let span = try words.next() else { return .takeBack(who, .all) }
            return .takeBack(who, .last(seconds: try seconds(span.text)))
        case .slow:
            let word = try word().text
            let seconds = word.lowercased() == "off" ? 0 : try seconds(word)
            guard seconds <= 3600 else {
                throw LineFault("\(word) is longer than slow mode can be: an hour at most; say a time as 10s or 2m, or off")
            }
            return .slow(seconds: seconds)

        case .wait: return try wait()
        case .help:
            guard let word = try words.next() else { return .help(nil) }
            guard let verb = LinearVerb(word.text) else {
                let meant = LinearVerb.nearest(to: word.text)
                throw LineFault(
                    "there is no command “\(word.text)” to help with: \(meant.map { "did you mean `\($0)`?" } ?? "`help` lists all")")
            }
            return .help(verb)
        case .quit: return .quit
        }
    }

    // MARK: Shapes

    private mutating func box(_ kind: ShapeKind) throws(LineFault) -> LinearCommand {
        .box(kind, try place(), try size(), text: try text(Limits.textBytes))
    }

    /// `FROM [X,Y ...] TO`: the last end is the first word behind that is no place; where none is there, or one in quotes behind a place, which is the
    /// text, it is the last place.
    private mutating func line() throws(LineFault) -> LinearCommand.LineSpec {
        let start = try end()
        var via: [Point] = []
        while let word = words.peek(), !word.isQuoted, Cells.isPlace(word.text) {
            _ = try words.next()
            via.append(try point(word))
            guard via.count < Limits.pointsPerStroke else { throw tooMany() }
        }
        let next = words.peek()
        if let last = via.last, next == nil || next?.isQuoted == true {
            return LinearCommand.LineSpec(start: start, via: Array(via.dropLast()), end: .place(last))
        }
        return LinearCommand.LineSpec(start: start, via: via, end: try end())
    }

    private mutating func end() throws(LineFault) -> LinearCommand.LineEnd { try end(try word()) }

    private func end(_ word: LineWords.Word) throws(LineFault) -> LinearCommand.LineEnd {
        !word.isQuoted && Cells.isPlace(word.text) ? .place(try point(word)) : .shape(try ref(word))
    }

    private mutating func points(least: Int) throws(LineFault) -> [Point] {
        var points: [Point] = []
        while let word = try words.next() {
            guard points.count < Limits.pointsPerStroke else { throw tooMany() }
            points.append(try point(word))
        }
        guard points.count >= least else { throw wanted() }
        return points
    }

    private func tooMany() -> LineFault {
        LineFault("that is too long: a line has \(Limits.pointsPerStroke) places at most; draw it as several")
    }

    private mutating func shape() throws(LineFault) -> ShapeRef { try ref(try word()) }

    /// All words but the last few, as shapes.
    private mutating func shapes(before count: Int) throws(LineFault) -> (refs: [ShapeRef], last: [LineWords.Word]) {
        let all = try words.all()
        guard all.count > count else { throw wanted() }
        return (try refs(all.dropLast(count)), Array(all.suffix(count)))
    }

    private func refs(_ words: ArraySlice<LineWords.Word>) throws(LineFault) -> [ShapeRef] {
        guard !words.isEmpty else { throw wanted() }
        guard words.count <= Limits.writesPerTransaction else {
            throw LineFault("that is too many shapes for one line: name fewer, or group them")
        }
        var refs: [ShapeRef] = []
        for word in words { refs.append(word == LineWords.Word(text: "all") ? .all : try ref(word)) }
        return refs
    }

    private func ref(_ word: LineWords.Word) throws(LineFault) -> ShapeRef {
        guard !word.text.isEmpty else { throw wanted() }
        if word.isQuoted { return .name(word.text) }
        if word.text == "all" { return .all }
        if word.text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(word.text) { return .number(number) }
        return .name(word.text)
    }

    private mutating func look(_ look: StyleWords) throws(LineFault) -> LinearCommand {
        let (refs, last) = try shapes(before: 1)
        do throws(StyleWordFault) {
            return .look(refs, try look.choice(last[0].text))
        } catch {
            throw LineFault("\(error.description); it is `\(verb.usage)`")
        }
    }

    // MARK: Places and extents

    private mutating func place() throws(LineFault) -> Point {
        // As a place is told, too.
        if let word = words.peek(), !word.isQuoted, Cells.isPlace(word.text) {
            _ = try words.next()
            return try point(word)
        }
        return try step(try word().text, try word().text)
    }

    private func step(_ column: String, _ row: String) throws(LineFault) -> Point {
        Point(x: try units(column, Cells.columns), y: try units(row, Cells.rows))
    }

    private mutating func size() throws(LineFault) -> Size {
        let (width, height) = (try word().text, try word().text)
        let size = Size(width: try units(width, Cells.columns), height: try units(height, Cells.rows))
        guard size.width >= 0, size.height >= 0 else {
            throw LineFault("an extent is less than nothing: W and H are 0 or more; it is `\(verb.usage)`")
        }
        return size
    }

    private func units(_ word: String, _ units: (Double) -> Int32?) throws(LineFault) -> Int32 {
        guard let number = Cells.number(word) else { throw LineFault("“\(word)” is no number of cells: `\(verb.name)` is `\(verb.usage)`") }
        guard let units = units(number) else { throw Self.beyondEdge }
        return units
    }

    private func point(_ word: LineWords.Word) throws(LineFault) -> Point {
        guard let point = Cells.point(word.text) else {
            guard !Cells.isPlace(word.text) || word.text.split(separator: ",").count != 2 else { throw Self.beyondEdge }
            throw LineFault("“\(word.text)” is no place: one is written as 10,5, column and row without a blank; it is `\(verb.usage)`")
        }
        return point
    }

    private static let beyondEdge = LineFault(
        "that is beyond the edge of the board, \(Cells.columnWords(Int(Limits.coordinate))) columns and "
            + "\(Cells.rowWords(Int(Limits.coordinate))) rows from its middle: use a smaller number")

    // MARK: Other words

    private mutating func word() throws(LineFault) -> LineWords.Word {
        guard let word = try words.next() else { throw wanted() }
        return word
    }

    private mutating func who() throws(LineFault) -> String {
        let who = try word().text
        guard !who.isEmpty, who.utf8.count <= 256 else { throw wanted() }
        return who
    }

    private mutating func text(_ limit: Int) throws(LineFault) -> String {
        let text = try words.text()
        guard text.utf8.count <= limit else {
            throw LineFault("the text is too long: it has \(text.utf8.count) bytes and \(limit) are as many as may be; make it shorter")
        }
        return text
    }

    private mutating func neededText(_ limit: Int) throws(LineFault) -> String {
        let text = try text(limit)
        guard !text.isEmpty else { throw wanted() }
        return text
    }

    private mutating func count(_ range: ClosedRange<Int>) throws(LineFault) -> Int {
        let word = try word().text
        guard let number = Int(word), range.contains(number) else {
            throw LineFault("“\(word)” is no number from \(range.lowerBound) to \(range.upperBound): it is `\(verb.usage)`")
        }
        return number
    }

    private func seconds(_ word: String) throws(LineFault) -> UInt32 {
        guard let seconds = TypedSpan.seconds(word) else {
            throw LineFault("“\(word)” is no time: one is written as 90s, 10m, 2h or 7d; it is `\(verb.usage)`")
        }
        return seconds
    }

    private func choice<Word: RawRepresentable & CaseIterable>(_ word: String, _ what: String) throws(LineFault) -> Word
    where Word.RawValue == String {
        guard let choice = Word(rawValue: word.lowercased()) else { throw noChoice(word, what, Word.allCases.map(\.rawValue)) }
        return choice
    }

    private func noChoice(_ word: String, _ what: String, _ words: [String]) -> LineFault {
        let meant = NearestWord.nearest(to: word, among: words)
        return LineFault(
            "there is no \(what) “\(word)”: \(meant.map { "did you mean \($0)?" } ?? "one of \(words.joined(separator: ", ")) is needed")")
    }

    private func wanted() -> LineFault { LineFault("something is missing: it is `\(verb.usage)`; `help \(verb.name)` says more") }

    /// `[ROLE] [COUNT] [TIME]`, in any order; of `invite` alone nothing asks for the board's own link.
    private mutating func invite() throws(LineFault) -> LinearCommand {
        let isCode = verb == .code
        guard isCode || !words.isAtEnd else { return .invite(nil) }
        var order = InviteOrder(role: .editor, uses: isCode ? 1 : 0, code: isCode ? .wanted : .none)
        while let word = try words.next()?.text {
            if let role = Role(word: word.lowercased()) {
                order.role = role
            } else if let number = UInt32(word), number > 0, number <= Limits.inviteCount {
                order.uses = number
            } else if let seconds = TypedSpan.seconds(word) {
                order.timeToLive = seconds
            } else {
                throw LineFault(
                    "“\(word)” is no role, count or time: roles are \(Role.words.joined(separator: ", ")); it is `\(verb.usage)`")
            }
        }
        return .invite(order)
    }

    private mutating func wait() throws(LineFault) -> LinearCommand {
        let what = try word().text.lowercased()
        let seconds = { (words: inout Self) throws(LineFault) in words.words.isAtEnd ? Self.waitUsual : try words.count(0...Self.waitMax) }
        switch what {
        case "peers": return .wait(.peers(1), seconds: try seconds(&self))
        case "saved": return .wait(.saved, seconds: try seconds(&self))
        case "delivered": return .wait(.delivered, seconds: try seconds(&self))
        case "synced": return .wait(.synced, seconds: try seconds(&self))
        default: throw noChoice(what, "thing to wait for", ["peers", "saved", "delivered", "synced"])
        }
    }

    private static let waitUsual = 30
    /// An hour.
    private static let waitMax = 3600
    private static let messagesUsual = 20
    private static let pathBytes = 4096
    /// Where a copy lies unless it is said: two cells to the right and one down.
    private static let copyStep = Point(x: 128, y: 128)
}
