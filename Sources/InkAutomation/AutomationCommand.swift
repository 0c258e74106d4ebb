import InkBoard
import InkFrontEnd
import InkPrimitives
import InkSession

/// One command of the JSON-lines contract, its values checked.
package enum AutomationCommand: Equatable {
    /// With the shapes to which its ends are bound.
    case draw(ShapeDraft, ends: LineEnds = LineEnds())
    /// A stroke drawn live over that time; 0 for at once.
    case stroke(ShapeDraft, milliseconds: Int)
    case set(id: String, ShapeEdit)
    /// A live drag over that time; 0 for at once.
    case move(id: String, by: Point, milliseconds: Int)
    case delete(id: String)
    case arrange(ids: [String], Arrangement)
    /// Shapes of a file, added above all others in one step of undo.
    case add(Drawing)
    /// All of the board made what a file says, in one step of undo.
    case become(Drawing)
    case undo
    case redo
    case cursor(Point?)
    /// Light that goes by these places over that time, and fades (FE-101).
    case laser([Point], milliseconds: Int)
    /// What is seen; nil for nothing that is told.
    case view(WorldBox?)
    case lookHere(WorldBox)
    case say(String)
    case resend(TransactionName)
    /// What was said before that message, or lately.
    case readChat(ChatOrder)
    case typing
    case attention(Attending)
    /// Of a new invite; nil: the link that the board has.
    case invite(InviteOrder?)
    /// Who is meant is a `Whom`.
    case grant(who: String, Role)
    case remove(who: String, withInvited: Bool, reason: String)
    /// Who is meant is anybody who drew here.
    case takeBack(who: String, TakeBackOrder.Span)
    /// How often who is no owner may change something; 0 for as often as they like (CL-193).
    case slowMode(milliseconds: UInt32)
    /// Locked to all but owners, or open again.
    case lock(ids: [String], Bool)
    case members
    /// The words that are compared with somebody.
    case safety(who: String)
    /// They were compared, and are the same; false: that does not hold any more.
    case verify(who: String, Bool)
    case state
    case wait(Condition, milliseconds: Int)
    case pause(milliseconds: Int)
    case stats
    case dump
    case quit
    /// Waits until somebody is there, and goes on without a word when nobody is. For commands that end by themselves.
    case lookAround(milliseconds: Int)

    /// What is done with several shapes.
    package enum Arrangement: Equatable {
        case group, ungroup
        case order(OrderStep)
        case align(Alignment)
        case distribute(Distribution)
        case duplicate(by: Point)
    }

    /// What a `wait` waits for.
    package enum Condition: Equatable {
        case peers(count: Int)
        case delivered
        case saved
        case synced
        /// No short code that was made here stands open, and somebody who came by one is there and has all.
        case code
    }

    /// What the ends of a line are bound to, by the ids by which lines call shapes.
    package struct LineEnds: Equatable {
        package enum End: Equatable {
            case unbound
            /// Parts of the shape's box as `Binding` has them.
            case bound(id: String, x: UInt16, y: UInt16)
        }
        /// Nil where it is not said.
        package var start: End?
        package var end: End?

        /// The ends of which something is said, by their properties.
        var said: [(property: KnownProperty, end: End)] {
            [(.startBinding, start), (.endBinding, end)].compactMap { property, end in end.map { (property, $0) } }
        }

        /// True if both ends are bound, so that what they are bound to says where the line is.
        var areBound: Bool {
            if case .bound? = start, case .bound? = end { true } else { false }
        }
    }

    /// Changes of one shape where x may be given without y.
    package struct ShapeEdit: Equatable {
        package var x: Int32?
        package var y: Int32?
        package var width: Int32?
        package var height: Int32?
        package var ends = LineEnds()
        package var others: [PropertyChange] = []

        /// The changes as properties of `shape` (CL-32).
        package func changes(of shape: ShapeDraft) -> [PropertyChange] {
            var changes = others
            if x != nil || y != nil { changes.append(.position(Point(x: x ?? shape.position.x, y: y ?? shape.position.y))) }
            if width != nil || height != nil {
                changes.append(.size(Size(width: width ?? shape.size.width, height: height ?? shape.size.height)))
            }
            return changes
        }
    }
}

/// One line of input: a command and what its replies repeat.
package struct AutomationRequest: Equatable {
    package var command: AutomationCommand
    package var ref: JSONValue?
}

/// Why a line is no command.
package struct AutomationError: Error, Equatable {
    /// A stable word for programs.
    package var code: String
    /// The member of the object that is wrong.
    package var field: String?
    package var message: String
    package var ref: JSONValue?
}

