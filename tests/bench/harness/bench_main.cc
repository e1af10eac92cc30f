#include "tests/bench/harness/bench_main.h"

#include <getopt.h>

#include <charconv>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <optional>

namespace bench {
namespace {

constexpr int kUsageError = 2;

struct Arguments {
  bool list = false;
  std::string work;
  std::optional<int64_t> count;
  std::optional<int64_t> ops;
  int64_t rounds = 5;
};

bool Complain(const char* program, const std::string& what) {
  std::fprintf(stderr, "%s: %s\n", program, what.c_str());
  return false;
}

bool ParsePositive(const char* text, int64_t* value) {
  const char* end = text + std::strlen(text);
  const auto [rest, error] = std::from_chars(text, end, *value);
  return error == std::errc() && rest == end && *value > 0;
}

// False after a complaint.
bool Parse(int argc, char** argv, Arguments* parsed) {
  static constexpr option kOptions[] = {{"count", required_argument, nullptr, 'c'},
                                        {"ops", required_argument, nullptr, 'o'},
                                        {"rounds", required_argument, nullptr, 'r'},
                                        {"list", no_argument, nullptr, 'l'},
                                        {nullptr, 0, nullptr, 0}};
  for (int chosen; (chosen = getopt_long(argc, argv, "", kOptions, nullptr)) != -1;) {
    if (chosen == '?') return false;  // getopt has complained
    if (chosen == 'l') {
      parsed->list = true;
      continue;
    }
    int64_t value = 0;
    if (!ParsePositive(optarg, &value)) {
      return Complain(argv[0], std::string("wants a number above 0, not ") + optarg);
    }
    if (chosen == 'c') parsed->count = value;
    if (chosen == 'o') parsed->ops = value;
    if (chosen == 'r') parsed->rounds = value;
  }
  if (parsed->list && optind == argc) return true;
  if (parsed->list || argc - optind != 1) return Complain(argv[0], "wants one WORK (see --list)");
  parsed->work = argv[optind];
  return true;
}

void PrintRound(const Work& work, Size size, const Result& result) {
  std::printf("{\"work\": \"%s\", \"count\": %lld, \"%s_per_op\": %.4f", work.name.c_str(),
              static_cast<long long>(size.count), work.unit.c_str(), result.per_op);
  for (const auto& [key, value] : result.also) {
    std::printf(", \"%s\": %lld", key.c_str(), static_cast<long long>(value));
  }
  std::puts("}");
  std::fflush(stdout);
}

// The value of a line "KEY   VALUE kB" of a file in /proc; 0 when there is none.
int64_t KibOf(const char* path, const std::string& key) {
  std::ifstream file(path);
  for (std::string word; file >> word;) {
    int64_t kib = 0;
    if (word == key && file >> kib) return kib;
  }
  return 0;
}

}  // namespace

int64_t ResidentBytes() {
  // VmRSS is only an estimate, which the kernel corrects in batches; this walks the page tables.
  return 1024 * (KibOf("/proc/self/smaps_rollup", "Rss:") + KibOf("/proc/self/status", "VmPTE:"));
}

int BenchMain(int argc, char** argv, const std::vector<Work>& works) {
  Arguments arguments;
  if (!Parse(argc, argv, &arguments)) return kUsageError;
  if (arguments.list) {
    for (const Work& work : works) {
      std::printf("%-16s %lld\n", work.name.c_str(), static_cast<long long>(work.size.count));
    }
    return 0;
  }
  const auto work = std::find_if(works.begin(), works.end(),
                                 [&](const Work& w) { return w.name == arguments.work; });
  if (work == works.end()) {
    Complain(argv[0], "no such work: " + arguments.work + " (see --list)");
    return kUsageError;
  }
  const Size size{arguments.count.value_or(work->size.count),
                  arguments.ops.value_or(work->size.ops)};
  if (work->warm_up) work->run(size);
  for (int64_t round = 0; round < arguments.rounds; ++round) {
    PrintRound(*work, size, work->run(size));
  }
  return 0;
}

}  // namespace bench
