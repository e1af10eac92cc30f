#include "tools/muster-stress/campaign.h"

#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <iostream>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "tools/muster-stress/binary.h"
#include "tools/muster-stress/merge.h"
#include "tools/muster-stress/minimize.h"
#include "tools/muster-stress/runner.h"
#include "tools/muster-stress/runs.h"
#include "tools/muster-stress/state.h"
#include "tools/muster-stress/trace_file.h"

namespace muster::stress {
namespace {

using Clock = std::chrono::steady_clock;

// So long a program that hangs has to print its goroutines.
constexpr std::chrono::seconds kPatience{10};
constexpr uint64_t kMostAttempts = 100;  // of either way to minimise one finding

uint64_t DrawSeed() {
  uint32_t seed = 0;
  if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed)) {
    seed = static_cast<uint32_t>(Clock::now().time_since_epoch().count());
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
    std::cerr << "\r\033[K" << merger.runs();
    if (planned_ != 0) std::cerr << " of " << planned_;
    std::cerr << " runs, " << merger.clean_runs() << " clean, " << merger.by_key().size()
              << " distinct findings" << std::flush;
  }
  void Say(const std::string& what) const {
    if (terminal_) std::cerr << "\r\033[K" << what << std::flush;
  }

 private:
  uint64_t planned_;
  bool terminal_;
};

// A run of the program as a campaign makes it.
RunResult Make(const Options& options, const Campaign& campaign, const Variation& run,
               const std::string& trace_path, const std::atomic<bool>& stop) {
  RunSpec spec = {
      .command = campaign.command,
      .environment = {{"MUSTER_SEED", std::to_string(run.seed)},
                      {"TSAN_OPTIONS", campaign.tsan_options}},
      .timeout = std::chrono::milliseconds(static_cast<int64_t>(options.timeout_seconds * 1000)),
      .patience = kPatience};
  if (!run.schedule.empty()) spec.environment.emplace_back("MUSTER_SCHEDULE", run.schedule);
  if (!trace_path.empty()) spec.environment.emplace_back("MUSTER_SCHEDULE_TRACE", trace_path);
  return RunOnce(spec, stop);
}

std::string CannotStart(const Campaign& campaign, const RunResult& result) {
  return "cannot start " + campaign.command[0] + ": " + result.start_error;
}

// A first run, which does not count, finds out whether TSan can start here at all: it refuses an
// address space that is randomised more than it can bear, and then all runs go through setarch -R.
// It also counts the decisions that PCT's moments are to be spread over. "" or what is wrong.
std::string TryOut(const Options& options, const std::atomic<bool>& stop, Campaign* campaign) {
  const TempTrace trace;
  // Any schedule will do.
  const Variation run = {.number = 0,
                         .seed = campaign->first_seed,
                         .schedule = campaign->strategy.empty() ? "" : "random"};
  RunResult result = Make(options, *campaign, run, trace.path(), stop);
  if (!result.start_error.empty()) return CannotStart(*campaign, result);
  std::string ignored;
  const std::string setarch = FindProgram("setarch", &ignored);
  if (TsanCouldNotStart(result) && !setarch.empty()) {
    Campaign without = *campaign;
    without.command.insert(without.command.begin(), {setarch, "-R"});
    const RunResult again = Make(options, without, run, trace.path(), stop);
    if (again.start_error.empty() && !TsanCouldNotStart(again)) {
      campaign->command = without.command;
      campaign->warnings.emplace_back(
          "TSan could not start with a randomised address space; all runs go through setarch -R");
      result = again;
    }
  }
  if (TsanCouldNotStart(result)) {
    return "TSan cannot start " + campaign->command[0] +
           " here: exit code 66 without a report. Lower sysctl vm.mmap_rnd_bits to 28, or allow "
           "setarch -R. Its output: " +
           result.output.substr(0, result.output.find('\n'));
  }
  const bool open_length = campaign->strategy.starts_with("pct:") &&
                           campaign->strategy.find(':', 4) == std::string::npos;
  if (open_length) {
    const std::vector<Decision> decisions = ReadTrace(trace.path());
    const auto moments = std::count_if(decisions.begin(), decisions.end(),
                                       [](const Decision& d) { return d.preemptive; });
    campaign->strategy += ":" + std::to_string(std::clamp<int64_t>(moments, 1, 1'000'000));
  }
  return "";
}

// All that the workers of a campaign share.
class Work {
 public:
  Work(const Options& options, const std::atomic<bool>& stop, Campaign* campaign)
      : options_(options),
        stop_(stop),
        campaign_(campaign),
        runs_(campaign->strategy, campaign->first_seed,
              options.runs == 0 ? UINT64_MAX : options.runs),
        progress_(options.runs) {}

  // "" or what is wrong.
  std::string Resume() {
    std::string problem;
    if (options_.state_file.empty()) return "";
    const Loaded loaded = LoadState(options_.state_file, campaign_, &runs_, &merger_, &problem);
    if (loaded == Loaded::kResumed) campaign_->resumed_runs = merger_.runs();
    return problem;
  }

