import InkPrimitives

/// Keeps two processes of one device apart: a copy of a data directory that runs elsewhere, a cloned machine. Each would push the other out of its
/// session, with a handshake each time, without end.
///
/// A new process of a device takes the place of the old one, at once: it was started anew, or took the board over. But a process whose place was
/// taken and that comes back lives beside the other. The second time within a minute the one that is there stays, if it lives, for 30 s, the next
/// time for twice as long, and so on. Who is turned down dials again ever more seldom.
struct DeviceCalm: Sendable {
    /// What a device did lately.
    private struct Device: Sendable {
        /// When one of its processes last took the place of a living other.
        var replacedAt: Instant
        /// Whose places were taken, the latest last.
        var replaced: [PeerID] = []
        var calmUntil: Instant = .distantPast
        /// How often it had to be calmed.
        var level = 0
        /// When a process of it was first turned down in this calm.
        var refusedAt: Instant?
        var isTold = false
    }

    /// Whom not to dial until when, and how often in a row that was so.
    private struct Refusal: Sendable {
        var until: Instant
        var count: Int
    }

    private var devices: [AuthorID: Device] = [:]
    private var refusals: [PeerID: Refusal] = [:]

    /// May a process of this device take the place of another one that lives?
    func mayReplace(by new: PeerID, of device: AuthorID, now: Instant) -> Bool {
        guard let known = known(device, now: now), known.replaced.contains(new) else { return true }
        // Once a calm is over the other has its turn, so that what it did comes through, too.
        return now >= known.calmUntil && !(known.calmUntil < known.replacedAt && now - known.replacedAt < Self.window)
    }

    /// It took that place.
    mutating func replaced(_ old: PeerID, by new: PeerID, of device: AuthorID, now: Instant) {
        var entry = known(device, now: now) ?? Device(replacedAt: now)
        makeRoom(for: device, now: now)
        entry.replacedAt = now
        entry.replaced = entry.replaced.filter { $0 != new && $0 != old }.suffix(Self.replacedMax - 1) + [old]
        devices[device] = entry
    }

    /// It was turned down: if no calm lasts, one begins. Right only straight after `mayReplace` said no, since its reason is not looked for again.
    mutating func turnedDown(_ device: AuthorID, now: Instant) {
        guard var entry = known(device, now: now), now >= entry.calmUntil else { return }
        entry.level = min(entry.level + 1, Self.levelMax)
        entry.calmUntil = now + Self.calm * (1 << (entry.level - 1))
        (entry.refusedAt, entry.isTold) = (now, false)
        devices[device] = entry
    }

    private func known(_ device: AuthorID, now: Instant) -> Device? {
        devices[device].flatMap { now - $0.replacedAt < Self.forgetAfter ? $0 : nil }
    }

    private mutating func makeRoom(for device: AuthorID, now: Instant) {
        guard devices[device] == nil, devices.count >= Self.devicesMax else { return }
        devices = devices.filter { now - $0.value.replacedAt < Self.window }
    }

    /// A process of the device was turned down in favour of one that lives still. The seconds for which that stays, once: one that was only about
    /// to be found dead makes no duplicate.
    mutating func news(of device: AuthorID, now: Instant) -> Int? {
        guard let known = devices[device], !known.isTold, let at = known.refusedAt, now - at >= Self.proof else { return nil }
        devices[device]?.isTold = true
        return max(1, Int((known.calmUntil - now).components.seconds))
    }

    /// The process that was there does not answer: whoever comes is no second.
    mutating func died(_ device: AuthorID) { devices[device] = nil }

    // MARK: Being turned down

    /// A peer keeps, or we keep, another process in a session's place: dialling it again at once would only bring the same.
    ///
    /// - Returns: how often in a row that was so.
    mutating func refused(_ peer: PeerID, now: Instant) -> Int {
        let count = (refusals[peer]?.count ?? 0) + 1
        if refusals.count >= Self.devicesMax { refusals = refusals.filter { $0.value.until > now } }
        refusals[peer] = Refusal(until: now + min(Self.firstPause * (1 << min(count - 1, 8)), Self.lastPause), count: count)
        return count
    }

    func mayDial(_ peer: PeerID, now: Instant) -> Bool { refusals[peer].map { $0.until <= now } ?? true }

    /// Somebody turned us down, and no session with him has lasted since.
    var hasRefusals: Bool { !refusals.isEmpty }

    /// A session with the peer has lasted.
    mutating func settled(_ peer: PeerID) { refusals[peer] = nil }

    /// Two replacements so close are of two processes that push each other out.
    private static let window = Duration.seconds(60)
    // TR-183
    private static let calm = Duration.seconds(30)
    /// 30 s × 2^7 is an hour.
    private static let levelMax = 8
    /// After so long without a replacement a device begins anew.
    private static let forgetAfter = Duration.seconds(7200)
    /// In this time one that is dead is found to be.
    private static let proof = Duration.seconds(1)
    // TR-184
    private static let firstPause = Duration.milliseconds(500)
    private static let lastPause = Duration.seconds(30)
    private static let devicesMax = 1024
    /// A device that is open more often at once than this is calmed later.
    private static let replacedMax = 8
}
