import InkPrimitives

/// To whom a client speaks in its topic (RV-60).
public enum Audience: Hashable, Sendable {
    /// All who are there.
    case room
    /// These devices, of an epoch that is passed: whoever else is there may have been removed since (RV-143), and learns nothing of us.
    case devices(Set<AuthorID>)

    /// True if what a device says is heard, and answered.
    func includes(_ device: AuthorID) -> Bool {
        switch self {
        case .room: true
        case .devices(let devices): devices.contains(device)
        }
    }
}
