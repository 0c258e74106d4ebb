import Glibc

/// The clock of both ends: they are on one machine.
enum Clock {
    /// Nanoseconds of CLOCK_MONOTONIC.
    static var now: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}

/// Spans of time, and what this process has used.
struct Figures {
    private var spans: [UInt64] = []

    var isEmpty: Bool { spans.isEmpty }

    mutating func add(_ nanoseconds: UInt64) { spans.append(nanoseconds) }

    /// Count, mean, and quantiles in µs; nothing if there are none.
    func fields(_ name: String) -> [(String, JSONLine.Value)] {
        guard !spans.isEmpty else { return [] }
        let sorted = spans.sorted()
        func quantile(_ share: Double) -> JSONLine.Value { .number(Double(sorted[Int(Double(sorted.count - 1) * share)]) / 1e3) }
        let mean = sorted.reduce(0.0) { $0 + Double($1) } / Double(sorted.count) / 1e3
        return [
            ("\(name)_n", .count(sorted.count)), ("\(name)_mean", .number(mean)), ("\(name)_p50", quantile(0.5)),
            ("\(name)_p95", quantile(0.95)),
            ("\(name)_p99", quantile(0.99)), ("\(name)_p999", quantile(0.999)), ("\(name)_max", quantile(1)),
        ]
    }

    /// Processor time of this process so far, user and system.
    static var processorSeconds: Double {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
    }

    /// Memory of this process; 0 where the system does not say.
    static var residentKilobytes: Int {
        guard let file = fopen("/proc/self/statm", "r") else { return 0 }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = fread(&bytes, 1, bytes.count, file)
        let words = String(decoding: bytes[..<count], as: UTF8.self).split(separator: " ")
        return words.count > 1 ? (Int(words[1]) ?? 0) * Int(getpagesize()) / 1024 : 0
    }
}

/// One line of JSON, its fields in the order in which they were given.
struct JSONLine: CustomStringConvertible {
    enum Value {
        case text(String)
        case count(Int)
        case number(Double)
        /// JSON already.
        case json(String)
    }

    private var fields: [(String, Value)] = []

    init(_ fields: [(String, Value)] = []) { self.fields = fields }

    mutating func add(_ more: [(String, Value)]) { fields += more }

    var description: String {
        let parts = fields.map { name, value in
            switch value {
            case .text(let text): "\"\(name)\":\"\(text)\""
            case .count(let count): "\"\(name)\":\(count)"
            case .number(let number): "\"\(name)\":\((number * 1e6).rounded() / 1e6)"
            case .json(let text): "\"\(name)\":\(text)"
            }
        }
        return "{" + parts.joined(separator: ",") + "}"
    }
}
