import Foundation
import InkPrimitives

/// Loads the official vectors beside these tests.
enum Vectors {
    struct Missing: Error { var what: String }

    static func load<T: Decodable>(_ name: String, as _: T.Type = T.self) throws -> T {
        guard let url = Bundle.module.url(forResource: name, withExtension: "json", subdirectory: "Resources") else {
            throw Missing(what: name)
        }
        return try JSONDecoder().decode(T.self, from: Data(contentsOf: url))
    }
}

/// Bytes written as hex digits in a vector file.
struct HexBytes: Decodable {
    var bytes: [UInt8]

    init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let bytes = Hex.decode(text) else { throw Vectors.Missing(what: "hex digits in \(text)") }
        self.bytes = bytes
    }
}

/// A Wycheproof file: groups of tests, each with a verdict.
struct Wycheproof<Group: Decodable>: Decodable { var testGroups: [Group] }

/// A group that has nothing of its own but its tests.
struct PlainGroup<Test: Decodable>: Decodable { var tests: [Test] }
