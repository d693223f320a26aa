/* Checks that stop the program and say where, in C11 and C++17. */
#ifndef RINGMILL_CHECK_H
#define RINGMILL_CHECK_H

#include <ringmill.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(claim)                                                                                                   \
    do {                                                                                                               \
        if (!(claim)) {                                                                                                \
            fprintf(stderr, "%s:%d: not so: %s (last message: %s)\n", __FILE__, __LINE__, #claim,                      \
                    ringmill_last_message());                                                                          \
            exit(1);                                                                                                   \
        }                                                                                                              \
    } while (0)

/* The status of a call; when it is another one, both are named. */
#define CHECK_STATUS(call, expected)                                                                                   \
    do {                                                                                                               \
        const uint32_t check_found = (uint32_t)(call);                                                                 \
        if (check_found != (uint32_t)RINGMILL_STATUS_##expected) {                                                     \
            fprintf(stderr, "%s:%d: %s is \"%s\" (%u), not " #expected " (last message: %s)\n", __FILE__, __LINE__,    \
                    #call, ringmill_status_text(check_found), (unsigned)check_found, ringmill_last_message());         \
            exit(1);                                                                                                   \
        }                                                                                                              \
    } while (0)

#define OK(call) CHECK_STATUS(call, OK)

/* Refused as INVALID_ARGUMENT, with a sentence that says which argument. */
#define INVALID(call)                                                                                                  \
    do {                                                                                                               \
        CHECK_STATUS(call, INVALID_ARGUMENT);                                                                          \
        CHECK(strlen(ringmill_last_message()) > 8);                                                                    \
    } while (0)

/* Runs a test: a function named as a claim. */
#define RUN(test)                                                                                                      \
    do {                                                                                                               \
        test();                                                                                                        \
        printf("ok  %s\n", #test);                                                                                     \
    } while (0)

static inline ringmill_ring *new_ring(uint32_t kind, size_t elem_size, size_t capacity) {
    ringmill_ring_options options;
    ringmill_ring *ring = NULL;
    OK(ringmill_ring_options_init(sizeof options, &options));
    options.elem_size = elem_size;
    options.capacity = capacity;
    options.kind = kind;
    OK(ringmill_ring_new(&options, &ring));
    CHECK(ring != NULL);
    return ring;
}

static inline ringmill_channel *new_channel(size_t elem_size, size_t capacity) {
    ringmill_channel_options options;
    ringmill_channel *channel = NULL;
    OK(ringmill_channel_options_init(sizeof options, &options));
    options.elem_size = elem_size;
    options.capacity = capacity;
    OK(ringmill_channel_new(&options, &channel));
    CHECK(channel != NULL);
    return channel;
}

static inline ringmill_partitions *new_partitions(size_t elem_size, size_t count, size_t capacity) {
    ringmill_partitions_options options;
    ringmill_partitions *partitions = NULL;
    OK(ringmill_partitions_options_init(sizeof options, &options));
    options.elem_size = elem_size;
    options.partitions = count;
    options.capacity = capacity;
    OK(ringmill_partitions_new(&options, &partitions));
    CHECK(partitions != NULL);
    return partitions;
}

#endif
