import ArgumentParser
import Foundation
import InkAutomation
import InkRuntime
import InkSession

/// `inkwire serve`: a rendezvous.
struct ServeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Run a rendezvous: it introduces peers to each other and can read nothing.",
        discussion: "Keeps nothing on disk; restarting it disturbs no board. Without TLS in this version: put it behind a proxy for that.")

    @Option(name: .customLong("listen"), help: ArgumentHelp("Where to accept WebSockets.", valueName: "host:port"))
    var listen = "0.0.0.0:4300"

    @Option(
        name: .customLong("stun"),
        help: ArgumentHelp("Where to answer STUN on UDP; without it, the port of --listen.", valueName: "host:port"))
    var stun: String?

    @OptionGroup var options: GlobalOptions

    mutating func run() throws {
        var configuration = RendezvousService.Configuration()
        configuration.listen = [try host(listen, "--listen")]
        configuration.stun = try stun.map { try host($0, "--stun") }
        // A connection is a descriptor, and the usual soft limit is far below what a rendezvous may serve.
        DescriptorLimit.raise()
        let service: RendezvousService
        do {
            service = try RendezvousService(configuration, clock: options.clock)
        } catch {
            throw Failure(error)
        }
        // Before anybody is told that we listen, and may stop us.
        let asked = DispatchSemaphore(value: 0)
        let number = Counter()
        let signals = EndingSignals {
            number.add(Int($0))
            asked.signal()
        }
        let place = service.addresses.map { "ws://\($0)" }.joined(separator: ", ")
        options.notices.say("rendezvous at \(place), STUN at \(service.stunAddress); interrupt to stop")
        if options.isJSON {
            let line: JSONObject = [
                "schema": 1, "event": "listening", "rendezvous": .string(place), "stun": .string(service.stunAddress.description),
            ]
            StandardStream.output.write(Array((JSONValue.object(line).text + "\n").utf8))
        }
        asked.wait()
        let done = DispatchSemaphore(value: 0)
        Task {
            await service.stop()
            done.signal()
        }
        done.wait()
        signals.cancel()
        EndingSignals.die(by: Int32(number.add(0)))
    }

    private func host(_ text: String, _ option: String) throws -> InviteLink.Host {
        guard let host = InviteLink.Host(text) ?? (text.hasSuffix(":0") ? InviteLink.Host(name: String(text.dropLast(2)), port: 0) : nil)
        else {
            throw Failure.usage(
                "\(option) \(text) cannot be used", why: "it is not of the form HOST:PORT", next: "for example \(option) 127.0.0.1:4300")
        }
        return host
    }
}