  std::string Run() {
    const auto begin = Clock::now();
    if (options_.for_seconds > 0) {
      until_ = begin + std::chrono::duration_cast<Clock::duration>(
                           std::chrono::duration<double>(options_.for_seconds));
    }
    progress_.Show(merger_);
    {
      std::vector<std::jthread> workers;
      for (uint64_t i = 0; i < options_.jobs; ++i) workers.emplace_back([this] { Worker(); });
    }
    if (failure_.empty()) Save();
    if (failure_.empty() && options_.minimize) MinimizeAll();
    campaign_->findings = merger_.Findings();
    campaign_->runs = merger_.runs();
    campaign_->clean_runs = merger_.clean_runs();
    campaign_->exhausted = runs_.Exhausted();
    return failure_;
  }

 private:
  bool TimeIsUp() const { return until_ && Clock::now() >= *until_; }

  void Worker() {
    const TempTrace trace;
    std::unique_lock lock(mutex_);
    while (failure_.empty() && !stop_ && !TimeIsUp()) {
      const std::optional<Variation> run = runs_.Next();
      if (!run) {
        if (runs_.AllMade() || !runs_.by_depth()) break;
        changed_.wait(lock);  // the others' runs may bring more
        continue;
      }
      lock.unlock();
      const RunResult result =
          Make(options_, *campaign_, *run, runs_.by_depth() ? trace.path() : "", stop_);
      lock.lock();
      if (!result.start_error.empty()) {
        failure_ = CannotStart(*campaign_, result);
      } else if (result.interrupted) {
        runs_.Abandon(*run);
      } else {
        runs_.Done(*run, runs_.by_depth() ? ReadTrace(trace.path()) : std::vector<Decision>());
        merger_.Add(*run, result);
        progress_.Show(merger_);
        SaveNowAndThen();
      }
      changed_.notify_all();
    }
    changed_.notify_all();
  }

  void SaveNowAndThen() {
    constexpr std::chrono::milliseconds kInterval{500};
    if (options_.state_file.empty() || Clock::now() - saved_ < kInterval) return;
    Save();
  }

  void Save() {
    if (options_.state_file.empty()) return;
    failure_ = SaveState(options_.state_file, *campaign_, runs_, merger_);
    saved_ = Clock::now();
  }

  // Whether a run shows a finding again, and the decisions that it took.
  Attempted ShowsAgain(const std::string& key, const Variation& run,
                       const std::string& trace_path) {
    const RunResult result = Make(options_, *campaign_, run, trace_path, stop_);
    if (!result.start_error.empty() || result.interrupted) return {};
    Merger once;
    once.Add(run, result);
    return {.failed = once.by_key().count(key) != 0, .trace = ReadTrace(trace_path)};
  }

  void MinimizeAll() {
    if (campaign_->strategy.empty()) return;
    const TempTrace trace;
    const std::map<std::string, StressFinding> findings = merger_.by_key();
    for (const auto& [key, finding] : findings) {
      // A run that hangs takes its whole time each time.
      if (finding.kind == FindingKind::kTimeout) continue;
      if (stop_) return;
      progress_.Say("minimising " + finding.title);
      Variation run = finding.first;
      const Attempt attempt = [&](const std::string& schedule) {
        run.schedule = schedule;
        return ShowsAgain(key, run, trace.path());
      };
      uint64_t preemptions = 0;
      const std::optional<std::vector<Decision>> best =
          Minimize(finding.first.schedule, attempt, kMostAttempts, &preemptions);
      if (!best) continue;
      merger_.Minimized(key, ReplayText(*best), preemptions, Preemptions(*best));
    }
  }

  const Options& options_;
  const std::atomic<bool>& stop_;
  Campaign* const campaign_;
  std::mutex mutex_;  // guards all below
  std::condition_variable changed_;
  Runs runs_;
  Merger merger_;
  std::string failure_;
  const Progress progress_;
  std::optional<Clock::time_point> until_;
  Clock::time_point saved_;
};

}  // namespace

std::string RunCampaign(const Options& options, const std::string& program,
                        const std::atomic<bool>& stop, Campaign* campaign) {
  const char* users = std::getenv("TSAN_OPTIONS");
  campaign->asked = options.command;
  campaign->command = options.command;
  campaign->command[0] = program;
  campaign->tsan_options = TsanOptions(FindSymbolizer(), users == nullptr ? "" : users);
  campaign->planned_runs = options.runs;
  campaign->strategy = options.strategy;
  campaign->first_seed = options.seed;
  if (campaign->first_seed == 0 && !options.state_file.empty()) {
    campaign->first_seed = SeedInState(options.state_file);
  }
  if (campaign->first_seed == 0) campaign->first_seed = DrawSeed();
  if (std::string problem = TryOut(options, stop, campaign); !problem.empty()) return problem;
  Work work(options, stop, campaign);
  if (std::string problem = work.Resume(); !problem.empty()) return problem;
  return work.Run();
}

}  // namespace muster::stress
