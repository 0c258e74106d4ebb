// What the contestant of tools/bench needs of C: a socket that takes and gives many datagrams at once, and the yardsticks. Linux, IPv4.
//
// Used from one thread. All sockets share what waits to be sent and what came: flush one before writing for another.
#ifndef C_BENCH_H
#define C_BENCH_H

#include <stdint.h>

/// How many datagrams go with one call of the system.
enum bench_batch {
    /// One by one: sendto, recvmsg.
    bench_single,
    /// sendmmsg, recvmmsg.
    bench_many,
    /// UDP_SEGMENT and UDP_GRO: neighbours of one size are one datagram to most of the kernel.
    bench_offload,
};

/// Datagrams kept until `bench_flush`, and the most bytes of one.
#define BENCH_SLOTS 64
#define BENCH_SLOT_BYTES 2048

struct bench_socket {
    int fd;
    enum bench_batch batch;
    uint32_t filled;
    /// Wakes `bench_take` at a time that is set anew only if it is to be earlier: to set one costs a virtual machine some microseconds.
    /// Unless `is_timed`: then each wait sets one.
    int timer;
    int is_timed;
    int64_t timer_at;
    /// The system knows where all datagrams go, and is told no address.
    int is_connected;
    uint64_t sent_packets;
    /// Datagrams that the system did not take.
    uint64_t refused;
};

/// A datagram that came; its bytes are good until the next `bench_take`.
struct bench_datagram {
    uint8_t *bytes;
    uint32_t count;
    /// In the order of this machine.
    uint32_t ip;
    uint16_t port;
};

/// Opens the socket, not blocking; with `port` other than 0 bound there. Returns 0 or an errno.
int bench_open(struct bench_socket *it, enum bench_batch batch, uint32_t ip, uint16_t port);

/// All datagrams go to this address from now on, and come from there. Returns 0 or an errno.
int bench_connect(struct bench_socket *it, uint32_t ip, uint16_t port);

/// Where the next datagram to send is to be written, `BENCH_SLOT_BYTES` at most. Sends what waits if there is no room.
uint8_t *bench_slot(struct bench_socket *it);

/// What was written there is a datagram of so many bytes to this address.
void bench_put(struct bench_socket *it, uint32_t count, uint32_t ip, uint16_t port);

/// Sends what waits.
void bench_flush(struct bench_socket *it);

/// Takes what datagrams there are, or else waits for some until `until` (CLOCK_MONOTONIC in ns; 0: not at all; below 0: without end), or
/// shorter. Says how many came and where they are.
uint32_t bench_take(struct bench_socket *it, int64_t until, const struct bench_datagram **taken);

/// Waits until one of up to 8 descriptors has something to read, `nanoseconds` at most; below 0 without end. Returns a bit for each that has.
uint32_t bench_wait(const int *fds, uint32_t count, int64_t nanoseconds);

/// What a yardstick does to messages. It is a limit and no protocol: it repeats nothing, and a window of credit stands in for reliability.
struct bench_yardstick {
    struct bench_socket *socket;
    int is_server;
    /// Seal each packet with ChaCha20-Poly1305 (libsodium), else send it in clear.
    int is_sealed;
    /// Fill packets of 1200 bytes with messages, two bytes of length before each; else one message is one packet.
    int is_packed;
    uint32_t peer_ip;
    uint16_t peer_port;
    uint64_t sealed, given, acknowledged, taken, acknowledgement_sent;
    uint32_t pack_count;
    uint8_t key[32];
    uint8_t pack[BENCH_SLOT_BYTES];
    uint8_t opened[BENCH_SLOT_BYTES];
};

/// Returns 0, or -1 if libsodium does not start.
int bench_yardstick_start(struct bench_yardstick *it);

/// Sends a message; returns 0 if the window is full, which holds for data (`D`) alone, or if it is longer than a packet holds.
int bench_yardstick_send(struct bench_yardstick *it, const uint8_t *message, uint32_t count);

/// Sends what waits.
void bench_yardstick_flush(struct bench_yardstick *it);

/// As `bench_take`; gives each message that came to `deliver`.
void bench_yardstick_poll(
    struct bench_yardstick *it, int64_t until, void *context, void (*deliver)(void *context, const uint8_t *message, uint32_t count));

#endif
