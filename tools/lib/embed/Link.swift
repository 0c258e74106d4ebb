import InkCrypto
import InkPrimitives
import InkTransport

// Two ends of an encrypted link in one program: what the one transmits the other receives, in an order of our own and in a time of our own.
// A program that embeds the library, as tools/embed-check builds and runs it.

/// One end, at an address.
struct End {
    var endpoint: Endpoint
    let address: SocketAddress

    init(in room: Secret32, at address: SocketAddress, using generator: inout SecretGenerator) {
        let (signing, key) = (SigningKey(seed: generator.secret()), StaticKey(secret: generator.secret()))
        self.address = address
        endpoint = Endpoint(
            Endpoint.Configuration(
                salt: PeerSalt(using: &generator), keys: RoomKeys(roomSecret: room), staticKey: key,
                certificate: DeviceCertificate.make(signing: signing, staticKey: key), seed: generator.secret()))
    }
}

var system = SystemRandomNumberGenerator()
var generator = SecretGenerator(seed: (0..<32).map { _ in UInt8.random(in: 0...255, using: &system) })
let room = generator.secret()
guard let here = SocketAddress("192.0.2.1:4000"), let there = SocketAddress("192.0.2.2:4000") else { fatalError("two addresses") }
var ends = [End(in: room, at: here, using: &generator), End(in: room, at: there, using: &generator)]
var now = Instant.zero
var said: [String] = []

ends[0].endpoint.dial(attempt: generator.bytes(16), remote: nil, addresses: [there], now: now)
while said.count < 2 {
    var isQuiet = true
    for place in 0..<2 {
        while let output = ends[place].endpoint.nextOutput() {
            isQuiet = false
            switch output {
            case .transmit(let datagram, .direct, _):
                ends[1 - place].endpoint.receive(datagram, from: ends[place].address, now: now)
            case .established(let connection, _):
                ends[place].endpoint.send(Array("hello from \(place)".utf8), lane: .ops, on: connection, now: now)
            case .message(let bytes, _, _, _): said.append(String(decoding: bytes, as: UTF8.self))
            case .closed(_, let reason): fatalError("the link was closed: \(reason)")
            case .attemptFailed: fatalError("nobody answered")
            default: break
            }
        }
    }
    guard isQuiet else { continue }
    guard let next = ends.compactMap(\.endpoint.deadline).min() else { fatalError("nothing is due and nothing was said") }
    now = max(now, next)
    for place in 0..<2 { ends[place].endpoint.handleTimeout(now: now) }
}
print(said.sorted().joined(separator: ", "))
