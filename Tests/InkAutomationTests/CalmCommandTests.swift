import InkAutomation
import InkBoard
import InkPrimitives
import InkSession
import Testing

/// What keeps a board calm, by JSON lines.
@Suite struct CalmCommandTests {
    private func command(_ line: String) throws -> AutomationCommand { try AutomationRequest(line: Array(line.utf8)).command }

    @Test func `CL-191: a take-back is read with what says which`() throws {
        #expect(try command(#"{"do":"take_back","who":"mal"}"#) == .takeBack(who: "mal", .all))
        #expect(try command(#"{"do":"take-back","who":"mal","from":3}"#) == .takeBack(who: "mal", .sequences(3...UInt64(Int64.max))))
        #expect(try command(#"{"do":"take_back","who":"mal","from":3,"to":9}"#) == .takeBack(who: "mal", .sequences(3...9)))
        #expect(try command(#"{"do":"take_back","who":"mal","to":9}"#) == .takeBack(who: "mal", .sequences(1...9)))
        #expect(
            try command(#"{"do":"take_back","who":"mal","since_ms":1700000000000}"#) == .takeBack(who: "mal", .since(1_700_000_000_000)))
        #expect(try command(#"{"do":"take_back","who":"mal","last_s":600}"#) == .takeBack(who: "mal", .last(seconds: 600)))
    }

    @Test(
        arguments: [
            (#"{"do":"take_back"}"#, "who"), (#"{"do":"take_back","who":"m","from":0}"#, "from"),
            (#"{"do":"take_back","who":"m","from":9,"to":3}"#, "to"), (#"{"do":"take_back","who":"m","since_ms":-1}"#, "since_ms"),
            (#"{"do":"take_back","who":"m","since_ms":5,"from":1}"#, "since_ms"),
            (#"{"do":"take_back","who":"m","last_s":"10m"}"#, "last_s"),
            (#"{"do":"take_back","who":"m","last_s":5,"to":1}"#, "last_s"),
        ])
    func `CL-191: what is out of its range is named`(line: String, field: String) {
        #expect {
            try command(line)
        } throws: { ($0 as? AutomationError)?.field == field }
    }

    @Test func `CL-191, CL-337: it is asked as it was meant, and what becomes of it is told`() throws {
        var stage = Stage()
        stage.ready()
        stage.line(#"{"do":"take_back","who":"mal","last_s":600,"ref":1}"#)
        #expect(stage.intents.last?.intent == .calm(.takeBack(TakeBackOrder(.named("mal"), .last(seconds: 600)))))
        stage.receive(.calm(.tookBack(by: Stage.author(1), of: Stage.author(2), changes: 5)))
        #expect(stage.events("took_back").map { $0["changes"] } == [5])
        stage.receive(.outcome(ref: try #require(stage.intents.last?.ref), .refused(.calm(.nothingToTakeBack))))
        #expect(stage.events("error").last?["code"] == "nothing_to_take_back" && stage.events("error").last?["ref"] == 1)
    }

    @Test func `CL-192: shapes are locked and opened by their names, and one that is locked says so`() throws {
        var shape = Stage.shape(number: 3, author: Stage.author(2), .box("cache"))
        var stage = Stage(shapes: [shape])
        stage.line(#"{"do":"lock","id":"cache","ref":1}"#)
        #expect(stage.intents.last?.intent == .calm(.lock([shape.id], true)))
        shape = Shape(id: shape.id, content: shape.content, depth: shape.depth, isLocked: true)
        stage.receive(
            .changed([ShapeChange(kind: .changed, id: shape.id, author: Stage.author(1), shape: shape)], ref: stage.intents.last?.ref))
        #expect(stage.events("shape").last?["shape"]?.object?["locked"] == true)
        stage.receive(.outcome(ref: try #require(stage.intents.last?.ref), .done))
        stage.line(#"{"do":"unlock","ids":["cache"]}"#)
        #expect(stage.intents.last?.intent == .calm(.lock([shape.id], false)))
        stage.receive(.outcome(ref: try #require(stage.intents.last?.ref), .refused(.calm(.onlyOwners))))
        #expect(stage.events("error").last?["code"] == "not_owner")
        stage.line(#"{"do":"lock","id":"nothing"}"#)
        #expect(stage.events("error").last?["code"] == "no_such_shape")
    }

    @Test func `CL-193, CL-338: slow mode is set by a time, and what it refuses says how long it takes`() throws {
        var stage = Stage()
        stage.ready()
        stage.line(#"{"do":"slow_mode","interval_ms":10000}"#)
        #expect(stage.intents.last?.intent == .calm(.pace(milliseconds: 10_000)))
        stage.receive(.outcome(ref: try #require(stage.intents.last?.ref), .done))
        stage.receive(.calm(.pace(milliseconds: 10_000, by: Stage.author(1))))
        #expect(stage.events("slow_mode").last?["interval_ms"] == 10_000)
        stage.line(#"{"do":"undo"}"#)
        stage.receive(.outcome(ref: try #require(stage.intents.last?.ref), .refused(.calm(.tooSoon(milliseconds: 6400)))))
        #expect(stage.events("error").last?["code"] == "slow_mode")
        for line in [#"{"do":"slow_mode"}"#, #"{"do":"slow_mode","interval_ms":-1}"#, #"{"do":"slow_mode","interval_ms":3600001}"#] {
            #expect {
                try command(line)
            } throws: { ($0 as? AutomationError)?.field == "interval_ms" }
        }
    }
}
