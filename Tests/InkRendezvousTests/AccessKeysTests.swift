import InkCrypto
import InkPrimitives
import InkRendezvous
import Testing

@Suite struct AccessKeysTests {
    /// A hundred seconds before the tokens of RFC 7515, appendix A, end.
    private static let now: Int64 = 1_300_819_280
    /// The key of RFC 7515 A.1, and what it signed there.
    private static let macKey = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"
    private static let claimsOfJoe = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
    private static let macToken =
        "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." + claimsOfJoe + ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    /// Of A.3, on P-256.
    private static let (pointX, pointY) = ("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0")
    private static let curveSignature = "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
    private static let curveToken = "eyJhbGciOiJFUzI1NiJ9." + claimsOfJoe + "." + curveSignature

    private static let signer = SigningKey(seed: Secret32([UInt8](repeating: 7, count: 32)) ?? .random())
    private static let stranger = SigningKey(seed: Secret32([UInt8](repeating: 8, count: 32)) ?? .random())

    private static func base64(_ text: String) -> String { Base64URL.encode(Array(text.utf8)) }
    private static func bytes(_ text: String) -> [UInt8] { Base64URL.decode(text) ?? [] }

    private static let macEntry = "{\"kty\":\"oct\",\"k\":\"\(macKey)\",\"kid\":\"mac\"}"
    private static let edEntry =
        "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"\(Base64URL.encode(signer.author.bytes))\",\"kid\":\"ed\",\"use\":\"sig\"}"
    private static let curveEntry = "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"\(pointX)\",\"y\":\"\(pointY)\",\"alg\":\"ES256\"}"

    private static func set(_ entries: String...) -> [UInt8] { Array("{\"keys\":[\(entries.joined(separator: ","))]}".utf8) }

    private static func token(_ head: String, _ claims: String, _ sign: ([UInt8]) -> [UInt8]) -> String {
        let signed = base64(head) + "." + base64(claims)
        return signed + "." + Base64URL.encode(sign(Array(signed.utf8)))
    }

    private static func mac(_ claims: String, head: String = "{\"alg\":\"HS256\"}", key: [UInt8]? = nil) -> String {
        token(head, claims) { HMACSHA256.authenticate($0, key: key ?? bytes(macKey)) }
    }

    private static func ed(_ claims: String, head: String = "{\"alg\":\"EdDSA\"}", by key: SigningKey = signer) -> String {
        token(head, claims) { key.sign($0) }
    }

    /// With one character of its last part another.
    private static func spoilt(_ token: String) -> String {
        let last = token.index(token.endIndex, offsetBy: -10)
        return token[..<last] + (token[last] == "A" ? "B" : "A") + token[token.index(after: last)...]
    }

    /// What is wanted of one token; nil: it is taken.
    private struct Row {
        let name: String
        let token: String
        let refusal: RendezvousRefusal?
        var audience: String?
    }

