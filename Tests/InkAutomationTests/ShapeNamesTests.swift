import InkAutomation
import InkBoard
import InkPrimitives
import Testing

@Suite struct ShapeNamesTests {
    private func shape(_ author: UInt64, _ number: UInt64, _ label: String = "") -> Shape {
        Stage.shape(number: number, author: Stage.author(author), .box(label))
    }

    @Test func `CL-6: a label that comes second, by another author, gets that author's digits`() {
        var names = ShapeNames()
        #expect(names.name(shape(1, 1, "a")) == "a")
        let second = "a@" + Stage.author(2).hex.prefix(8)
        #expect(names.name(shape(2, 1, "a")) == second)
        #expect(names.shape("a") == shape(1, 1).id)
        #expect(names.shape(second) == shape(2, 1).id)
    }

    @Test func `CL-6: labels that collide before anything was told all get digits`() {
        let names = ShapeNames([shape(2, 1, "a"), shape(1, 1, "a"), shape(1, 2, "b")])
        #expect(names.shape("a") == nil)
        #expect(names.shape("b") == shape(1, 2).id)
        for author in [1, 2] as [UInt64] { #expect(names.shape("a@" + Stage.author(author).hex.prefix(8)) == shape(author, 1).id) }
    }

    @Test(arguments: 0..<50 as Range<UInt64>)
    func `CL-6: no id changes, and no two shapes share one, whatever the labels`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let digits = String(Stage.author(1).hex.prefix(8))
        let labels = ["", "a", "b", "a@\(digits)", "\(digits)-1", "\(digits)-2"]
        let shapes = (0..<30).map { number in shape(UInt64(1 + random.below(3)), UInt64(1 + number), labels[random.below(labels.count)]) }
        var names = ShapeNames(Array(shapes.prefix(random.below(10))))
        let first = shapes.map { names.name($0) }
        #expect(Set(first).count == shapes.count)
        #expect(shapes.map { names.name($0) } == first)
        #expect(zip(shapes, first).allSatisfy { names.shape($1) == $0.id })
    }

    @Test func `CL-7: remembers which labels an author used`() {
        let names = ShapeNames([shape(1, 1, "a")])
        #expect(names.isUsed("a", by: Stage.author(1)))
        #expect(!names.isUsed("a", by: Stage.author(2)))
        #expect(!names.isUsed("b", by: Stage.author(1)))
    }

    @Test func `CL-31: a label of ours means our shape, whoever used it first`() {
        let me = Stage.author(1)
        for standing in [true, false] {
            let (theirs, ours) = (shape(2, 1, "cache"), shape(1, 1, "cache"))
            var names = ShapeNames(standing ? [theirs] : [], me: me)
            #expect(names.name(theirs) == "cache")
            #expect(names.shape("cache") == theirs.id)
            #expect(names.name(ours) == "cache@" + me.hex.prefix(8))
            #expect(names.shape("cache") == ours.id)
            #expect(names.shape("cache@" + me.hex.prefix(8)) == ours.id)
            #expect(names.shape("cache@" + Stage.author(2).hex.prefix(8)) == theirs.id, "theirs has a name that is its own")
        }
    }

    @Test func `CL-31: a label of ours means ours also where both stood before, and nobody else's once ours is gone`() {
        let me = Stage.author(1)
        let (theirs, ours) = (shape(2, 1, "cache"), shape(1, 1, "cache"))
        let both = ShapeNames([theirs, ours], me: me)
        #expect(both.shape("cache") == ours.id)
        // We used it in an earlier process, on a shape that is gone.
        var later = ShapeNames([], me: me)
        later.use("cache", by: me)
        #expect(later.name(theirs) == "cache@" + Stage.author(2).hex.prefix(8))
        #expect(later.shape("cache") == nil)
    }

    @Test func `CL-31: an id that we had in an earlier run is not another's label in the next`() {
        let me = Stage.author(2)
        for (ours, label) in [(shape(2, 77), "\(me.hex.prefix(8))-77"), (shape(2, 78, "a"), "a@" + me.hex.prefix(8))] {
            // The other stands before ours in every order.
            let theirs = shape(1, 1, label)
            for names in [
                ShapeNames([theirs, ours], me: me),
                {
                    var names = ShapeNames([theirs], me: me); _ = names.name(ours); return names
                }(),
            ] {
                #expect(names.shape(label) == ours.id)
                #expect(names.shape("\(label)@" + Stage.author(1).hex.prefix(8)) == theirs.id)
            }
        }
        // What others call so in earnest is called by it.
        var names = ShapeNames(me: me)
        for (number, label) in ["node-12", "a@b", "2026-11", "cafe-7"].enumerated() {
            #expect(names.name(shape(1, UInt64(number), label)) == label)
        }
    }

    @Test func `CL-31: a label that looks like another id of ours takes no command from it`() {
        let me = Stage.author(1)
        var names = ShapeNames(me: me)
        let plain = "\(me.hex.prefix(8))-7"
        for (number, label) in [plain, "a@" + me.hex.prefix(8)].enumerated() { _ = names.name(shape(2, UInt64(number + 1), label)) }
        for ours in [shape(1, 7), shape(1, 8, "a")] {
            let told = names.name(ours)
            #expect(names.shape(told) == ours.id)
        }
        #expect(names.shape("a") == shape(1, 8).id)
    }

    @Test func `CL-6, CL-88: a label that a file gives again means the first shape as long as that was told`() {
        var names = ShapeNames(me: Stage.author(1))
        #expect(names.name(shape(1, 1, "a")) == "a")
        // The first is gone, and the next was made of a file under its name.
        let told = names.name(shape(1, 2, "a"))
        #expect(told != "a")
        #expect(names.shape("a") == shape(1, 1).id && names.shape(told) == shape(1, 2).id)
    }
}
