#include "tools/muster-stress/command_line.h"

#include <CLI/CLI.hpp>
#include <iostream>
#include <regex>
#include <string>
#include <thread>

namespace muster::stress {
namespace {

constexpr char kDescription[] =
    "Runs a TSan test binary many times with different schedule seeds and sums up what was found.";

constexpr char kFooter[] = R"(
Each run gets MUSTER_SEED=S, S+1, ...; the runtime draws its schedule from it. Equal reports are
counted once; each finding comes with the command that replays it.

Example:
  muster-stress --runs 200 --jobs 2 -- ./chan_test --gtest_filter='Pipeline.*'

Exit codes:
  0 every run was clean   1 findings   2 wrong usage, or no such program   3 it could not be run)";

// More than this is a slip of the keyboard; it also keeps every seed in 53 bits for JSON readers.
constexpr uint64_t kMaxSeed = uint64_t{1} << 52;
constexpr uint64_t kMaxRuns = 100'000'000;

// "random", "pct:3", "pct:3:200": what the runtime takes as MUSTER_SCHEDULE. "" when it is one.
std::string CheckStrategy(const std::string& text) {
  static const std::regex known("random|pct:[1-9][0-9]{0,5}(:[1-9][0-9]{0,5})?");
  return std::regex_match(text, known) ? "" : text + " is none of random, pct:D, pct:D:K";
}

}  // namespace

std::variant<Options, Finished> ParseCommandLine(int argc, const char* const* argv) {
  Options options;
  options.jobs = std::max(1U, std::thread::hardware_concurrency() / 2);
  CLI::App app(kDescription, "muster-stress");
  app.footer(kFooter);
  app.option_defaults()->take_last();
  app.add_option("--runs", options.runs, "How many times to run it (100)")
      ->type_name("N")
      ->check(CLI::Range(uint64_t{1}, kMaxRuns));
  app.add_option("--jobs,-j", options.jobs, "How many runs at the same time (half the CPUs)")
      ->type_name("J")
      ->check(CLI::Range(1U, 1024U));
  app.add_option("--timeout", options.timeout_seconds,
                 "Kill a run after so many seconds; 0 never (120)")
      ->type_name("SEC")
      ->check(CLI::Range(0.0, 1e6));
  app.add_option("--seed", options.seed, "First seed (drawn at random and printed)")
      ->type_name("S")
      ->check(CLI::Range(uint64_t{1}, kMaxSeed));
  app.add_option(
         "--strategy", options.strategy,
         "One P on a clock of its own, where a run is decided by its seed alone: random, pct:D "
         "or pct:D:K (several Ps, perturbed)")
      ->type_name("S")
      ->check(CheckStrategy);
  app.add_flag("--json", options.json, "Print the summary as JSON");
  app.add_option("TESTBIN", options.command, "The program and, after --, its arguments")
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  // From the first word on that is no option, everything is the program's.
  app.positionals_at_end();
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp& help) {
    return Finished{app.exit(help)};
  } catch (const CLI::ParseError& mistake) {
    std::cerr << "muster-stress: " << mistake.what() << "; see muster-stress --help\n";
    return Finished{kUsage};
  }
  if (options.command.empty()) {
    std::cerr << "muster-stress: no TESTBIN was given; see muster-stress --help\n";
    return Finished{kUsage};
  }
  return options;
}

}  // namespace muster::stress
