#ifndef INKWIRE_METER_H
#define INKWIRE_METER_H

#include <stdint.h>

/// Begins to measure this thread: what it holds now counts as nothing.
void meter_begin(void);
/// The most bytes that this thread held at once since then, as the allocator rounds them; -1 where the allocator cannot be watched.
int64_t meter_peak(void);
/// What this thread took since then less what it gave back, bytes; -1 where the allocator cannot be watched.
int64_t meter_held(void);
/// How often this thread asked for memory since then; -1 where the allocator cannot be watched.
int64_t meter_allocations(void);
/// Processor time of this thread since then, nanoseconds.
int64_t meter_nanoseconds(void);

/// A page of memory that outlives this process in the file `path`, so that what killed it can be read there; NULL on failure.
void *meter_keep(const char *path, uint64_t byteCount);

#endif
