import Glibc
import InkPrimitives
import InkSession

// adversary-member ATTACK [--to HOST:PORT …] [--rendezvous HOST:PORT] [--seconds N] [--rate R] [--sources N]
//
// The link of the room comes in INKWIRE_CODE. Says `ready` once it has its sessions, then what it did as `name=value` in one line, at the end.
// tools/adversary starts the targets and this, and measures.

struct Arguments {
    var attack = ""
    var targets: [SocketAddress] = []
    var rendezvous: SocketAddress?
    var seconds = 30.0
    /// Times a second; nil: as the attack was seen.
    var rate: Double?
    /// Addresses to come from.
    var sources = 1

    init?(_ words: [String]) {
        var words = words[...]
        guard let first = words.popFirst() else { return nil }
        attack = first
        while let word = words.popFirst() {
            guard let value = words.popFirst() else { return nil }
            switch word {
            case "--to":
                guard let address = SocketAddress(value) else { return nil }
                targets.append(address)
            case "--rendezvous":
                guard let address = SocketAddress(value) else { return nil }
                rendezvous = address
            case "--seconds":
                guard let number = Double(value) else { return nil }
                seconds = number
            case "--rate":
                guard let number = Double(value) else { return nil }
                rate = number
            case "--sources":
                guard let number = Int(value), (1...250).contains(number) else { return nil }
                sources = number
            default: return nil
            }
        }
    }
}

@main
enum Entry {
    static func main() {
        guard let arguments = Arguments(Array(CommandLine.arguments.dropFirst())), let attack = Attack(rawValue: arguments.attack) else {
            say("usage: adversary-member ATTACK [--to HOST:PORT …] [--rendezvous HOST:PORT] [--seconds N] [--rate R] [--sources N]")
            say("attacks: \(Attack.allCases.map(\.rawValue).joined(separator: ", "))")
            exit(2)
        }
        do {
            let invite = try getenv("INKWIRE_CODE").map { try Invite(link: String(cString: $0)) }
            let done = try attack.run(arguments, invite)
            say(done.map { "\($0.0)=\($0.1)" }.joined(separator: " "))
        } catch {
            say("failed: \(error)")
            exit(1)
        }
    }
}

/// One line, at once.
func say(_ line: String) {
    print(line)
    fflush(nil)
}
