/// The words that a connection to a rendezvous is made of, whatever is said over it: those of the messages that the page of `InkRendezvous` has, and
/// those of a head (RFC 6455 §4). None is taken from the program that says them, so that a word which it should not say is not among them.
enum PublishedWords {
    static let requestLine = "GET / HTTP/1.1"
    static let answerLine = "HTTP/1.1 101 Switching Protocols"

    /// Fields of a head, in small letters, each with what it may say; nil: what only this connection has, by its form.
    static let fields: [String: String?] = [
        "host": nil, "content-length": "0", "connection": "upgrade", "upgrade": "websocket", "sec-websocket-key": nil,
        "sec-websocket-version": "13", "sec-websocket-accept": nil, "sec-websocket-protocol": "inkwire.v1",
        "authorization": nil,
    ]

    private static let words = [
        "type", "nonce", "stun_port", "relay", "mailboxes", "topic", "key", "signature", "member", "others", "to", "from", "box", "reason",
        "mailbox",
        "visitor", "body", "welcome", "join", "joined", "send", "envelope", "refused", "leave", "open-mailbox", "open-local-mailbox",
        "close-mailbox",
        "no-mailbox", "mailbox-busy", "knock", "pass", "dismiss", "gone", "not-admitted", "too-many-topics", "topic-full", "not-joined",
        "too-many-knocks", "auth", "token", "guest", "no-token", "token-limit", "token-too-long", "token-malformed", "token-unknown-key",
        "token-other-audience", "token-expired", "token-not-yet-valid", "bearer",
        requestLine, answerLine,
    ]

    private static let all = (words + fields.flatMap { [$0.key, $0.value ?? ""] }).joined(separator: "\n").lowercased()

    /// True for what is to be seen on any connection, since it is a part of these.
    static func contain(_ bytes: [UInt8]) -> Bool { all.contains(String(decoding: bytes, as: UTF8.self).lowercased()) }
}
