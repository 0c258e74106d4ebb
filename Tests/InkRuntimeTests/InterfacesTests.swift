import InkConnectivity
import InkPrimitives
import Testing

@testable import InkRuntime

@Suite struct InterfacesTests {
    @Test func `interfaces list loopback, and only it where asked`() throws {
        let all = try Interfaces.addresses(port: 7000)
        let loopback = try Interfaces.addresses(port: 7000, onlyLoopback: true, hasV6: false)
        #expect(loopback.map(\.address.description) == ["127.0.0.1:7000"])
        #expect(loopback.map(\.prefixLength) == [8], "by the mask that the system has")
        #expect(Set(all).isSuperset(of: loopback))
        #expect(all.allSatisfy { !$0.address.ip.isLinkLocal && $0.address.port == 7000 })
        #expect(Set(all.map(\.address)).count == all.count)
        #expect(all == LocalAddress.ranked(all))
    }

    @Test func `CN-10: the address from which the system sends there is found without sending`() throws {
        let loopback = IPAddress.v4(0x7F00_0001)
        #expect(Interfaces.source(toward: SocketAddress(ip: .v4(0x7F00_0009), port: 9)) == loopback)
        for own in try Interfaces.addresses(port: 7000, hasV6: false) where own.isConnected && !own.address.ip.isLoopback {
            #expect(Interfaces.source(toward: own.address) == own.address.ip)
            let listed = try Interfaces.addresses(port: 7000, toward: [own.address])
            #expect(listed.first { $0.address == own.address }?.standing == .routed)
        }
    }

    @Test(arguments: ["docker0", "br-7cb1f2aa09de", "veth12ab", "virbr0", "cni0", "vmnet8", "bridge100"])
    func `CN-10: networks of containers are known by their names`(name: String) { #expect(Interfaces.isInner(name)) }

    @Test(arguments: ["eth0", "enp3s0", "wlan0", "wlp2s0", "en0", "wg0", "tun0", "tailscale0"])
    func `CN-10: cables, radios and tunnels are not`(name: String) { #expect(!Interfaces.isInner(name)) }
}
