// The checks of the C tests, and what C++ adds: a status by name, a value that must be there.
#ifndef RINGMILL_CHECK_HPP
#define RINGMILL_CHECK_HPP

#include <ringmill.hpp>

#include "../c/check.h"

using ringmill::Status;

inline void check_is(Status found, Status expected, const char *file, int line) {
    if (found != expected) {
        std::fprintf(stderr, "%s:%d: \"%s\", not \"%s\" (last message: %s)\n", file, line, ringmill::text(found),
                     ringmill::text(expected), ringmill::last_message());
        std::exit(1);
    }
}

#define IS(call, expected) check_is((call), Status::expected, __FILE__, __LINE__)

/** The value of a result that must have one. */
template <class T> T the(ringmill::Result<T> &&result) {
    check_is(result.status(), Status::Ok, __FILE__, __LINE__);
    return *std::move(result);
}

#endif
