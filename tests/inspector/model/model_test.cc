#include "muster/inspector/model.h"

#include <gtest/gtest.h>

namespace muster::inspector {
namespace {

Frame At(uint64_t pc) {
  Frame frame;
  frame.pc = pc;
  return frame;
}

TEST(Interner, GivesEqualFramesOneId) {
  Snapshot snapshot;
  Interner interner(&snapshot);
  const FrameId first = interner.InternFrame(At(0x10));
  EXPECT_NE(interner.InternFrame(At(0x20)), first);
  EXPECT_EQ(interner.InternFrame(At(0x10)), first);
  EXPECT_EQ(snapshot.frames.size(), 2u);
}

TEST(Interner, KeepsFramesApartThatDifferInOneField) {
  Snapshot snapshot;
  Interner interner(&snapshot);
  std::vector<Frame> variants(7, At(0x10));
  variants[1].function = "f";
  variants[2].file = "f.cc";
  variants[3].line = 7;
  variants[4].inlined = true;
  variants[5].module = "lib.so";
  variants[6].module_offset = 9;
  for (const Frame& frame : variants) interner.InternFrame(frame);
  EXPECT_EQ(snapshot.frames, variants);
}

TEST(Interner, GivesEqualStacksOneId) {
  Snapshot snapshot;
  Interner interner(&snapshot);
  const StackId first = interner.InternAddresses({1, 2, 3});
  EXPECT_EQ(interner.InternAddresses({1, 2, 3}), first);
  EXPECT_NE(interner.InternAddresses({3, 2, 1}), first);
  Stack cut = snapshot.stacks[first];
  cut.elided = 4;
  EXPECT_NE(interner.InternStack(cut), first);
  EXPECT_EQ(snapshot.frames.size(), 3u);
  EXPECT_EQ(snapshot.stacks.size(), 3u);
}

TEST(Interner, LearnsWhatTheTablesAlreadyHold) {
  Snapshot snapshot;
  const StackId before = Interner(&snapshot).InternAddresses({1, 2});
  EXPECT_EQ(Interner(&snapshot).InternAddresses({1, 2}), before);
  EXPECT_EQ(snapshot.frames.size(), 2u);
}

TEST(SnapshotTotal, CountsGroupsAndLeavesThreadsOut) {
  Snapshot snapshot;
  snapshot.goroutines.resize(3);
  snapshot.goroutines[0].count = 40;
  snapshot.goroutines[1].kind = Kind::kSystem;
  snapshot.goroutines[2].kind = Kind::kThread;
  EXPECT_EQ(snapshot.total(), 41u);
}

TEST(SnapshotFind, TakesZeroForNone) {
  Snapshot snapshot;
  snapshot.goroutines.resize(2);  // the first has id 0, as in grouped dumps
  snapshot.goroutines[1].id = 7;
  snapshot.resources.resize(2);
  snapshot.resources[1].address = 0xc0;
  EXPECT_EQ(snapshot.FindGoroutine(7), &snapshot.goroutines[1]);
  EXPECT_EQ(snapshot.FindGoroutine(8), nullptr);
  EXPECT_EQ(snapshot.FindGoroutine(0), nullptr);
  EXPECT_EQ(snapshot.FindResource(0xc0), &snapshot.resources[1]);
  EXPECT_EQ(snapshot.FindResource(0), nullptr);
}

TEST(GoroutineStatus, IsTheReasonElseTheState) {
  Goroutine goroutine;
  goroutine.state = State::kRunnable;
  EXPECT_EQ(goroutine.status(), "runnable");
  goroutine.state = State::kWaiting;
  goroutine.reason = "chan receive";
  EXPECT_EQ(goroutine.status(), "chan receive");
}

TEST(Certainty, HasTheWordsThatReportsPrint) {
  EXPECT_STREQ(ToString(Certainty::kProven), "proven");
  EXPECT_STREQ(ToString(Certainty::kCertainNow), "certain now");
  EXPECT_STREQ(ToString(Certainty::kSuspected), "suspected");
}

}  // namespace
}  // namespace muster::inspector
