import InkPrimitives

/// One decoder, and what a mutator needs to reach its depths.
struct Decoder {
    /// As on the command line.
    let name: String
    /// True values, from which mutations start.
    let seeds: [[UInt8]]
    /// How many times its length an input may take of memory. More than 2 only where it comes from the person's own programs.
    var memoryFactor = 2
    /// Bytes that every input may take besides.
    var memoryBase = 64 << 10
    /// Time that an input may take, ms.
    var milliseconds: Int64 = 100
    /// Pieces of its language.
    var words: [[UInt8]] = []
    /// Reads any bytes. This is what is measured.
    let read: ([UInt8]) -> Verdict
    /// Writes what accepted bytes were taken for; nil where a value may be written in many ways.
    var write: (([UInt8]) throws -> [UInt8])?

    /// What became of an input.
    enum Verdict: Hashable {
        case accepted
        /// With a number for each reason, so that inputs that are refused for a new one are kept to mutate from.
        case refused(Int)
        /// It was accepted, and what it was taken for is written otherwise: a value with two spellings.
        case secondSpelling
    }
}

extension Decoder.Verdict {
    /// What reading says.
    static func plain(_ read: () throws -> Void) -> Self {
        do {
            try read()
            return .accepted
        } catch { return .refused(reason(error)) }
    }

    private static func reason(_ error: any Error) -> Int {
        switch error as? WireError {
        case .truncated: 1
        case .nonCanonical: 2
        case .limitExceeded: 3
        case .trailingBytes: 4
        case .notText: 5
        case .unexpected: 6
        case nil: 7
        }
    }
}

extension Decoder {
    /// A decoder of values of which each has one spelling.
    init<Value>(
        canonical name: String, seeds: [[UInt8]], read: @escaping ([UInt8]) throws -> Value, write: @escaping (Value) throws -> [UInt8]
    ) {
        self.init(
            name: name, seeds: seeds, read: { bytes in .plain { _ = try read(bytes) } }, write: { bytes in try write(try read(bytes)) })
    }
}
