// Stands in the copies of the tree that `tools/check-faults` builds, in InkPrimitives, and nowhere else: there faults wait in one build for
// their names.

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// The fault that this process has; nil for none.
private let planted = getenv("INKWIRE_FAULT").map { String(cString: $0) }

/// Whether this process has the fault of that name, by the variable INKWIRE_FAULT as it was when this was asked first.
package func isPlanted(_ fault: String) -> Bool { planted == fault }
