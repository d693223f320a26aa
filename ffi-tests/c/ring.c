/* Rings, by copy, on one thread. */
#include "check.h"

static const uint32_t KINDS[] = {RINGMILL_RING_KIND_MPMC, RINGMILL_RING_KIND_SPSC};
#define EACH_KIND(kind)                                                                                                \
    for (size_t k = 0, once = 1; k < 2; k++, once = 1)                                                                 \
        for (uint32_t kind = KINDS[k]; once; once = 0)

static void defaults_are_as_documented(void) {
    ringmill_ring_options options;
    memset(&options, 0xff, sizeof options);
    OK(ringmill_ring_options_init(sizeof options, &options));
    CHECK(options.size == sizeof options);
    CHECK(options.elem_size == 0);
    CHECK(options.elem_align == 0);
    CHECK(options.capacity == 1024);
    CHECK(options.kind == RINGMILL_RING_KIND_MPMC);
    CHECK(options.flags == 0);
}

static void elements_come_in_order_and_whole(void) {
    static const size_t sizes[] = {1, 2, 3, 4, 7, 8, 12, 16, 24, 33, 64, 100, 4096};
    EACH_KIND(kind) {
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
            const size_t size = sizes[s];
            /* One byte off any alignment. */
            unsigned char *in = (unsigned char *)malloc(size + 1) + 1;
            unsigned char *out = (unsigned char *)malloc(size + 1) + 1;
            ringmill_ring *ring = new_ring(kind, size, 3);
            for (unsigned round = 0; round < 10; round++) {
                for (unsigned i = 0; i < 3; i++) {
                    memset(in, (int)(3 * round + i), size);
                    OK(ringmill_ring_push(ring, in));
                }
                CHECK(ringmill_ring_len(ring) == 3);
                CHECK_STATUS(ringmill_ring_push(ring, in), FULL);
                for (unsigned i = 0; i < 3; i++) {
                    memset(in, (int)(3 * round + i), size);
                    OK(ringmill_ring_pop(ring, out));
                    CHECK(memcmp(in, out, size) == 0);
                }
                CHECK_STATUS(ringmill_ring_pop(ring, out), EMPTY);
                CHECK(memcmp(in, out, size) == 0);
            }
            ringmill_ring_free(ring);
            free(in - 1);
            free(out - 1);
        }
    }
}

static void capacity_is_exact_from_one_on(void) {
    EACH_KIND(kind) {
        for (size_t capacity = 1; capacity < 40; capacity++) {
            ringmill_ring *ring = new_ring(kind, sizeof(size_t), capacity);
            CHECK(ringmill_ring_capacity(ring) == capacity);
            for (size_t i = 0; i < capacity; i++) {
                CHECK(ringmill_ring_len(ring) == i);
                OK(ringmill_ring_push(ring, &i));
            }
            CHECK_STATUS(ringmill_ring_push(ring, &capacity), FULL);
            ringmill_ring_free(ring);
        }
    }
}

static void bulk_is_all_or_none(void) {
    EACH_KIND(kind) {
        ringmill_ring *ring = new_ring(kind, sizeof(int), 8);
        int in[8] = {0, 1, 2, 3, 4, 5, 6, 7};
        int out[8] = {-1, -1, -1, -1, -1, -1, -1, -1};
        OK(ringmill_ring_push_bulk(ring, in, 5));
        CHECK_STATUS(ringmill_ring_push_bulk(ring, in, 4), FULL);
        CHECK(ringmill_ring_len(ring) == 5);
        CHECK_STATUS(ringmill_ring_pop_bulk(ring, 6, out), EMPTY);
        CHECK(out[0] == -1 && ringmill_ring_len(ring) == 5);
        OK(ringmill_ring_pop_bulk(ring, 5, out));
        CHECK(memcmp(in, out, 5 * sizeof *in) == 0 && out[5] == -1);
        /* Over the end of the ring. */
        OK(ringmill_ring_push_bulk(ring, in, 8));
        OK(ringmill_ring_pop_bulk(ring, 8, out));
        CHECK(memcmp(in, out, sizeof in) == 0);
        OK(ringmill_ring_push_bulk(ring, NULL, 0));
        OK(ringmill_ring_pop_bulk(ring, 0, NULL));
        ringmill_ring_free(ring);
    }
}