    private static var rows: [Row] {
        func row(_ name: String, _ token: String, _ refusal: RendezvousRefusal? = nil, audience: String? = nil) -> Row {
            Row(name: name, token: token, refusal: refusal, audience: audience)
        }
        let exp = "\"exp\":\(now + 1000)"
        let point = bytes(pointX) + bytes(pointY)
        let parts = curveToken.split(separator: ".").map(String.init)
        func curve(_ signature: [UInt8]) -> String { "\(parts[0]).\(parts[1]).\(Base64URL.encode(signature))" }
        let signature = bytes(curveSignature)
        return [
            // What is taken.
            row("RFC 7515 A.1", macToken), row("RFC 7515 A.3", curveToken), row("EdDSA", ed("{\(exp)}")), row("HS256", mac("{\(exp)}")),
            row("the key that it names", mac("{\(exp)}", head: "{\"alg\":\"HS256\",\"kid\":\"mac\"}")),
            row(
                "typ, cty, jku say nothing",
                ed("{\(exp)}", head: "{\"alg\":\"EdDSA\",\"typ\":\"JWT\",\"jku\":\"https://evil.example/keys\"}")),
            row("ends in a moment", ed("{\"exp\":\(now + 1)}")), row("ended within the leeway", ed("{\"exp\":\(now - 59)}")),
            row("begins within the leeway", ed("{\(exp),\"nbf\":\(now + 60)}")), row("half seconds", ed("{\"exp\":\(now + 1).5}")),
            row("claims that nobody knows", ed("{\(exp),\"iss\":\"x\",\"jti\":[1,{}],\"iat\":0}")),
            row("audience as text", ed("{\(exp),\"aud\":\"ink\"}"), audience: "ink"),
            row("audience among others", ed("{\(exp),\"aud\":[\"x\",\"ink\"]}"), audience: "ink"),
            row("audience that nobody asks for", ed("{\(exp),\"aud\":\"x\"}")),
            row("limits", ed("{\(exp),\"inkwire\":{\"topics\":3,\"relay\":0,\"mailboxes\":2}}")),
            // Forged.
            row("alg none, no signature", base64("{\"alg\":\"none\"}") + "." + base64("{\(exp)}") + ".", .tokenUnknownKey),
            row("alg None", ed("{\(exp)}", head: "{\"alg\":\"None\"}"), .tokenUnknownKey),
            row("alg none, signed", ed("{\(exp)}", head: "{\"alg\":\"none\"}"), .tokenUnknownKey),
            row("RS256", ed("{\(exp)}", head: "{\"alg\":\"RS256\"}"), .tokenUnknownKey),
            row("HS512", mac("{\(exp)}", head: "{\"alg\":\"HS512\"}"), .tokenUnknownKey),
            row("another signed it", ed("{\(exp)}", by: stranger), .tokenUnknownKey),
            row("another secret", mac("{\(exp)}", key: [UInt8](repeating: 1, count: 32)), .tokenUnknownKey),
            row("confusion: the public Ed25519 key as a secret", mac("{\(exp)}", key: signer.author.bytes), .tokenUnknownKey),
            row(
                "confusion: the same, by its name", mac("{\(exp)}", head: "{\"alg\":\"HS256\",\"kid\":\"ed\"}", key: signer.author.bytes),
                .tokenUnknownKey),
            row("confusion: the point as a secret", mac("{\(exp)}", key: point), .tokenUnknownKey),
            row("confusion: the point in its long form", mac("{\(exp)}", key: [4] + point), .tokenUnknownKey),
            row("confusion: EdDSA under ES256", ed("{\(exp)}", head: "{\"alg\":\"ES256\"}"), .tokenUnknownKey),
            row("the name of another key", ed("{\(exp)}", head: "{\"alg\":\"EdDSA\",\"kid\":\"mac\"}"), .tokenUnknownKey),
            row("claims of one, signature of another", macToken.replacing(claimsOfJoe, with: base64("{\(exp)}")), .tokenUnknownKey),
            row("a bit of the code", spoilt(macToken), .tokenUnknownKey), row("a bit of EdDSA", spoilt(ed("{\(exp)}")), .tokenUnknownKey),
            row("a bit of ES256", spoilt(curveToken), .tokenUnknownKey),
            row("r and s zero", curve([UInt8](repeating: 0, count: 64)), .tokenUnknownKey),
            row("r and s swapped", curve(Array(signature[32...] + signature[..<32])), .tokenUnknownKey),
            row("a byte short", curve(Array(signature.dropLast())), .tokenUnknownKey),
            row("a byte long", curve(signature + [0]), .tokenUnknownKey),
            row("no signature", "\(parts[0]).\(parts[1]).", .tokenUnknownKey),
            // In time.
            row("has expired", ed("{\"exp\":\(now - 60)}"), .tokenExpired), row("expired in 1970", ed("{\"exp\":0}"), .tokenExpired),
            row("not valid yet", ed("{\(exp),\"nbf\":\(now + 61)}"), .tokenNotYetValid),
            row("expired and forged", ed("{\"exp\":0}", by: stranger), .tokenUnknownKey),
            // For whom.
            row("another audience", ed("{\(exp),\"aud\":\"x\"}"), .tokenOtherAudience, audience: "ink"),
            row("no audience", ed("{\(exp)}"), .tokenOtherAudience, audience: "ink"),
            row("a part of it", ed("{\(exp),\"aud\":[\"in\",\"inky\",\"INK\"]}"), .tokenOtherAudience, audience: "ink"),
            row("audience that is none", ed("{\(exp),\"aud\":{\"ink\":1}}"), .tokenOtherAudience, audience: "ink"),
            // Of wrong form.
            row("no end", ed("{\"sub\":\"x\"}"), .tokenMalformed),
            row("an end that is a text", ed("{\"exp\":\"\(now + 9)\"}"), .tokenMalformed),
            row("an end beyond all", ed("{\"exp\":1e400}"), .tokenMalformed), row("an end before all", ed("{\"exp\":-1}"), .tokenMalformed),
            row("two ends", ed("{\(exp),\(exp)}"), .tokenMalformed),
            row("a beginning that is null", ed("{\(exp),\"nbf\":null}"), .tokenMalformed),
            row("a name that is none", ed("{\(exp),\"sub\":7}"), .tokenMalformed),
            row("claims that are a list", ed("[1]"), .tokenMalformed),
            row("claims that are no JSON", ed("{\(exp)"), .tokenMalformed),
            row("a limit that is none", ed("{\(exp),\"inkwire\":{\"topcis\":1}}"), .tokenMalformed),
            row("a limit below nothing", ed("{\(exp),\"inkwire\":{\"topics\":-1}}"), .tokenMalformed),
            row("limits that are a text", ed("{\(exp),\"inkwire\":\"all\"}"), .tokenMalformed),
            row("crit", ed("{\(exp)}", head: "{\"alg\":\"EdDSA\",\"crit\":[\"exp\"]}"), .tokenMalformed),
            row("no alg", ed("{\(exp)}", head: "{}"), .tokenMalformed),
            row("alg is a number", ed("{\(exp)}", head: "{\"alg\":1}"), .tokenMalformed),
            row("two algs", ed("{\(exp)}", head: "{\"alg\":\"EdDSA\",\"alg\":\"none\"}"), .tokenMalformed),
            row("kid is a list", ed("{\(exp)}", head: "{\"alg\":\"EdDSA\",\"kid\":[]}"), .tokenMalformed),
            row("empty", "", .tokenMalformed), row("points alone", "..", .tokenMalformed),
            row("two parts", "\(parts[0]).\(parts[1])", .tokenMalformed),
            row("four parts", curveToken + ".AA", .tokenMalformed), row("five parts (JWE)", "a.b.c.d.e", .tokenMalformed),
            row("padding", curveToken + "=", .tokenMalformed), row("white space", curveToken + " ", .tokenMalformed),
            row("base64 of the other kind", macToken.replacing("-", with: "+"), .tokenMalformed),
            row("deep", ed(String(repeating: "[", count: 100)), .tokenMalformed),
            // Long.
            row("as long as may be", String(repeating: "a", count: 8192), .tokenMalformed),
            row("longer", String(repeating: "a", count: 8193), .tokenTooLong),
            row("long and right", ed("{\(exp),\"x\":\"\(String(repeating: "a", count: 7000))\"}"), .tokenTooLong),
        ]
    }

