/** Medians and their intervals, without assumptions about how times are distributed. */
#ifndef RINGMILL_BENCH_STATISTICS_HPP
#define RINGMILL_BENCH_STATISTICS_HPP

#include <algorithm>
#include <cmath>
#include <vector>

namespace bench {

/** The median of at least one value. */
inline double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    const size_t n = values.size();
    return n % 2 == 1 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

/** An interval that holds the true median with at least 95 %, from order statistics: the number of values below the
 *  true median is binomial with p = 1/2. Fewer than six values give all they span. */
inline std::pair<double, double> interval_95(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    const size_t n = values.size();
    double term = std::pow(0.5, static_cast<double>(n));
    double below = 0;
    size_t k = 0;
    for (; k < n / 2; k++) {
        below += term;
        if (below > 0.025) {
            break;
        }
        term *= static_cast<double>(n - k) / static_cast<double>(k + 1);
    }
    const size_t cut = k == 0 ? 0 : k - 1;
    return {values[cut], values[n - 1 - cut]};
}

} // namespace bench

#endif
