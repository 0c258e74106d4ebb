/// What a state machine wants done and nobody has taken yet.
///
/// The driving contract of every machine here: *call one input; drain `nextOutput()` until nil; sleep no longer than `deadline`.* Inputs
/// append, `nextOutput()` is `next()`: each output is given once, in the order in which it came about, also where the next input came before
/// all were taken.
public struct Outputs<Output> {
    @usableFromInline var waiting = Queue<Output>()

    /// Nothing to do.
    @inlinable public init() {}

    /// True when all was taken.
    @inlinable public var isEmpty: Bool { waiting.isEmpty }

    /// Wants one more thing done, after all others.
    @inlinable public mutating func append(_ output: Output) { waiting.append(output) }

    /// Wants `outputs` done, after all others and in their order.
    @inlinable public mutating func append(contentsOf outputs: some Sequence<Output>) { waiting.append(contentsOf: outputs) }

    /// Takes the next thing to do; nil when there is nothing more.
    @inlinable public mutating func next() -> Output? { waiting.popFirst() }
}

extension Outputs: Sendable where Output: Sendable {}
