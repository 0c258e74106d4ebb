import InkBoard
import InkPrimitives

/// Whom this device has met, and whom our person has verified: trust on first use (SE-240).
///
/// A key that is here for the first time is taken as it comes, and kept. What is verified is the key; the name under which that was done stays with
/// it, so that it is noticed when another key comes by it.
struct Acquaintances: Sendable {
    private var known: [AuthorID: Acquaintance] = [:]
    private var told: Set<Claim> = []

    /// Who takes a name, and whose.
    private struct Claim: Hashable {
        let device: AuthorID
        let before: AuthorID
    }

    init(stored: [Acquaintance]) {
        for one in stored { known[one.device] = one }
    }

    subscript(device: AuthorID) -> Acquaintance? { known[device] }

    func isVerified(_ device: AuthorID) -> Bool { known[device]?.isVerified == true }

    /// Those whom our person has verified, in a fixed order.
    var verified: [Acquaintance] { known.values.filter(\.isVerified).sorted { $0.device < $1.device } }

    /// Somebody is here, or has just been.
    ///
    /// - Parameter time: ms since 1970; 0 where that is not known.
    /// - Returns: what the disk is to keep; nil where nothing is new, or there is no room for one more.
    mutating func saw(_ device: AuthorID, called name: String, at time: UInt64) -> Acquaintance? {
        guard known[device] != nil || known.count < Self.knownMax else { return nil }
        let before = known[device]
        var one = before ?? Acquaintance(device: device, firstSeen: time)
        if one.firstName.isEmpty { one.firstName = name }
        one.lastSeen = max(one.lastSeen, time)
        known[device] = one
        return one == before ? nil : one
    }

    /// Our person has compared safety words, or takes that back (SE-372).
    ///
    /// - Parameter name: under which the device is verified; nil for no more.
    /// - Returns: what the disk is to keep; nil where nothing is new.
    mutating func verify(_ device: AuthorID, as name: String?) -> Acquaintance? {
        let before = known[device]
        // What our person says himself has room (SE-373).
        var one = before ?? Acquaintance(device: device, firstName: name ?? "")
        one.verifiedAs = name
        guard one != before, before != nil || name != nil else { return nil }
        known[device] = one
        return one
    }

    /// True where it is to be told that a device takes another's name: once for each two.
    mutating func mayTell(_ device: AuthorID, takes before: AuthorID) -> Bool {
        // Who makes many keys makes it told again; he does not fill the memory.
        if told.count >= Self.knownMax { told = [] }
        return told.insert(Claim(device: device, before: before)).inserted
    }

    /// The name of a device is its own again, or another's: it is told anew.
    mutating func forgetTold(of device: AuthorID) { told = told.filter { $0.device != device } }

    private static let knownMax = 4096
}