    @Test
    func `RV-172, RV-173, CR-40: of all that may be shown what is signed by a known key, in time and for us is taken, and nothing else`()
        throws
    {
        try #require(P256Key.isAvailable, "libcrypto.so.3 is where the tests run")
        #expect(Self.rows.count >= 70)
        for row in Self.rows {
            let keys = try AccessKeys(keySet: Self.set(Self.macEntry, Self.edEntry, Self.curveEntry), audience: row.audience)
            do throws(RendezvousRefusal) {
                _ = try keys.bearer(of: row.token, now: Self.now)
                #expect(row.refusal == nil, "taken: \(row.name)")
            } catch {
                #expect(error == row.refusal, "\(row.name)")
            }
        }
    }

    @Test func `RV-172: where keys have names the one that a token names is asked, and those without a name where none has it`() throws {
        let claims = "{\"exp\":\(Self.now + 10)}"
        let named = try AccessKeys(keySet: Self.set(Self.edEntry))
        let nameless = try AccessKeys(keySet: Self.set(Self.edEntry.replacing(",\"kid\":\"ed\"", with: "")))
        let (its, other) = ("{\"alg\":\"EdDSA\",\"kid\":\"ed\"}", "{\"alg\":\"EdDSA\",\"kid\":\"other\"}")
        _ = try named.bearer(of: Self.ed(claims, head: its), now: Self.now)
        _ = try nameless.bearer(of: Self.ed(claims, head: other), now: Self.now)
        #expect(throws: RendezvousRefusal.tokenUnknownKey) { try named.bearer(of: Self.ed(claims, head: other), now: Self.now) }
    }

