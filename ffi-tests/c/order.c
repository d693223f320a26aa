/* The order checker itself: each fault that it hunts, planted, ends the program that has it. */
#include "order.h"

#include <sys/wait.h>
#include <unistd.h>

#define EACH 4

static void note(order_book *book, order_seen *seen, uint32_t producer, uint32_t number) {
    const numbered element = numbered_make(producer, number);
    order_note(book, seen, &element);
}

static void all_but(order_book *book, order_seen *seen, uint32_t left_out) {
    for (uint32_t number = 0; number < EACH; number++) {
        if (number != left_out) {
            note(book, seen, 0, number);
        }
    }
}

static void nothing(order_book *book, order_seen *seen) { all_but(book, seen, EACH); }

static void a_loss(order_book *book, order_seen *seen) { all_but(book, seen, 2); }

static void a_double(order_book *book, order_seen *seen) {
    order_seen another = *seen;
    all_but(book, seen, EACH);
    note(book, &another, 0, 3);
}

static void a_reversal(order_book *book, order_seen *seen) {
    note(book, seen, 0, 1);
    note(book, seen, 0, 0);
}

static void a_torn_element(order_book *book, order_seen *seen) {
    numbered element = numbered_make(0, 0);
    element.number = 1;
    order_note(book, seen, &element);
}

static void a_stranger(order_book *book, order_seen *seen) { note(book, seen, 1, 0); }

/* Whether a program with this fault ends as it should. */
static bool is_accepted(void (*fault)(order_book *, order_seen *)) {
    fflush(stdout);
    const pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        /* What the checker says is expected here. */
        CHECK(freopen("/dev/null", "w", stderr) != NULL);
        order_book book = order_book_new(1, EACH);
        order_seen seen = {{0}};
        fault(&book, &seen);
        order_book_end(&book);
        _exit(0);
    }
    int status = 0;
    CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status));
    return WEXITSTATUS(status) == 0;
}

static void every_fault_is_found(void) {
    CHECK(is_accepted(nothing));
    CHECK(!is_accepted(a_loss));
    CHECK(!is_accepted(a_double));
    CHECK(!is_accepted(a_reversal));
    CHECK(!is_accepted(a_torn_element));
    CHECK(!is_accepted(a_stranger));
}

int main(void) {
    RUN(every_fault_is_found);
    return 0;
}
