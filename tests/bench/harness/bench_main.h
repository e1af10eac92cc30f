// What the C++ benchmark programs share: a work is a function that does something many times and
// says what one time took; BenchMain runs one work, round after round, and prints a line of JSON
// for each. The Go program has the same interface.
#ifndef TESTS_BENCH_HARNESS_BENCH_MAIN_H_
#define TESTS_BENCH_HARNESS_BENCH_MAIN_H_

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace bench {

// How much is done in a round: batches of `count` goroutines (or whatever the work counts), until
// there were at least `ops` of them.
struct Size {
  int64_t count = 1;
  int64_t ops = 1;

  // At least `least`, so that a large count is still measured more than once where that matters.
  int64_t Batches(int64_t least = 1) const { return std::max(least, ops / count); }
};

struct Result {
  double per_op = 0;
  std::vector<std::pair<std::string, int64_t>> also;  // other figures, by JSON key
};

struct Work {
  std::string name;
  std::string unit;  // of Result::per_op: "ns" or "bytes"
  Size size;         // of a round, if the command line does not say
  std::function<Result(Size)> run;
  bool warm_up = true;  // false: the cold process is what is measured
};

// NsPerOp runs `body`, which does `ops` operations, and returns the nanoseconds that one took.
template <typename Body>
double NsPerOp(int64_t ops, Body body) {
  const auto begin = std::chrono::steady_clock::now();
  body();
  const std::chrono::duration<double, std::nano> taken = std::chrono::steady_clock::now() - begin;
  return taken.count() / static_cast<double>(ops);
}

// What the process keeps in memory now: its resident pages and its page tables.
int64_t ResidentBytes();

// `PROGRAM WORK [--count N] [--ops N] [--rounds R]` or `PROGRAM --list`. Returns the exit status:
// 2, after one line on standard error, for arguments that make no sense.
int BenchMain(int argc, char** argv, const std::vector<Work>& works);

}  // namespace bench

#endif  // TESTS_BENCH_HARNESS_BENCH_MAIN_H_
