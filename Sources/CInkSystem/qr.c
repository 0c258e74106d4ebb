#include "CInkSystem.h"

#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

// What is used of libqrencode 4, whose binary interface is that of 3.
typedef struct {
    int version;
    int width;
    unsigned char *data;
} Code;

static struct {
    Code *(*encode)(const char *, int, int);
    void (*free)(Code *);
} library;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int is_loaded;

enum { lowest_level = 0 };

static void load(void) {
#ifdef __APPLE__
    void *opened = dlopen("libqrencode.4.dylib", RTLD_NOW | RTLD_LOCAL);
#else
    void *opened = dlopen("libqrencode.so.4", RTLD_NOW | RTLD_LOCAL);
#endif
    if (opened == NULL) return;
    *(void **)&library.encode = dlsym(opened, "QRcode_encodeString8bit");
    *(void **)&library.free = dlsym(opened, "QRcode_free");
    is_loaded = library.encode != NULL && library.free != NULL;
}

int ink_qr_encode(const char *text, uint8_t *modules, size_t capacity) {
    pthread_once(&once, load);
    if (!is_loaded) return 0;
    // The smallest version that holds it, and the level that makes the smallest: a screen is not scratched.
    Code *code = library.encode(text, 0, lowest_level);
    if (code == NULL) return -1;
    int width = code->width;
    size_t count = (size_t)width * (size_t)width;
    if (width <= 0 || count > capacity) width = -1;
    // The lowest bit says what is dark; the others, what it is for.
    for (size_t index = 0; width > 0 && index < count; index++) modules[index] = code->data[index] & 1;
    library.free(code);
    return width;
}
