/* The order checker: every element names its producer and its place, and is its own checksum.
 *
 * A consumer notes what it takes: within it the elements of each producer rise. At the end every element of every
 * producer was taken exactly once. */
#ifndef RINGMILL_ORDER_H
#define RINGMILL_ORDER_H

#include "check.h"

#define ORDER_PRODUCERS 8

typedef struct numbered {
    uint32_t producer;
    uint32_t number;
    uint64_t echo; /* of both: a torn element does not match */
} numbered;

static inline numbered numbered_make(uint32_t producer, uint32_t number) {
    numbered made = {producer, number, 0};
    made.echo = (((uint64_t)producer << 32) | number) * UINT64_C(0x9E3779B97F4A7C15);
    return made;
}

/* What one consumer has seen: the next number that may come from each producer. */
typedef struct order_seen {
    uint32_t next[ORDER_PRODUCERS];
} order_seen;

/* Which elements were taken, by whomever: a byte for each, written by its taker only. */
typedef struct order_book {
    uint32_t producers;
    uint32_t each;
    unsigned char *taken;
} order_book;

static inline order_book order_book_new(uint32_t producers, uint32_t each) {
    order_book book = {producers, each, (unsigned char *)calloc((size_t)producers * each, 1)};
    CHECK(book.taken != NULL && producers <= ORDER_PRODUCERS);
    return book;
}

static inline void order_note(order_book *book, order_seen *seen, const numbered *element) {
    const numbered whole = numbered_make(element->producer, element->number);
    CHECK(element->echo == whole.echo);
    CHECK(element->producer < book->producers && element->number < book->each);
    CHECK(element->number >= seen->next[element->producer]);
    seen->next[element->producer] = element->number + 1;
    unsigned char *taken = &book->taken[(size_t)element->producer * book->each + element->number];
    CHECK(*taken == 0);
    *taken = 1;
}

/* After all threads were joined. */
static inline void order_book_end(order_book *book) {
    for (size_t i = 0; i < (size_t)book->producers * book->each; i++) {
        CHECK(book->taken[i] == 1);
    }
    free(book->taken);
}

#endif
