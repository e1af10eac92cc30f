// The table itself. Tests use addresses of their own, so that they may be repeated in one process.
#include <gtest/gtest.h>
#include <unistd.h>

#include "runtime/stack/frame_trust.h"

namespace muster::stack {
namespace {

// Addresses that no test has used.
uint64_t FreshAddresses() {
  static uint64_t next = 0x1000;
  next += 16;
  return next;
}

TEST(FrameTrust, IsUnknownUntilItIsRemembered) {
  const uint64_t pc = FreshAddresses();
  EXPECT_EQ(TrustOf(pc), Trust::kUnknown);
  Remember(pc, true);
  Remember(pc + 1, false);
  EXPECT_EQ(TrustOf(pc), Trust::kKept);
  EXPECT_EQ(TrustOf(pc + 1), Trust::kLost);
}

TEST(FrameTrust, IsNotRegained) {
  const uint64_t pc = FreshAddresses();
  Remember(pc, true);
  Remember(pc, false);
  Remember(pc, true);
  EXPECT_EQ(TrustOf(pc), Trust::kLost);
}

TEST(FrameTrust, OfAWalkIsThatOfItsWorstAddress) {
  const uint64_t pc = FreshAddresses();
  Remember(pc, true);
  Remember(pc + 1, false);
  const uint64_t pcs[] = {pc, pc + 2, pc + 1};
  EXPECT_EQ(TrustOfAll(pcs, 0), Trust::kKept);
  EXPECT_EQ(TrustOfAll(pcs, 1), Trust::kKept);
  EXPECT_EQ(TrustOfAll(pcs, 2), Trust::kUnknown);
  EXPECT_EQ(TrustOfAll(pcs, 3), Trust::kLost);
}

[[noreturn]] void FillTheTableAndAsk() {
  constexpr uint64_t kFirst = 0x90000000;
  for (uint64_t i = 0; i <= kMaxAddresses; ++i) Remember(kFirst + i, true);
  const bool right = TrustOf(kFirst) == Trust::kKept &&
                     TrustOf(kFirst + kMaxAddresses) == Trust::kLost &&
                     TrustOf(FreshAddresses()) == Trust::kLost;
  _exit(right ? 0 : 1);
}

// In a process of its own, as it leaves the table full.
TEST(FrameTrustDeath, HasNoTrustInWhatFoundNoRoom) {
  EXPECT_EXIT(FillTheTableAndAsk(), ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace muster::stack
