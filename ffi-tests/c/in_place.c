/* Rings: room and elements lent. */
#include "check.h"

static size_t size_of(const ringmill_room *room) { return room->first_count + room->second_count; }
static size_t size_seen(const ringmill_view *view) { return view->first_count + view->second_count; }

static void fill(ringmill_ring *ring, uint64_t first, size_t count) {
    ringmill_room room;
    OK(ringmill_ring_reserve(ring, count, &room));
    CHECK(size_of(&room) == count);
    for (size_t i = 0; i < count; i++) {
        uint64_t *place = (uint64_t *)ringmill_room_at(&room, i);
        CHECK((uintptr_t)place % sizeof *place == 0);
        *place = first + i;
    }
    OK(ringmill_ring_commit(ring, &room, count));
}

static void expect(ringmill_ring *ring, uint64_t first, size_t count) {
    ringmill_view view;
    OK(ringmill_ring_peek(ring, count, &view));
    CHECK(size_seen(&view) == count);
    for (size_t i = 0; i < count; i++) {
        CHECK(*(const uint64_t *)ringmill_view_at(&view, i) == first + i);
    }
    OK(ringmill_ring_release(ring, &view, count));
}

static void what_is_written_in_place_is_read_in_place(uint32_t kind) {
    ringmill_ring *ring = new_ring(kind, sizeof(uint64_t), 7);
    for (uint64_t round = 0; round < 50; round++) {
        const size_t count = 1 + round % 7;
        fill(ring, 100 * round, count);
        expect(ring, 100 * round, count);
    }
    ringmill_ring_free(ring);
}

static void in_place_and_by_copy_mix(uint32_t kind) {
    ringmill_ring *ring = new_ring(kind, sizeof(uint64_t), 4);
    uint64_t value = 7;
    fill(ring, 1, 2);
    OK(ringmill_ring_push(ring, &value));
    OK(ringmill_ring_pop(ring, &value));
    CHECK(value == 1);
    expect(ring, 2, 1);
    OK(ringmill_ring_pop(ring, &value));
    CHECK(value == 7);
    ringmill_ring_free(ring);
}

static void only_what_was_committed_can_be_taken(uint32_t kind) {
    ringmill_ring *ring = new_ring(kind, sizeof(uint64_t), 4);
    ringmill_room room;
    uint64_t value = 0;
    OK(ringmill_ring_reserve(ring, 9, &room));
    CHECK(size_of(&room) == 4);
    CHECK_STATUS(ringmill_ring_pop(ring, &value), EMPTY);
    for (size_t i = 0; i < 2; i++) {
        *(uint64_t *)ringmill_room_at(&room, i) = i + 10;
    }
    OK(ringmill_ring_commit(ring, &room, 2));
    OK(ringmill_ring_pop(ring, &value));
    CHECK(value == 10);
    OK(ringmill_ring_pop(ring, &value));
    CHECK(value == 11);
    CHECK_STATUS(ringmill_ring_pop(ring, &value), EMPTY);
    /* The room that was not used is room again. */
    fill(ring, 20, 4);
    expect(ring, 20, 4);
    ringmill_ring_free(ring);
}

static void cancelling_publishes_nothing(uint32_t kind) {
    ringmill_ring *ring = new_ring(kind, sizeof(uint64_t), 3);
    ringmill_room room;
    uint64_t value = 0;
    for (int round = 0; round < 20; round++) {
        OK(ringmill_ring_reserve(ring, 3, &room));
        OK(ringmill_ring_cancel(ring, &room));
        CHECK_STATUS(ringmill_ring_pop(ring, &value), EMPTY);
    }
    fill(ring, 5, 3);
    expect(ring, 5, 3);
    ringmill_ring_free(ring);
}

static void an_answer_without_room_or_elements_is_all_zero(uint32_t kind) {
    ringmill_ring *ring = new_ring(kind, sizeof(uint64_t), 2);
    const ringmill_room no_room = {NULL, 0, NULL, 0, 0, 0, 0};
    const ringmill_view nothing = {NULL, 0, NULL, 0, 0, 0, 0};
    ringmill_room room;
    ringmill_view view;
    memset(&room, 0xff, sizeof room);
    memset(&view, 0xff, sizeof view);
    CHECK_STATUS(ringmill_ring_peek(ring, 1, &view), EMPTY);
    CHECK(memcmp(&view, &nothing, sizeof view) == 0);
    fill(ring, 0, 2);
    CHECK_STATUS(ringmill_ring_reserve(ring, 1, &room), FULL);
    CHECK(memcmp(&room, &no_room, sizeof room) == 0);
    ringmill_ring_free(ring);
}

