/* Statuses, texts, messages and versions. */
#include "check.h"

#include <pthread.h>

static void every_status_has_a_text_of_its_own(void) {
    static const uint32_t all[] = {
        RINGMILL_STATUS_OK,
        RINGMILL_STATUS_FULL,
        RINGMILL_STATUS_EMPTY,
        RINGMILL_STATUS_CLOSED,
        RINGMILL_STATUS_TIMED_OUT,
        RINGMILL_STATUS_INVALID_ARGUMENT,
        RINGMILL_STATUS_CAPACITY,
        RINGMILL_STATUS_OUT_OF_MEMORY,
        RINGMILL_STATUS_PARTITION_COUNT,
        RINGMILL_STATUS_NO_SUCH_PARTITION,
        RINGMILL_STATUS_PARTITION_TWICE,
        RINGMILL_STATUS_NO_PARTITIONS,
        RINGMILL_STATUS_BUSY,
        RINGMILL_STATUS_STALE_HANDLE,
        RINGMILL_STATUS_UNSUPPORTED,
        RINGMILL_STATUS_SYSTEM,
        RINGMILL_STATUS_PANIC,
        RINGMILL_STATUS_TOO_LARGE,
        RINGMILL_STATUS_TOO_MANY_HEADERS,
        RINGMILL_STATUS_NO_SUCH_LEVEL,
        RINGMILL_STATUS_NO_KEY,
        RINGMILL_STATUS_KEY_FULL,
        RINGMILL_STATUS_DELAY_TOO_LONG,
        RINGMILL_STATUS_NO_DEDUP,
        RINGMILL_STATUS_DEDUP_CONFLICT,
        RINGMILL_STATUS_OUT_OF_ORDER,
        RINGMILL_STATUS_FENCED,
        RINGMILL_STATUS_STALE_RECEIPT,
        RINGMILL_STATUS_ALREADY_SETTLED,
        RINGMILL_STATUS_NOT_FOUND,
        RINGMILL_STATUS_LEASED,
        RINGMILL_STATUS_NOT_DELAYED,
        RINGMILL_STATUS_QUOTA_EXCEEDED,
        RINGMILL_STATUS_NOT_DEFERRED,
        RINGMILL_STATUS_INVALID_CONFIG,
        RINGMILL_STATUS_NAME_CONFLICT,
    };
    const size_t count = sizeof all / sizeof *all;
    for (size_t i = 0; i < count; i++) {
        CHECK(strcmp(ringmill_status_text(all[i]), "unknown status") != 0);
        for (size_t j = 0; j < i; j++) {
            CHECK(all[i] != all[j]);
            CHECK(strcmp(ringmill_status_text(all[i]), ringmill_status_text(all[j])) != 0);
        }
    }
}

