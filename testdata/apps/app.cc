#include "testdata/apps/app.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <map>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "muster/go.h"
#include "muster/record.h"
#include "muster/runtime.h"

namespace apps {
namespace {

namespace record = muster::record;

// The goroutines that carry the label, with the instant since which each waits; nothing, if one of
// them does not wait or will be woken by a clock.
using Waits = std::map<uint64_t, int64_t>;
bool AllWait(const std::string& name, Waits* waits) {
  for (const record::Goroutine& goroutine : record::Capture({.stacks = false}).goroutines) {
    const std::pair<std::string, std::string> label("app", name);
    if (goroutine.kind != record::Kind::kGoroutine ||
        std::find(goroutine.labels.begin(), goroutine.labels.end(), label) ==
            goroutine.labels.end()) {
      continue;
    }
    if (goroutine.state != record::State::kWaiting ||
        goroutine.reason == record::WaitReason::kSleep) {
      return false;
    }
    (*waits)[goroutine.id] = goroutine.wait_since_ns;
  }
  return true;
}

// A capture looks at one goroutine after the other. Two that agree on everybody's wait show that at
// the instant between them all were asleep, and then only a clock could have woken one.
bool IsStill(const std::string& name) {
  Waits before, after;
  return AllWait(name, &before) && AllWait(name, &after) && before == after;
}

// Whether a goroutine that carries the label has not given way for long.
bool SomeoneHogs(const std::string& name) {
  constexpr int64_t kLong = 200'000'000;  // twice what gprof-dump waits for
  const record::Snapshot snapshot = record::Capture({.stacks = false});
  const std::pair<std::string, std::string> label("app", name);
  return std::any_of(snapshot.goroutines.begin(), snapshot.goroutines.end(), [&](const auto& g) {
    return g.state == record::State::kRunning && g.running_since_ns != 0 &&
           snapshot.monotonic_ns - g.running_since_ns > kLong &&
           std::find(g.labels.begin(), g.labels.end(), label) != g.labels.end();
  });
}

}  // namespace

void Settle(const char* name, void (*body)(), Ending ending) {
  static std::atomic<bool> returned;
  returned = ending != Ending::kReturns;
  muster::runtime::SetLabel("app", name);
  muster::Go([body] {
    body();
    returned = true;
  });
  // The thread that watches is no part of the program.
  muster::runtime::SetLabel("app", "");
  const auto settled = [&] { return ending == Ending::kHogs ? SomeoneHogs(name) : IsStill(name); };
  while (!returned || !settled()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

int Main(int argc, char** argv, void (*body)(), Ending ending) {
  const char* slash = std::strrchr(argv[0], '/');
  const char* name = slash == nullptr ? argv[0] : slash + 1;
  if (argc == 1) {
    muster::Run(body);
    return 0;
  }
  if (argc != 2 || std::string_view(argv[1]) != "--serve") {
    std::fprintf(stderr, "usage: %s [--serve]\n", name);
    return 2;
  }
  Settle(name, body, ending);
  std::puts("ready");
  std::fflush(stdout);
  for (char ignored = 0; read(STDIN_FILENO, &ignored, 1) > 0;) {
  }
  return 0;
}

}  // namespace apps
