import Foundation
import InkAudit
import InkTransport

// capture FILE.pcap [--keys FILE]: see tools/capture.
//
// Exit: 0 all was read, 1 the capture is damaged or not one, 2 the arguments were not understood.

@main
enum Entry {
    static func main() {
        var files: [String] = []
        var keys: [String] = []
        var words = CommandLine.arguments.dropFirst()
        while let word = words.popFirst() {
            if word == "--keys", let file = words.popFirst() { keys.append(file) } else { files.append(word) }
        }
        guard files.count == 1, let name = files.first, !name.hasPrefix("-") else {
            complain("usage: tools/capture FILE.pcap [--keys FILE]")
            exit(2)
        }
        var reader = PacketReader()
        for key in keys {
            guard let bytes = bytes(of: key) else { exit(2) }
            reader.read(log: String(decoding: bytes, as: UTF8.self))
        }
        if reader.unread > 0 { complain("\(reader.unread) lines of the keys are none") }
        guard let bytes = bytes(of: name) else { exit(2) }
        let file = PacketFile(bytes)
        let account = Account(file, reader: reader)
        for line in account.lines { print(line) }
        complain(
            "\(file.frames.count) frames: \(account.ours) packets of ours, \(account.sealed) of them sealed by keys that are not here; \(account.foreign) others"
        )
        switch file.complaint {
        case nil: exit(0)
        case .notACapture: complain("\(name) is no capture (pcap or pcapng)")
        case .cutOff: complain("\(name) ends in the midst of a packet")
        case .contradiction: complain("\(name) contradicts itself, and was read up to there")
        }
        exit(1)
    }

    private static func bytes(of path: String) -> [UInt8]? {
        do {
            return [UInt8](try Data(contentsOf: URL(filePath: path)))
        } catch {
            complain("\(path) cannot be read")
            return nil
        }
    }

    private static func complain(_ text: String) { FileHandle.standardError.write(Data("capture: \(text)\n".utf8)) }
}
