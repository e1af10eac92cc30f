// Who called whom: runtime.Callers and its like.
#include "muster/caller.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "muster/chan.h"
#include "muster/debug.h"
#include "muster/go.h"
#include "muster/runtime.h"
#include "tests/runtime/wait_until.h"

// The program's own functions, with frames that stay.
namespace calls {

template <typename F>
__attribute__((noinline)) void Innermost(F f) {
  f();
  asm volatile("");
}
template <typename F>
__attribute__((noinline)) void Outermost(F f) {
  Innermost(f);
  asm volatile("");
}

__attribute__((noinline)) std::vector<uintptr_t> PcsOf(int skip, size_t room) {
  std::vector<uintptr_t> pcs(room);
  pcs.resize(static_cast<size_t>(muster::runtime::Callers(skip, pcs)));
  return pcs;
}
__attribute__((noinline)) std::vector<uintptr_t> CallPcsOf(int skip, size_t room) {
  std::vector<uintptr_t> pcs = PcsOf(skip, room);
  asm volatile("");
  return pcs;
}

__attribute__((noinline)) std::vector<uintptr_t> Recurse(int depth) {
  std::vector<uintptr_t> pcs = depth == 0 ? PcsOf(1, 1000) : Recurse(depth - 1);
  asm volatile("");
  return pcs;
}

}  // namespace calls

