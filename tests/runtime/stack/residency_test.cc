#include "runtime/stack/residency.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cerrno>
#include <string>
#include <utility>
#include <vector>

#include "runtime/stack/arena.h"

namespace muster::stack {
namespace {

using Pages = std::vector<std::pair<int, int>>;

// A mapping of `pages` pages, none of which is in memory.
class Mapping {
 public:
  explicit Mapping(int pages) : size_(static_cast<size_t>(pages) * kPageSize) {
    base_ = static_cast<char*>(mmap(nullptr, size_, PROT_READ | PROT_WRITE,
                                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
    madvise(base_, size_, MADV_NOHUGEPAGE);
  }
  ~Mapping() { munmap(base_, size_); }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;

  char* Page(int index) const { return base_ + static_cast<size_t>(index) * kPageSize; }
  void Touch(int index) const { *Page(index) = 1; }

  // The resident pages as [first, last) numbers, adjacent parts joined.
  Pages Resident(Residency::Way way) const {
    Residency residency(way);
    Pages pages;
    const auto base = reinterpret_cast<uintptr_t>(base_);
    residency.ForEachRun(base, base + size_, [&](const PageRun& run) {
      const int first = static_cast<int>((run.begin - base) / kPageSize);
      const int last = static_cast<int>((run.end - base) / kPageSize);
      if (!pages.empty() && pages.back().second == first) {
        pages.back().second = last;
      } else {
        pages.emplace_back(first, last);
      }
    });
    return pages;
  }

 private:
  size_t size_;
  char* base_;
};

class ResidencyWays : public ::testing::TestWithParam<Residency::Way> {};

TEST_P(ResidencyWays, TellRunsOfTouchedPages) {
  const Mapping mapping(100);
  for (int page : {0, 3, 4, 5, 99}) mapping.Touch(page);
  EXPECT_EQ(mapping.Resident(GetParam()), Pages({{0, 1}, {3, 6}, {99, 100}}));
}

TEST_P(ResidencyWays, TellNothingOfAnUntouchedRange) {
  const Mapping mapping(1000);
  EXPECT_EQ(mapping.Resident(GetParam()), Pages());
}

TEST_P(ResidencyWays, TellMoreRunsThanOneCallCan) {
  const Mapping mapping(2001);
  Pages expected;
  for (int page = 0; page < 2001; page += 2) {
    mapping.Touch(page);
    expected.emplace_back(page, page + 1);
  }
  EXPECT_EQ(mapping.Resident(GetParam()), expected);
}

TEST_P(ResidencyWays, TellARunLongerThanOneCallCan) {
  const Mapping mapping(3000);
  for (int page = 0; page < 3000; ++page) mapping.Touch(page);
  EXPECT_EQ(mapping.Resident(GetParam()), Pages({{0, 3000}}));
}

TEST_P(ResidencyWays, CountNoGuardPage) {
  const Mapping mapping(10);
  mapping.Touch(5);
  mprotect(mapping.Page(4), kPageSize, PROT_NONE);
  madvise(mapping.Page(6), kPageSize, 102);  // MADV_GUARD_INSTALL, where there is one
  EXPECT_EQ(mapping.Resident(GetParam()), Pages({{5, 6}}));
}

TEST_P(ResidencyWays, SeePagesThatWereGivenBackAsGone) {
  const Mapping mapping(10);
  for (int page = 0; page < 10; ++page) mapping.Touch(page);
  madvise(mapping.Page(2), 5 * kPageSize, MADV_DONTNEED);
  EXPECT_EQ(mapping.Resident(GetParam()), Pages({{0, 2}, {7, 10}}));
}

INSTANTIATE_TEST_SUITE_P(All, ResidencyWays,
                         ::testing::Values(Residency::Way::kPagemapScan, Residency::Way::kMincore),
                         [](const auto& way) {
                           return way.param == Residency::Way::kMincore
                                      ? std::string("Mincore")
                                      : std::string("PagemapScan");
                         });

}  // namespace
}  // namespace muster::stack
