/// What a shell knows of the process in which a world lives, and a world cannot: nil where it is not measured.
package struct Meters {
    /// Bytes that this thread holds.
    package var heldBytes: () -> Int?
    /// Seconds of a processor that this thread took.
    package var seconds: () -> Double?

    package init(heldBytes: @escaping () -> Int? = { nil }, seconds: @escaping () -> Double? = { nil }) {
        (self.heldBytes, self.seconds) = (heldBytes, seconds)
    }
}
