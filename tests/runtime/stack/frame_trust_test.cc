// Code without frame pointers has whole and right stacks, whoever was walked over first.
#include "runtime/stack/frame_trust.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/debugging/symbolize.h"
#include "muster/chan.h"
#include "muster/go.h"
#include "muster/record.h"
#include "muster/runtime.h"
#include "runtime/stack/unwind_walker.h"
#include "tests/runtime/stack/frameless.h"
#include "tests/runtime/wait_until.h"

namespace muster {
namespace {

using stack::Trust;
using testing::Callee;
using Frames = std::vector<std::string>;

std::string NameAt(uint64_t pc) {
  char name[512] = "?";
  absl::Symbolize(reinterpret_cast<const void*>(pc - 1), name, sizeof(name));
  return name;
}

// The index of the frame whose name has `part`; the stack's size when there is none.
size_t IndexOf(const record::Stack& stack, const std::string& part) {
  for (size_t i = 0; i < stack.size(); ++i) {
    if (NameAt(stack[i]).find(part) != std::string::npos) return i;
  }
  return stack.size();
}

// The functions named stand in the stack one directly behind the other.
void ExpectInARow(const record::Stack& stack, const Frames& parts) {
  Frames names;
  for (const uint64_t pc : stack) names.push_back(NameAt(pc));
  size_t at = IndexOf(stack, parts[0]);
  for (const std::string& part : parts) {
    ASSERT_LT(at, stack.size()) << ::testing::PrintToString(names);
    EXPECT_NE(names[at].find(part), std::string::npos) << ::testing::PrintToString(names);
    ++at;
  }
}

// What a call of muster::Go, or of Recv, is reached by.
void SpawnsOne(void* chan) {
  Go([chan = *static_cast<Chan<int>*>(chan)] { chan.Recv(); });
  __asm__ volatile("" ::: "memory");
}
void WaitsForOne(void* chan) {
  static_cast<Chan<int>*>(chan)->Recv();
  __asm__ volatile("" ::: "memory");
}

using Through = void (*)(Callee, void*);

// Two callers, so that code without frame pointers hides different functions from a walk by them.
__attribute__((noinline)) void FirstCaller(Through through, Callee fn, Chan<int>* chan) {
  through(fn, chan);
  __asm__ volatile("" ::: "memory");
}
__attribute__((noinline)) void SecondCaller(Through through, Callee fn, Chan<int>* chan) {
  through(fn, chan);
  __asm__ volatile("" ::: "memory");
}
__attribute__((noinline)) void Directly(Callee fn, void* arg) {
  fn(arg);
  __asm__ volatile("" ::: "memory");
}

record::Goroutine Parked(const Chan<int>& chan) {
  const auto address = reinterpret_cast<uint64_t>(chan.ref().get());
  testing::WaitUntilParkedOn(chan.ref().get(), record::WaitReason::kChanReceive);
  for (const record::Goroutine& g : record::Capture().goroutines) {
    if (!g.waits.empty() && g.waits[0].object == address) return g;
  }
  return {};
}

using Caller = void (*)(Through, Callee, Chan<int>*);

record::Stack CreationStack(Caller caller, Through through) {
  auto chan = MakeChan<int>();
  caller(through, SpawnsOne, &chan);
  const record::Goroutine g = Parked(chan);
  chan.Close();
  return g.creation_stack;
}

record::Stack ParkedStack(Caller caller, Through through) {
  auto chan = MakeChan<int>();
  Go([chan, caller, through]() mutable { caller(through, WaitsForOne, &chan); });
  const record::Goroutine g = Parked(chan);
  chan.Close();
  return g.stack;
}

void ExpectBothCallers(record::Stack (*stack_of)(Caller, Through), Through through,
                       const Frames& between) {
  for (int round = 0; round < 3; ++round) {
    Frames expected = between;
    expected.emplace_back("FirstCaller");
    ExpectInARow(stack_of(FirstCaller, through), expected);
    expected.back() = "SecondCaller";
    ExpectInARow(stack_of(SecondCaller, through), expected);
  }
}

void ExpectDirect(record::Stack (*stack_of)(Caller, Through), const char* innermost) {
  ExpectInARow(stack_of(FirstCaller, Directly), {innermost, "Directly", "FirstCaller"});
}

// Every test walks over code of its own copy.
class FramelessCode : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!muster_unwind_available()) GTEST_SKIP() << "needs libunwind.so.8";
  }
};

TEST_F(FramelessCode, HasWholeCreationStacksWhenItIsMetFirst) {
  muster::Run([] {
    ExpectBothCallers(CreationStack, testing::FramelessOuter<0>,
                      {"SpawnsOne", "FramelessInner", "FramelessOuter"});
    ExpectDirect(CreationStack, "SpawnsOne");
  });
}

TEST_F(FramelessCode, HasWholeCreationStacksWhenOthersWereMetBefore) {
  muster::Run([] {
    ExpectDirect(CreationStack, "SpawnsOne");
    ExpectDirect(CreationStack, "SpawnsOne");
    ExpectBothCallers(CreationStack, testing::FramelessOuter<1>,
                      {"SpawnsOne", "FramelessInner", "FramelessOuter"});
  });
}

TEST_F(FramelessCode, HasWholeParkedStacksWhenItIsMetFirst) {
  muster::Run([] {
    ExpectBothCallers(ParkedStack, testing::FramelessOuter<2>,
                      {"WaitsForOne", "FramelessInner", "FramelessOuter"});
    ExpectDirect(ParkedStack, "WaitsForOne");
  });
}

TEST_F(FramelessCode, HasWholeParkedStacksWhenOthersWereMetBefore) {
  muster::Run([] {
    ExpectDirect(ParkedStack, "WaitsForOne");
    ExpectDirect(ParkedStack, "WaitsForOne");
    ExpectBothCallers(ParkedStack, testing::FramelessOuter<3>,
                      {"WaitsForOne", "FramelessInner", "FramelessOuter"});
  });
}

TEST_F(FramelessCode, IsSeenThroughWhereItMisusesTheBaseRegister) {
  muster::Run([] {
    ExpectBothCallers(ParkedStack, testing::MisleadingBase<0>, {"WaitsForOne", "MisleadingBase"});
    ExpectBothCallers(CreationStack, testing::MisleadingBase<1>, {"SpawnsOne", "MisleadingBase"});
  });
}

TEST_F(FramelessCode, IsSeenThroughWhereItAlignsItsFrame) {
  muster::Run([] {
    ExpectBothCallers(ParkedStack, testing::AlignedFrame<0>, {"WaitsForOne", "AlignedFrame"});
    ExpectBothCallers(CreationStack, testing::AlignedFrame<1>, {"SpawnsOne", "AlignedFrame"});
  });
}

TEST_F(FramelessCode, IsNotTrustedAndOurOwnIs) {
  muster::Run([] {
    const record::Stack stack = ParkedStack(FirstCaller, testing::FramelessOuter<0>);
    for (const char* lost : {"FramelessInner", "FramelessOuter"}) {
      ASSERT_LT(IndexOf(stack, lost), stack.size());
      EXPECT_EQ(stack::TrustOf(stack[IndexOf(stack, lost)]), Trust::kLost) << lost;
    }
    for (const char* kept : {"WaitsForOne", "FirstCaller"}) {
      ASSERT_LT(IndexOf(stack, kept), stack.size());
      EXPECT_EQ(stack::TrustOf(stack[IndexOf(stack, kept)]), Trust::kKept) << kept;
    }
  });
}

}  // namespace
}  // namespace muster