extension AutomationRequest {
    /// Longest line read, bytes: a stroke of 10 000 points takes at most 300 KB.
    package static let lineBytes = 1 << 20
    /// Longest live gesture or wait, ms: an hour.
    private static let millisecondsMax = 3_600_000
    /// How long light goes unless it is said, ms.
    private static let lightMilliseconds = 1000
    /// Where a copy lies unless it is said: two cells of a terminal to the right and one down.
    private static let copyStep = Point(x: 128, y: 128)
    /// Greatest coordinate, px.
    private static let pixelsMax = Double(Limits.coordinate) / 8

    /// Reads one line of JSON (CL-5).
    package init(line: [UInt8]) throws(AutomationError) {
        let value: JSONValue
        do throws(JSONValue.ReadError) {
            value = try JSONValue(reading: line)
        } catch .namedTwice(let value) {
            throw AutomationError(
                code: "bad_json", field: nil, message: "a member stands twice in the line, and which is meant is not clear",
                ref: value.object?["ref"])
        } catch {
            throw AutomationError(code: "bad_json", field: nil, message: "the line is not a JSON object")
        }
        guard let object = value.object else {
            throw AutomationError(code: "bad_json", field: nil, message: "the line is not a JSON object")
        }
        ref = object["ref"]
        do throws(AutomationError) {
            command = try Self.command(object)
        } catch {
            var named = error
            named.ref = ref
            throw named
        }
    }

