import InkPrimitives
import InkRendezvous

// This program was not run for a while, and its clock went on (SE-278).
extension Node {
    /// All that others may have forgotten of us is asked about at once, and what they did meanwhile fetched.
    mutating func resumed(after gap: Duration, now: Instant) {
        endpoint.resumed(after: gap, now: now)
        for connection in connections {
            guard let theirs = neighbours[connection]?.transfer.fingerprint, theirs != board?.fingerprint else { continue }
            neighbours[connection]?.transfer.reconcile(at: now)
        }
        compareAndReconcile(now: now)
        let own = (introductions.whereabouts.local ?? []).map(\.address.ip)
        introductions.client?.networkChanged(from: own, to: own, now: now)
        guard gap >= SessionTiming.forgottenAfter else { return }
        // Where somebody was is tried beside, for he may have given us up; who is there still makes that needless.
        introductions.dials.networkChanged(now: now)
        dialSaved(now: now)
    }
}