static void burst_is_as_many_as_fit(void) {
    EACH_KIND(kind) {
        ringmill_ring *ring = new_ring(kind, sizeof(int), 8);
        int in[12] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
        int out[12] = {0};
        size_t moved = 99;
        OK(ringmill_ring_push_burst(ring, in, 5, &moved));
        CHECK(moved == 5);
        OK(ringmill_ring_push_burst(ring, in + 5, 7, &moved));
        CHECK(moved == 3);
        CHECK_STATUS(ringmill_ring_push_burst(ring, in, 1, &moved), FULL);
        CHECK(moved == 0);
        moved = 99;
        OK(ringmill_ring_pop_burst(ring, 3, out, &moved));
        CHECK(moved == 3);
        OK(ringmill_ring_pop_burst(ring, 9, out + 3, &moved));
        CHECK(moved == 5);
        CHECK(memcmp(in, out, 8 * sizeof *in) == 0);
        moved = 99;
        CHECK_STATUS(ringmill_ring_pop_burst(ring, 3, out, &moved), EMPTY);
        CHECK(moved == 0);
        moved = 99;
        OK(ringmill_ring_push_burst(ring, NULL, 0, &moved));
        CHECK(moved == 0);
        moved = 99;
        OK(ringmill_ring_pop_burst(ring, 0, NULL, &moved));
        CHECK(moved == 0);
        ringmill_ring_free(ring);
    }
}

static void ring_in_memory_of_the_caller_leaves_it_to_him(void) {
    EACH_KIND(kind) {
        ringmill_ring_options options;
        OK(ringmill_ring_options_init(sizeof options, &options));
        options.elem_size = 24;
        options.capacity = 10;
        options.kind = kind;
        options.flags = RINGMILL_FLAG_TOUCH_PAGES;
        size_t size = 0, align = 0;
        OK(ringmill_ring_memory(&options, &size, &align));
        CHECK(size >= 240 && align > 0 && (align & (align - 1)) == 0);
        unsigned char *memory = (unsigned char *)aligned_alloc(align, (size + align - 1) / align * align);
        CHECK(memory != NULL);
        ringmill_ring *ring = (ringmill_ring *)memory;

        INVALID(ringmill_ring_new_in(&options, memory, size - 1, &ring));
        CHECK(ring == NULL);
        INVALID(ringmill_ring_new_in(&options, memory + 1, size - 1, &ring));
        INVALID(ringmill_ring_new_in(&options, NULL, size, &ring));
        INVALID(ringmill_ring_new_in(&options, memory, 0, &ring));

        for (int round = 0; round < 3; round++) {
            OK(ringmill_ring_new_in(&options, memory, size, &ring));
            char in[24] = "a ring in my own memory", out[24];
            for (int i = 0; i < 100; i++) {
                OK(ringmill_ring_push(ring, in));
                OK(ringmill_ring_pop(ring, out));
                CHECK(strcmp(in, out) == 0);
            }
            ringmill_ring_free(ring);
        }
        memset(memory, 0, size);
        free(memory);
    }
}

static void pages_can_be_touched_beforehand(void) {
    EACH_KIND(kind) {
        ringmill_ring_options options;
        ringmill_ring *ring;
        OK(ringmill_ring_options_init(sizeof options, &options));
        options.elem_size = 4096;
        options.capacity = 64;
        options.kind = kind;
        options.flags = RINGMILL_FLAG_TOUCH_PAGES;
        OK(ringmill_ring_new(&options, &ring));
        CHECK(ringmill_ring_len(ring) == 0);
        ringmill_ring_free(ring);
    }
}

static void freeing_null_does_nothing(void) { ringmill_ring_free(NULL); }

int main(void) {
    RUN(defaults_are_as_documented);
    RUN(elements_come_in_order_and_whole);
    RUN(capacity_is_exact_from_one_on);
    RUN(bulk_is_all_or_none);
    RUN(burst_is_as_many_as_fit);
    RUN(ring_in_memory_of_the_caller_leaves_it_to_him);
    RUN(pages_can_be_touched_beforehand);
    RUN(freeing_null_does_nothing);
    return 0;
}