    private static func command(_ object: JSONObject) throws(AutomationError) -> AutomationCommand {
        switch try text(object, "do", limit: 64) {
        case "draw":
            guard let shape = object["shape"]?.object else { throw bad("shape", "an object is needed") }
            let (draft, ends) = try draft(shape, label: try label(object))
            return .draw(draft, ends: ends)
        case "stroke":
            var shape = object
            shape["kind"] = "freehand"
            return .stroke(try draft(shape, label: try label(object)).0, milliseconds: try milliseconds(object, "over_ms", or: 0))
        case "set":
            guard let changes = object["set"]?.object else { throw bad("set", "an object is needed") }
            return .set(id: try id(object), try edit(changes))
        case "move":
            guard let by = object["by"] else { throw bad("by", "a pair of numbers is needed") }
            return .move(id: try id(object), by: try pair(by, "by"), milliseconds: try milliseconds(object, "over_ms", or: 0))
        case "delete": return .delete(id: try id(object))
        case "group": return .arrange(ids: try ids(object), .group)
        case "ungroup": return .arrange(ids: try ids(object), .ungroup)
        case "order": return .arrange(ids: try ids(object), .order(try choice(object, "to")))
        case "align": return .arrange(ids: try ids(object), .align(try choice(object, "to")))
        case "distribute": return .arrange(ids: try ids(object), .distribute(try choice(object, "along")))
        case "duplicate":
            let by = try object["by"].map { value throws(AutomationError) in try pair(value, "by") }
            return .arrange(ids: try ids(object), .duplicate(by: by ?? Self.copyStep))
        case "undo": return .undo
        case "redo": return .redo
        case "cursor":
            if object["x"] == .null, object["y"] == .null { return .cursor(nil) }
            return .cursor(Point(x: try pixels(object, "x"), y: try pixels(object, "y")))
        case "laser":
            let start = Point(x: try pixels(object, "x"), y: try pixels(object, "y"))
            guard let list = object["points"] else { throw bad("points", "a list of pairs is needed") }
            let path = try points(list, least: 1).map { Point(clampingX: Int64(start.x) + Int64($0.x), y: Int64(start.y) + Int64($0.y)) }
            return .laser(path, milliseconds: try milliseconds(object, "over_ms", or: Self.lightMilliseconds))
        case "view":
            if ["x", "y", "w", "h"].allSatisfy({ object[$0] == .null }) { return .view(nil) }
            return .view(try box(object))
        case "look_here": return .lookHere(try box(object))
        case "say":
            let message = try text(object, "text", limit: Limits.chatBytes)
            guard !message.isEmpty else { throw bad("text", "it is empty") }
            return .say(message)
        case "resend": return .resend(try message(object, "id"))
        case "history":
            guard try text(object, "of", limit: 64) == "chat" else { throw bad("of", "chat is needed") }
            var order = ChatOrder(count: 50)
            if let before = object["before"], before != .null { order.before = try message(object, "before") }
            if let count = object["count"] {
                guard case .integer(let number) = count, (1...Int64(ChatOrder.countMax)).contains(number) else {
                    throw bad("count", "a number from 1 to \(ChatOrder.countMax) is needed")
                }
                order.count = Int(number)
            }
            return .readChat(order)
        case "typing": return .typing
        // CL-210
        case "away": return .attention(.hidden)
        case "back": return .attention(.here)
        case "invite":
            guard ["role", "me", "uses", "ttl_s", "code"].contains(where: { object[$0] != nil }) else { return .invite(nil) }
            let isForMe = try flag(object, "me")
            guard !isForMe || object["role"] == nil else { throw bad("role", "a further device has the role of its person") }
            let wantsCode = try flag(object, "code")
            guard !isForMe || !wantsCode else { throw bad("code", "a further device comes by a link") }
            let given = object["role"] == nil ? Role.editor : try role(object)
            return .invite(
                InviteOrder(
                    role: isForMe ? nil : given, uses: try count(object, "uses"), timeToLive: try count(object, "ttl_s"),
                    code: object["code"] == nil ? isForMe ? .none : .atHand : wantsCode ? .wanted : .none))
        case "grant": return .grant(who: try who(object), try role(object))
        case "remove":
            let reason = try object["reason"].map { _ throws(AutomationError) in
                try text(object, "reason", limit: Limits.reasonBytes)
            }
            return .remove(who: try who(object), withInvited: try flag(object, "with_invited"), reason: reason ?? "")
        case "take_back", "take-back": return .takeBack(who: try who(object), try span(object))
        case "slow_mode":
            guard let value = object["interval_ms"] else {
                throw bad("interval_ms", "a number of ms up to an hour is needed, 0 for no slow mode")
            }
            guard case .integer(let number) = value, (0...Int64(millisecondsMax)).contains(number) else {
                throw bad("interval_ms", "a number of ms up to an hour is needed, 0 for no slow mode")
            }
            return .slowMode(milliseconds: UInt32(number))
        case "lock": return .lock(ids: try lockable(object), true)
        case "unlock": return .lock(ids: try lockable(object), false)
        case "members": return .members
        case "safety": return .safety(who: try who(object))
        case "verify":
            guard object["verified"] != nil else { throw bad("verified", "true or false is needed") }
            return .verify(who: try who(object), try flag(object, "verified"))
        case "state": return .state
        case "stats": return .stats
        case "dump": return .dump
        case "quit": return .quit
        case "wait":
            if object["for"] == nil { return .pause(milliseconds: try milliseconds(object, "ms", or: nil)) }
            let limit = try milliseconds(object, "timeout_ms", or: 30_000)
            switch try text(object, "for", limit: 64) {
            case "peers":
                guard let count = object["count"] else { return .wait(.peers(count: 1), milliseconds: limit) }
                guard case .integer(let number) = count, (0...1024).contains(number) else {
                    throw bad("count", "a number from 0 to 1024 is needed")
                }
                return .wait(.peers(count: Int(number)), milliseconds: limit)
            case "delivered": return .wait(.delivered, milliseconds: limit)
            case "saved": return .wait(.saved, milliseconds: limit)
            case "synced": return .wait(.synced, milliseconds: limit)
            case "code": return .wait(.code, milliseconds: limit)
            default: throw bad("for", "peers, delivered, saved, synced or code is needed")
            }
        case let other:
            throw AutomationError(code: "unknown_command", field: "do", message: "there is no command “\(other)”")
        }
    }

    /// The id of a message.
    private static func message(_ object: JSONObject, _ field: String) throws(AutomationError) -> TransactionName {
        guard let name = TransactionName(hex: try text(object, field, limit: 64)) else {
            throw bad(field, "the id of a message is needed: 64 hex digits")
        }
        return name
    }

    // MARK: Rights

    private static func role(_ object: JSONObject) throws(AutomationError) -> Role {
        guard let role = object["role"]?.string.flatMap({ Role(word: $0) }) else {
            throw bad("role", "one of \(Role.words.joined(separator: ", ")) is needed")
        }
        return role
    }

    private static func who(_ object: JSONObject) throws(AutomationError) -> String {
        let who = try text(object, "who", limit: 256)
        guard !who.isEmpty else { throw bad("who", "it is empty") }
        return who
    }

    /// One shape by `id`, or several by `ids` (CL-192).
    private static func lockable(_ object: JSONObject) throws(AutomationError) -> [String] {
        object["ids"] == nil ? [try id(object)] : try ids(object)
    }

