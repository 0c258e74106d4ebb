import InkAudit
import InkPrimitives
import InkTransport

/// A capture as lines: when, which way, how long, and what each packet says.
struct Account {
    private(set) var lines: [String] = []
    /// Datagrams that are none of ours, that are, and of those the data packets that no key opens.
    private(set) var foreign = 0
    private(set) var ours = 0
    private(set) var sealed = 0

    init(_ file: PacketFile, reader: PacketReader) {
        var reader = reader
        let began = file.frames.first?.time ?? 0
        for frame in file.frames {
            guard let datagram = Datagram(frame) else {
                foreign += 1
                continue
            }
            let readings = reader.read(train: datagram.payload)
            if readings.isEmpty { foreign += 1 }
            for (reading, byteCount) in readings {
                ours += 1
                if reading.kind == "data", reading.direction == nil { sealed += 1 }
                lines.append(Self.line(frame.time &- began, datagram, reading, byteCount: byteCount))
            }
        }
    }

    private static func line(_ nanoseconds: UInt64, _ datagram: Datagram, _ reading: PacketReader.Reading, byteCount: Int) -> String {
        let micros = Int64(bitPattern: nanoseconds) / 1000
        // Who captures on several interfaces writes some frames before older ones.
        let time = "\(micros < 0 ? "-" : "")\(abs(micros) / 1_000_000).\(String(abs(micros) % 1_000_000 + 1_000_000).dropFirst())"
        var words = [
            String(repeating: " ", count: max(0, 10 - time.count)) + time, reading.direction?.rawValue ?? "-",
            "\(datagram.from) > \(datagram.to)",
            "\(byteCount) bytes", reading.kind,
        ]
        if let index = reading.index { words.append("[\(String(index, radix: 16))]") }
        if let number = reading.number { words.append("#\(number)") }
        if !reading.frames.isEmpty { words.append(reading.frames.joined(separator: "; ")) }
        return words.joined(separator: "  ")
    }
}
