/* What can be wrong with options, and what is not made then. */
#include "check.h"

#include <limits.h>

#define TOO_MUCH ((size_t)RINGMILL_CAPACITY_MAX)

static ringmill_ring_options ring_options(void) {
    ringmill_ring_options options;
    OK(ringmill_ring_options_init(sizeof options, &options));
    options.elem_size = 8;
    options.capacity = 4;
    return options;
}

static ringmill_channel_options channel_options(void) {
    ringmill_channel_options options;
    OK(ringmill_channel_options_init(sizeof options, &options));
    options.elem_size = 8;
    options.capacity = 4;
    return options;
}

static ringmill_partitions_options partitions_options(void) {
    ringmill_partitions_options options;
    OK(ringmill_partitions_options_init(sizeof options, &options));
    options.elem_size = 8;
    options.capacity = 4;
    options.partitions = 2;
    return options;
}

/* Makes it with one field changed: `expected` is answered, and the output is NULL. */
#define REFUSED(kind, field, value, expected)                                                                          \
    do {                                                                                                               \
        ringmill_##kind##_options options = kind##_options();                                                          \
        ringmill_##kind *made = (ringmill_##kind *)&options;                                                           \
        options.field = (value);                                                                                       \
        CHECK_STATUS(ringmill_##kind##_new(&options, &made), expected);                                                \
        CHECK(made == NULL);                                                                                           \
        CHECK(strlen(ringmill_last_message()) > 8);                                                                    \
    } while (0)

static void init_writes_nothing_for_a_size_it_does_not_know(void) {
    static const size_t sizes[] = {0, 1, 7, 8, 4096, SIZE_MAX};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        unsigned char before[256], after[256];
        memset(before, 0xaa, sizeof before);
        memset(after, 0xaa, sizeof after);
        INVALID(ringmill_ring_options_init(sizes[i], (ringmill_ring_options *)(void *)after));
        INVALID(ringmill_channel_options_init(sizes[i], (ringmill_channel_options *)(void *)after));
        INVALID(ringmill_partitions_options_init(sizes[i], (ringmill_partitions_options *)(void *)after));
        CHECK(memcmp(before, after, sizeof before) == 0);
    }
    INVALID(ringmill_ring_options_init(sizeof(ringmill_ring_options), NULL));
    INVALID(ringmill_channel_options_init(sizeof(ringmill_channel_options), NULL));
    INVALID(ringmill_partitions_options_init(sizeof(ringmill_partitions_options), NULL));
}

static void a_wrong_ring_is_not_made(void) {
    REFUSED(ring, size, 0, INVALID_ARGUMENT);
    REFUSED(ring, size, 3, INVALID_ARGUMENT);
    REFUSED(ring, size, sizeof(ringmill_ring_options) + 8, INVALID_ARGUMENT);
    REFUSED(ring, size, SIZE_MAX, INVALID_ARGUMENT);
    REFUSED(ring, elem_size, 0, INVALID_ARGUMENT);
    REFUSED(ring, elem_align, 3, INVALID_ARGUMENT);
    REFUSED(ring, elem_align, 16, INVALID_ARGUMENT); /* does not divide 8 */
    REFUSED(ring, elem_align, 2 * RINGMILL_ALIGN_MAX, INVALID_ARGUMENT);
    REFUSED(ring, elem_align, SIZE_MAX, INVALID_ARGUMENT);
    REFUSED(ring, kind, 2, INVALID_ARGUMENT);
    REFUSED(ring, kind, UINT32_MAX, INVALID_ARGUMENT);
    REFUSED(ring, flags, 2, INVALID_ARGUMENT);
    REFUSED(ring, flags, UINT32_MAX, INVALID_ARGUMENT);
    REFUSED(ring, capacity, 0, CAPACITY);
    REFUSED(ring, capacity, TOO_MUCH + 1, CAPACITY);
    REFUSED(ring, capacity, SIZE_MAX, CAPACITY);
}

