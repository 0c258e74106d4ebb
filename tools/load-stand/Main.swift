import Dispatch
import Foundation
import InkPrimitives
import InkRuntime
import InkSession
import NIOCore
import NIOPosix

// load-stand --to IP:PORT [--tls-ca FILE] [--people N] [--room N] [--sources N] [--arrivals N] [--churn N] [--seed N] [--draw RATE --bytes N]
//
// People come to a rendezvous and stay until standard input ends; with --draw they draw from when all are in. A line of JSON each 100 ms:
//     {"in":N,"out":N,"failed":{"why":N},"sent":N,"received":N,"p50_us":N,"p99_us":N,"max_us":N}      out, failed and delays since the last line
// Exit: 0; 1 it failed, and why is on stderr; 2 the arguments were not understood.

struct Options {
    var rendezvous = Invite.Host(name: "127.0.0.1", port: 4300)
    var authorities: String?
    var shape = Crowd.Shape(people: 100, roomSize: 2, sources: 4, arrivals: 500, churn: 0)
    var seed: UInt64 = 1
    var draws: Double?
    var byteCount = 150

    struct Misunderstood: Error { let word: String }

    init(_ words: ArraySlice<String>) throws {
        var words = words
        while let option = words.popFirst() {
            guard let value = words.popFirst() else { throw Misunderstood(word: option) }
            func number(_ range: ClosedRange<Int>) throws -> Int {
                guard let number = Int(value), range.contains(number) else { throw Misunderstood(word: "\(option) \(value)") }
                return number
            }
            switch option {
            case "--to":
                guard let host = Invite.Host(value) else { throw Misunderstood(word: "\(option) \(value)") }
                rendezvous = host
            case "--tls-ca": authorities = value
            case "--people": shape.people = try number(1...60_000)
            case "--room": shape.roomSize = try number(1...1024)
            case "--sources": shape.sources = try number(1...60_000)
            case "--arrivals": shape.arrivals = try number(10...100_000)
            case "--churn": shape.churn = try number(0...1000)
            case "--seed": seed = UInt64(try number(0...Int.max))
            case "--draw":
                guard let rate = Double(value), rate > 0, rate <= 1000 else { throw Misunderstood(word: "\(option) \(value)") }
                draws = rate
            case "--bytes": byteCount = try number(8...Limits.datagramBytes)
            default: throw Misunderstood(word: option)
            }
        }
    }
}

/// A crowd, and who draws in it; reports. On its loop.
final class Stand {
    private let options: Options
    private let crowd: Crowd
    private let speakers: Speakers
    private let loop: any EventLoop
    private var isDrawing = false
    private let hearing: Hearing

    /// What a crowd is told to do with frames, before there is who hears them.
    private final class Hearing { var speakers: Speakers? }

    init(_ options: Options, trust: TLSTrust?, loop: any EventLoop) {
        (self.options, self.loop) = (options, loop)
        let hearing = Hearing()
        self.hearing = hearing
        let rendezvous = options.rendezvous
        crowd = Crowd(
            options.shape, seed: options.seed, loop: loop,
            way: { number in
                // 127.1.0.1 and what follows: loopback has sixteen million addresses.
                let from = InkPrimitives.SocketAddress(ip: .v4(0x7F01_0001 + UInt32(number)), port: 0)
                return .init(rendezvous: rendezvous, from: from, trust: trust)
            },
            receive: { frame, _ in hearing.speakers?.hear(frame) })
        let rooms = options.draws == nil ? 0 : options.shape.people / options.shape.roomSize
        speakers = Speakers(crowd, rooms: rooms, byteCount: options.byteCount, loop: loop)
        hearing.speakers = speakers
    }

    func begin() {
        crowd.gather()
        let bound = NIOLoopBound(self, eventLoop: loop)
        loop.scheduleRepeatedTask(initialDelay: .milliseconds(100), delay: .milliseconds(100)) { _ in bound.value.tell() }
    }

    private func tell() {
        let report = crowd.takeReport()
        if let rate = options.draws, !isDrawing, report.peopleIn == options.shape.people {
            isDrawing = true
            speakers.begin(rate: rate)
        }
        let delays = speakers.takeDelays()
        var line: [String: Any] = ["in": report.peopleIn, "out": report.wentOut, "sent": speakers.sent, "received": speakers.received]
        if !report.failures.isEmpty { line["failed"] = report.failures }
        if let most = delays.last {
            (line["p50_us"], line["p99_us"], line["max_us"]) = (delays[delays.count / 2], delays[delays.count * 99 / 100], most)
        }
        guard var text = try? JSONSerialization.data(withJSONObject: line, options: .sortedKeys) else { return }
        text.append(UInt8(ascii: "\n"))
        do {
            try FileHandle.standardOutput.write(contentsOf: text)
        } catch {
            // Nobody hears: who started this has gone.
            exit(1)
        }
    }
}

@main
struct Main {
    static func main() throws {
        signal(SIGPIPE, SIG_IGN)
        let options: Options
        do {
            options = try Options(CommandLine.arguments.dropFirst())
        } catch let error as Options.Misunderstood {
            FileHandle.standardError.write(Data("load-stand: \(error.word) is not understood\n".utf8))
            exit(2)
        }
        DescriptorLimit.raise()
        let trust = try options.authorities.map { try TLSTrust(file: $0) }
        let loop = MultiThreadedEventLoopGroup(numberOfThreads: 1).next()
        let stand = try loop.submit { NIOLoopBound(Stand(options, trust: trust, loop: loop), eventLoop: loop) }.wait()
        loop.execute { stand.value.begin() }
        while let some = try? FileHandle.standardInput.read(upToCount: 4096), !some.isEmpty {}
        exit(0)
    }
}
