// muster-stress: runs a TSan test binary under many schedules.
#include <signal.h>

#include <atomic>
#include <fstream>
#include <iostream>
#include <string>
#include <variant>
#include <vector>

#include "tools/muster-stress/binary.h"
#include "tools/muster-stress/campaign.h"
#include "tools/muster-stress/command_line.h"
#include "tools/muster-stress/summary.h"

namespace muster::stress {
namespace {

std::atomic<bool> g_stop{false};

// The first Ctrl-C ends the runs and prints what was found so far; the second one ends us.
void StopOnSignals() {
  struct sigaction action {};
  action.sa_handler = [](int) { g_stop.store(true, std::memory_order_relaxed); };
  action.sa_flags = SA_RESETHAND | SA_RESTART;
  for (const int signal : {SIGINT, SIGTERM}) sigaction(signal, &action, nullptr);
}

void AddBuildWarnings(const std::string& program, Campaign* campaign) {
  switch (DetectTsan(program)) {
    case TsanBuild::kClang:
      return;
    case TsanBuild::kNone:
      campaign->warnings.push_back(program +
                                   " was not built with TSan: data races will not be seen. Build "
                                   "it with --preset tsan (clang-19, -fsanitize=thread).");
      return;
    case TsanBuild::kGcc:
      campaign->warnings.push_back(program +
                                   " was built with gcc's TSan, which ends at 8128 goroutines and "
                                   "takes about 900 KiB for each; build it with clang-19.");
      return;
  }
}

// What could not be written, if anything.
std::vector<std::string> WriteFiles(const Options& options, const Campaign& campaign) {
  std::vector<std::string> mistakes;
  const auto write = [&](const std::string& path, auto* writer) {
    if (path.empty()) return;
    std::ofstream file(path, std::ios::trunc);
    writer(campaign, file);
    if (!file.flush()) mistakes.push_back("cannot write " + path);
  };
  write(options.junit_file, WriteSummaryJUnit);
  write(options.sarif_file, WriteSummarySarif);
  return mistakes;
}

int Main(int argc, const char* const* argv) {
  const std::variant<Options, Finished> parsed = ParseCommandLine(argc, argv);
  if (const auto* finished = std::get_if<Finished>(&parsed)) return finished->code;
  const Options& options = std::get<Options>(parsed);
  std::string problem;
  const std::string program = FindProgram(options.command[0], &problem);
  if (program.empty()) {
    std::cerr << "muster-stress: cannot run " << options.command[0] << ": " << problem << "\n";
    return kUsage;
  }
  StopOnSignals();
  Campaign campaign;
  AddBuildWarnings(program, &campaign);
  const std::string failure = RunCampaign(options, program, g_stop, &campaign);
  for (const std::string& warning : campaign.warnings) {
    std::cerr << "muster-stress: warning: " << warning << "\n";
  }
  if (!failure.empty()) std::cerr << "muster-stress: " << failure << "\n";
  if (failure.empty() || campaign.runs > 0) {
    for (const std::string& mistake : WriteFiles(options, campaign)) {
      std::cerr << "muster-stress: " << mistake << "\n";
      return kCouldNotRun;
    }
    if (options.json) {
      WriteSummaryJson(campaign, std::cout);
    } else {
      WriteSummary(campaign, std::cout);
    }
  }
  if (!failure.empty() || campaign.runs == 0) return kCouldNotRun;
  return campaign.findings.empty() ? kClean : kFindings;
}

}  // namespace
}  // namespace muster::stress

int main(int argc, char** argv) {
  try {
    return muster::stress::Main(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "muster-stress: " << error.what() << "\n";
    return muster::stress::kCouldNotRun;
  }
}