static void a_wrong_channel_is_not_made(void) {
    REFUSED(channel, size, 0, INVALID_ARGUMENT);
    REFUSED(channel, size, SIZE_MAX, INVALID_ARGUMENT);
    REFUSED(channel, elem_size, 0, INVALID_ARGUMENT);
    REFUSED(channel, wait, 3, INVALID_ARGUMENT);
    REFUSED(channel, wait, UINT32_MAX, INVALID_ARGUMENT);
    REFUSED(channel, flags, 2, INVALID_ARGUMENT);
    REFUSED(channel, capacity, 0, CAPACITY);
    REFUSED(channel, capacity, TOO_MUCH + 1, CAPACITY);
}

static void wrong_partitions_are_not_made(void) {
    REFUSED(partitions, size, 0, INVALID_ARGUMENT);
    REFUSED(partitions, size, SIZE_MAX, INVALID_ARGUMENT);
    REFUSED(partitions, elem_size, 0, INVALID_ARGUMENT);
    REFUSED(partitions, wait, 3, INVALID_ARGUMENT);
    REFUSED(partitions, flags, 2, INVALID_ARGUMENT);
    REFUSED(partitions, partitions, 0, PARTITION_COUNT);
    REFUSED(partitions, partitions, RINGMILL_PARTITIONS_MAX + 1, PARTITION_COUNT);
    REFUSED(partitions, partitions, SIZE_MAX, PARTITION_COUNT);
    REFUSED(partitions, capacity, 0, CAPACITY);
    REFUSED(partitions, capacity, SIZE_MAX, CAPACITY);
}

static void more_memory_than_there_is_is_a_status(void) {
    for (uint32_t kind = 0; kind < 2; kind++) {
        ringmill_ring_options options = ring_options();
        size_t size = 99, align = 99;
        ringmill_ring *ring = (ringmill_ring *)&options;
        options.kind = kind;
        options.capacity = TOO_MUCH;
        options.elem_size = (size_t)1 << 40;
        CHECK_STATUS(ringmill_ring_new(&options, &ring), OUT_OF_MEMORY);
        CHECK(ring == NULL);
        CHECK_STATUS(ringmill_ring_memory(&options, &size, &align), OUT_OF_MEMORY);
        CHECK(size == 0 && align == 0);
        options.elem_size = SIZE_MAX;
        CHECK(ringmill_ring_new(&options, &ring) != RINGMILL_STATUS_OK && ring == NULL);
    }
    REFUSED(channel, elem_size, (size_t)1 << 61, OUT_OF_MEMORY);
    REFUSED(partitions, elem_size, (size_t)1 << 61, OUT_OF_MEMORY);
}

static void nothing_is_made_without_options_or_output(void) {
    ringmill_ring_options ring = ring_options();
    ringmill_channel_options channel = channel_options();
    ringmill_partitions_options partitions = partitions_options();
    ringmill_ring *a = (ringmill_ring *)&ring;
    ringmill_channel *b = (ringmill_channel *)&ring;
    ringmill_partitions *c = (ringmill_partitions *)&ring;
    size_t size = 99, align = 99;
    INVALID(ringmill_ring_new(NULL, &a));
    INVALID(ringmill_channel_new(NULL, &b));
    INVALID(ringmill_partitions_new(NULL, &c));
    CHECK(a == NULL && b == NULL && c == NULL);
    INVALID(ringmill_ring_new(&ring, NULL));
    INVALID(ringmill_channel_new(&channel, NULL));
    INVALID(ringmill_partitions_new(&partitions, NULL));
    INVALID(ringmill_ring_memory(NULL, &size, &align));
    CHECK(size == 0 && align == 0);
    size = align = 99;
    INVALID(ringmill_ring_memory(&ring, NULL, &align));
    CHECK(align == 0);
    INVALID(ringmill_ring_memory(&ring, &size, NULL));
    CHECK(size == 0);
    INVALID(ringmill_ring_new_in(NULL, &ring, sizeof ring, &a));
    INVALID(ringmill_ring_new_in(&ring, &ring, SIZE_MAX, NULL));
}

int main(void) {
    RUN(init_writes_nothing_for_a_size_it_does_not_know);
    RUN(a_wrong_ring_is_not_made);
    RUN(a_wrong_channel_is_not_made);
    RUN(wrong_partitions_are_not_made);
    RUN(more_memory_than_there_is_is_a_status);
    RUN(nothing_is_made_without_options_or_output);
    return 0;
}