static void the_numbers_are_written_out(void) {
    CHECK(RINGMILL_STATUS_OK == 0);
    CHECK(RINGMILL_STATUS_FULL == 1);
    CHECK(RINGMILL_STATUS_EMPTY == 2);
    CHECK(RINGMILL_STATUS_CLOSED == 3);
    CHECK(RINGMILL_STATUS_TIMED_OUT == 4);
    CHECK(RINGMILL_STATUS_INVALID_ARGUMENT == 10);
    CHECK(RINGMILL_STATUS_CAPACITY == 11);
    CHECK(RINGMILL_STATUS_OUT_OF_MEMORY == 12);
    CHECK(RINGMILL_STATUS_PARTITION_COUNT == 13);
    CHECK(RINGMILL_STATUS_NO_SUCH_PARTITION == 14);
    CHECK(RINGMILL_STATUS_PARTITION_TWICE == 15);
    CHECK(RINGMILL_STATUS_NO_PARTITIONS == 16);
    CHECK(RINGMILL_STATUS_BUSY == 20);
    CHECK(RINGMILL_STATUS_STALE_HANDLE == 21);
    CHECK(RINGMILL_STATUS_UNSUPPORTED == 22);
    CHECK(RINGMILL_STATUS_SYSTEM == 23);
    CHECK(RINGMILL_STATUS_PANIC == 30);
    CHECK(RINGMILL_STATUS_TOO_LARGE == 40);
    CHECK(RINGMILL_STATUS_TOO_MANY_HEADERS == 41);
    CHECK(RINGMILL_STATUS_NO_SUCH_LEVEL == 42);
    CHECK(RINGMILL_STATUS_NO_KEY == 43);
    CHECK(RINGMILL_STATUS_KEY_FULL == 44);
    CHECK(RINGMILL_STATUS_DELAY_TOO_LONG == 45);
    CHECK(RINGMILL_STATUS_NO_DEDUP == 46);
    CHECK(RINGMILL_STATUS_DEDUP_CONFLICT == 47);
    CHECK(RINGMILL_STATUS_OUT_OF_ORDER == 48);
    CHECK(RINGMILL_STATUS_FENCED == 49);
    CHECK(RINGMILL_STATUS_STALE_RECEIPT == 50);
    CHECK(RINGMILL_STATUS_ALREADY_SETTLED == 51);
    CHECK(RINGMILL_STATUS_NOT_FOUND == 52);
    CHECK(RINGMILL_STATUS_LEASED == 53);
    CHECK(RINGMILL_STATUS_NOT_DELAYED == 54);
    CHECK(RINGMILL_STATUS_QUOTA_EXCEEDED == 55);
    CHECK(RINGMILL_STATUS_NOT_DEFERRED == 56);
    CHECK(RINGMILL_STATUS_INVALID_CONFIG == 60);
    CHECK(RINGMILL_STATUS_NAME_CONFLICT == 61);
}

static void any_other_number_has_a_text_too(void) {
    static const uint32_t others[] = {5, 9, 17, 24, 31, 255, UINT32_MAX};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        CHECK(strcmp(ringmill_status_text(others[i]), "unknown status") == 0);
    }
}

static void *looks_at_its_own_message(void *unused) {
    (void)unused;
    CHECK(strcmp(ringmill_last_message(), "") == 0);
    INVALID(ringmill_channel_close(NULL));
    return NULL;
}

static void a_message_belongs_to_its_thread_and_outlives_success(void) {
    CHECK(strcmp(ringmill_last_message(), "") == 0);
    INVALID(ringmill_ring_push(NULL, "x"));
    char kept[256];
    strncpy(kept, ringmill_last_message(), sizeof kept - 1);
    kept[sizeof kept - 1] = '\0';

    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, looks_at_its_own_message, NULL) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK(strcmp(ringmill_last_message(), kept) == 0);

    /* Neither success nor the everyday answers touch it. */
    ringmill_ring *ring = new_ring(RINGMILL_RING_KIND_MPMC, 1, 1);
    char byte = 'x';
    CHECK_STATUS(ringmill_ring_pop(ring, &byte), EMPTY);
    OK(ringmill_ring_push(ring, &byte));
    CHECK_STATUS(ringmill_ring_push(ring, &byte), FULL);
    CHECK(strcmp(ringmill_last_message(), kept) == 0);
    ringmill_ring_free(ring);
}

static void header_and_library_have_the_same_version(void) {
    CHECK(strcmp(ringmill_version(), RINGMILL_VERSION) == 0);
    CHECK(ringmill_version_number() == RINGMILL_VERSION_NUMBER);
    char text[32];
    snprintf(text, sizeof text, "%d.%d.%d", RINGMILL_VERSION_MAJOR, RINGMILL_VERSION_MINOR, RINGMILL_VERSION_PATCH);
    CHECK(strcmp(text, RINGMILL_VERSION) == 0);
}

int main(void) {
    RUN(every_status_has_a_text_of_its_own);
    RUN(the_numbers_are_written_out);
    RUN(any_other_number_has_a_text_too);
    RUN(a_message_belongs_to_its_thread_and_outlives_success);
    RUN(header_and_library_have_the_same_version);
    return 0;
}
