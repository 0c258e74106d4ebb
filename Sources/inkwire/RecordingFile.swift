import ArgumentParser
import Foundation
import InkAutomation
import InkBoard
import InkPrimitives
import InkTerminal

/// A recording as a file.
enum RecordingFile {
    enum Format: String, ExpressibleByArgument, CaseIterable {
        /// asciicast, version 2.
        case cast
        /// JSON lines, an event each.
        case jsonl

        /// The format that the ending of a path names; nil for none.
        init?(path: String) {
            guard let format = Self.allCases.first(where: { path.lowercased().hasSuffix("." + $0.rawValue) }) else { return nil }
            self = format
        }
    }

    /// All of it, in memory; `write` is for one that may be large.
    static func cast(_ content: ReplayContent) -> [UInt8] {
        var writer = CastWriter(content)
        var bytes: [UInt8] = []
        writer.write { bytes += $0 }
        return bytes
    }

    /// Writes a recording as it is made, so that no more of it than some frames or lines is in memory (CL-112, CL-318).
    ///
    /// - Parameters:
    ///   - output: a path, or `-` for stdout, whose reader may go.
    ///   - make: hands its parts to what it is given.
    static func write(to output: String, _ make: (OutputFile.Sink) throws -> Void) throws {
        guard output == "-" else { return try OutputFile.write(to: output, make) }
        var buffer = SinkBuffer { bytes in
            guard !StandardStream.output.write(bytes) else { return }
            throw errno == EPIPE ? ReaderGone() : Failure.cannotWrite(errno)
        }
        do {
            try make { try buffer.take($0) }
            try buffer.flush()
        } catch is ReaderGone {
            // Who has seen enough needs no more of it.
        }
    }

    private struct ReaderGone: Error {}
}

/// A time in a recording, or a length of time, as a person writes it: `90s`, `1m30s`, `1:30`, `1:02:03`, `500ms`, `1.5` (CL-113).
struct ReplayTimeArgument: ExpressibleByArgument {
    let milliseconds: Int

    init?(argument: String) {
        guard argument.utf8.count <= 32, let milliseconds = argument.contains(":") ? Self.clock(argument) : Self.units(argument) else {
            return nil
        }
        self.milliseconds = milliseconds
    }

    private static func clock(_ text: String) -> Int? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard (2...3).contains(parts.count), let seconds = number(parts[parts.count - 1]), seconds < 60 else { return nil }
        var minutes = 0.0
        for (index, part) in parts.dropLast().enumerated() {
            guard !part.contains("."), let value = number(part), index == 0 || value < 60 else { return nil }
            minutes = minutes * 60 + value
        }
        return whole((minutes * 60 + seconds) * 1000)
    }

    private static func units(_ text: String) -> Int? {
        var (rest, sum) = (text[...], 0.0)
        var last = Double.infinity
        repeat {
            let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            rest = rest.dropFirst(digits.count)
            let unit = rest.prefix { $0.isASCII && $0.isLetter }
            rest = rest.dropFirst(unit.count)
            // Seconds without a unit only where they are all there is.
            let scale: Double? = unit.isEmpty ? (last == .infinity && rest.isEmpty ? 1000 : nil) : units[String(unit)]
            guard let value = number(digits), let scale, scale < last else { return nil }
            sum += value * scale
            last = scale
        } while !rest.isEmpty
        return whole(sum)
    }

    private static let units: [String: Double] = ["h": 3_600_000, "m": 60_000, "s": 1000, "ms": 1]

    private static func number(_ text: Substring) -> Double? {
        guard let first = text.first, first.isNumber, text.allSatisfy({ $0.isASCII }) else { return nil }
        return Double(text)
    }

    /// A hundred hours at most: more is longer than any recording.
    private static func whole(_ milliseconds: Double) -> Int? { milliseconds <= 360_000_000 ? Int(milliseconds.rounded()) : nil }
}
