// Mutual exclusion, with and without somebody else wanting the lock.
#include "tests/bench/boost/works.h"

namespace bench {
namespace {

volatile int64_t sink;

Result Uncontended(Size size) {
  boost::fibers::mutex mutex;
  return {NsPerOp(size.count,
                  [&] {
                    int64_t counter = 0;
                    for (int64_t i = 0; i < size.count; ++i) {
                      mutex.lock();
                      ++counter;
                      mutex.unlock();
                    }
                    sink = counter;
                  }),
          {}};
}

Result ContendedByEight(Size size) {
  constexpr int kRivals = 8;
  const int64_t each = (size.count + kRivals - 1) / kRivals;
  boost::fibers::mutex mutex;
  int64_t counter = 0;
  const double ns = NsPerOp(each * kRivals, [&] {
    Countdown done(kRivals);
    for (int k = 0; k < kRivals; ++k) {
      Go([&] {
        for (int64_t i = 0; i < each; ++i) {
          mutex.lock();
          ++counter;
          mutex.unlock();
        }
        done.Done();
      });
    }
    done.Wait();
  });
  sink = counter;
  return {ns, {}};
}

}  // namespace

std::vector<Work> LockWorks() {
  return {{"mutex", "ns", {20'000'000, 20'000'000}, Uncontended},
          {"mutex_8", "ns", {8'000'000, 8'000'000}, ContendedByEight}};
}

}  // namespace bench
