// healthy [NAME...]: runs the healthy programs (all of them without a name) and prints what the
// detectors say. Exit status 1 when a program was accused of anything above a suspicion, or did not
// end. The schedule is that of MUSTER_SEED.
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include "muster/inspector/analysis.h"
#include "muster/inspector/capture.h"
#include "muster/leaks.h"
#include "muster/record.h"
#include "testdata/healthy/healthy.h"

namespace healthy {
namespace {

namespace inspector = muster::inspector;
namespace record = muster::record;

std::vector<Program>& List() {
  static std::vector<Program> programs;
  return programs;
}

const char* g_name = "";
int g_looks = 0;
int g_accused = 0;
int g_suspected = 0;

// Since when each of the others waits; empty when one of them does not.
std::map<uint64_t, int64_t> Waits() {
  std::map<uint64_t, int64_t> waits;
  for (const record::Goroutine& g : record::Capture({.stacks = false}).goroutines) {
    if (g.kind != record::Kind::kGoroutine || g.id == runtime::GoroutineId()) continue;
    if (g.state == record::State::kRunning || g.state == record::State::kRunnable) return {};
    waits[g.id] = g.wait_since_ns;
  }
  return waits;
}

int64_t Others() { return runtime::NumGoroutine() - 1; }

void AwaitStillness() {
  for (std::map<uint64_t, int64_t> last = Waits();;) {
    time::Sleep(absl::Milliseconds(1));
    std::map<uint64_t, int64_t> now = Waits();
    // On a slow machine those with a short timer may have ended already.
    if (now == last && (!now.empty() || Others() == 0)) return;
    last = std::move(now);
  }
}

void RunOne(const Program& program) {
  g_name = program.name;
  const int looks = g_looks;
  program.body();
  if (g_looks == looks) {
    std::printf("%s: did not look\n", program.name);
    ++g_accused;
  }
  // A program that leaves somebody behind is not healthy, and what was said of it not wrong.
  for (int i = 0; Others() > 0 && i < 5000; ++i) time::Sleep(absl::Milliseconds(1));
  if (Others() > 0) {
    std::printf("%s: left %lld goroutines behind\n", program.name,
                static_cast<long long>(Others()));
    ++g_accused;
  }
}

}  // namespace

const std::vector<Program>& Programs() { return List(); }

Registration::Registration(const Program& program) { List().push_back(program); }

void Look() {
  AwaitStillness();
  ++g_looks;
  const muster::runtime::LeakReport leaks = muster::runtime::FindLeaks();
  if (!leaks.failure.empty() || !leaks.goroutines.empty() || !leaks.deadlocked.empty() ||
      !leaks.unstoppable.empty()) {
    std::printf("%s: reachability: %zu proven, %zu deadlocked, %zu unstoppable%s%s\n", g_name,
                leaks.goroutines.size(), leaks.deadlocked.size(), leaks.unstoppable.size(),
                leaks.failure.empty() ? "" : "; ", leaks.failure.c_str());
    ++g_accused;
  }
  inspector::AnalyzeOptions options;
  options.settled_ns = 1'000'000;
  options.suspect_after_ns = 1'000'000;
  for (const inspector::Finding& finding : inspector::Analyze(inspector::CaptureSelf(), options)) {
    if (finding.certainty == inspector::Certainty::kSuspected) {
      ++g_suspected;
      continue;
    }
    std::printf("%s: %s %s: %s\n", g_name, inspector::ToString(finding.certainty),
                finding.rule.c_str(), finding.explanation.c_str());
    ++g_accused;
  }
}

}  // namespace healthy

int main(int argc, char** argv) {
  const std::vector<std::string> wanted(argv + 1, argv + argc);
  int ran = 0;
  muster::Run([&] {
    for (const healthy::Program& program : healthy::Programs()) {
      if (!wanted.empty() &&
          std::find(wanted.begin(), wanted.end(), program.name) == wanted.end()) {
        continue;
      }
      ++ran;
      healthy::RunOne(program);
    }
  });
  std::printf("programs %d, looks %d, accused %d, suspected %d\n", ran, healthy::g_looks,
              healthy::g_accused, healthy::g_suspected);
  return healthy::g_accused == 0 && ran > 0 ? 0 : 1;
}
