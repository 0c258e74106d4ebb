import InkCrypto
import InkPrimitives
import Testing

@Suite struct P256Tests {
    // RFC 7515 A.3.
    private let x = Base64URL.decode("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU") ?? []
    private let y = Base64URL.decode("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0") ?? []
    private let signature = Base64URL.decode("DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q") ?? []
    private let message = Array(
        "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ".utf8)
    /// The order of the group (SEC 2 §2.4.2).
    private let order = Hex.decode("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551") ?? []

    @Test func `CR-40, CR-41: a signature counts for its message under its key, and no other of 64 bytes, or of another number`() throws {
        try #require(P256Key.isAvailable, "libcrypto.so.3 is where the tests run")
        let key = try #require(P256Key(x: x, y: y))
        #expect(key.verifies(signature, of: message))
        #expect(!key.verifies(signature, of: message + [0]) && !key.verifies(signature, of: []))
        for index in signature.indices {
            var other = signature
            other[index] ^= 1
            #expect(!key.verifies(other, of: message))
        }
        for count in [0, 1, 63, 65, 72, 128] { #expect(!key.verifies(Array((signature + signature).prefix(count)), of: message)) }
        let (r, s) = (Array(signature[..<32]), Array(signature[32...]))
        let (zero, all) = ([UInt8](repeating: 0, count: 32), [UInt8](repeating: 255, count: 32))
        for wrong in [zero + s, r + zero, zero + zero, order + s, r + order, all + s, r + all, s + r] {
            #expect(!key.verifies(wrong, of: message))
        }
    }

    @Test func `CR-41: what is no point of the curve is no key`() {
        let zero = [UInt8](repeating: 0, count: 32)
        for (x, y) in [(y, x), (x, x), (zero, zero), (x, zero), (x, y.dropLast() + [y[31] ^ 1])] as [([UInt8], [UInt8])] {
            #expect(P256Key(x: x, y: y) == nil)
        }
        #expect(P256Key(x: x + [0], y: y) == nil && P256Key(x: Array(x.dropFirst()), y: y) == nil && P256Key(x: [], y: []) == nil)
    }

    // RFC 4231 §4.2, §4.7 (a key longer than a block).
    @Test(arguments: [
        ([UInt8](repeating: 0x0B, count: 20), "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
        (
            [UInt8](repeating: 0xAA, count: 131), "Test Using Larger Than Block-Size Key - Hash Key First",
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        ),
    ])
    func `CR-32, CR-2: a code counts under its key, and the key shows nothing`(key: [UInt8], text: String, code: String) throws {
        let (mac, message) = (MACKey(key), Array(text.utf8))
        let code = try #require(Hex.decode(code))
        #expect(mac.verifies(code, of: message))
        #expect(
            !mac.verifies(Array(code.dropLast()), of: message) && !mac.verifies(code, of: message + [0]) && !mac.verifies([], of: message))
        #expect(!MACKey(key.dropLast() + [1]).verifies(code, of: message) && MACKey(key.dropLast() + [1]).name != mac.name)
        var shown = ""
        dump(mac, to: &shown)
        #expect(!shown.contains("\(key[0])") && mac.name.count == 32)
    }
}
