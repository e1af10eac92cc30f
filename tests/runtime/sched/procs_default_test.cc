// The default number of Ps follows the CPUs that the process may use.
#include <gtest/gtest.h>
#include <sched.h>
#include <unistd.h>

#include <cstdlib>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "muster/go.h"
#include "muster/runtime.h"

namespace muster {
namespace {

// As the program is started with a number, the default would not be looked at.
const bool g_unset = [] { return unsetenv("MUSTER_PROCS") == 0; }();

// The process's mask; put back in the end.
class Mask {
 public:
  Mask() { EXPECT_EQ(sched_getaffinity(getpid(), sizeof(set_), &set_), 0); }
  ~Mask() { EXPECT_EQ(sched_setaffinity(getpid(), sizeof(set_), &set_), 0); }
  Mask(const Mask&) = delete;
  Mask& operator=(const Mask&) = delete;

  int Count() const { return CPU_COUNT(&set_); }
  void LeaveOne() const {
    cpu_set_t one;
    CPU_ZERO(&one);
    for (int cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&one) == 0; ++cpu) {
      if (CPU_ISSET(cpu, &set_)) CPU_SET(cpu, &one);
    }
    EXPECT_EQ(sched_setaffinity(getpid(), sizeof(one), &one), 0);
  }

 private:
  cpu_set_t set_;
};

TEST(DefaultProcs, AreNoMoreThanTheCpus) {
  ASSERT_TRUE(g_unset);
  EXPECT_EQ(runtime::NumCPU(), Mask().Count());
  EXPECT_LE(runtime::GOMAXPROCS(0), runtime::NumCPU());
}

TEST(DefaultProcs, FollowTheAffinityMask) {
  muster::Run([] {
    runtime::SetDefaultGOMAXPROCS();
    const int all = runtime::GOMAXPROCS(0);
    {
      const Mask mask;
      mask.LeaveOne();
      while (runtime::GOMAXPROCS(0) != 1) runtime::Gosched();
      EXPECT_EQ(runtime::NumCPU(), mask.Count());  // of the start
    }
    while (runtime::GOMAXPROCS(0) != all) runtime::Gosched();
  });
}

TEST(DefaultProcs, AreLeftAloneOnceANumberWasSet) {
  muster::Run([] {
    runtime::GOMAXPROCS(5);
    const Mask mask;
    mask.LeaveOne();
    // Longer than it takes the monitor to look.
    const absl::Time begin = absl::Now();
    while (absl::Now() - begin < absl::Milliseconds(1200)) runtime::Gosched();
    EXPECT_EQ(runtime::GOMAXPROCS(0), 5);
    runtime::SetDefaultGOMAXPROCS();
    EXPECT_EQ(runtime::GOMAXPROCS(0), 1);
  });
}

}  // namespace
}  // namespace muster
