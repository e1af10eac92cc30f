// runtime::SetAffinity: where the threads that run goroutines may run.
#include <gtest/gtest.h>
#include <sched.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "muster/blocking.h"
#include "muster/chan.h"
#include "muster/go.h"
#include "muster/runtime.h"
#include "muster/sync.h"

namespace muster {
namespace {

std::vector<int> CpusOf(int32_t tid) {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  EXPECT_EQ(sched_getaffinity(tid, sizeof(mask), &mask), 0);
  std::vector<int> cpus;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &mask)) cpus.push_back(cpu);
  }
  return cpus;
}
// Of the thread that the caller runs on.
std::vector<int> MyCpus() { return CpusOf(0); }

class Affinity : public ::testing::Test {
 protected:
  ~Affinity() override { EXPECT_TRUE(runtime::SetAffinity({}).ok()); }
  const std::vector<int> all_ = CpusOf(getpid());
  const std::vector<int> last_ = {all_.back()};
};

TEST_F(Affinity, IsThatOfThreadsThatAreThereAndOfThoseThatCome) {
  muster::Run([this] {
    Go([] {}), runtime::Gosched();
    ASSERT_TRUE(runtime::SetAffinity(last_).ok());
    EXPECT_EQ(MyCpus(), last_);
    // Each of these needs a thread of its own.
    auto gate = MakeChan<int>();
    auto cpus = MakeChan<std::vector<int>>();
    WaitGroup locked;
    for (int i = 0; i < 8; ++i) {
      locked.Add(1);
      Go([&, gate] {
        runtime::LockOSThread();
        locked.Done();
        gate.Recv();
        cpus.Send(MyCpus());
        runtime::UnlockOSThread();
      });
    }
    locked.Wait();
    gate.Close();
    for (int i = 0; i < 8; ++i) EXPECT_EQ(*cpus.Recv(), last_);
  });
}

TEST_F(Affinity, LeavesOtherThreadsAlone) {
  muster::Run([this] { ASSERT_TRUE(runtime::SetAffinity(last_).ok()); });
  EXPECT_EQ(MyCpus(), all_);
  EXPECT_EQ(CpusOf(getpid()), all_);
}

TEST_F(Affinity, IsGivenUpForTheProcesssOwn) {
  muster::Run([this] {
    ASSERT_TRUE(runtime::SetAffinity(last_).ok());
    ASSERT_TRUE(runtime::SetAffinity({}).ok());
    EXPECT_EQ(MyCpus(), all_);
  });
}

TEST_F(Affinity, IsRefusedForCpusThatAreNotThere) {
  muster::Run([this] {
    for (const int cpu : {-1, CPU_SETSIZE - 1, CPU_SETSIZE}) {
      const absl::Status status = runtime::SetAffinity({all_.front(), cpu});
      EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << cpu;
      EXPECT_NE(status.message().find("CPU " + std::to_string(cpu)), std::string::npos) << status;
    }
    EXPECT_EQ(runtime::SetAffinity({CPU_SETSIZE - 1}).code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(MyCpus(), all_);
  });
}

}  // namespace
}  // namespace muster
