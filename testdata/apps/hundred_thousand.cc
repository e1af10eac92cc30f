// Healthy: 100,000 parked goroutines, a snapshot of them all, and what they cost. Fails if the
// process takes 1 GiB or more of memory, or if the snapshot misses one.
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <fstream>

#include "muster/inspector/analysis.h"
#include "muster/inspector/capture.h"
#include "muster/muster.h"

namespace {

constexpr uint64_t kGoroutines = 100'000;
constexpr uint64_t kLimit = uint64_t{1} << 30;

uint64_t ResidentBytes() {
  uint64_t size = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> size >> resident;
  return resident * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

uint64_t CountParked(const muster::inspector::Snapshot& snapshot) {
  uint64_t parked = 0;
  for (const muster::inspector::Goroutine& goroutine : snapshot.goroutines) {
    if (goroutine.reason == "chan receive") ++parked;
  }
  return parked;
}

int Count() {
  const auto go_home = muster::MakeChan<bool>();
  const auto started = muster::MakeChan<bool>(1024);
  muster::WaitGroup group;
  for (uint64_t i = 0; i < kGoroutines; ++i) {
    group.Go([=] {
      started.Send(true);
      go_home.Recv();
    });
    // Let the ones that were started get to their receive.
    if (i % 1024 == 1023) {
      for (int n = 0; n < 1024; ++n) started.Recv();
    }
  }
  for (uint64_t i = 0; i < kGoroutines % 1024; ++i) started.Recv();
  // The last ones may be on the few instructions from their send to their receive.
  muster::inspector::Snapshot snapshot;
  do {
    muster::runtime::Gosched();
    snapshot = muster::inspector::CaptureSelf();
  } while (snapshot.captured == snapshot.live && CountParked(snapshot) < kGoroutines);
  const uint64_t resident = ResidentBytes();
  std::printf("%lu of %lu goroutines captured, %lu parked in %zu groups; %lu MiB resident\n",
              snapshot.captured, snapshot.live, CountParked(snapshot),
              muster::inspector::GroupGoroutines(snapshot).size(), resident >> 20);
  go_home.Close();
  group.Wait();
  if (snapshot.captured != snapshot.live) return 1;
  return resident < kLimit ? 0 : 1;
}

}  // namespace

int main() { return muster::Run(Count); }
