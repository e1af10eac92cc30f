#include "tools/muster-stress/campaign.h"

#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "tools/muster-stress/binary.h"
#include "tools/muster-stress/merge.h"
#include "tools/muster-stress/runner.h"

namespace muster::stress {
namespace {

uint64_t DrawSeed() {
  uint32_t seed = 0;
  if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed)) {
    seed = static_cast<uint32_t>(std::chrono::steady_clock::now().time_since_epoch().count());
  }
  return seed % 1'000'000'000 + 1;
}

// One line on a terminal that is written over; nothing elsewhere.
class Progress {
 public:
  explicit Progress(uint64_t planned) : planned_(planned), terminal_(isatty(STDERR_FILENO) != 0) {}
  ~Progress() {
    if (terminal_) std::cerr << "\r\033[K" << std::flush;
  }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  void Show(const Merger& merger) const {
    if (!terminal_) return;
    std::cerr << "\r\033[K" << merger.runs() << " of " << planned_ << " runs, "
              << merger.clean_runs() << " clean, " << merger.Findings().size()
              << " distinct findings" << std::flush;
  }

 private:
  uint64_t planned_;
  bool terminal_;
};

RunSpec SpecFor(const Options& options, const Campaign& campaign, uint64_t seed) {
  RunSpec spec = {
      .command = campaign.command,
      .environment = {{"MUSTER_SEED", std::to_string(seed)},
                      {"TSAN_OPTIONS", campaign.tsan_options}},
      .timeout = std::chrono::milliseconds(static_cast<int64_t>(options.timeout_seconds * 1000))};
  if (!campaign.strategy.empty())
    spec.environment.emplace_back("MUSTER_SCHEDULE", campaign.strategy);
  return spec;
}

// The first run also finds out whether TSan can start here at all: it refuses an address space that
// is randomised more than it can bear, and then all runs go through setarch -R.
RunResult FirstRun(const Options& options, const std::atomic<bool>& stop, Campaign* campaign) {
  RunResult result = RunOnce(SpecFor(options, *campaign, campaign->first_seed), stop);
  if (!result.start_error.empty() || !TsanCouldNotStart(result)) return result;
  std::string ignored;
  const std::string setarch = FindProgram("setarch", &ignored);
  if (setarch.empty()) return result;
  Campaign without = *campaign;
  without.command.insert(without.command.begin(), {setarch, "-R"});
  RunResult again = RunOnce(SpecFor(options, without, campaign->first_seed), stop);
  if (!again.start_error.empty() || TsanCouldNotStart(again)) return result;
  *campaign = std::move(without);
  campaign->warnings.emplace_back(
      "TSan could not start with a randomised address space; all runs go through setarch -R");
  return again;
}

}  // namespace

std::string RunCampaign(const Options& options, const std::string& program,
                        const std::atomic<bool>& stop, Campaign* campaign) {
  const char* users = std::getenv("TSAN_OPTIONS");
  campaign->command = options.command;
  campaign->command[0] = program;
  campaign->tsan_options = TsanOptions(FindSymbolizer(), users == nullptr ? "" : users);
  campaign->first_seed = options.seed != 0 ? options.seed : DrawSeed();
  campaign->planned_runs = options.runs;
  campaign->strategy = options.strategy;

  const RunResult first = FirstRun(options, stop, campaign);
  if (!first.start_error.empty()) {
    return "cannot start " + program + ": " + first.start_error;
  }
  if (TsanCouldNotStart(first)) {
    return "TSan cannot start " + program +
           " here: exit code 66 without a report. Lower sysctl vm.mmap_rnd_bits to 28, or allow "
           "setarch -R. Its output: " +
           first.output.substr(0, first.output.find('\n'));
  }
  Merger merger;
  std::mutex mutex;
  std::string failure;
  uint64_t next = 1;
  const Progress progress(options.runs);
  if (!first.interrupted) merger.Add(campaign->first_seed, first);
  progress.Show(merger);
  const auto work = [&] {
    std::unique_lock lock(mutex);
    while (next < options.runs && failure.empty() && !stop) {
      const uint64_t seed = campaign->first_seed + next++;
      lock.unlock();
      const RunResult result = RunOnce(SpecFor(options, *campaign, seed), stop);
      lock.lock();
      if (!result.start_error.empty()) {
        failure = "cannot start " + program + ": " + result.start_error;
      } else if (!result.interrupted) {
        merger.Add(seed, result);
        progress.Show(merger);
      }
    }
  };
  {
    std::vector<std::jthread> workers;
    for (uint64_t i = 0; i < std::min<uint64_t>(options.jobs, options.runs); ++i) {
      workers.emplace_back(work);
    }
  }
  campaign->runs = merger.runs();
  campaign->clean_runs = merger.clean_runs();
  campaign->findings = merger.Findings();
  return failure;
}

}  // namespace muster::stress
