import InkConnectivity
import InkPrimitives
import InkRendezvous

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Runs one `LinkSearch` on real sockets and clock: asks on our links who holds a mailbox.
package struct LinkAsker {
    private let question: LinkQuestion
    private let links: OwnLinks
    private let clock: MonotonicClock

    /// Nil where the number has not four digits.
    ///
    /// - Parameter clock: that of the process, `.system`.
    package init?(number: MailboxNumber, clock: MonotonicClock) {
        let nonce = (0..<LinkQuestion.nonceCount).map { _ in UInt8.random(in: .min ... .max) }
        guard let question = LinkQuestion(number: number, nonce: nonce) else { return nil }
        (self.question, self.clock) = (question, clock)
        links = OwnLinks((try? Interfaces.links(port: 0)) ?? [])
    }

    /// False where this machine is on no link, and not even has a loopback.
    package var hasLinks: Bool { !links.speakers.isEmpty }

    /// Blocks until somebody has answered, or nobody has in `LinkSearch.patience`.
    package func ask() -> LinkSearch.Ending {
        let sockets = [false, true].compactMap { LinkSocket.asking(isV6: $0) }
        defer { for socket in sockets { socket.close() } }
        var search = LinkSearch(question, on: links)
        search.start(now: clock.now)
        while true {
            while let output = search.nextOutput() {
                switch output {
                case .ask(let bytes):
                    for speaker in links.speakers {
                        let ip = speaker.address.ip
                        sockets.first { $0.isV6 == ip.isV6 }?.call(bytes, from: ip, interface: speaker.interface)
                    }
                case .over(let ending): return ending
                }
            }
            for socket in wait(for: sockets, until: search.deadline) {
                for said in socket.read(most: 16) {
                    search.received(said.bytes, from: said.from, interface: said.interface, now: clock.now)
                }
            }
            search.handleTimeout(now: clock.now)
        }
    }

    /// Those that something may have come to.
    private func wait(for sockets: [LinkSocket], until deadline: Instant?) -> [LinkSocket] {
        var descriptors = sockets.map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) }
        let now = clock.now
        let pause = MonotonicClock.sleep(until: deadline ?? now, now: now)
        let milliseconds = Int32(clamping: (pause.nanoseconds + 999_999) / 1_000_000)
        // A signal ends the wait, as nothing that has come does.
        guard poll(&descriptors, nfds_t(descriptors.count), milliseconds) > 0 else { return [] }
        return zip(sockets, descriptors).filter { $0.1.revents != 0 }.map(\.0)
    }
}
