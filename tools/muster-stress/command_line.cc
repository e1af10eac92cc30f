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

// "random", "pct:3", "pct:3:200" are what the runtime takes as MUSTER_SCHEDULE; we walk through the
// schedules of "dfs:2". "" when it is one.
std::string CheckStrategy(const std::string& text) {
  static const std::regex known("random|pct:[1-9][0-9]{0,5}(:[1-9][0-9]{0,5})?|dfs:[0-9]{1,3}");
  return std::regex_match(text, known) ? "" : text + " is none of random, pct:D, pct:D:K, dfs:B";
}

// "90s", "10m", "2h".
constexpr char kDuration[] = "([1-9][0-9]{0,6})([smh])";

std::string CheckDuration(const std::string& text) {
  return std::regex_match(text, std::regex(kDuration)) ? "" : text + " is none of 90s, 10m, 2h";
}

double Seconds(const std::string& text) {
  const double unit = text.back() == 's' ? 1 : text.back() == 'm' ? 60 : 3600;
  return std::stod(text) * unit;
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
  std::string duration;
  app.add_option("--for", duration, "Go on for so long instead: 90s, 10m, 2h")
      ->type_name("TIME")
      ->check(CheckDuration);
  app.add_option("--jobs,-j", options.jobs, "How many runs at the same time (half the CPUs)")
      ->type_name("J")
      ->check(CLI::Range(1U, 1024U));
  app.add_option("--timeout", options.timeout_seconds,
                 "After so many seconds have a run print its goroutines, and kill it; 0 never "
                 "(120)")
      ->type_name("SEC")
      ->check(CLI::Range(0.0, 1e6));
  app.add_option("--seed", options.seed, "First seed (drawn at random and printed)")
      ->type_name("S")
      ->check(CLI::Range(uint64_t{1}, kMaxSeed));
  app.add_option(
         "--strategy", options.strategy,
         "One P on a clock of its own, where a run is decided by its seed alone: random, pct:D, "
         "pct:D:K, or every schedule with at most B preemptions: dfs:B (several Ps, perturbed)")
      ->type_name("S")
      ->check(CheckStrategy);
  bool keep = false;
  app.add_flag("--no-minimize", keep, "Do not look for fewer preemptions that show a finding");
  std::string tests;
  app.add_option("--tests", tests, "Only these tests of a GoogleTest program (--gtest_filter)")
      ->type_name("FILTER");
  app.add_option("--state", options.state_file,
                 "Keep the state in this file, and go on from it if it is there")
      ->type_name("FILE");
  app.add_flag("--json", options.json, "Print the summary as JSON");
  app.add_option("--junit", options.junit_file, "Write it as JUnit XML, too")->type_name("FILE");
  app.add_option("--sarif", options.sarif_file, "Write it as SARIF, too")->type_name("FILE");
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
  options.minimize = !keep;
  if (!duration.empty()) options.for_seconds = Seconds(duration);
  const bool open_end = options.for_seconds > 0 || options.strategy.rfind("dfs:", 0) == 0;
  if (open_end && app.count("--runs") == 0) options.runs = 0;
  if (!tests.empty()) options.command.push_back("--gtest_filter=" + tests);
  return options;
}

}  // namespace muster::stress
