// Residency: which pages of a range are in memory, told by the kernel.
//
// One PAGEMAP_SCAN (Linux 6.7) tells the runs of an arena of 256 stacks in 25 µs. Before that there
// is mincore, a byte per page, in 150 µs. (Reading /proc/self/pagemap takes 50 µs and would do
// everywhere, but not in a process that is not dumpable.) Pages that are swapped out count as gone.
#ifndef MUSTER_STACK_RESIDENCY_H_
#define MUSTER_STACK_RESIDENCY_H_

#include <cstddef>
#include <cstdint>
#include <span>

namespace muster::stack {

struct PageRun {
  uintptr_t begin = 0;
  uintptr_t end = 0;
};

// For one thread. Made for a few scans and then destroyed: it owns a file descriptor, and a library
// keeps none that a program which closes all it does not know could close.
class Residency {
 public:
  enum class Way { kPagemapScan, kMincore };

  // The best way that there is here.
  Residency();
  explicit Residency(Way way);
  ~Residency();
  Residency(const Residency&) = delete;
  Residency& operator=(const Residency&) = delete;

  Way way() const { return way_; }

  // Calls visit(PageRun) for the runs of resident pages in [begin, end), lowest first; a long run
  // may come in parts. Both ends are page-aligned and the range is mapped.
  template <typename Visit>
  void ForEachRun(uintptr_t begin, uintptr_t end, Visit visit) {
    while (begin < end) {
      for (const PageRun& run : Next(&begin, end)) visit(run);
    }
  }

 private:
  // A goroutine may make one, on a small stack.
  static constexpr size_t kRuns = 64;

  // The runs at the beginning of [*begin, end); moves *begin to where to go on.
  std::span<const PageRun> Next(uintptr_t* begin, uintptr_t end);
  std::span<const PageRun> Scan(uintptr_t* begin, uintptr_t end);
  std::span<const PageRun> Mincore(uintptr_t* begin, uintptr_t end);

  Way way_ = Way::kMincore;
  int pagemap_ = -1;
  PageRun runs_[kRuns];
};

}  // namespace muster::stack

#endif  // MUSTER_STACK_RESIDENCY_H_
