import Foundation

/// Strangers by the thousand at the door of a board with roles, and the bytes of what gives and takes rights.
///
///     admission-stand COUNT [SEED]    so many attempts to come in, of every kind in turn
///     admission-stand --figures       bytes of grants, removals, invites, chains and message 3; what a removal takes of a frame
@main struct Entry {
    static func main() throws {
        let arguments = Array(CommandLine.arguments.dropFirst())
        if arguments == ["--figures"] { return try AdmissionFigures.print() }
        let numbers = arguments.compactMap { UInt64($0) }
        guard (1...2).contains(numbers.count), numbers.count == arguments.count, numbers[0] > 0 else {
            print("usage: admission-stand COUNT [SEED]\n       admission-stand --figures")
            exit(2)
        }
        exit(try Report.siege(count: Int(numbers[0]), seed: numbers.count == 2 ? numbers[1] : 1) ? 0 : 1)
    }
}
