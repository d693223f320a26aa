/* Two threads at each end of an spsc ring, against the rules: elements suffer, memory does not. The ring lies between
 * two fences, in memory of our own. Not under ThreadSanitizer, which would rightly complain. */
#include "check.h"

#include <pthread.h>
#include <sched.h>

#define FENCE 4096
#define TIMES 20000

static void *pushes(void *ring) {
    uint64_t batch[5] = {1, 2, 3, 4, 5};
    size_t pushed = 0;
    for (int i = 0; i < TIMES; i++) {
        const uint32_t status = i % 2 == 0 ? ringmill_ring_push((ringmill_ring *)ring, batch)
                                           : ringmill_ring_push_burst((ringmill_ring *)ring, batch, 5, &pushed);
        CHECK(status == RINGMILL_STATUS_OK || status == RINGMILL_STATUS_FULL || status == RINGMILL_STATUS_BUSY);
        CHECK(pushed <= 5);
        if (status == RINGMILL_STATUS_FULL) {
            sched_yield();
        }
    }
    return NULL;
}

static void *pops(void *ring) {
    uint64_t batch[7] = {0};
    size_t popped = 0;
    for (int i = 0; i < TIMES; i++) {
        batch[5] = batch[6] = 99;
        const uint32_t status = i % 2 == 0 ? ringmill_ring_pop((ringmill_ring *)ring, batch)
                                           : ringmill_ring_pop_burst((ringmill_ring *)ring, 5, batch, &popped);
        CHECK(status == RINGMILL_STATUS_OK || status == RINGMILL_STATUS_EMPTY || status == RINGMILL_STATUS_BUSY);
        CHECK(popped <= 5 && batch[5] == 99 && batch[6] == 99);
        if (status == RINGMILL_STATUS_EMPTY) {
            sched_yield();
        }
    }
    return NULL;
}

static void threads_that_break_the_rules_stay_within_the_ring(void) {
    ringmill_ring_options options;
    ringmill_ring *ring;
    size_t size = 0, align = 0;
    pthread_t threads[4];
    OK(ringmill_ring_options_init(sizeof options, &options));
    options.elem_size = sizeof(uint64_t);
    options.capacity = 13;
    options.kind = RINGMILL_RING_KIND_SPSC;
    OK(ringmill_ring_memory(&options, &size, &align));
    CHECK(FENCE % align == 0);
    const size_t whole = (FENCE + size + FENCE + align - 1) / align * align;
    unsigned char *memory = (unsigned char *)aligned_alloc(align, whole);
    CHECK(memory != NULL);
    memset(memory, 0x5a, whole);
    OK(ringmill_ring_new_in(&options, memory + FENCE, size, &ring));
    for (int i = 0; i < 4; i++) {
        CHECK(pthread_create(&threads[i], NULL, i < 2 ? pushes : pops, ring) == 0);
    }
    for (int i = 0; i < 4; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
    }
    ringmill_ring_free(ring);
    for (size_t i = 0; i < FENCE; i++) {
        CHECK(memory[i] == 0x5a);
    }
    for (size_t i = FENCE + size; i < whole; i++) {
        CHECK(memory[i] == 0x5a);
    }
    free(memory);
}

int main(void) {
    RUN(threads_that_break_the_rules_stay_within_the_ring);
    return 0;
}
