// Mutual exclusion, with and without somebody else wanting the lock; and calls that may block.
#include <sys/syscall.h>
#include <unistd.h>

#include "muster/muster.h"
#include "tests/bench/muster/works.h"

namespace bench {
namespace {

using muster::Go;
using muster::Mutex;
using muster::WaitGroup;

volatile int64_t sink;

Result Uncontended(Size size) {
  Mutex mutex;
  return {NsPerOp(size.count,
                  [&] {
                    int64_t counter = 0;
                    for (int64_t i = 0; i < size.count; ++i) {
                      mutex.Lock();
                      ++counter;
                      mutex.Unlock();
                    }
                    sink = counter;
                  }),
          {}};
}

Result ContendedByEight(Size size) {
  constexpr int kRivals = 8;
  const int64_t each = (size.count + kRivals - 1) / kRivals;
  Mutex mutex;
  int64_t counter = 0;
  const double ns = NsPerOp(each * kRivals, [&] {
    WaitGroup done;
    done.Add(kRivals);
    for (int k = 0; k < kRivals; ++k) {
      Go([&] {
        for (int64_t i = 0; i < each; ++i) {
          mutex.Lock();
          ++counter;
          mutex.Unlock();
        }
        done.Done();
      });
    }
    done.Wait();
  });
  sink = counter;
  return {ns, {}};
}

// A system call that does nothing, in a region of its own.
Result BlockingCall(Size size) {
  return {NsPerOp(size.count,
                  [&] {
                    for (int64_t i = 0; i < size.count; ++i) {
                      sink = muster::Blocking([] { return syscall(SYS_getppid); });
                    }
                  }),
          {}};
}

}  // namespace

std::vector<Work> LockWorks() {
  return {{"mutex", "ns", {20'000'000, 20'000'000}, Uncontended},
          {"mutex_8", "ns", {8'000'000, 8'000'000}, ContendedByEight},
          {"blocking", "ns", {5'000'000, 5'000'000}, BlockingCall}};
}

}  // namespace bench
