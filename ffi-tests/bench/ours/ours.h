/** Ringmill as a competitor, from three languages. */
#ifndef RINGMILL_BENCH_OURS_H
#define RINGMILL_BENCH_OURS_H

#include "../harness/run.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Through the C interface, loops compiled as C. `words` is 1 or 8, `batch` 1 or 32. */
bench_competitor bench_c(bool spsc, size_t words, size_t batch);

/** Through the C interface in place: reserve, write, commit; peek, read, release. */
bench_competitor bench_c_in_place(bool spsc, size_t words, size_t batch);

/** From Rust, the ring inlined into the loops. */
bench_competitor bench_rust(bool spsc, size_t words, size_t batch);

#ifdef __cplusplus
}

/** Through `ringmill.hpp`. */
bench_competitor bench_cpp(bool spsc, size_t words, size_t batch);
#endif

#endif
