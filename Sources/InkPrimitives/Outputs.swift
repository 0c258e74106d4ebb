/// What a state machine wants done and nobody has taken yet.
///
/// The driving contract of every machine here: *call one input; drain `nextOutput()` until nil; sleep no longer than `deadline`.* Inputs
/// append, `nextOutput()` is `next()`: each output is given once, in the order in which it came about, also where the next input came before
/// all were taken.
///
/// Each is moved out, never copied: one that holds a message would else be counted twice and counted off again.
public struct Outputs<Output> {
    /// In the order in which they came.
    @usableFromInline var waiting: [Output] = []
    /// Those that came before, the next one last.
    @usableFromInline var leaving: [Output] = []

    /// Nothing to do.
    @inlinable public init() {}

    /// True when all was taken.
    @inlinable public var isEmpty: Bool { waiting.isEmpty && leaving.isEmpty }

    /// Wants one more thing done, after all others.
    @inlinable public mutating func append(_ output: consuming Output) { waiting.append(output) }

    /// Wants `outputs` done, after all others and in their order.
    @inlinable public mutating func append(contentsOf outputs: some Sequence<Output>) { waiting.append(contentsOf: outputs) }

    /// Takes the next thing to do; nil when there is nothing more.
    @inlinable public mutating func next() -> Output? {
        if leaving.isEmpty {
            guard !waiting.isEmpty else { return nil }
            swap(&waiting, &leaving)
            leaving.reverse()
        }
        let output = leaving.popLast()
        if leaving.isEmpty, leaving.capacity > Self.spareMax { leaving = [] }
        return output
    }

    /// Outputs for which room is kept when all were taken.
    @usableFromInline static var spareMax: Int { 1024 }
}

extension Outputs: Sendable where Output: Sendable {}
