/* Compiler attributes and tiny helpers; the only place that names a compiler extension. */
#ifndef TG_BASE_MACROS_H
#define TG_BASE_MACROS_H

#define TG_MUST_USE __attribute__((warn_unused_result))
#define TG_PRINTF(fmt, first) __attribute__((format(printf, fmt, first)))
#define TG_UNUSED __attribute__((unused))
#define TG_NORETURN __attribute__((noreturn))
#define TG_ALIGNED(n) __attribute__((aligned(n)))
#define TG_LIKELY(x) __builtin_expect(!!(x), 1)
#define TG_UNLIKELY(x) __builtin_expect(!!(x), 0)

/** Ask for the cache line at `ptr` early; any address is safe. */
#define TG_PREFETCH(ptr) __builtin_prefetch(ptr)
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define TG_LITTLE_ENDIAN 1
#else
#define TG_LITTLE_ENDIAN 0
#endif
/** Number of zero bits below the lowest set one; x is not 0. */
#define TG_CTZ64(x) ((unsigned)__builtin_ctzll(x))

/** `n` octets that are computed at once (SSE2, NEON); `<` and `==` give 0xff where they hold. */
#define TG_VECTOR(n) __attribute__((vector_size(n)))

/** Number of elements of an array (not of a pointer). */
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/** The struct that holds `member` at address `ptr`. */
#define TG_CONTAINER(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

/* Both sides may be evaluated twice. */
#define TG_MIN(a, b) ((a) < (b) ? (a) : (b))
#define TG_MAX(a, b) ((a) > (b) ? (a) : (b))

#endif
