#include "CBench.h"

#include <sodium.h>
#include <string.h>

// Messages that may be under way, and how often the server says what it has.
#define WINDOW 4096
#define WINDOW_PACKED (WINDOW * 20)
#define ACKNOWLEDGED_EACH 256
#define PACK_BYTES 1200
#define COUNTER_BYTES 8
#define TAG_BYTES 16

int bench_yardstick_start(struct bench_yardstick *it) {
    memset(it->key, 7, sizeof it->key);
    return sodium_init() < 0 ? -1 : 0;
}

// A nonce is the counter, and who counts.
static void nonce_of(uint8_t nonce[12], const uint8_t *counter, int is_server) {
    memset(nonce, 0, 12);
    nonce[0] = (uint8_t)is_server;
    memcpy(nonce + 4, counter, COUNTER_BYTES);
}

// A packet: 8 bytes of counter, the content, 16 of tag; or the content alone.
static void emit(struct bench_yardstick *it, const uint8_t *content, uint32_t count) {
    uint8_t *packet = bench_slot(it->socket);
    if (!it->is_sealed) {
        memcpy(packet, content, count);
        bench_put(it->socket, count, it->peer_ip, it->peer_port);
        return;
    }
    uint8_t nonce[12];
    it->sealed++;
    memcpy(packet, &it->sealed, COUNTER_BYTES);
    nonce_of(nonce, packet, it->is_server);
    crypto_aead_chacha20poly1305_ietf_encrypt(
        packet + COUNTER_BYTES, NULL, content, count, packet, COUNTER_BYTES, NULL, nonce, it->key);
    bench_put(it->socket, count + COUNTER_BYTES + TAG_BYTES, it->peer_ip, it->peer_port);
}

static void emit_pack(struct bench_yardstick *it) {
    if (!it->pack_count) return;
    emit(it, it->pack, it->pack_count);
    it->pack_count = 0;
}

static void write_message(struct bench_yardstick *it, const uint8_t *message, uint32_t count) {
    if (!it->is_packed) {
        emit(it, message, count);
        return;
    }
    if (it->pack_count + count + 2 > PACK_BYTES) emit_pack(it);
    uint8_t *place = it->pack + it->pack_count;
    place[0] = (uint8_t)count;
    place[1] = (uint8_t)(count >> 8);
    memcpy(place + 2, message, count);
    it->pack_count += count + 2;
}

int bench_yardstick_send(struct bench_yardstick *it, const uint8_t *message, uint32_t count) {
    if (count == 0 || count + 2 > (it->is_packed ? PACK_BYTES : BENCH_SLOT_BYTES - COUNTER_BYTES - TAG_BYTES)) return 0;
    if (message[0] == 'D') {
        if (it->given - it->acknowledged >= (it->is_packed ? WINDOW_PACKED : WINDOW)) return 0;
        it->given++;
    }
    write_message(it, message, count);
    return 1;
}

void bench_yardstick_flush(struct bench_yardstick *it) {
    emit_pack(it);
    bench_flush(it->socket);
}

static void deliver_message(
    struct bench_yardstick *it, const uint8_t *message, uint32_t count, void *context, void (*deliver)(void *, const uint8_t *, uint32_t)) {
    if (message[0] == 'A' && count >= 9) {
        uint64_t acknowledged;
        memcpy(&acknowledged, message + 1, sizeof acknowledged);
        if (acknowledged > it->acknowledged) it->acknowledged = acknowledged;
        return;
    }
    if (message[0] == 'D') it->taken++;
    deliver(context, message, count);
}

static void open_packet(
    struct bench_yardstick *it, const uint8_t *packet, uint32_t count, void *context, void (*deliver)(void *, const uint8_t *, uint32_t)) {
    const uint8_t *content = packet;
    if (it->is_sealed) {
        if (count <= COUNTER_BYTES + TAG_BYTES || count > BENCH_SLOT_BYTES) return;
        uint8_t nonce[12];
        nonce_of(nonce, packet, !it->is_server);
        if (crypto_aead_chacha20poly1305_ietf_decrypt(
                it->opened, NULL, NULL, packet + COUNTER_BYTES, count - COUNTER_BYTES, packet, COUNTER_BYTES, nonce, it->key)) {
            return;
        }
        content = it->opened;
        count -= COUNTER_BYTES + TAG_BYTES;
    }
    if (!it->is_packed) {
        if (count) deliver_message(it, content, count, context, deliver);
        return;
    }
    for (uint32_t next = 0; next + 2 <= count;) {
        uint32_t size = content[next] | (uint32_t)content[next + 1] << 8;
        if (size == 0 || next + 2 + size > count) return;
        deliver_message(it, content + next + 2, size, context, deliver);
        next += 2 + size;
    }
}

void bench_yardstick_poll(
    struct bench_yardstick *it, int64_t until, void *context, void (*deliver)(void *, const uint8_t *, uint32_t)) {
    const struct bench_datagram *taken;
    uint32_t count = bench_take(it->socket, until, &taken);
    for (uint32_t index = 0; index < count; index++) {
        if (it->is_server) {
            it->peer_ip = taken[index].ip;
            it->peer_port = taken[index].port;
        }
        open_packet(it, taken[index].bytes, taken[index].count, context, deliver);
    }
    if (it->is_server && it->taken - it->acknowledgement_sent >= ACKNOWLEDGED_EACH) {
        it->acknowledgement_sent = it->taken;
        uint8_t message[16] = {'A'};
        memcpy(message + 1, &it->taken, sizeof it->taken);
        write_message(it, message, sizeof message);
        bench_yardstick_flush(it);
    }
}
