/// Reads a part of a value where it lies.
///
/// A method that only reads, called on an element of an array or on a part that a property lends, has that part copied for it, and each of its references
/// counted: some forty for a connection, eight for a lane. Lent for writing, it is not. Even then one that is not inlined gets a copy of the bytes, which is why
/// small readings of large values say `@inline(__always)`.
@inline(__always) func inPlace<Value, Result>(_ value: inout Value, _ read: (inout Value) -> Result) -> Result { read(&value) }