    @Test func `RV-180, RV-173: what a token allows and when it ends is read, and one name is one account`() throws {
        let keys = try AccessKeys(keySet: Self.set(Self.macEntry, Self.edEntry))
        let limits = "\"inkwire\":{\"topics\":3,\"relay\":64,\"mailboxes\":0}"
        let first = try keys.bearer(of: Self.ed("{\"exp\":\(Self.now + 10),\"sub\":\"ana\",\(limits)}"), now: Self.now)
        #expect(first.limits == Bearer.Limits(topics: 3, relay: 65_536, mailboxes: 0) && first.until == Self.now + 70)
        let second = try keys.bearer(of: Self.mac("{\"exp\":\(Self.now + 20),\"sub\":\"ana\"}"), now: Self.now)
        #expect(second.account == first.account && second.vouch != first.vouch && second.limits == Bearer.Limits())
        let nameless = try keys.bearer(of: Self.ed("{\"exp\":\(Self.now + 10)}"), now: Self.now)
        let another = try keys.bearer(of: Self.ed("{\"exp\":\(Self.now + 11)}"), now: Self.now)
        #expect(Set([first.account, nameless.account, another.account]).count == 3)
        #expect(keys.vouches == [first.vouch, second.vouch] && nameless.vouch == first.vouch)
    }

    @Test
    func `RV-175, CR-40: a set of keys that is not as it must be is refused as a whole, with the number of the key and no word of it`() {
        let secret = "NotToBeRepeated"
        func entry(_ fields: String) -> String { "{\(fields),\"x-note\":\"\(secret)\"}" }
        let short = Base64URL.encode([UInt8](repeating: 1, count: 31))
        let rows: [(file: [UInt8], words: String)] = [
            ([], "no whole JSON"), (Array("{\"keys\":[".utf8), "no whole JSON"), (Array("[]".utf8), "no set of keys"),
            (Array(Self.macEntry.utf8), "no set of keys"), (Array("{\"keys\":{}}".utf8), "no set of keys"), (Self.set(), "holds no key"),
            (Array("{\"keys\":[],\"keys\":[]}".utf8), "names a member twice"), (Self.set("1"), "key 1: it has no kty"),
            (Self.set(Self.macEntry, entry("\"kty\":\"RSA\",\"n\":\"AQ\",\"e\":\"AQAB\"")), "key 2: its kty is none of"),
            (Self.set(entry("\"kty\":\"oct\",\"k\":\"\(short)\"")), "key 1: it is shorter than 32 bytes"),
            (Self.set(entry("\"kty\":\"oct\",\"k\":\"!!\"")), "key 1: its k is not base64url"),
            (Self.set(entry("\"kty\":\"oct\"")), "key 1: its k is not base64url"),
            (Self.set(entry("\"kty\":\"oct\",\"k\":\"\(Self.macKey)\",\"alg\":\"HS512\"")), "key 1: its alg is another than HS256"),
            (Self.set(entry("\"kty\":\"oct\",\"k\":\"\(Self.macKey)\",\"use\":\"enc\"")), "key 1: it is not for signatures"),
            (Self.set(entry("\"kty\":\"oct\",\"k\":\"\(Self.macKey)\",\"kid\":1")), "key 1: its kid is no text"),
            (Self.set(Self.macEntry, Self.macEntry), "key 2: its kid is that of another"),
            (Self.set(Self.edEntry.replacing("Ed25519", with: "Ed448")), "key 1: its crv is another than Ed25519"),
            (Self.set(entry("\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AAAA\"")), "key 1: its x has not 32 bytes"),
            (Self.set(Self.edEntry.replacing("\"use\":\"sig\"", with: "\"d\":\"\(secret)\"")), "key 1: its private part (d)"),
            (Self.set(Self.curveEntry.replacing("P-256", with: "P-521")), "key 1: its crv is another than P-256"),
            (Self.set(Self.curveEntry.replacing("ES256", with: "HS256")), "key 1: its alg is another than ES256"),
            (Self.set(Self.curveEntry.replacing(Self.pointY, with: Self.pointX)), "key 1: its x and y are no point of P-256"),
            ([UInt8](repeating: 0x20, count: AccessKeys.fileBytesMax + 1), "longer than 1 MiB"),
        ]
        for row in rows {
            let fault = #expect(throws: AccessKeys.Fault.self, "\(row.words)") { try AccessKeys(keySet: row.file) }
            #expect(fault?.description.contains(row.words) == true, "\(fault.map { "\($0)" } ?? "")")
            #expect(fault?.description.contains(secret) == false)
        }
        let bare = #expect(throws: AccessKeys.Fault.self) { try AccessKeys(keySet: Self.set(Self.curveEntry), verifiesES256: false) }
        #expect(bare?.description.contains("libcrypto") == true)
    }

