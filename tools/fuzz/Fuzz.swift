import CFuzzMeter
import Foundation

// fuzz --list                                          the names of all decoders
// fuzz DECODER [--inputs N] [--seed S] [--keep FILE]   gives it N inputs; each stands in FILE while it is read
// fuzz DECODER --bytes FILE                            gives it the one input in FILE
//
// Exit: 0 nothing was found, 1 something was, 2 the arguments were not understood. A trap ends the process, as it would end a peer's: who
// started it finds the input in FILE, behind its number and its length, eight bytes each.

struct Arguments {
    var decoder: String?
    var inputs = 100_000
    var seed: UInt64 = 1
    var keep: String?
    var bytes: String?

    init?(_ words: [String]) {
        var words = words[...]
        guard let first = words.popFirst() else { return nil }
        if first != "--list" { decoder = first }
        while let word = words.popFirst() {
            guard let value = words.popFirst() else { return nil }
            switch word {
            case "--inputs":
                guard let count = Int(value), count > 0 else { return nil }
                inputs = count
            case "--seed":
                guard let number = UInt64(value) else { return nil }
                seed = number
            case "--keep": keep = value
            case "--bytes": bytes = value
            default: return nil
            }
        }
    }
}

/// What one input may take: 100 ms, and of memory twice its length and 64 KiB, or what its decoder says.
enum Budget {
    static func nanoseconds(_ decoder: Decoder) -> Int64 { decoder.milliseconds * 1_000_000 }
    static func bytes(_ input: [UInt8], _ decoder: Decoder) -> Int64 { Int64(decoder.memoryFactor * input.count + decoder.memoryBase) }
}

/// The most that was seen of something, and the input that it was seen with.
struct Greatest {
    var value: Int64 = .min
    var input: [UInt8] = []

    mutating func take(_ other: Int64, _ bytes: [UInt8]) { if other > value { (value, input) = (other, bytes) } }
}

/// The exit status.
func run(_ arguments: Arguments) throws -> Int32 {
    guard let name = arguments.decoder else {
        for decoder in try Decoders.all() { say(decoder.name) }
        return 0
    }
    guard let decoder = try Decoders.all().first(where: { $0.name == name }) else {
        say("fuzz: no decoder is called \(name); --list names them")
        return 2
    }
    if let path = arguments.bytes {
        let input = [UInt8](try Data(contentsOf: URL(filePath: path)))
        _ = decoder.read([])
        let (verdict, bytes, nanoseconds) = measured(decoder, input)
        say("\(verdict), \(bytes) bytes of memory, \(nanoseconds / 1000) µs")
        return verdict == .secondSpelling || bytes > Budget.bytes(input, decoder) || nanoseconds > Budget.nanoseconds(decoder) ? 1 : 0
    }
    let page = arguments.keep.flatMap { meter_keep($0, UInt64(Mutator.lengthMax + 16)) }
    if arguments.keep != nil, page == nil {
        say("fuzz: \(arguments.keep ?? "") cannot be written")
        return 2
    }
    // What is made once, tables and caches of libraries among it, is not the price of an input.
    for seed in decoder.seeds { _ = decoder.read(seed) }
    var mutator = Mutator(decoder, seed: arguments.seed)
    var counts: [Decoder.Verdict: Int] = [:]
    var (memory, time) = (Greatest(), Greatest())
    for number in 0..<arguments.inputs {
        let input = mutator.input()
        if let page {
            page.storeBytes(of: UInt64(number), as: UInt64.self)
            page.storeBytes(of: UInt64(input.count), toByteOffset: 8, as: UInt64.self)
            input.withUnsafeBytes { (page + 16).copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(page), byteCount: $0.count) }
        }
        var (verdict, bytes, nanoseconds) = measured(decoder, input)
        // A machine that does other things at the same time can make one try slow, and a library that grows a table of its own can make one
        // large: what is true of the input is true again.
        if bytes > Budget.bytes(input, decoder) || nanoseconds > Budget.nanoseconds(decoder) {
            (verdict, bytes, nanoseconds) = measured(decoder, input)
        }
        mutator.note(input, verdict)
        counts[verdict, default: 0] += 1
        memory.take(bytes - Budget.bytes(input, decoder), input)
        time.take(nanoseconds, input)
        if verdict == .secondSpelling { return found("accepts a second spelling", input, decoder) }
    }
    let accepted = counts[.accepted, default: 0]
    say(
        "\(decoder.name): \(arguments.inputs) inputs, \(accepted) accepted, \(counts.count) verdicts; slowest \(time.value / 1000) µs for \(time.input.count) bytes; "
            + "memory at most \(memory.value + Budget.bytes(memory.input, decoder)) bytes for \(memory.input.count)")
    if memory.value > 0 { return found("takes \(memory.value) bytes more than it may", memory.input, decoder) }
    if time.value > Budget.nanoseconds(decoder) { return found("takes \(time.value / 1_000_000) ms", time.input, decoder) }
    guard accepted > 0 else { return found("accepted nothing, which proves little", [], decoder) }
    return 0
}

/// Reads one input and says what that took.
private func measured(_ decoder: Decoder, _ input: [UInt8]) -> (Decoder.Verdict, bytes: Int64, nanoseconds: Int64) {
    meter_begin()
    var verdict = decoder.read(input)
    let (bytes, nanoseconds) = (meter_peak(), meter_nanoseconds())
    if verdict == .accepted, let write = decoder.write, (try? write(input)) != input { verdict = .secondSpelling }
    return (verdict, bytes, nanoseconds)
}

private func found(_ what: String, _ input: [UInt8], _ decoder: Decoder) -> Int32 {
    say("\(decoder.name) FAILED: \(what): \(input.prefix(4096).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined())")
    return 1
}
