// What many goroutines cost a TSan build in memory mappings, and what happens at their limit.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <string>
#include <vector>

#include "muster/muster.h"

namespace muster {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr size_t kPage = 4096;

int64_t Mappings() {
  std::ifstream maps("/proc/self/maps");
  int64_t count = 0;
  for (std::string line; std::getline(maps, line);) ++count;
  return count;
}

int64_t MappingLimit() {
  std::ifstream file("/proc/sys/vm/max_map_count");
  int64_t limit = 0;
  file >> limit;
  return limit;
}

// Goroutines that have run and wait, each to be let go by itself.
class Waiting {
 public:
  explicit Waiting(int count) {
    for (int i = 0; i < count; ++i) {
      here_.Add(1);
      gone_.Add(1);
      doors_.push_back(MakeChan<int>());
      Go([this, door = doors_.back()] {
        here_.Done();
        door.Recv();
        gone_.Done();
      });
    }
    here_.Wait();
  }
  void LetGo(size_t which) { doors_[which].Close(); }
  void Join() { gone_.Wait(); }

 private:
  std::vector<Chan<int>> doors_;
  WaitGroup here_;
  WaitGroup gone_;
};

TEST(TsanMappings, ACrowdSharesThem) {
  muster::Run([] {
    constexpr int kCount = 10'000;
    const int64_t before = Mappings();
    Waiting crowd(kCount);
    // Two each, were they not joined.
    EXPECT_LT(Mappings() - before, kCount / 2);
    for (size_t i = 0; i < kCount; ++i) crowd.LetGo(i);
    crowd.Join();
  });
}

TEST(TsanMappings, StayJoinedWhenEverySecondGoroutineHasEnded) {
  muster::Run([] {
    constexpr int kCount = 10'000;
    const int64_t before = Mappings();
    Waiting crowd(kCount);
    for (size_t i = 0; i < kCount; i += 2) crowd.LetGo(i);
    while (runtime::NumGoroutine() > kCount / 2 + 1) runtime::Gosched();
    EXPECT_LT(Mappings() - before, kCount / 2);
    for (size_t i = 1; i < kCount; i += 2) crowd.LetGo(i);
    crowd.Join();
  });
}

// Maps single pages that differ from their neighbours, until `count` mappings are in use.
class Clutter {
 public:
  explicit Clutter(int64_t count) : size_(static_cast<size_t>(count - Mappings()) * kPage) {
    pages_ = static_cast<char*>(
        mmap(nullptr, size_, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
    for (size_t at = 0; at < size_; at += 2 * kPage) mprotect(pages_ + at, kPage, PROT_NONE);
  }
  ~Clutter() { munmap(pages_, size_); }
  Clutter(const Clutter&) = delete;
  Clutter& operator=(const Clutter&) = delete;

 private:
  size_t size_;
  char* pages_ = nullptr;
};

// What Go throws within so many goroutines; "" for nothing.
std::string PanicWithin(int count) {
  try {
    for (int i = 0; i < count; ++i) Go([] {});
  } catch (const Panic& panic) {
    return panic.what();
  }
  return "";
}

TEST(TsanMappings, GoThrowsAndNamesTheLimitBeforeItIsReached) {
  muster::Run([] {
    // The mappings are counted the next time when a part of those left may have been used.
    const int64_t limit = MappingLimit();
    if (limit > 1'000'000) GTEST_SKIP() << "vm.max_map_count is too high to be reached";
    const int enough = static_cast<int>(limit / 4);
    {
      const Clutter clutter(limit - limit / 20);
      const std::string what = PanicWithin(enough);
      EXPECT_THAT(what, HasSubstr("out of goroutines under ThreadSanitizer"));
      EXPECT_THAT(what, HasSubstr("vm.max_map_count=" + std::to_string(limit)));
    }
    EXPECT_THAT(PanicWithin(enough), IsEmpty());
  });
}

}  // namespace
}  // namespace muster
