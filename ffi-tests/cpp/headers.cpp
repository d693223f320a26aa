// Both headers alone, twice, in both orders, with neither exceptions nor run-time types.
#include <ringmill.hpp>
#include <ringmill.h>
#include <ringmill.hpp>
#include <ringmill.h>

// Statuses are a type of their own in C++ and still the numbers of C.
static_assert(sizeof(ringmill_status) == 4);

int main() {
    auto ring = ringmill::Ring<long>::make(2);
    if (!ring || ring->push(5) != ringmill::Status::Ok) {
        return 1;
    }
    return ring->pop().value_or(0) == 5 ? 0 : 1;
}
