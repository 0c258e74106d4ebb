import Foundation

/// How long ago something was, as lists say it.
enum Age {
    /// `then` and `now` in ms since 1970 by this machine's clock, which may have been set in between: what lies ahead is told by its date.
    static func text(of then: UInt64, now: UInt64) -> String {
        guard then <= now || then - now <= 60_000 else { return "on \(date(then))" }
        let minutes = (now - min(now, then)) / 60_000
        switch minutes {
        case ..<1: return "just now"
        case ..<60: return "\(minutes) min ago"
        case ..<1440: return "\(minutes / 60) h ago"
        default: return "\(minutes / 1440) d ago"
        }
    }

    /// The day in UTC as YYYY-MM-DD.
    private static func date(_ milliseconds: UInt64) -> String {
        let seconds = min(Double(milliseconds) / 1000, 253_370_764_800)  // 1 January 9999: what a clock says beyond it is no date
        return Date(timeIntervalSince1970: seconds).formatted(.iso8601.year().month().day())
    }
}
