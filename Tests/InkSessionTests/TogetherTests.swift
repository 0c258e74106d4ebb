import InkBoard
import InkPrimitives
import Testing

@testable import InkSession

/// Two who work on one thing at once, and one who works in two places: nobody's work vanishes.
@Suite struct TogetherTests {
    private func box(_ x: Int32, text: String = "") -> ShapeDraft {
        ShapeDraft(kind: .rectangle, position: Point(x: x, y: 0), size: Size(width: 640, height: 512), text: text)
    }

    /// Ana's box, which all have.
    private func people(_ count: Int, text: String = "") throws -> (pipes: PerfectPipes, box: ShapeID) {
        var pipes = try PerfectPipes()
        for name in ["ana", "bob", "eve"].prefix(count) { pipes.add(name: name, dialling: name == "eve" ? [0, 1] : [0]) }
        #expect(pipes.run(.seconds(10)) { $0.areEqual && $0.members.allSatisfy { $0.node.presentPeers == count - 1 } })
        pipes.intent(.draw(box(320, text: text)), by: 0)
        #expect(pipes.run(.seconds(3)) { $0.areEqual && $0.members.allSatisfy { $0.node.board?.shapeCount == 1 } })
        return (pipes, try #require(pipes.members[0].node.board?.shapes.first?.id))
    }

    private func texts(_ pipes: PerfectPipes, _ index: Int = 0) -> [String] {
        pipes.members[index].node.board?.shapes.map(\.content.text) ?? []
    }

    /// The text of a shape as its front end knows it.
    private func told(_ pipes: PerfectPipes, _ index: Int, _ id: ShapeID) -> String {
        var text = ""
        for case .changed(let changes, _) in pipes.members[index].events {
            for change in changes where change.id == id { text = change.shape.content.text }
        }
        return text
    }

    private func news(_ pipes: PerfectPipes, _ index: Int) -> [TextNews] {
        pipes.members[index].events.compactMap { if case .textMerged(let news) = $0 { news } else { nil } }
    }

    @Test func `SE-50: two processes of one device never give two shapes one number`() throws {
        var pipes = try PerfectPipes()
        pipes.add(name: "")
        pipes.add(name: "")
        #expect(pipes.run(.seconds(10)) { $0.members[1].node.isReady && $0.members.allSatisfy { $0.node.presentPeers == 1 } })
        pipes.intent(.draw(box(1)), by: 1)
        #expect(pipes.run(.seconds(3)) { $0.members[0].node.board?.shapeCount == 1 && $0.members[1].node.isDelivered })
        let backup = pipes.saved(by: 1).filter { $0.name != pipes.genesis.name }
        pipes.intent(.draw(box(2)), by: 1)
        #expect(pipes.run(.seconds(3)) { $0.members[0].node.board?.shapeCount == 2 && $0.members[1].node.isDelivered })
        pipes.input(.quit, to: 1)
        _ = pipes.run(.seconds(15))
        // From a backup that does not know the second box, drawn where nobody is: a fork, but every shape is there.
        pipes.drop = { _, _ in true }
        pipes.add(name: "", seed: 99, stored: backup, identityIndex: 1)
        pipes.intent(.draw(box(3)), by: 2)
        _ = pipes.run(.seconds(1))
        pipes.drop = { _, _ in false }
        #expect(pipes.run(.seconds(60)) { $0.members[0].node.board?.fingerprint == $0.members[2].node.board?.fingerprint })
        for index in [0, 2] {
            #expect(Set(pipes.members[index].node.board?.shapes.map(\.content.position.x) ?? []) == [1, 2, 3])
            #expect(pipes.members[index].events.contains { if case .fork = $0 { true } else { false } })
        }
        #expect(pipes.members[0].node.board?.shapes.allSatisfy { $0.id.number < 1 << 48 && $0.id.number > 0 } == true)
    }

    @Test func `SE-51: a resize leaves to others what its hand did not change`() throws {
        var (pipes, id) = try people(2)
        pipes.intent(.begin(.resize(id, position: Point(x: 320, y: 0), size: Size(width: 700, height: 600))), by: 0)
        pipes.intent(.move([id], by: Point(x: 1920, y: 0)), by: 1)
        #expect(pipes.run(.seconds(2)) { $0.members[0].node.board?.shapes[0].content.position.x == 2240 })
        pipes.intent(.update(.resize(id, position: Point(x: 320, y: 0), size: Size(width: 896, height: 768))), by: 0)
        pipes.intent(.commit, by: 0)
        #expect(pipes.run(.seconds(2)) { $0.areEqual })
        let content = try #require(pipes.members[1].node.board?.shapes.first?.content)
        #expect(content.position == Point(x: 2240, y: 0) && content.size == Size(width: 896, height: 768))
        // Both pull: what each added is there.
        pipes.intent(.begin(.resize(id, position: Point(x: 2240, y: 0), size: Size(width: 896, height: 768))), by: 0)
        pipes.intent(.begin(.resize(id, position: Point(x: 2240, y: 0), size: Size(width: 896, height: 768))), by: 1)
        pipes.intent(.update(.resize(id, position: Point(x: 2240, y: 0), size: Size(width: 960, height: 768))), by: 1)
        pipes.intent(.commit, by: 1)
        #expect(pipes.run(.seconds(2)) { $0.areEqual && $0.members[0].node.board?.shapes[0].content.size.width == 960 })
        pipes.intent(.update(.resize(id, position: Point(x: 2176, y: 0), size: Size(width: 960, height: 768))), by: 0)
        pipes.intent(.commit, by: 0)
        #expect(pipes.members[0].node.board?.shapes[0].content.size.width == 1024)
        #expect(pipes.members[0].node.board?.shapes[0].content.position.x == 2176)
    }

    @Test func `SE-52, SE-294: of a text that two typed at once both have the words, and each is told once`() throws {
        var (pipes, id) = try people(2, text: "base")
        pipes.intent(.type(id, from: "base", to: "base ANA", continues: false), by: 0, ref: 1)
        pipes.intent(.type(id, from: "base", to: "base CARL", continues: false), by: 1, ref: 1)
        #expect(pipes.run(.seconds(5)) { $0.areEqual && $0.members[0].node.board?.shapes[0].content.text.count == 13 })
        #expect(["base ANA CARL", "base CARL ANA"].contains(texts(pipes)[0]))
        for index in 0..<2 {
            #expect(news(pipes, index) == [TextNews(shape: id, other: pipes.members[1 - index].node.author, outcome: .merged)])
        }
        // One step of undo takes the loser's words back, and nothing is merged again.
        let loser = pipes.members[0].node.board?.transactions.last?.author == pipes.members[0].node.author ? 0 : 1
        pipes.intent(.undo, by: loser)
        #expect(pipes.run(.seconds(5)) { $0.areEqual && $0.members[0].node.syncStatus.isSaved })
        #expect(texts(pipes) == [loser == 0 ? "base CARL" : "base ANA"] || texts(pipes) == ["base"])
    }

    @Test func `SE-90, SE-301: an editor that merged the words of two has both told of it, and who only goes on has nobody`() throws {
        for isMerged in [true, false] {
            var (pipes, id) = try people(2, text: "base")
            pipes.intent(.type(id, from: "base", to: "base ANA", continues: false), by: 0)
            #expect(pipes.run(.seconds(3)) { $0.areEqual && texts($0, 1) == ["base ANA"] })
            pipes.intent(.type(id, from: "base ANA", to: "base ANA CARL", continues: false, isMerged: isMerged), by: 1)
            #expect(pipes.run(.seconds(3)) { $0.areEqual && texts($0) == ["base ANA CARL"] })
            for index in 0..<2 {
                let other = pipes.members[1 - index].node.author
                #expect(news(pipes, index) == (isMerged ? [TextNews(shape: id, other: other, outcome: .merged)] : []))
            }
        }
        // What is merged as it is written, since the editor has not followed yet, is told to both, too (SE-53).
        var (pipes, id) = try people(2, text: "base")
        pipes.intent(.type(id, from: "base", to: "base ANA", continues: false), by: 0)
        #expect(pipes.run(.seconds(3)) { $0.areEqual && texts($0, 1) == ["base ANA"] })
        pipes.intent(.type(id, from: "base", to: "CARL base", continues: false), by: 1)
        #expect(pipes.run(.seconds(3)) { $0.areEqual && texts($0) == ["CARL base ANA"] })
        for index in 0..<2 { #expect(news(pipes, index).map(\.outcome) == [.merged]) }
    }

    /// Two texts typed at once, one of them where nobody hears it: who lost, and the pipes before anybody merged anything.
    private func conflict() throws -> (pipes: PerfectPipes, box: ShapeID, loser: Int) {
        var (pipes, id) = try people(2, text: "base")
        // Of two at once the greater key wins.
        let loser = pipes.members[0].node.author < pipes.members[1].node.author ? 0 : 1
        pipes.drop = { from, _ in from == PerfectPipes.address(1 - loser) }
        pipes.intent(.type(id, from: "base", to: "base WON", continues: false), by: 1 - loser)
        pipes.intent(.type(id, from: "base", to: "base LOST", continues: false), by: loser)
        _ = pipes.run(.seconds(1))
        #expect(texts(pipes, 1 - loser) == ["base WON"] && texts(pipes, loser) == ["base LOST"])
        return (pipes, id, loser)
    }

    @Test func `SE-92: a text that lost just before its process was killed is merged when the board is opened again`() throws {
        let (pipes, id, loser) = try conflict()
        let typed = pipes.saved(by: loser).filter { !$0.isGenesis }
        let others = pipes.saved(by: 1 - loser).filter { transaction in
            !transaction.isGenesis && !typed.contains { $0.name == transaction.name }
        }
        var again = try PerfectPipes()
        again.add(name: "", stored: typed + others, identityIndex: loser)
        #expect(texts(again) == ["base WON"])
        _ = again.run(.seconds(5))
        #expect(Set(texts(again)[0].split(separator: " ")) == ["base", "WON", "LOST"])
        #expect(news(again, 0).map(\.outcome) == [.merged] && news(again, 0)[0].shape == id)
        // Nothing is merged again.
        var third = try PerfectPipes()
        third.add(name: "", stored: typed + others + again.saved(by: 0), identityIndex: loser)
        _ = third.run(.seconds(5))
        #expect(news(third, 0).isEmpty)
    }

    @Test func `SE-93: whose text took the place of another's that nobody is here to merge is told the words, once`() throws {
        var (pipes, id, loser) = try conflict()
        let lost = TextNews(shape: id, other: pipes.members[loser].node.author, outcome: .lost("base LOST"))
        _ = pipes.run(.seconds(2))
        #expect(news(pipes, 1 - loser).isEmpty)
        pipes.drop = { _, _ in true }
        #expect(pipes.run(.seconds(90)) { news($0, 1 - loser) == [lost] })
        _ = pipes.run(.seconds(60))
        #expect(news(pipes, 1 - loser) == [lost])
        // Back again, its process merges as ever.
        pipes.drop = { _, _ in false }
        #expect(pipes.run(.seconds(120)) { $0.areEqual && Set(texts($0)[0].split(separator: " ")) == ["base", "WON", "LOST"] })
        for index in 0..<2 { #expect(news(pipes, index).last?.outcome == .merged) }
    }

    @Test func `SE-293: front ends never see the text without the words that lost`() throws {
        var (pipes, id) = try people(2)
        pipes.intent(.type(id, from: "", to: "ana", continues: false), by: 0)
        pipes.intent(.type(id, from: "", to: "bob", continues: false), by: 1)
        #expect(pipes.run(.seconds(5)) { $0.areEqual && $0.members[0].node.board?.shapes[0].content.text.count == 6 })
        for (index, own) in [(0, "ana"), (1, "bob")] {
            var shown = ""
            for case .changed(let changes, _) in pipes.members[index].events {
                for change in changes where change.id == id { shown = change.shape.content.text }
                if !shown.isEmpty { #expect(shown.contains(own)) }
            }
        }
    }

    @Test func `SE-52, SE-294: where both changed the same words the loser's stand beside them`() throws {
        var (pipes, id) = try people(2, text: "red fox")
        pipes.intent(.type(id, from: "red fox", to: "blue fox", continues: false), by: 0)
        pipes.intent(.type(id, from: "red fox", to: "green fox", continues: false), by: 1)
        #expect(pipes.run(.seconds(5)) { $0.areEqual && $0.members[0].node.board?.shapeCount == 2 })
        #expect(Set(texts(pipes)) == ["blue fox", "green"] || Set(texts(pipes)) == ["green fox", "blue"])
        let beside = try #require(pipes.members[0].node.board?.shapes.first { $0.id != id })
        #expect(beside.content.kind == .text && beside.content.position.x >= 320 + 640)
        for index in 0..<2 { #expect(news(pipes, index).map(\.outcome) == [.beside(beside.id)]) }
    }

    @Test func `SE-53: what was typed over a text that others changed meanwhile is merged as it is written`() throws {
        var (pipes, id) = try people(2, text: "one two")
        pipes.intent(.type(id, from: "one two", to: "one two three", continues: false), by: 1)
        #expect(pipes.run(.seconds(3)) { $0.areEqual && texts($0) == ["one two three"] })
        // Her editor has not followed.
        pipes.intent(.type(id, from: "one two", to: "zero one two", continues: false), by: 0, ref: 5)
        #expect(texts(pipes) == ["zero one two three"])
        pipes.intent(.type(id, from: "zero one two three", to: "zero one two three four", continues: true), by: 0)
        pipes.intent(.undo, by: 0)
        #expect(texts(pipes) == ["one two three"])
        pipes.intent(.delete([id]), by: 1)
        #expect(pipes.run(.seconds(3)) { $0.areEqual && $0.members[0].node.board?.shapeCount == 0 })
        pipes.intent(.type(id, from: "one two three", to: "late", continues: false), by: 0, ref: 6)
        #expect(pipes.members[0].events.contains(.outcome(ref: 6, .refused(.noSuchShape))))
    }

    @Test(arguments: 0..<12 as Range<UInt64>)
    func `SE-52, SE-54: three who type at once, one of them cut off, lose no letter and no order`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var (pipes, id) = try people(3)
        let alphabets = ["ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz", "0123456789"].map { Array($0) }
        var typed = [0, 0, 0]
        for round in 0..<8 {
            if round == 2 { pipes.drop = { from, to in from == PerfectPipes.address(2) || to == PerfectPipes.address(2) } }
            if round == 6 { pipes.drop = { _, _ in false } }
            for index in 0..<3 where random.chance(0.8) && typed[index] < alphabets[index].count {
                // An editor follows what it is told.
                let standing = told(pipes, index, id)
                let count = min(1 + random.below(3), alphabets[index].count - typed[index])
                let letters = String(alphabets[index][typed[index]..<typed[index] + count])
                // Behind what one wrote last.
                let own = Set(alphabets[index])
                let place = standing.lastIndex(where: own.contains).map { standing.index(after: $0) } ?? standing.endIndex
                var text = standing
                text.insert(contentsOf: letters, at: place)
                typed[index] += count
                pipes.intent(.type(id, from: standing, to: text, continues: random.chance(0.5)), by: index)
            }
            _ = pipes.run(.milliseconds(Int64([1, 50, 700, 2500, 15_000][random.below(5)])))
        }
        pipes.drop = { _, _ in false }
        #expect(pipes.run(.seconds(120)) { $0.areEqual })
        #expect(pipes.run(.seconds(10)) { $0.areEqual && $0.members.allSatisfy { $0.node.texts.due.isEmpty } })
        let all = texts(pipes).joined(separator: "\n")
        for index in 0..<3 {
            let own = String(alphabets[index][..<typed[index]])
            #expect(all.filter { alphabets[index].contains($0) } == own, "seed \(seed): \(all.debugDescription)")
        }
    }

    @Test func `SE-54: one text is merged once in two seconds, and what waits is not forgotten`() throws {
        var (pipes, id) = try people(2)
        pipes.delay = .milliseconds(200)
        var known = ""
        for round in 0..<4 {
            known = told(pipes, 1, id)
            let mine = told(pipes, 0, id)
            pipes.intent(.type(id, from: mine, to: mine + "a\(round)", continues: round > 0), by: 0)
            pipes.intent(.type(id, from: known, to: known + "b\(round)", continues: round > 0), by: 1)
            _ = pipes.run(.milliseconds(300))
        }
        let before = pipes.members[0].node.board?.transactionCount ?? 0
        #expect(before < 20)
        #expect(pipes.run(.seconds(30)) { $0.areEqual && $0.members.allSatisfy { $0.node.texts.due.isEmpty } })
        for round in 0..<4 { #expect(texts(pipes)[0].contains("a\(round)") && texts(pipes)[0].contains("b\(round)"), "\(texts(pipes))") }
    }

    @Test func `SE-295: a text that somebody writes again and again is not gone through each time, and what became of it is told`() throws {
        var (pipes, id) = try people(2, text: "base")
        pipes.intent(.type(id, from: "base", to: "mine", continues: false), by: 1)
        #expect(pipes.run(.seconds(2)) { $0.areEqual && texts($0) == ["mine"] })
        for number in 1...100 {
            pipes.intent(.set(id, [.text("\(number)")]), by: 0)
            _ = pipes.run(.milliseconds(5))
        }
        #expect(pipes.run(.milliseconds(500)) { $0.areEqual && texts($0, 1) == ["100"] })
        let numbers = Set(
            pipes.members[1].events.flatMap { event -> [String] in
                if case .changed(let changes, _) = event { changes.map(\.shape.content.text) } else { [] }
            })
        // Some dozens at once, then a few a second.
        #expect(numbers.count > 20 && numbers.count < 60 && told(pipes, 1, id) != "100")
        #expect(pipes.run(.seconds(5)) { told($0, 1, id) == "100" })
        #expect(pipes.members[1].node.texts.due.isEmpty)
    }

    @Test func `SE-55: who writes in a text is seen, with the letters, until the words stand`() throws {
        var (pipes, id) = try people(2, text: "base")
        pipes.intent(.begin(.text(id, "base")), by: 0)
        pipes.intent(.update(.text(id, "base a")), by: 0)
        _ = pipes.run(.milliseconds(300))
        func shown() -> Gesture? {
            var gesture: Gesture?
            for case .gesture(_, let change) in pipes.members[1].events { gesture.take(change) }
            return gesture
        }
        #expect(shown() == .text(id, "base a"))
        pipes.intent(.update(.text(id, String(repeating: "x", count: 5000))), by: 0)
        _ = pipes.run(.milliseconds(300))
        #expect(shown() == .text(id, nil))
        pipes.diskTime = .milliseconds(300)
        pipes.intent(.update(.text(id, "base ab")), by: 0)
        pipes.intent(.type(id, from: "base", to: "base ab", continues: false), by: 0)
        pipes.intent(.cancel, by: 0)
        _ = pipes.run(.milliseconds(200))
        // The words have not come yet.
        #expect(shown() == .text(id, "base ab") && texts(pipes, 1) == ["base"])
        #expect(pipes.run(.seconds(2)) { texts($0, 1) == ["base ab"] })
        #expect(shown() == nil)
        // What a hand holds when its program goes is written.
        pipes.input(.attached(FrontEndID(1)!, strand: Strand(token: 3)), to: 0)
        pipes.input(.intent(.begin(.text(id, "base ab")), from: FrontEndID(1)!, ref: nil), to: 0)
        pipes.input(.intent(.update(.text(id, "base abc")), from: FrontEndID(1)!, ref: nil), to: 0)
        pipes.input(.detached(FrontEndID(1)!), to: 0)
        #expect(texts(pipes) == ["base abc"])
    }

    @Test func `SE-57: of a stroke that a kill ends all but the last second is on the board afterwards, once`() throws {
        var pipes = try PerfectPipes()
        pipes.add(name: "")
        _ = pipes.run(.milliseconds(100))
        let draft = ShapeDraft(kind: .freehand, position: Point(x: 80, y: 0), points: [.zero], stroke: Color(rgb: 7), label: "pen")
        pipes.intent(.begin(.stroke(draft)), by: 0)
        for step in 1...90 {
            pipes.intent(.extend([Point(x: 80 + Int32(step) * 8, y: 0)]), by: 0)
            _ = pipes.run(.milliseconds(100))
        }
        func journal(_ pipes: PerfectPipes) -> [UInt8]? {
            pipes.members[pipes.members.count - 1].disk.reduce(nil) { if case .stroke(let bytes) = $1 { bytes } else { $0 } }
        }
        #expect(pipes.members[0].node.syncStatus.isSaved)
        let kept = try StrokeDraft.decode(try #require(journal(pipes)))
        #expect(kept.points.count > 80 && kept.stroke == draft.stroke && kept.position == draft.position)
        // The hand rests: all of it is there.
        _ = pipes.run(.seconds(2))
        let whole = try #require(journal(pipes))
        #expect(try StrokeDraft.decode(whole).points.count == 91)
        // Killed, and opened again.
        var again = try PerfectPipes()
        again.add(name: "", stroke: whole)
        #expect(again.members[0].node.board?.shapes.map(\.content.points.count) == [91])
        #expect(again.members[0].node.board?.shapes.first?.content.label == "pen")
        _ = again.run(.seconds(1))
        #expect(journal(again) == nil)
        var third = try PerfectPipes()
        third.add(name: "", stored: again.saved(by: 0), stroke: journal(again))
        #expect(third.members[0].node.board?.shapeCount == 1)
        // An ended stroke leaves nothing, nor one that is taken back.
        pipes.intent(.commit, by: 0)
        _ = pipes.run(.seconds(1))
        #expect(journal(pipes) == nil && pipes.members[0].node.board?.shapeCount == 1)
    }

    @Test func `SE-56: a wish over more shapes than a transaction holds is one step of undo`() throws {
        var pipes = try PerfectPipes()
        pipes.add(name: "ana")
        _ = pipes.run(.milliseconds(100))
        let drafts = (0..<1100).map { box(Int32($0) * 8, text: "x") }
        pipes.intent(.drawAll(drafts), by: 0, ref: 1)
        #expect(pipes.members[0].events.contains(.outcome(ref: 1, .done)) && pipes.members[0].node.board?.shapeCount == 1100)
        pipes.intent(.undo, by: 0, ref: 2)
        #expect(pipes.members[0].node.board?.shapeCount == 0)
        pipes.intent(.redo, by: 0, ref: 3)
        #expect(pipes.members[0].node.board?.shapeCount == 1100)
        #expect(!pipes.members[0].events.contains { if case .outcome(_, .refused) = $0 { true } else { false } })
    }

    @Test func `SE-130, SE-131: shapes that are drawn together are bound to each other, and several are changed in one step`() throws {
        var pipes = try PerfectPipes()
        pipes.add(name: "ana")
        _ = pipes.run(.milliseconds(100))
        func place(_ number: UInt64) -> Binding { Binding(ShapeID(author: .zero, number: number)) }
        let line = ShapeDraft(kind: .line, position: .zero, points: [.zero, .zero], startBinding: place(3), endBinding: place(1))
        pipes.intent(.drawAll([box(0), line, box(8000)]), by: 0, ref: 1)
        let shapes = try #require(pipes.members[0].node.board).shapes
        #expect(shapes.count == 3 && shapes[1].content.startBinding?.shape == shapes[2].id)
        #expect(shapes[1].content.endBinding?.shape == shapes[0].id)
        let gone = ShapeID(author: shapes[0].id.author, number: 1)
        pipes.intent(
            .setEach([
                ShapeEdit(shapes[0].id, [.text("one")]), ShapeEdit(gone, [.text("gone")]),
                ShapeEdit(shapes[2].id, [.text("three"), .position(Point(x: 1, y: 2))]),
            ]), by: 0, ref: 2)
        #expect(pipes.members[0].events.contains(.outcome(ref: 2, .done)))
        #expect(pipes.members[0].node.board?.shapes.map(\.content.text) == ["one", "", "three"])
        pipes.intent(.undo, by: 0, ref: 3)
        #expect(pipes.members[0].node.board?.shapes == shapes)
        pipes.intent(.setEach([ShapeEdit(gone, [.text("gone")])]), by: 0, ref: 4)
        #expect(pipes.members[0].events.contains(.outcome(ref: 4, .refused(.noSuchShape))))
    }

    @Test func `SE-140: a change draws, alters and deletes in one step of undo, over several transactions`() throws {
        var pipes = try PerfectPipes()
        pipes.add(name: "ana")
        _ = pipes.run(.milliseconds(100))
        let line = ShapeDraft(kind: .line, position: .zero, points: [.zero, Point(x: 64, y: 0)])
        pipes.intent(.drawAll([box(0), line, box(8000)]), by: 0, ref: 1)
        let before = try #require(pipes.members[0].node.board).shapes
        let gone = ShapeID(author: before[0].id.author, number: 99)
        let drawn = (0..<900).map { index in
            var box = box(Int32(index) * 800)
            box.text = String(repeating: "x", count: 100)
            return box
        }
        let change = BoardChange(
            drawn: drawn,
            edits: [
                ShapeEdit(before[1].id, [.endBinding(Binding(ShapeID(author: .zero, number: 900))), .startBinding(Binding(before[2].id))]),
                ShapeEdit(gone, [.text("gone")]), ShapeEdit(before[2].id, [.text("kept")]),
            ],
            deleted: [before[0].id, gone, before[2].id])
        pipes.intent(.change(change), by: 0, ref: 2)
        #expect(pipes.members[0].events.contains(.outcome(ref: 2, .done)))
        let board = try #require(pipes.members[0].node.board)
        #expect(board.shapeCount == 902 && board.transactionCount > 3)
        // What is edited is not deleted.
        #expect(board.shape(before[0].id) == nil && board.shape(before[2].id)?.content.text == "kept")
        let last = try #require(board.shapes.last)
        #expect(last.content == drawn.last && board.shape(before[1].id)?.content.endBinding?.shape == last.id)
        pipes.intent(.undo, by: 0, ref: 3)
        #expect(pipes.members[0].node.board?.shapes == before)
    }

    @Test func `FE-112: new shapes of a change lie where it says, and each must be said`() throws {
        var pipes = try PerfectPipes()
        pipes.add(name: "ana")
        _ = pipes.run(.milliseconds(100))
        pipes.intent(.drawAll([box(0), box(800)]), by: 0, ref: 1)
        let before = try #require(pipes.members[0].node.board).shapes
        let between = DepthKey.between(before[0].depth, before[1].depth)
        pipes.intent(.change(BoardChange(drawn: [box(1600)], depths: [between])), by: 0, ref: 2)
        let after = try #require(pipes.members[0].node.board).shapes
        #expect(after.map(\.content.position.x) == [0, 1600, 800].map { box($0).position.x } && after[1].depth == between)
        pipes.intent(.change(BoardChange(drawn: [box(0), box(8)], depths: [between])), by: 0, ref: 3)
        #expect(pipes.members[0].events.contains(.outcome(ref: 3, .refused(.badValue(field: "depth")))))
    }
}
