import Testing

@testable import inkwire

@Suite struct DataDirectoryTests {
    private func path(_ environment: [String: String], flag: String? = nil) -> String {
        DataDirectory.path(flag: flag, environment: { environment[$0] }, accountHome: { "/home/ana" })
    }

    @Test func `CL-30: what is nearest goes first`() {
        var environment = ["INKWIRE_DATA_DIR": "there", "XDG_DATA_HOME": "/xdg", "HOME": "/tmp/x"]
        #expect(path(environment, flag: "here") == "here")
        #expect(path(environment) == "there")
        environment["INKWIRE_DATA_DIR"] = nil
        #expect(path(environment) == "/xdg/inkwire")
        environment["XDG_DATA_HOME"] = nil
        #expect(path(environment) == "/tmp/x/.local/share/inkwire")
        environment["HOME"] = nil
        #expect(path(environment) == "/home/ana/.local/share/inkwire")
    }

    @Test func `CL-30: a relative base is ignored`() {
        #expect(path(["XDG_DATA_HOME": "xdg", "HOME": "/tmp/x"]) == "/tmp/x/.local/share/inkwire")
        #expect(path(["XDG_DATA_HOME": "xdg", "HOME": "x"]) == "/home/ana/.local/share/inkwire")
    }
}
