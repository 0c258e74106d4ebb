import InkPrimitives
import InkRendezvous
import InkSession
import NIOCore

/// A connection to a rendezvous over which a mailbox was visited and nothing is joined, for the room to which the visit led: a driver that is given it
/// goes on over it, on its loop, and saves three round trips to the rendezvous (RT-104, CL-212).
///
/// It closes itself after 5 s unless a driver has taken it, and when it is let go of.
public final class KeptConnection: Sendable {
    /// Less than a rendezvous lets a socket be that joins nothing (RV-76, RV-154).
    static let keptTime: TimeAmount = .seconds(5)

    let loop: any EventLoop
    private let host: Invite.Host
    private let usesTLS: Bool
    private let core: NIOLoopBoundBox<Core>

    /// What goes on over it: the connector, what it is connected to, and the welcome that was said there.
    struct Open {
        let connector: RendezvousConnector
        let address: InkPrimitives.SocketAddress
        let welcome: ServerMessage
    }

    private final class Core {
        var open: Open?
        var timer: Scheduled<Void>?

        func close() {
            timer?.cancel()
            open?.connector.shutDown()
            open = nil
        }
    }

    /// - Parameter find: the connection as it is when the visit has ended; nil where it is gone. Called on the loop, at once.
    init(to host: Invite.Host, usesTLS: Bool, on loop: any EventLoop, _ find: @escaping @Sendable () -> NIOLoopBound<Open>?) {
        (self.host, self.usesTLS, self.loop) = (host, usesTLS, loop)
        let core = NIOLoopBoundBox.makeBoxSendingValue(Core(), eventLoop: loop)
        self.core = core
        loop.execute {
            core.value.open = find()?.value
            core.value.timer = loop.scheduleTask(in: Self.keptTime) { core.value.close() }
        }
    }

    deinit { loop.execute { [core] in core.value.close() } }

    /// Once, on the loop: the connection, if it is one to this rendezvous and still open (RT-161).
    func take(to host: Invite.Host, usesTLS: Bool) -> Open? {
        guard host == self.host, usesTLS == self.usesTLS, let open = core.value.open, open.connector.isOpen else { return nil }
        core.value.timer?.cancel()
        core.value.open = nil
        return open
    }
}