namespace muster {
namespace {

using ::testing::ContainsRegex;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::string NameOf(uintptr_t pc) {
  const std::vector<uintptr_t> one = {pc};
  return runtime::CallersFrames(one).Next().first.function;
}

TEST(Callers, BeginWithCallersItselfThenItsCaller) {
  muster::Run([] {
    const auto pcs = calls::CallPcsOf(0, 100);
    ASSERT_GE(pcs.size(), 3u);
    EXPECT_THAT(NameOf(pcs[0]), HasSubstr("muster::runtime::Callers"));
    EXPECT_THAT(NameOf(pcs[1]), HasSubstr("calls::PcsOf"));
    EXPECT_THAT(NameOf(pcs[2]), HasSubstr("calls::CallPcsOf"));
  });
}

TEST(Callers, LeaveOutWhatIsSkipped) {
  muster::Run([] {
    EXPECT_THAT(NameOf(calls::CallPcsOf(1, 100).at(0)), HasSubstr("calls::PcsOf"));
    EXPECT_THAT(NameOf(calls::CallPcsOf(2, 100).at(0)), HasSubstr("calls::CallPcsOf"));
    EXPECT_TRUE(calls::CallPcsOf(1000, 100).empty());
  });
}

TEST(Callers, StoreNoMoreThanThereIsRoomFor) {
  muster::Run([] {
    EXPECT_EQ(calls::CallPcsOf(0, 2).size(), 2u);
    EXPECT_EQ(calls::CallPcsOf(0, 0).size(), 0u);
  });
}

TEST(Callers, AreTheInnermostOfADeepStack) {
  muster::Run([] {
    const auto pcs = calls::Recurse(200);
    ASSERT_GE(pcs.size(), 60u);
    EXPECT_LE(pcs.size(), 64u);
    EXPECT_THAT(NameOf(pcs.front()), HasSubstr("calls::PcsOf"));
    EXPECT_THAT(NameOf(pcs.back()), HasSubstr("calls::Recurse"));
  });
}

TEST(CallersFrames, SayWhetherThereAreMore) {
  muster::Run([] {
    const auto pcs = calls::CallPcsOf(0, 2);
    runtime::Frames frames = runtime::CallersFrames(pcs);
    const auto [first, more] = frames.Next();
    EXPECT_EQ(first.pc, pcs[0]);
    EXPECT_TRUE(more);
    EXPECT_FALSE(frames.Next().second);
    EXPECT_EQ(frames.Next().first.pc, 0u);
    EXPECT_EQ(runtime::CallersFrames({}).Next().first.function, "");
  });
}

TEST(Caller, IsWhereTheCallWasMade) {
  muster::Run([] {
    calls::Outermost([]() __attribute__((noinline)) {  // a frame of its own
      EXPECT_THAT(NameOf(runtime::Caller(1).pc), HasSubstr("calls::Innermost"));
      EXPECT_THAT(NameOf(runtime::Caller(2).pc), HasSubstr("calls::Outermost"));
      EXPECT_TRUE(runtime::Caller(0).ok);
    });
  });
}

TEST(Caller, IsNoneBeyondTheStack) {
  muster::Run([] {
    EXPECT_FALSE(runtime::Caller(1000).ok);
    EXPECT_FALSE(runtime::Caller(-1).ok);
  });
}

TEST(Stack, IsTheCallerAsAPanicWouldPrintIt) {
  muster::Run([] {
    std::string text;
    calls::Outermost([&] { text = runtime::Stack(); });
    EXPECT_THAT(text, ContainsRegex("^goroutine [0-9]+ \\[running\\]:\n"));
    EXPECT_THAT(text, ContainsRegex("calls::Innermost.*\n\t.*\n.*calls::Outermost"));
    EXPECT_THAT(text, Not(HasSubstr("\n\n")));
    EXPECT_THAT(text, EndsWith("\n"));
  });
}

TEST(Stack, NamesWhoCreatedTheGoroutine) {
  muster::Run([] {
    auto text = MakeChan<std::string>();
    calls::Outermost([text] { Go([text] { text.Send(runtime::Stack()); }); });
    const std::string created = "\ncreated by .*calls::Innermost.* in goroutine " +
                                std::to_string(runtime::GoroutineId()) + "\n";
    EXPECT_THAT(*text.Recv(), ContainsRegex(created));
  });
}

TEST(Stack, HasAllOthersBehindItIfAsked) {
  muster::Run([] {
    auto gate = MakeChan<int>();
    Go([gate] { calls::Innermost([&] { gate.Recv(); }); });
    testing::WaitUntilParkedOn(gate.ref().get(), record::WaitReason::kChanReceive);
    const std::string all = runtime::Stack(true);
    const std::string own = "goroutine " + std::to_string(runtime::GoroutineId()) + " [running]:\n";
    EXPECT_THAT(all, StartsWith(own));
    EXPECT_THAT(all, ContainsRegex("\n\ngoroutine [0-9]+ \\[chan receive\\]:\n(.*\n)*.*Innermost"));
    EXPECT_EQ(all.find(own, 1), std::string::npos) << "itself only once";
    EXPECT_THAT(runtime::Stack(), Not(HasSubstr("chan receive")));
    gate.Close();
  });
}

TEST(Stack, IsCutToTheBuffer) {
  muster::Run([] {
    std::string buffer(10, 'x');
    EXPECT_EQ(runtime::Stack(buffer, false), 10u);
    EXPECT_EQ(buffer, "goroutine ");
    std::string large(100'000, 'x');
    const size_t used = runtime::Stack(large, false);
    EXPECT_LT(used, large.size());
    EXPECT_EQ(large[used - 1], '\n');
    EXPECT_EQ(large[used], 'x');
  });
}

TEST(Stack, IsHadByThreadsOutsideTheRuntimeToo) {
  std::string text;
  std::thread thread([&] { calls::Outermost([&] { text = runtime::Stack(); }); });
  thread.join();
  EXPECT_THAT(text, ContainsRegex("^thread [0-9]+ \\[running\\]:\n"));
  EXPECT_THAT(text, HasSubstr("calls::Outermost"));
}

TEST(DebugStack, IsTheCallersOwn) {
  muster::Run([] {
    std::string text;
    calls::Outermost([&] { text = debug::Stack(); });
    EXPECT_THAT(text, ContainsRegex("^goroutine [0-9]+ \\[running\\]:\n"));
    EXPECT_THAT(text, HasSubstr("calls::Innermost"));
  });
}

TEST(DebugPrintStack, GoesToStandardError) {
  muster::Run([] {
    ::testing::internal::CaptureStderr();
    calls::Outermost([] { debug::PrintStack(); });
    const std::string text = ::testing::internal::GetCapturedStderr();
    EXPECT_THAT(text, ContainsRegex("^goroutine [0-9]+ \\[running\\]:\n"));
    EXPECT_THAT(text, HasSubstr("calls::Innermost"));
  });
}

}  // namespace
}  // namespace muster
