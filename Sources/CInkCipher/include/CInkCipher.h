// ChaCha20-Poly1305 by OpenSSL, where this machine has it: its assembly takes half of the time that libsodium's takes for a packet.
//
// The library is opened by name when it first pays, not linked: opening it takes longer than a whole command that says a few packets, and where it is
// missing nothing is lost but time. Any thread may call.
#ifndef INK_CIPHER_H
#define INK_CIPHER_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Opens the library, once. 1 if it is there and has the cipher.
int ink_cipher_load(void);

/// Counts one packet, and opens the library when there were so many that it pays. 1 if it is open.
int ink_cipher_is_due(void);

/// Encrypts `count` bytes at `body` in place and writes a tag of 16 bytes; authenticates the header with them (RFC 8439 §2.8).
/// 1 when done; 0 if nothing was touched, since the library is not there.
int ink_cipher_seal(
    const uint8_t *key, const uint8_t *nonce, const uint8_t *header, size_t header_count, uint8_t *body, size_t count, uint8_t *tag);

/// Decrypts `count` bytes from `body` to `text`. 1 if they are authentic, 0 if not, and then what is at `text` means nothing; -1 if nothing was touched,
/// since the library is not there.
int ink_cipher_open(
    const uint8_t *key, const uint8_t *nonce, const uint8_t *header, size_t header_count, const uint8_t *body, size_t count,
    const uint8_t *tag, uint8_t *text);

// ECDSA over P-256 with SHA-256, for tokens that others signed: libsodium has it not.

/// Opens the library, once. 1 if it is there and can verify.
int ink_p256_load(void);

/// 1 if `point`, x and y of 32 bytes each, is on the curve; 0 if it is not, or the library is not there.
int ink_p256_is_point(const uint8_t *point);

/// 1 if `signature`, r and s of 32 bytes each, is of these `count` bytes under the key that is this point; 0 if it is not, or the library is not there.
int ink_p256_verify(const uint8_t *point, const uint8_t *signature, const uint8_t *message, size_t count);

#ifdef __cplusplus
}
#endif

#endif
