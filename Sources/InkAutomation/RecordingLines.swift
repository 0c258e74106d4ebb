import InkBoard
import InkFrontEnd
import InkPrimitives

/// A recording as JSON lines: what changed the board, in order and with its time.
///
///     {"event":"recording","schema":1,"board":"…","name":"sketch","duration_ms":7421,"steps":31,"idle_limit_ms":2000}
///     {"event":"joined","at_ms":0,"author":"…","name":"ana","t_ms":1764268612000}
///     {"event":"shape","at_ms":1240,"id":"cache","change":"added","author":"…","shape":{…},"t_ms":1764268613240}
///     {"event":"shape","at_ms":1900,"id":"cache","change":"changed","author":"…","shape":{"id":"cache","x":40,"y":8},"t_ms":1764268613900}
///     {"event":"end","at_ms":7421}
///
/// A shape is told whole once, and then what is otherwise: who moves a long stroke a thousand times makes a thousand short lines (CL-318).
package struct RecordingLines {
    private var reel: Reel
    private let board: BoardID
    private let boardName: String
    private let part: ClosedRange<Int>
    private let personNames: [AuthorID: String]
    private var names = ShapeNames()
    /// Shapes that are gone, as they were told last.
    private var gone: [ShapeID: Shape] = [:]
    private let format = EventFormat()

    /// - Parameters:
    ///   - recording: of this board.
    ///   - name: what this machine calls it.
    ///   - part: ms since the beginning; what comes before it is told as it stands there.
    package init(_ recording: Recording, of board: Board, name: String, part: ClosedRange<Int>) {
        (reel, self.board, boardName, self.part) = (Reel(recording), board.id, name, part)
        personNames = Dictionary(
            board.authors.compactMap { author in board.personName(author).map { (author, $0) } }, uniquingKeysWith: { $1 })
    }

    /// Hands over all lines, each with its line feed, and stops where one is not taken.
    package mutating func write(_ take: (String) throws -> Void) rethrows {
        let recording = reel.recording
        try tell(
            "recording",
            [
                "schema": 1, "board": .string(board.hex), "name": .string(boardName),
                "duration_ms": .integer(Int64(recording.durationMilliseconds)), "steps": .integer(Int64(recording.steps.count)),
                "idle_limit_ms": .integer(Int64(recording.idleLimitMilliseconds)),
            ], take)
        let first = recording.stepCount(before: part)
        var known = try tellStanding(after: first, take)
        var pauses = recording.markers.filter { $0.kind == .pause && part.contains($0.milliseconds) }.map(\.milliseconds)[...]
        for index in first..<recording.steps.count {
            let (step, at) = (recording.steps[index].transaction, recording.steps[index].milliseconds)
            guard at <= part.upperBound else { break }
            while let pause = pauses.first, pause <= at {
                pauses.removeFirst()
                try tell("pause", ["at_ms": .integer(Int64(pause))], take)
            }
            if known.insert(step.author).inserted {
                try tell("joined", members(at, step, ["name": .string(personNames[step.author] ?? "")]), take)
            }
            for write in step.writes where write.target.number == 0 {
                guard case .text(let text) = write.value else { continue }
                if write.property == .displayName { try tell("name", members(at, step, ["name": .string(text)]), take) }
                if write.property == .chat {
                    try tell("chat", members(at, step, ["id": .string(step.name.hex), "text": .string(text)]), take)
                }
            }
            for change in reel.changes(of: index) { try tell(change, at: at, step, take) }
        }
        try tell("end", ["at_ms": .integer(Int64(min(part.upperBound, recording.durationMilliseconds)))], take)
    }

    private func members(_ at: Int, _ step: Transaction, _ more: JSONObject) -> JSONObject {
        var members: JSONObject = ["at_ms": .integer(Int64(at)), "author": .string(step.author.hex)]
        for member in more.members { members[member.key] = member.value }
        members["t_ms"] = .integer(Int64(clamping: step.claimedWallTime))
        return members
    }

    /// Who and what is there when the part begins; returns who.
    private mutating func tellStanding(after count: Int, _ take: (String) throws -> Void) rethrows -> Set<AuthorID> {
        let at = part.lowerBound
        var known: Set<AuthorID> = []
        for step in reel.recording.steps[..<count].map(\.transaction) where known.insert(step.author).inserted {
            try tell("joined", members(at, step, ["name": .string(personNames[step.author] ?? "")]), take)
        }
        for (change, step) in reel.standing(after: count) { try tell(change, at: at, reel.recording.steps[step].transaction, take) }
        return known
    }

    private mutating func tell(_ change: ShapeDelta, at milliseconds: Int, _ step: Transaction, _ take: (String) throws -> Void) rethrows {
        guard let shape = change.after ?? change.before else { return }
        let id = names.name(shape)
        let kind = change.after == nil ? "removed" : change.before == nil ? "added" : "changed"
        var object: JSONObject = ["id": .string(id)]
        if let after = change.after {
            // One that comes back is known.
            if let before = change.before ?? gone.removeValue(forKey: after.id) {
                object = format.change(of: after, from: before, id: id) { names.name($0) }
            } else {
                object = format.shape(after, id: id) { names.name($0) }
            }
        } else {
            gone[shape.id] = shape
        }
        try tell(
            "shape",
            [
                "at_ms": .integer(Int64(milliseconds)), "id": .string(id), "change": .string(kind), "author": .string(change.by.hex),
                "shape": .object(object), "t_ms": .integer(Int64(clamping: step.claimedWallTime)),
            ], take)
    }

    private func tell(_ event: String, _ members: JSONObject, _ take: (String) throws -> Void) rethrows {
        var object: JSONObject = ["event": .string(event)]
        for member in members.members { object[member.key] = member.value }
        try take(JSONValue.object(object).text + "\n")
    }
}