    /// Which of somebody's work: all, unless it is said (CL-191).
    private static func span(_ object: JSONObject) throws(AutomationError) -> TakeBackOrder.Span {
        func number(_ field: String, from least: Int64) throws(AutomationError) -> UInt64? {
            guard let value = object[field], value != .null else { return nil }
            guard case .integer(let number) = value, number >= least else { throw bad(field, "a number from \(least) on is needed") }
            return UInt64(number)
        }
        let (first, last) = (try number("from", from: 1), try number("to", from: 1))
        let (since, seconds) = (try number("since_ms", from: 0), try number("last_s", from: 1))
        guard [first != nil || last != nil, since != nil, seconds != nil].count(where: { $0 }) <= 1 else {
            throw bad(since != nil ? "since_ms" : "last_s", "one of from and to, since_ms, and last_s says which")
        }
        if let since { return .since(since) }
        if let seconds { return .last(seconds: UInt32(clamping: seconds)) }
        guard first != nil || last != nil else { return .all }
        let (from, to) = (first ?? 1, last ?? UInt64(Int64.max))
        guard from <= to else { throw bad("to", "it is before from") }
        return .sequences(from...to)
    }

    /// A number that may be left out, or null, which is 0: without a bound.
    private static func count(_ object: JSONObject, _ field: String) throws(AutomationError) -> UInt32 {
        guard let value = object[field], value != .null else { return 0 }
        guard case .integer(let number) = value, (1...Int64(Limits.inviteCount)).contains(number) else {
            throw bad(field, "a number from 1 to \(Limits.inviteCount), or null, is needed")
        }
        return UInt32(number)
    }

    private static func flag(_ object: JSONObject, _ field: String) throws(AutomationError) -> Bool {
        switch object[field] {
        case nil: return false
        case .bool(let flag): return flag
        default: throw bad(field, "true or false is needed")
        }
    }

    // MARK: Shapes

    /// - Returns: the shape, without points where it is a line whose both ends are bound and none are given (CL-308).
    static func draft(
        _ shape: JSONObject, label: String
    ) throws(AutomationError) -> (ShapeDraft, AutomationCommand.LineEnds) {
        let name = try text(shape, "kind", limit: 64)
        guard let kind = ShapeKind(name: name) else { throw bad("kind", "there is no kind “\(name)”") }
        var ends = AutomationCommand.LineEnds()
        if KnownProperty.startBinding.isMember(of: kind) {
            ends.start = try shape[KnownProperty.startBinding.key].map { value throws(AutomationError) in try end(value, .startBinding) }
            ends.end = try shape[KnownProperty.endBinding.key].map { value throws(AutomationError) in try end(value, .endBinding) }
        }
        let isPlaced = !ends.areBound || shape["points"] != nil
        let position = isPlaced ? Point(x: try pixels(shape, "x"), y: try pixels(shape, "y")) : .zero
        var draft = ShapeDraft(kind: kind, position: position, label: label)
        for property in KnownProperty.drawn where property.isMember(of: kind) {
            switch property.form {
            // Said above, or a member of the command.
            case .kind, .point, .depth, .binding: continue
            case .size: draft.size = Size(width: try extent(shape, "w"), height: try extent(shape, "h"))
            case .points:
                guard isPlaced else { continue }
                guard let list = shape["points"] else { throw bad("points", "a list of pairs is needed") }
                draft.points = try points(list, least: kind == .freehand ? 1 : 2)
            case .text, .color, .strokeWidth, .choice, .groups, .mark, .names, .name, .bytes, .number, .rights, .opaque:
                if let given = shape[property.key] { draft.set(try value(given, of: property), of: property) }
            }
            guard property != .text || kind != .text || !draft.text.isEmpty else { throw bad("text", "it is empty") }
        }
        return (draft, ends)
    }

    /// What an end is bound to: an object with an id and a place in the box of its shape, which unless given is the middle; null for nothing.
    private static func end(_ value: JSONValue, _ property: KnownProperty) throws(AutomationError) -> AutomationCommand.LineEnds.End {
        if value == .null { return .unbound }
        guard let object = value.object else { throw bad(property.key, "an object with an id, or null, is needed") }
        guard let id = object["id"]?.string, !id.isEmpty, id.utf8.count <= 256 else {
            throw bad(property.key, "the id of a shape is needed in it")
        }
        guard let place = object["at"], place != .null else { return .bound(id: id, x: Binding.middle, y: Binding.middle) }
        guard let parts = place.array, parts.count == 2 else { throw bad(property.key, "at: a pair of numbers from 0 to 1 is needed") }
        let numbers = parts.compactMap { $0.number.flatMap { (0...1).contains($0) ? UInt16(($0 * Double(Binding.full)).rounded()) : nil } }
        guard numbers.count == 2 else { throw bad(property.key, "at: a pair of numbers from 0 to 1 is needed") }
        return .bound(id: id, x: numbers[0], y: numbers[1])
    }

