// debug::SetMaxStack, in a program whose first act it is.
#include <gtest/gtest.h>

#include "muster/debug.h"
#include "muster/go.h"
#include "muster/panic.h"
#include "runtime/stack/arena.h"

namespace muster {
namespace {

constexpr int64_t kFirst = 100 << 10;
const int64_t g_before = debug::SetMaxStack(kFirst);

TEST(SetMaxStack, BoundsTheStacksOfAProgramThatBeginsWithIt) {
  EXPECT_EQ(g_before, 32 << 20);
  // The largest power of two that the bound allows.
  EXPECT_EQ(stack::SlotSize() - stack::kPageSize, size_t{64} << 10);
  muster::Run([] {});
}

TEST(SetMaxStack, IsRememberedAndChangesNothingLater) {
  const size_t size = stack::SlotSize();
  EXPECT_EQ(debug::SetMaxStack(1 << 20), kFirst);
  EXPECT_EQ(debug::SetMaxStack(kFirst), 1 << 20);
  EXPECT_EQ(stack::SlotSize(), size);
}

TEST(SetMaxStack, PanicsForLessThanAStackHas) { EXPECT_THROW(debug::SetMaxStack(16383), Panic); }

}  // namespace
}  // namespace muster