static void misuse_is_refused_and_leaves_it_open(uint32_t kind) {
    ringmill_ring *ring = new_ring(kind, sizeof(uint64_t), 4);
    ringmill_ring *other = new_ring(kind, sizeof(uint64_t), 4);
    ringmill_room room, copy;
    ringmill_view view, seen;
    INVALID(ringmill_ring_reserve(ring, 0, &room));
    INVALID(ringmill_ring_peek(ring, 0, &view));
    OK(ringmill_ring_reserve(ring, 2, &room));
    *(uint64_t *)ringmill_room_at(&room, 0) = 1;
    *(uint64_t *)ringmill_room_at(&room, 1) = 2;
    copy = room;
    INVALID(ringmill_ring_commit(ring, &room, 3));
    INVALID(ringmill_ring_commit(ring, &room, SIZE_MAX));
    INVALID(ringmill_ring_commit(ring, NULL, 1));
    INVALID(ringmill_ring_commit(NULL, &room, 1));
    INVALID(ringmill_ring_cancel(NULL, &room));
    INVALID(ringmill_ring_cancel(ring, NULL));
    INVALID(ringmill_ring_commit(other, &room, 2));
    copy.token ^= 1;
    INVALID(ringmill_ring_commit(ring, &copy, 2));
    copy = room;
    copy.check ^= 1;
    INVALID(ringmill_ring_cancel(ring, &copy));
    memset(&copy, 0, sizeof copy);
    INVALID(ringmill_ring_commit(ring, &copy, 0));
    OK(ringmill_ring_commit(ring, &room, 2));
    INVALID(ringmill_ring_commit(ring, &room, 2));
    INVALID(ringmill_ring_cancel(ring, &room));

    OK(ringmill_ring_peek(ring, SIZE_MAX, &view));
    CHECK(size_seen(&view) == 2);
    seen = view;
    INVALID(ringmill_ring_release(ring, &view, 3));
    INVALID(ringmill_ring_release(ring, &view, SIZE_MAX));
    INVALID(ringmill_ring_release(ring, NULL, 2));
    INVALID(ringmill_ring_release(NULL, &view, 2));
    INVALID(ringmill_ring_release(other, &view, 2));
    seen.token ^= 1;
    INVALID(ringmill_ring_release(ring, &seen, 2));
    OK(ringmill_ring_release(ring, &view, 2));
    INVALID(ringmill_ring_release(ring, &view, 2));
    ringmill_ring_free(ring);
    ringmill_ring_free(other);
}

static void an_end_of_spsc_with_something_lent_is_busy(void) {
    ringmill_ring *ring = new_ring(RINGMILL_RING_KIND_SPSC, sizeof(uint64_t), 4);
    ringmill_room room, second;
    ringmill_view view, other;
    uint64_t value = 3;
    size_t moved = 99;
    OK(ringmill_ring_reserve(ring, 2, &room));
    CHECK_STATUS(ringmill_ring_push(ring, &value), BUSY);
    CHECK_STATUS(ringmill_ring_push_bulk(ring, &value, 1), BUSY);
    CHECK_STATUS(ringmill_ring_push_burst(ring, &value, 1, &moved), BUSY);
    CHECK(moved == 0);
    CHECK_STATUS(ringmill_ring_reserve(ring, 1, &second), BUSY);
    OK(ringmill_ring_cancel(ring, &room));
    OK(ringmill_ring_push(ring, &value));

    moved = 99;
    OK(ringmill_ring_peek(ring, 2, &view));
    CHECK_STATUS(ringmill_ring_pop(ring, &value), BUSY);
    CHECK_STATUS(ringmill_ring_pop_bulk(ring, 1, &value), BUSY);
    CHECK_STATUS(ringmill_ring_pop_burst(ring, 1, &value, &moved), BUSY);
    CHECK(moved == 0);
    CHECK_STATUS(ringmill_ring_peek(ring, 1, &other), BUSY);
    /* The other end is not concerned. */
    OK(ringmill_ring_push(ring, &value));
    OK(ringmill_ring_release(ring, &view, 0));
    expect(ring, 3, 1);
    ringmill_ring_free(ring);
}

