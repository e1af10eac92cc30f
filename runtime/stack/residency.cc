#include "runtime/stack/residency.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>

#include "runtime/stack/arena.h"
#include "runtime/stack/valgrind.h"

namespace muster::stack {
namespace {

// From linux/fs.h of Linux 6.7, which Debian 12's headers do not have yet.
struct ScannedRegion {
  uint64_t start;
  uint64_t end;
  uint64_t categories;
};

struct ScanRequest {
  uint64_t size = sizeof(ScanRequest);
  uint64_t flags = 0;
  uint64_t start = 0;
  uint64_t end = 0;
  uint64_t walk_end = 0;
  uint64_t regions = 0;
  uint64_t region_count = 0;
  uint64_t max_pages = 0;
  uint64_t category_inverted = 0;
  uint64_t category_mask = 0;
  uint64_t category_anyof_mask = 0;
  uint64_t return_mask = 0;
};

constexpr unsigned long kPagemapScan = _IOWR('f', 16, ScanRequest);
constexpr uint64_t kPresent = 1 << 3;

}  // namespace

Residency::Residency() : Residency(Way::kPagemapScan) {}

Residency::Residency(Way way) {
  if (way != Way::kPagemapScan) return;
  pagemap_ = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
  if (pagemap_ >= 0) way_ = Way::kPagemapScan;
}

Residency::~Residency() {
  if (pagemap_ >= 0) close(pagemap_);
}

std::span<const PageRun> Residency::Next(uintptr_t* begin, uintptr_t end) {
  return way_ == Way::kPagemapScan ? Scan(begin, end) : Mincore(begin, end);
}

std::span<const PageRun> Residency::Scan(uintptr_t* begin, uintptr_t end) {
  ScannedRegion regions[kRuns];
  ScanRequest request;
  request.start = *begin;
  request.end = end;
  request.regions = reinterpret_cast<uint64_t>(regions);
  request.region_count = kRuns;
  request.category_mask = kPresent;
  request.return_mask = kPresent;
  const int count = ioctl(pagemap_, kPagemapScan, &request);
  if (count < 0 || request.walk_end <= *begin) {
    way_ = Way::kMincore;  // an older kernel, or one that does not let us
    return Mincore(begin, end);
  }
  TellValgrindOfWrite(regions, static_cast<size_t>(count) * sizeof(ScannedRegion));
  for (int i = 0; i < count; ++i) {
    runs_[i] = {static_cast<uintptr_t>(regions[i].start), static_cast<uintptr_t>(regions[i].end)};
  }
  *begin = static_cast<uintptr_t>(request.walk_end);
  return {runs_, static_cast<size_t>(count)};
}

std::span<const PageRun> Residency::Mincore(uintptr_t* begin, uintptr_t end) {
  constexpr size_t kPages = 512;
  unsigned char resident[kPages];
  const uintptr_t from = *begin;
  const size_t pages = std::min((end - from) / kPageSize, kPages);
  *begin = from + pages * kPageSize;
  if (mincore(reinterpret_cast<void*>(from), pages * kPageSize, resident) != 0) return {};
  size_t count = 0;
  bool in_run = false;
  for (size_t i = 0; i < pages; ++i) {
    const bool here = (resident[i] & 1) != 0;
    const uintptr_t page = from + i * kPageSize;
    if (here && !in_run) {
      if (count == kRuns) {
        *begin = page;
        break;
      }
      runs_[count++].begin = page;
    }
    if (here) runs_[count - 1].end = page + kPageSize;
    in_run = here;
  }
  return {runs_, count};
}

}  // namespace muster::stack
