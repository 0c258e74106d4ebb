import InkPrimitives

/// Who may remove whom: the smaller is senior, and only what is strictly junior can be removed (BD-83).
///
/// No two rights are alike in it, and all of it is known from the transaction that gives the right and what lies before that.
struct Seniority: Hashable, Comparable, Sendable {
    /// Steps of giving from the root owner, who has 0 (BD-81).
    let depth: Int
    /// Of the grant or the invite; of an admission, of its invite.
    let stamp: Stamp
    /// Of an admission who joined, else zero.
    let subject: AuthorID
    /// Among the devices of one person: of the first nothing (BD-177).
    private let device: Device?

    /// A further device of the person whose the rest is.
    private struct Device: Hashable, Comparable, Sendable {
        /// Steps from the person's first device.
        let steps: Int
        /// Of the invite.
        let stamp: Stamp
        /// Of an admission who joined, else zero.
        let subject: AuthorID

        static func < (left: Device, right: Device) -> Bool {
            if left.steps != right.steps { return left.steps < right.steps }
            if left.stamp != right.stamp { return left.stamp < right.stamp }
            return left.subject < right.subject
        }
    }

    /// The root owner's.
    init(root: Stamp) { self.init(depth: 0, stamp: root, subject: .zero, device: nil) }

    private init(depth: Int, stamp: Stamp, subject: AuthorID, device: Device?) {
        (self.depth, self.stamp, self.subject, self.device) = (depth, stamp, subject, device)
    }

    /// Of a grant or an invite, written with this stamp under a right of this seniority.
    func giving(_ stamp: Stamp) -> Seniority { Seniority(depth: depth + 1, stamp: stamp, subject: .zero, device: nil) }

    /// Of an invite for a further device of the same person (BD-176).
    func inviting(deviceAt stamp: Stamp) -> Seniority {
        Seniority(
            depth: depth, stamp: self.stamp, subject: subject,
            device: Device(steps: (device?.steps ?? 0) + 1, stamp: stamp, subject: .zero))
    }

    /// Of who joins by the invite whose seniority this is.
    func admitting(_ joiner: AuthorID) -> Seniority {
        guard let device else { return Seniority(depth: depth + 1, stamp: stamp, subject: joiner, device: nil) }
        return Seniority(
            depth: depth, stamp: stamp, subject: subject, device: Device(steps: device.steps + 1, stamp: device.stamp, subject: joiner))
    }

    /// Whether both are of one person, or of invites for his devices.
    func isSamePerson(as other: Seniority) -> Bool { depth == other.depth && stamp == other.stamp && subject == other.subject }

    static func < (left: Seniority, right: Seniority) -> Bool {
        if left.depth != right.depth { return left.depth < right.depth }
        if left.stamp != right.stamp { return left.stamp < right.stamp }
        if left.subject != right.subject { return left.subject < right.subject }
        guard let second = right.device else { return false }
        return left.device.map { $0 < second } ?? true
    }
}
