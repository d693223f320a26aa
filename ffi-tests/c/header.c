/* The header alone, twice, and every macro of it where C can check it. */
#include <ringmill.h>
#include <ringmill.h>

_Static_assert(sizeof(ringmill_status) == 4, "statuses travel as 32 bits");
_Static_assert(RINGMILL_CAPACITY_MAX == 2147483648, "2^31");
_Static_assert(RINGMILL_PARTITIONS_MAX == 65536, "2^16");
_Static_assert((RINGMILL_ALIGN_MAX & (RINGMILL_ALIGN_MAX - 1)) == 0, "a power of two");
_Static_assert(RINGMILL_FOREVER == INT64_MAX, "no time-out is the longest");
_Static_assert(RINGMILL_RING_KIND_MPMC == 0 && RINGMILL_RING_KIND_SPSC == 1, "kinds");
_Static_assert(RINGMILL_WAIT_SPIN_THEN_PARK == 0 && RINGMILL_WAIT_PARK == 1 && RINGMILL_WAIT_SPIN == 2, "strategies");
_Static_assert(RINGMILL_FLAG_TOUCH_PAGES == 1, "flags");
_Static_assert(RINGMILL_VERSION_NUMBER ==
                   RINGMILL_VERSION_MAJOR * 1000000 + RINGMILL_VERSION_MINOR * 1000 + RINGMILL_VERSION_PATCH,
               "version");
_Static_assert(sizeof RINGMILL_VERSION > 5, "version");

/* A function of the user's own may carry the library's attributes. */
RINGMILL_MUST_USE ringmill_status push_twice(ringmill_ring *ring, const void *elem);
RINGMILL_INLINE ringmill_status pop_twice(ringmill_ring *ring, void *out) {
    const ringmill_status status = ringmill_ring_pop(ring, out);
    return status != RINGMILL_STATUS_OK ? status : ringmill_ring_pop(ring, out);
}

ringmill_status push_twice(ringmill_ring *ring, const void *elem) {
    const ringmill_status status = ringmill_ring_push(ring, elem);
    return status != RINGMILL_STATUS_OK ? status : ringmill_ring_push(ring, elem);
}

int main(void) {
    char byte = 0;
    return push_twice(NULL, &byte) == RINGMILL_STATUS_INVALID_ARGUMENT &&
                   pop_twice(NULL, &byte) == RINGMILL_STATUS_INVALID_ARGUMENT
               ? 0
               : 1;
}
