import InkPrimitives

/// How many datagrams may go to one host that has proved nothing, over all attempts (TR-33).
///
/// A member names the addresses that we dial, under as many identities as it likes: without this bound it would make all of us flood somebody
/// who is no part of the room. One that has answered as only a member can is no such third party.
struct HostLimiter: Sendable {
    /// In a second, and at once.
    static let rate = 20.0
    static let burst = 40.0
    /// In a minute without an answer (RFC 8445 §19.5.1).
    static let minuteMax = 100.0
    private static let hostsMax = 1024

    private struct Budget: Sendable {
        var second: TokenBucket
        var minute: TokenBucket
    }
    private var budgets: [Host: Budget] = [:]

    mutating func allows(_ host: Host, now: Instant) -> Bool {
        if budgets[host] == nil {
            // A budget that is full again is as good as none. If all are in use, whoever is named next waits.
            if budgets.count >= Self.hostsMax {
                budgets = budgets.filter { entry in
                    var budget = entry.value
                    return !(budget.second.isFull(now: now) && budget.minute.isFull(now: now))
                }
            }
            guard budgets.count < Self.hostsMax else { return false }
            budgets[host] = Budget(
                second: TokenBucket(rate: Self.rate, burst: Self.burst, now: now),
                minute: TokenBucket(rate: Self.minuteMax / 60, burst: Self.minuteMax, now: now))
        }
        return budgets[host]?.second.take(now: now) == true && budgets[host]?.minute.take(now: now) == true
    }

    /// An authentic answer came from there.
    mutating func answered(_ host: Host) { budgets[host] = nil }
}