    private static func edit(_ changes: JSONObject) throws(AutomationError) -> AutomationCommand.ShapeEdit {
        var edit = AutomationCommand.ShapeEdit()
        for member in changes.members {
            switch member.key {
            case "x": edit.x = try pixels(changes, "x")
            case "y": edit.y = try pixels(changes, "y")
            case "w": edit.width = try extent(changes, "w")
            case "h": edit.height = try extent(changes, "h")
            case KnownProperty.startBinding.key: edit.ends.start = try end(member.value, .startBinding)
            case KnownProperty.endBinding.key: edit.ends.end = try end(member.value, .endBinding)
            case let key:
                guard let property = KnownProperty.members.first(where: { $0.key == key }), property.isSettable else { continue }
                edit.others.append(PropertyChange(property, try value(member.value, of: property)))
            }
        }
        guard edit != AutomationCommand.ShapeEdit() else { throw bad("set", "no property that can be set is in it") }
        return edit
    }

    /// The value of one member; null is what a property has unwritten, where it can be so.
    private static func value(_ member: JSONValue, of property: KnownProperty) throws(AutomationError) -> Value {
        switch property.form {
        case .points: .points(try points(member, least: 1))
        case .text(let limit): .text(member == .null ? "" : try text(member, property.key, limit: limit))
        case .color: .color(try color(member, property.key))
        case .strokeWidth: .strokeWidth(try strokeWidth(member))
        case .groups: .groups(try groups(member))
        case .choice(let choice): .choice(try word(member, of: choice, property.key))
        case .kind, .point, .size, .depth, .binding, .mark, .names, .name, .bytes, .number, .rights, .opaque:
            throw bad(property.key, "it cannot be set")
        }
    }

    private static func points(_ value: JSONValue, least: Int) throws(AutomationError) -> [Point] {
        guard let list = value.array, (least...Limits.pointsPerStroke).contains(list.count) else {
            throw bad("points", "a list of \(least) to \(Limits.pointsPerStroke) pairs is needed")
        }
        var points: [Point] = []
        points.reserveCapacity(list.count)
        for entry in list { points.append(try pair(entry, "points")) }
        return points
    }

    // MARK: Values

    // CL-5
    private static func bad(_ field: String, _ message: String) -> AutomationError {
        AutomationError(code: "bad_value", field: field, message: "\(field): \(message)")
    }

    private static func text(_ object: JSONObject, _ field: String, limit: Int) throws(AutomationError) -> String {
        try text(object[field] ?? .null, field, limit: limit)
    }

    private static func text(_ value: JSONValue, _ field: String, limit: Int) throws(AutomationError) -> String {
        guard let text = value.string else { throw bad(field, "a text is needed") }
        guard text.utf8.count <= limit else { throw bad(field, "it is longer than \(limit) bytes") }
        return text
    }

    private static func id(_ object: JSONObject) throws(AutomationError) -> String {
        // Longer than a label: `label@` and digits of the author.
        let id = try text(object, "id", limit: 256)
        guard !id.isEmpty else { throw bad("id", "it is empty") }
        return id
    }

    private static func ids(_ object: JSONObject) throws(AutomationError) -> [String] {
        guard let list = object["ids"]?.array, (1...Limits.writesPerTransaction).contains(list.count) else {
            throw bad("ids", "a list of 1 to \(Limits.writesPerTransaction) ids is needed")
        }
        let ids = list.compactMap { $0.string.flatMap { $0.isEmpty || $0.utf8.count > 256 ? nil : $0 } }
        guard ids.count == list.count else { throw bad("ids", "each is the id of a shape") }
        return ids
    }

    private static func choice<Word: RawRepresentable & CaseIterable>(
        _ object: JSONObject, _ field: String
    ) throws(AutomationError) -> Word where Word.RawValue == String {
        guard let word = object[field]?.string.flatMap({ Word(rawValue: $0) }) else {
            throw bad(field, "one of \(Word.allCases.map(\.rawValue).joined(separator: ", ")) is needed")
        }
        return word
    }

