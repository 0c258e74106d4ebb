import Foundation
import InkPrimitives

/// Short codes by the thousand at real rendezvous, right, wrong and attacked.
///
///     code-stand COUNT SEED STRANGERS CODES PORT PORT PORT    so many runs, at three rendezvous on these ports of 127.0.0.1, at the last of
///                                                             which so many inviters have eight codes each; and so many codes tried offline
@main struct Entry {
    static func main() throws {
        let numbers = CommandLine.arguments.dropFirst().compactMap { UInt64($0) }
        guard numbers.count == 7, numbers[..<4].allSatisfy({ $0 <= Self.most }), numbers[0] > 0,
            numbers[4...].allSatisfy({ UInt16(exactly: $0) != nil })
        else {
            print("usage: code-stand COUNT SEED STRANGERS CODES PORT PORT PORT")
            exit(2)
        }
        let places = numbers[4...].map { SocketAddress(ip: .v4(0x7F00_0001), port: UInt16(truncatingIfNeeded: $0)) }
        let size = Report.Size(
            count: Int(numbers[0]), seed: numbers[1], strangers: Int(numbers[2]), words: 2048, codes: Int(numbers[3]))
        let holds = try Report.run(size, at: places[0], quiet: places[1], other: places[2])
        print(holds ? "held" : "NOT HELD")
        exit(holds ? 0 : 1)
    }

    private static let most: UInt64 = 1 << 48
}
