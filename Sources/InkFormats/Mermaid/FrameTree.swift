import InkBoard

/// Which boxes lie in which: in a frame, which is a box around others, or in a group.
struct FrameTree: Sendable {
    enum Part: Hashable, Sendable { case root, shape(Int), group(Int) }

    /// The boxes, bottom first.
    let shapes: [Shape]
    /// What lies directly in each part that has anything in it.
    private(set) var children: [Part: [Part]] = [:]
    private var indices: [ShapeID: Int] = [:]
    private var boxes: [WorldBox]
    /// The frame around each.
    private var parents: [Int?]
    private var frames: Set<Int> = []

    /// What lies in what is compared for so many.
    static let boxesMax = 4000
    /// True where frames were not looked for.
    var isTooLarge: Bool { shapes.count > Self.boxesMax }

    init(_ shapes: [Shape]) {
        self.shapes = shapes
        boxes = shapes.map(\.content.worldBox)
        parents = Array(repeating: nil, count: shapes.count)
        for (index, shape) in shapes.enumerated() { indices[shape.id] = index }
        if shapes.count <= Self.boxesMax { findFrames() }
        var groups: [GroupID: Int] = [:]
        let known = sensibleGroups()
        for index in shapes.indices {
            var part: Part = parents[index].map { .shape($0) } ?? .root
            let outer = parents[index].map { Set(shapes[$0].content.groups) } ?? []
            for group in shapes[index].content.groups where known.contains(group) && !outer.contains(group) {
                if let number = groups[group] {
                    part = .group(number)
                } else {
                    let number = groups.count
                    groups[group] = number
                    children[part, default: []].append(.group(number))
                    part = .group(number)
                }
            }
            children[part, default: []].append(.shape(index))
        }
    }

    /// From the largest to the smallest, so that the last that is around one is its own.
    private mutating func findFrames() {
        func area(_ box: WorldBox) -> Double { Double(box.right - box.left) * Double(box.bottom - box.top) }
        let sorted = shapes.indices.sorted { (-area(boxes[$0]), $0) < (-area(boxes[$1]), $1) }
        var depths = Array(repeating: 0, count: shapes.count)
        for (place, index) in sorted.enumerated() {
            let box = boxes[index]
            for other in sorted[..<place].reversed() {
                let around = boxes[other]
                guard shapes[other].content.kind == .rectangle || shapes[other].content.kind == .note, depths[other] < Flowchart.depthMax,
                    around.left < box.left, around.top < box.top, around.right > box.right, around.bottom > box.bottom
                else { continue }
                parents[index] = other
                depths[index] = depths[other] + 1
                frames.insert(other)
                break
            }
        }
    }

    /// Groups of several boxes that lie in one frame; one that has that frame as well is told by it.
    private func sensibleGroups() -> Set<GroupID> {
        var members: [GroupID: [Int]] = [:]
        for (index, shape) in shapes.enumerated() { for group in shape.content.groups { members[group, default: []].append(index) } }
        return Set(
            members.filter { group, all in
                // Those that lie in no other member.
                let top = all.filter { index in parents[index].map { !shapes[$0].content.groups.contains(group) } ?? true }
                guard top.count > 1 else { return false }
                let prefixes = Set(top.map { index in Array(shapes[index].content.groups.prefix { $0 != group }) })
                return Set(top.map { parents[$0] ?? -1 }).count == 1 && prefixes.count == 1
            }
            .keys)
    }

    func isFrame(_ id: ShapeID) -> Bool { indices[id].map { frames.contains($0) } ?? false }

    func box(_ id: ShapeID) -> WorldBox? { indices[id].map { boxes[$0] } }

    /// True where one lies, however deep, in another.
    func isAround(_ id: ShapeID, _ other: ShapeID) -> Bool {
        guard let outer = indices[id] else { return false }
        var next = indices[other].flatMap { parents[$0] }
        while let here = next {
            if here == outer { return true }
            next = parents[here]
        }
        return false
    }
}