    private static func groups(_ value: JSONValue) throws(AutomationError) -> [GroupID] {
        if value == .null { return [] }
        let groups = value.array?.compactMap { $0.string.flatMap { GroupID($0) } } ?? []
        guard let list = value.array, groups.count == list.count, groups.count <= GroupID.depthMax, Set(groups).count == groups.count else {
            throw bad(
                "group",
                "a list of at most \(GroupID.depthMax) names of groups, outermost first, is needed: 16 hex digits each, no two alike")
        }
        return groups
    }

    private static func label(_ object: JSONObject) throws(AutomationError) -> String {
        guard let value = object["id"], value != .null else { return "" }
        let label = try text(object, "id", limit: Limits.nameBytes)
        guard !label.isEmpty else { throw bad("id", "it is empty") }
        return label
    }

    private static func pixels(_ object: JSONObject, _ field: String) throws(AutomationError) -> Int32 {
        guard let value = object[field] else { throw bad(field, "a number is needed") }
        return try pixels(value, field)
    }

    /// Pixels as world units of 1/8 px, rounded to the nearest (CL-9).
    private static func pixels(_ value: JSONValue, _ field: String) throws(AutomationError) -> Int32 {
        guard let pixels = value.number, pixels.isFinite, abs(pixels) <= pixelsMax else {
            throw bad(field, "a number between ±\(Int(pixelsMax)) is needed")
        }
        return Int32((pixels * 8).rounded())
    }

    private static func extent(_ object: JSONObject, _ field: String) throws(AutomationError) -> Int32 {
        let value = try pixels(object, field)
        guard value >= 0 else { throw bad(field, "it is negative") }
        return value
    }

    /// A part of the board: left and top, width and height.
    private static func box(_ object: JSONObject) throws(AutomationError) -> WorldBox {
        let (left, top) = (Int(try pixels(object, "x")), Int(try pixels(object, "y")))
        let box = WorldBox(left: left, top: top, right: left + Int(try extent(object, "w")), bottom: top + Int(try extent(object, "h")))
        guard box.right <= Int(Limits.coordinate) else { throw bad("w", "it reaches beyond the edge of the board") }
        guard box.bottom <= Int(Limits.coordinate) else { throw bad("h", "it reaches beyond the edge of the board") }
        return box
    }

    private static func pair(_ value: JSONValue, _ field: String) throws(AutomationError) -> Point {
        guard let list = value.array, list.count == 2 else { throw bad(field, "a pair of numbers is needed") }
        return Point(x: try pixels(list[0], field), y: try pixels(list[1], field))
    }

    private static func color(_ value: JSONValue, _ field: String) throws(AutomationError) -> Color? {
        if value == .null { return nil }
        guard let color = value.string.flatMap({ Color($0) }) else { throw bad(field, "#RRGGBB or null is needed") }
        return color
    }

    // CL-51
    private static func word(_ value: JSONValue, of choice: Choice, _ field: String) throws(AutomationError) -> UInt8 {
        if value == .null { return 0 }
        guard let word = value.string, let raw = choice.words.firstIndex(of: word) else {
            throw bad(field, "one of \(choice.words.compactMap { $0 }.joined(separator: ", ")) is needed")
        }
        return UInt8(raw)
    }

    private static func strokeWidth(_ value: JSONValue) throws(AutomationError) -> UInt16 {
        let width = try pixels(value, "stroke_width")
        guard (0...2047).contains(width) else { throw bad("stroke_width", "a number from 0 to 255 is needed") }
        return UInt16(width)
    }

    private static func milliseconds(_ object: JSONObject, _ field: String, or standard: Int?) throws(AutomationError) -> Int {
        guard let value = object[field] else {
            guard let standard else { throw bad(field, "a number is needed") }
            return standard
        }
        guard let number = value.number, number >= 0, number <= Double(millisecondsMax) else {
            throw bad(field, "a number from 0 to \(millisecondsMax) is needed")
        }
        return Int(number)
    }
}

extension KnownProperty {
    /// The member of the contract by which it is told and set; of a pair the first.
    package var key: String { "\(row.key)" }

    /// Of a pair the second.
    package var secondKey: String { row.secondKey.map { "\($0)" } ?? key }

    /// What a shape as JSON has as members, in their order.
    package static let members = drawn.filter { $0.row.drawing?.json != .never }

    /// True for a member that a shape of this kind has (CL-57).
    package func isMember(of kind: ShapeKind) -> Bool {
        guard let drawing = row.drawing else { return false }
        return drawing.json != .never && drawing.kinds.contains(kind)
    }
}
