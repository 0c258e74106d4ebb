import InkBoard
import InkPrimitives
import InkSession

/// Whose pointers are not shown on this screen, while this program runs. Nobody else hears of it (FE-150).
package struct Mutes: Hashable, Sendable {
    private var devices: Set<AuthorID> = []

    package init() {}

    package var isEmpty: Bool { devices.isEmpty }

    /// True for a person whose pointer, and the light that it leaves, are not shown.
    package func contains(_ person: Roster.Person) -> Bool { person.status.author.map(devices.contains) ?? false }

    package mutating func mute(_ device: AuthorID) { devices.insert(device) }

    /// - Returns: false where it was not muted.
    package mutating func unmute(_ device: AuthorID) -> Bool { devices.remove(device) != nil }

    package mutating func unmuteAll() { devices = [] }
}
