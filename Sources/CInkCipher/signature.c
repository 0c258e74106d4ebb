#include "CInkCipher.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

// What is used of OpenSSL 3, which keeps its binary interface through all of 3.x.
typedef struct evp_pkey_st EVP_PKEY;
typedef struct evp_md_ctx_st EVP_MD_CTX;

static struct {
    int (*init_crypto)(uint64_t, const void *);
    EVP_PKEY *(*read_key)(EVP_PKEY **, const uint8_t **, long);
    void (*free_key)(EVP_PKEY *);
    EVP_MD_CTX *(*new_context)(void);
    void (*free_context)(EVP_MD_CTX *);
    int (*init)(EVP_MD_CTX *, void **, const char *, void *, const char *, EVP_PKEY *, const void *);
    int (*verify)(EVP_MD_CTX *, const uint8_t *, size_t, const uint8_t *, size_t);
    void (*clear_errors)(void);
} openssl;

enum { number_count = 32, der_max = 2 + 2 * (2 + 1 + number_count) };
// As for packets: no file of the system's says how we work, and no work is done at exit.
static const uint64_t no_load_config = 0x80, no_atexit = 0x80000;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static atomic_int is_loaded;

#define FIND(member, name) ((*(void **)&openssl.member = dlsym(library, name)) != NULL)

static void load(void) {
#ifdef __linux__
    void *library = dlopen("libcrypto.so.3", RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) return;
    if (!FIND(init_crypto, "OPENSSL_init_crypto") || !FIND(read_key, "d2i_PUBKEY") || !FIND(free_key, "EVP_PKEY_free") ||
        !FIND(new_context, "EVP_MD_CTX_new") || !FIND(free_context, "EVP_MD_CTX_free") || !FIND(init, "EVP_DigestVerifyInit_ex") ||
        !FIND(verify, "EVP_DigestVerify") || !FIND(clear_errors, "ERR_clear_error"))
        return;
    if (openssl.init_crypto(no_load_config | no_atexit, NULL) != 1) return;
    atomic_store_explicit(&is_loaded, 1, memory_order_release);
#endif
}

int ink_p256_load(void) {
    pthread_once(&once, load);
    return atomic_load_explicit(&is_loaded, memory_order_acquire);
}

/// The key of a point, which the caller frees; NULL if it is not on the curve.
static EVP_PKEY *key_of(const uint8_t *point) {
    // SubjectPublicKeyInfo of an uncompressed point of P-256 (RFC 5480 §2), as far as it is the same for all.
    static const uint8_t head[] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06,
                                   0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04};
    uint8_t der[sizeof head + 2 * number_count];
    memcpy(der, head, sizeof head);
    memcpy(der + sizeof head, point, 2 * number_count);
    const uint8_t *next = der;
    return openssl.read_key(NULL, &next, sizeof der);
}

/// Writes a number as DER has it: no zeros in front, but one before a high bit. Bytes written.
static size_t write_number(const uint8_t *number, uint8_t *output) {
    size_t skipped = 0;
    while (skipped < number_count - 1 && number[skipped] == 0) skipped++;
    size_t count = number_count - skipped, pad = number[skipped] >> 7;
    output[0] = 0x02;
    output[1] = (uint8_t)(count + pad);
    output[2] = 0;
    memcpy(output + 2 + pad, number + skipped, count);
    return 2 + pad + count;
}

int ink_p256_is_point(const uint8_t *point) {
    if (!ink_p256_load()) return 0;
    EVP_PKEY *key = key_of(point);
    if (key != NULL) openssl.free_key(key);
    openssl.clear_errors();
    return key != NULL;
}

int ink_p256_verify(const uint8_t *point, const uint8_t *signature, const uint8_t *message, size_t count) {
    if (!ink_p256_load()) return 0;
    uint8_t der[der_max];
    size_t length = 2;
    length += write_number(signature, der + length);
    length += write_number(signature + number_count, der + length);
    der[0] = 0x30;
    der[1] = (uint8_t)(length - 2);
    int verdict = 0;
    EVP_PKEY *key = key_of(point);
    EVP_MD_CTX *context = key == NULL ? NULL : openssl.new_context();
    if (context != NULL && openssl.init(context, NULL, "SHA256", NULL, NULL, key, NULL) == 1)
        verdict = openssl.verify(context, der, length, message, count) == 1;
    if (context != NULL) openssl.free_context(context);
    if (key != NULL) openssl.free_key(key);
    // What was wrong is nobody's business but ours; without this each forged token would leave a line in the thread's queue.
    openssl.clear_errors();
    return verdict;
}
