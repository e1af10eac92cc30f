// bench_leaks [GOROUTINES...]: what runtime::FindLeaks costs. Half of the goroutines are leaked,
// the others wait on channels that the main goroutine has; each channel is its own.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "muster/leaks.h"
#include "muster/muster.h"

namespace {

constexpr int kRuns = 5;

void Measure(int goroutines) {
  std::vector<muster::Chan<int>> kept;
  for (int i = 0; i < goroutines; ++i) {
    muster::Chan<int> chan = muster::MakeChan<int>();
    if (i % 2 == 0) kept.push_back(chan);
    muster::Go([chan] { chan.Recv(); });
  }
  muster::time::Sleep(absl::Milliseconds(200));
  std::vector<muster::runtime::LeakReport> reports;
  for (int i = 0; i < kRuns; ++i) reports.push_back(muster::runtime::FindLeaks());
  std::sort(reports.begin(), reports.end(),
            [](const auto& a, const auto& b) { return a.took_ns < b.took_ns; });
  const auto& median = reports[kRuns / 2];
  int64_t longest = 0;
  for (const auto& report : reports) longest = std::max(longest, report.paused_ns);
  std::printf(
      "%8d goroutines: paused %.2f ms (longest %.2f), took %.1f ms, searched %.1f MiB, "
      "%zu of %llu proven%s%s\n",
      goroutines, static_cast<double>(median.paused_ns) / 1e6, static_cast<double>(longest) / 1e6,
      static_cast<double>(median.took_ns) / 1e6,
      static_cast<double>(median.scanned_bytes) / 1048576.0, median.goroutines.size(),
      static_cast<unsigned long long>(median.candidates), median.failure.empty() ? "" : "; ",
      median.failure.c_str());
  for (const auto& chan : kept) chan.Close();
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<int> sizes;
  for (int i = 1; i < argc; ++i) sizes.push_back(std::atoi(argv[i]));
  if (sizes.empty()) sizes = {1'000, 10'000, 100'000};
  for (const int size : sizes) muster::Run([size] { Measure(size); });
  return 0;
}