    @Test func `RV-174: a token that stands in a list is taken as it stands there, with what stands behind it`() throws {
        let text = """
            # of the team
            abcdefghijklmnop
            0123456789abcdef-._~+/== name=ana topics=2 relay=0 mailboxes=1

              AAAAAAAAAAAAAAAA\tname=ana
            """
        let keys = try AccessKeys(list: Array(text.utf8))
        #expect(keys.count == 3 && keys.vouches.count == 3)
        let plain = try keys.bearer(of: "abcdefghijklmnop", now: 0)
        #expect(plain.limits == Bearer.Limits() && plain.until == nil)
        let ana = try keys.bearer(of: "0123456789abcdef-._~+/==", now: 0)
        #expect(ana.limits == Bearer.Limits(topics: 2, relay: 0, mailboxes: 1) && ana.account != plain.account)
        #expect(try keys.bearer(of: "AAAAAAAAAAAAAAAA", now: 0).account == ana.account)
        for wrong in ["abcdefghijklmnoq", "abcdefghijklmno", "abcdefghijklmnopq", "ABCDEFGHIJKLMNOP"] {
            #expect(throws: RendezvousRefusal.tokenUnknownKey) { try keys.bearer(of: wrong, now: 0) }
        }
        for wrong in ["", "abcdefghijklmnop ", "#", "a=b", "abcdefghijklmnoü"] {
            #expect(throws: RendezvousRefusal.tokenMalformed) { try keys.bearer(of: wrong, now: 0) }
        }
        #expect(throws: RendezvousRefusal.tokenTooLong) { try keys.bearer(of: String(repeating: "a", count: 8193), now: 0) }
    }

    @Test func `RV-175: a list that is not as it must be is refused as a whole, with the line and no word of it`() {
        let good = "abcdefghijklmnop"
        let rows: [(text: String, words: String)] = [
            ("", "holds no token"), ("# \(good)\n\n", "holds no token"), ("\(good)\nshort", "line 2: its token is shorter than 16"),
            ("\(good)\n\(good)", "line 2: this token stands in it twice"), ("\(good) topics", "line 1: what stands behind its token"),
            ("\(good) topics=1 topics=2", "line 1: what stands behind its token"), ("\(good) topics=-1", "line 1: its topics is no number"),
            ("\(good) topics=", "line 1: its topics is no number"), ("\(good) relay=99999999", "line 1: its relay is no number"),
            ("\(good) color=red", "line 1: behind its token stands what is none of"), ("\(good) name=", "line 1: its name is empty"),
            ("abcdefghijklmnop,x", "line 1: its token has a character"),
            (String(repeating: "a", count: 8193), "line 1: its token is longer"),
        ]
        for row in rows {
            let fault = #expect(throws: AccessKeys.Fault.self, "\(row.words)") { try AccessKeys(list: Array(row.text.utf8)) }
            #expect(fault?.description.contains(row.words) == true, "\(fault.map { "\($0)" } ?? "")")
            #expect(fault?.description.contains(good) == false && fault?.description.contains("red") == false)
        }
        #expect(throws: AccessKeys.Fault.self) { try AccessKeys(list: [0x61, 0xFF]) }
    }

    @Test func `RV-185: what is kept of who showed a token shows neither it nor the name in it`() throws {
        let token = "abcdefghijklmnop"
        let bearer = try AccessKeys(list: Array("\(token) name=anastasia".utf8)).bearer(of: token, now: 0)
        var shown = ""
        dump(bearer, to: &shown)
        for word in [token, "anastasia", Base64URL.encode(Array(token.utf8))] {
            #expect(!shown.contains(word) && !"\(bearer)".contains(word))
        }
    }
}
