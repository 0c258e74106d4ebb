import InkSession

@testable import InkRuntime

/// A rendezvous of a test's own, on loopback, at a port that the system chooses.
func loopbackService(_ change: (inout RendezvousService.Configuration) -> Void = { _ in }) throws -> RendezvousService {
    var configuration = RendezvousService.Configuration()
    configuration.listen = [Invite.Host(name: "127.0.0.1", port: 0)]
    change(&configuration)
    return try RendezvousService(configuration, clock: .system)
}

func host(_ service: RendezvousService) -> Invite.Host { Invite.Host(name: "127.0.0.1", port: service.port) }
