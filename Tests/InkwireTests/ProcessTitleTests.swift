import Testing

@testable import inkwire

@Suite struct ProcessTitleTests {
    @Test func `CL-35: what stands behind the mark of an invite is overwritten, and nothing else`() {
        var bytes = Array("inkwire\0join\0INKWIRE://h:1/?tls=0#1.secret\0--name\0a#b\0 inkwire://x#y".utf8)
        ProcessTitle.hideSecrets(in: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == "inkwire\0join\0INKWIRE://h:1/?tls=0#........\0--name\0a#b\0 inkwire://x#.")
    }
}
