import InkRendezvous

extension RendezvousService.Status {
    /// What Prometheus reads at `/metrics` (text format 0.0.4).
    var metrics: String {
        let gauges: [(name: String, help: String, value: Int)] = [
            ("inkwire_sockets", "WebSockets open now.", sockets),
            ("inkwire_topics", "Topics held now.", topics),
            ("inkwire_mailboxes", "Mailboxes open now.", mailboxes),
        ]
        let counters: [(name: String, help: String, value: Int)] = [
            ("inkwire_joined_total", "Sockets let into a topic.", server.joined),
            ("inkwire_bearers_total", "WebSockets that showed a token.", server.bearers),
            ("inkwire_guests_total", "WebSockets without one, where one is asked for.", server.guests),
            ("inkwire_refused_total", "Wishes of sockets that were refused.", server.refused),
            ("inkwire_closed_total", "Sockets that were closed for what they did or by a limit.", server.closedByUs),
            ("inkwire_envelopes_in_total", "Sealed envelopes received.", server.envelopesIn),
            ("inkwire_envelopes_out_total", "Sealed envelopes delivered.", server.envelopesOut),
            ("inkwire_mailboxes_opened_total", "Mailboxes that were opened.", server.mailboxesOpened),
            ("inkwire_knocks_total", "Visits to mailboxes.", server.visits),
            ("inkwire_mailboxes_refused_total", "Wishes for a mailbox or a visit that came to nothing.", server.mailboxesRefused),
            ("inkwire_relay_frames_in_total", "Relay frames received.", server.relayFramesIn),
            ("inkwire_relay_bytes_in_total", "Their bytes.", server.relayBytesIn),
            ("inkwire_relay_frames_out_total", "Relay frames delivered, once for each receiver.", server.relayFramesOut),
            ("inkwire_relay_bytes_out_total", "Their bytes.", server.relayBytesOut),
            ("inkwire_relay_late_total", "Relay frames dropped since a room sent more than its rate.", server.relayLate),
            ("inkwire_relay_over_source_total", "Relay frames dropped since one source sent too much.", server.relayOverSource),
            ("inkwire_relay_stray_total", "Relay frames of wrong form or for nobody.", server.relayStray),
            ("inkwire_relay_unread_total", "Relay frames that a receiver did not read in time.", relayUnread),
            ("inkwire_stun_answered_total", "STUN requests answered.", stunAnswered),
            ("inkwire_stun_silent_total", "Datagrams without an answer.", stunSilent),
        ]
        let name = "inkwire_token_refused_total"
        // By class, and nothing else: no token, and nobody's name (RT-169).
        let refusals = RendezvousRefusal.allCases.filter(\.isOfTokens).map { reason in
            "\(name){reason=\"\(reason.rawValue)\"} \(server.tokensRefused[reason, default: 0])\n"
        }
        func lines(_ kind: String, _ figures: [(name: String, help: String, value: Int)]) -> String {
            figures.map { "# HELP \($0.name) \($0.help)\n# TYPE \($0.name) \(kind)\n\($0.name) \($0.value)\n" }.joined()
        }
        let head = "# HELP \(name) What was refused for a token, or for want of one.\n# TYPE \(name) counter\n"
        return lines("gauge", gauges) + lines("counter", counters) + head + refusals.joined()
    }
}
