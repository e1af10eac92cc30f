// What captures take does not depend on how many goroutines there are, where they promise that.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>

#include "muster/chan.h"
#include "muster/go.h"
#include "muster/record.h"
#include "muster/runtime.h"
#include "tests/runtime/record/allocated.h"
#include "tests/runtime/wait_until.h"

namespace muster {
namespace {

// The bytes that `capture` asks for while `goroutines` wait: the least of a few times, as other
// threads may ask for some meanwhile, and a goroutine that is disturbed while it is looked at is
// kept in mind.
template <typename Capture>
size_t BytesTakenAmong(int goroutines, Capture capture) {
  auto gate = MakeChan<int>();
  for (int i = 0; i < goroutines; ++i) Go([gate] { gate.Recv(); });
  testing::WaitUntilParkedOn(gate.ref().get(), record::WaitReason::kChanReceive, goroutines);
  size_t least = SIZE_MAX;
  for (int i = 0; i < 5; ++i) {
    const size_t before = testing::AllocatedBytes();
    capture();
    least = std::min(least, testing::AllocatedBytes() - before);
  }
  gate.Close();
  while (runtime::NumGoroutine() > 1) runtime::Gosched();
  return least;
}

template <typename Capture>
void ExpectNoMoreForMany(Capture capture) {
  muster::Run([&] {
    const size_t few = BytesTakenAmong(500, capture);
    const size_t many = BytesTakenAmong(5000, capture);
    // Waits are counted in buckets, of which longer waits need more: less than 8 bytes for each of
    // the goroutines that were added.
    constexpr size_t kLongerWaits = size_t{4500} * 8;
    EXPECT_LT(many, few + kLongerWaits);
  });
}

TEST(CaptureMemory, OfGroupsIsForTheGroups) {
  ExpectNoMoreForMany([] { EXPECT_FALSE(record::CaptureGroups().groups.empty()); });
}

TEST(CaptureMemory, OfAStreamIsForTheStacks) {
  ExpectNoMoreForMany([] {
    record::CaptureStream stream;
    while (stream.Next() != nullptr) {
    }
  });
}

}  // namespace
}  // namespace muster