static void spsc_keeps_what_a_view_did_not_use(void) {
    ringmill_ring *ring = new_ring(RINGMILL_RING_KIND_SPSC, sizeof(uint64_t), 8);
    ringmill_view view;
    fill(ring, 0, 8);
    OK(ringmill_ring_peek(ring, 8, &view));
    CHECK(view.stride == sizeof(uint64_t));
    OK(ringmill_ring_release(ring, &view, 3));
    expect(ring, 3, 5);
    ringmill_ring_free(ring);
}

static void mpmc_lends_to_several_at_once(void) {
    ringmill_ring *ring = new_ring(RINGMILL_RING_KIND_MPMC, sizeof(uint64_t), 6);
    ringmill_room early, late;
    ringmill_view first, second;
    uint64_t value = 0;
    OK(ringmill_ring_reserve(ring, 2, &early));
    OK(ringmill_ring_reserve(ring, 2, &late));
    *(uint64_t *)ringmill_room_at(&late, 0) = 3;
    *(uint64_t *)ringmill_room_at(&late, 1) = 4;
    OK(ringmill_ring_commit(ring, &late, 2));
    /* Whoever pops stands before the room that is still open. */
    CHECK_STATUS(ringmill_ring_pop(ring, &value), EMPTY);
    *(uint64_t *)ringmill_room_at(&early, 0) = 1;
    *(uint64_t *)ringmill_room_at(&early, 1) = 2;
    OK(ringmill_ring_commit(ring, &early, 2));
    OK(ringmill_ring_peek(ring, 2, &first));
    OK(ringmill_ring_peek(ring, 2, &second));
    CHECK(*(const uint64_t *)ringmill_view_at(&first, 0) == 1);
    CHECK(*(const uint64_t *)ringmill_view_at(&second, 0) == 3);
    INVALID(ringmill_ring_release(ring, &second, 1));
    OK(ringmill_ring_release(ring, &second, 2));
    OK(ringmill_ring_release(ring, &first, 2));
    CHECK_STATUS(ringmill_ring_pop(ring, &value), EMPTY);
    ringmill_ring_free(ring);
}

static void alignment_is_what_was_asked_for(void) {
    ringmill_ring_options options;
    ringmill_ring *ring;
    ringmill_room room;
    for (size_t align = 1; align <= RINGMILL_ALIGN_MAX; align *= 2) {
        for (uint32_t kind = 0; kind < 2; kind++) {
            OK(ringmill_ring_options_init(sizeof options, &options));
            options.elem_size = 3 * align;
            options.elem_align = align;
            options.capacity = 5;
            options.kind = kind;
            OK(ringmill_ring_new(&options, &ring));
            OK(ringmill_ring_reserve(ring, 5, &room));
            for (size_t i = 0; i < 5; i++) {
                CHECK((uintptr_t)ringmill_room_at(&room, i) % align == 0);
                memset(ringmill_room_at(&room, i), 1, 3 * align);
            }
            OK(ringmill_ring_commit(ring, &room, 5));
            ringmill_ring_free(ring);
        }
    }
}

#define RUN_EACH_KIND(test)                                                                                            \
    do {                                                                                                               \
        test(RINGMILL_RING_KIND_MPMC);                                                                                 \
        test(RINGMILL_RING_KIND_SPSC);                                                                                 \
        printf("ok  %s\n", #test);                                                                                     \
    } while (0)

int main(void) {
    RUN_EACH_KIND(what_is_written_in_place_is_read_in_place);
    RUN_EACH_KIND(in_place_and_by_copy_mix);
    RUN_EACH_KIND(only_what_was_committed_can_be_taken);
    RUN_EACH_KIND(cancelling_publishes_nothing);
    RUN_EACH_KIND(an_answer_without_room_or_elements_is_all_zero);
    RUN_EACH_KIND(misuse_is_refused_and_leaves_it_open);
    RUN(an_end_of_spsc_with_something_lent_is_busy);
    RUN(spsc_keeps_what_a_view_did_not_use);
    RUN(mpmc_lends_to_several_at_once);
    RUN(alignment_is_what_was_asked_for);
    return 0;
}
