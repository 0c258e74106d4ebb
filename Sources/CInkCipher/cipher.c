#include "CInkCipher.h"

#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

// What is used of OpenSSL 3, which keeps its binary interface through all of 3.x.
typedef struct evp_cipher_st EVP_CIPHER;
typedef struct evp_cipher_ctx_st EVP_CIPHER_CTX;

static struct {
    int (*init_crypto)(uint64_t, const void *);
    EVP_CIPHER *(*fetch)(void *, const char *, const char *);
    EVP_CIPHER_CTX *(*new_context)(void);
    void (*free_context)(EVP_CIPHER_CTX *);
    int (*init)(EVP_CIPHER_CTX *, const EVP_CIPHER *, const uint8_t *, const uint8_t *, int, const void *);
    int (*update)(EVP_CIPHER_CTX *, uint8_t *, int *, const uint8_t *, int);
    int (*final)(EVP_CIPHER_CTX *, uint8_t *, int *);
    int (*control)(EVP_CIPHER_CTX *, int, int, void *);
    EVP_CIPHER *cipher;
} openssl;

enum {
    tag_count = 16,
    control_get_tag = 0x10,
    control_set_tag = 0x11,
};
// No file of the system's says how we work, and no work is done at exit, when other threads may still use it.
static const uint64_t no_load_config = 0x80, no_atexit = 0x80000;

// Packets after which opening the library, 2 ms, is paid back by the next thousand.
static const unsigned due_after = 256;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t contexts;
static atomic_int is_loaded;
static atomic_uint packets;

static void free_context(void *context) { openssl.free_context(context); }

#define FIND(member, name) ((*(void **)&openssl.member = dlsym(library, name)) != NULL)

static void load(void) {
#ifdef __linux__
    void *library = dlopen("libcrypto.so.3", RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) return;
    if (!FIND(init_crypto, "OPENSSL_init_crypto") || !FIND(fetch, "EVP_CIPHER_fetch") || !FIND(new_context, "EVP_CIPHER_CTX_new") ||
        !FIND(free_context, "EVP_CIPHER_CTX_free") || !FIND(init, "EVP_CipherInit_ex2") || !FIND(update, "EVP_CipherUpdate") ||
        !FIND(final, "EVP_CipherFinal_ex") || !FIND(control, "EVP_CIPHER_CTX_ctrl"))
        return;
    if (openssl.init_crypto(no_load_config | no_atexit, NULL) != 1) return;
    openssl.cipher = openssl.fetch(NULL, "ChaCha20-Poly1305", NULL);
    if (openssl.cipher == NULL || pthread_key_create(&contexts, free_context) != 0) return;
    atomic_store_explicit(&is_loaded, 1, memory_order_release);
#endif
}

int ink_cipher_load(void) {
    pthread_once(&once, load);
    return atomic_load_explicit(&is_loaded, memory_order_acquire);
}

int ink_cipher_is_due(void) {
    if (atomic_load_explicit(&is_loaded, memory_order_acquire)) return 1;
    if (atomic_fetch_add_explicit(&packets, 1, memory_order_relaxed) < due_after) return 0;
    // It is not there, or is opened now.
    return ink_cipher_load();
}

/// This thread's context with key and nonce; NULL if there is none. It keeps the key until the thread's next packet, and is erased with the thread.
static EVP_CIPHER_CTX *begin(const uint8_t *key, const uint8_t *nonce, int encrypts) {
    if (!atomic_load_explicit(&is_loaded, memory_order_acquire)) return NULL;
    EVP_CIPHER_CTX *context = pthread_getspecific(contexts);
    if (context == NULL) {
        context = openssl.new_context();
        if (context == NULL) return NULL;
        if (pthread_setspecific(contexts, context) != 0 || openssl.init(context, openssl.cipher, NULL, NULL, encrypts, NULL) != 1) {
            pthread_setspecific(contexts, NULL);
            openssl.free_context(context);
            return NULL;
        }
    }
    return openssl.init(context, NULL, key, nonce, encrypts, NULL) == 1 ? context : NULL;
}

static int authenticate(EVP_CIPHER_CTX *context, const uint8_t *header, size_t count) {
    int written;
    return count == 0 || openssl.update(context, NULL, &written, header, (int)count) == 1;
}

int ink_cipher_seal(
    const uint8_t *key, const uint8_t *nonce, const uint8_t *header, size_t header_count, uint8_t *body, size_t count, uint8_t *tag) {
    if (header_count > INT_MAX || count > INT_MAX) return 0;
    EVP_CIPHER_CTX *context = begin(key, nonce, 1);
    if (context == NULL || !authenticate(context, header, header_count)) return 0;
    int written = 0;
    // From here on the body is changed, and there is no way back; nothing that is still to be done can fail.
    if (count > 0 && openssl.update(context, body, &written, body, (int)count) != 1) abort();
    if (openssl.final(context, body + written, &written) != 1 || openssl.control(context, control_get_tag, tag_count, tag) != 1) abort();
    return 1;
}

int ink_cipher_open(
    const uint8_t *key, const uint8_t *nonce, const uint8_t *header, size_t header_count, const uint8_t *body, size_t count,
    const uint8_t *tag, uint8_t *text) {
    if (header_count > INT_MAX || count > INT_MAX) return -1;
    EVP_CIPHER_CTX *context = begin(key, nonce, 0);
    if (context == NULL || openssl.control(context, control_set_tag, tag_count, (void *)tag) != 1 ||
        !authenticate(context, header, header_count))
        return -1;
    int written = 0;
    if (count > 0 && openssl.update(context, text, &written, body, (int)count) != 1) return -1;
    return openssl.final(context, text + written, &written) == 1;
}
