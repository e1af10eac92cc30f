// The Go Programming Language Specification, section "Select statements". Each test says a rule in
// our own words.
#include <gtest/gtest.h>

#include <array>
#include <optional>

#include "muster/chan.h"
#include "muster/go.h"
#include "muster/panic.h"
#include "muster/select.h"
#include "tests/runtime/conformance/blocked.h"

namespace muster {
namespace {

using record::WaitReason;
using testing::GoAndBlock;

// The channels of all cases, and the values of all sends, are evaluated exactly once on entering,
// whichever case is chosen. (In which order, C++ leaves open; Go has source order.)
TEST(SelectStatements, EvaluateAllOperandsOnce) {
  muster::Run([] {
    auto ready = MakeChan<int>(1), full = MakeChan<int>();
    int channels = 0, values = 0;
    const auto channel = [&](const Chan<int>& chan) {
      ++channels;
      return chan;
    };
    const auto value = [&] { return ++values; };
    ready.Send(1);
    EXPECT_EQ(Select(OnSend(channel(full), value()), OnRecv(channel(ready))), 1);
    EXPECT_EQ(channels, 2);
    EXPECT_EQ(values, 1);
  });
}

// Of several cases that can proceed one is chosen by a uniform pseudo-random selection.
TEST(SelectStatements, ChooseUniformlyAmongThoseThatCanProceed) {
  muster::Run([] {
    constexpr int kRounds = 6000;
    auto a = MakeChan<int>(1), b = MakeChan<int>(1), c = MakeChan<int>(1);
    a.Send(1);
    b.Send(1);
    std::array<int, 3> chosen{};
    for (int i = 0; i < kRounds; ++i) {
      const int index = Select(OnRecv(a), OnRecv(b), OnSend(c, 1));
      ++chosen[static_cast<size_t>(index)];
      if (index == 0) a.Send(1);
      if (index == 1) b.Send(1);
      if (index == 2) c.Recv();
    }
    // 2000 each, give or take 10 standard deviations of 37.
    for (int count : chosen) EXPECT_NEAR(count, kRounds / 3, 370);
  });
}

// If none can proceed, the default case is chosen,
TEST(SelectStatements, ChooseTheDefaultWhenNothingCanProceed) {
  muster::Run([] {
    auto empty = MakeChan<int>(1);
    EXPECT_EQ(Select(OnRecv(empty), OnDefault()), 1);
    EXPECT_EQ(Select(OnDefault(), OnRecv(empty), OnRecv(MakeChan<int>())), 0);
  });
}

// and never if one can.
TEST(SelectStatements, DoNotChooseTheDefaultWhenSomethingCan) {
  muster::Run([] {
    auto chan = MakeChan<int>(1);
    for (int i = 0; i < 100; ++i) {
      EXPECT_EQ(Select(OnDefault(), OnSend(chan, i)), 1);
      EXPECT_EQ(Select(OnDefault(), OnRecv(chan)), 1);
    }
  });
}

// Without a default, a select blocks until a case can proceed, and performs that one only.
TEST(SelectStatements, BlockUntilACaseCanProceed) {
  muster::Run([] {
    auto a = MakeChan<int>(), b = MakeChan<int>();
    auto result = MakeChan<int>(1);
    GoAndBlock(WaitReason::kSelect, [=] {
      int got = 0;
      const int index = Select(OnRecv(a, [&](std::optional<int> v) { got = *v; }),
                               OnRecv(b, [&](std::optional<int> v) { got = *v; }));
      result.Send(index * 100 + got);
    });
    b.Send(7);
    EXPECT_EQ(result.Recv(), 107);
    EXPECT_EQ(Select(OnSend(a, 1), OnDefault()), 1);  // nobody waits on the other one any more
  });
}

// The chosen case's communication takes place, then its statements are executed; of the others
// neither.
TEST(SelectStatements, ExecuteTheChosenCaseOnly) {
  muster::Run([] {
    auto a = MakeChan<int>(1), b = MakeChan<int>(1);
    a.Send(1);
    int ran = 0;
    Select(OnRecv(a, [&](std::optional<int> v) { ran += *v; }), OnRecv(b, [&] { ran += 10; }));
    EXPECT_EQ(ran, 1);
    EXPECT_EQ(a.Len(), 0u);
    EXPECT_EQ(b.Len(), 0u);
  });
}

// A nil channel is never ready: its case is never chosen,
TEST(SelectStatements, NeverChooseANilChannel) {
  muster::Run([] {
    Chan<int> nil;
    auto chan = MakeChan<int>(1);
    for (int i = 0; i < 100; ++i) {
      EXPECT_EQ(Select(OnRecv(nil), OnSend(nil, 1), OnSend(chan, i)), 2);
      EXPECT_EQ(Select(OnRecv(nil), OnRecv(chan)), 1);
    }
    EXPECT_EQ(Select(OnRecv(nil), OnDefault()), 1);
  });
}

// and a select of nil channels only blocks for ever.
TEST(SelectStatements, OfNilChannelsOnlyBlock) {
  muster::Run([] {
    GoAndBlock(WaitReason::kSelect, [] {
      Chan<int> nil;
      Select(OnRecv(nil), OnSend(nil, 1));
    });
  });
}

// A select without cases blocks for ever.
TEST(SelectStatements, WithoutCasesBlock) {
  muster::Run([] { GoAndBlock(WaitReason::kSelectNoCases, [] { Select(); }); });
}

// A receive from a closed channel can always proceed; the second result says that it is closed.
TEST(SelectStatements, CanAlwaysReceiveFromAClosedChannel) {
  muster::Run([] {
    auto closed = MakeChan<int>();
    closed.Close();
    bool ok = true;
    EXPECT_EQ(Select(OnRecv(closed, [&](std::optional<int> v) { ok = v.has_value(); }),
                     OnRecv(MakeChan<int>())),
              0);
    EXPECT_FALSE(ok);
  });
}

// A send on a closed channel panics when its case is chosen (Send statements, Select statements).
TEST(SelectStatements, PanicWhenASendOnAClosedChannelIsChosen) {
  muster::Run([] {
    auto closed = MakeChan<int>(1);
    closed.Close();
    EXPECT_THROW(Select(OnSend(closed, 1), OnDefault()), Panic);
    EXPECT_THROW(Select(OnSend(closed, 1), OnRecv(MakeChan<int>())), Panic);
  });
}

TEST(SelectStatements, PanicWhenAChannelIsClosedThatTheyWaitToSendOn) {
  muster::Run([] {
    auto chan = MakeChan<int>();
    auto panicked = MakeChan<bool>(1);
    GoAndBlock(WaitReason::kSelect, [=] {
      try {
        Select(OnSend(chan, 1), OnRecv(MakeChan<int>()));
        panicked.Send(false);
      } catch (const Panic&) {
        panicked.Send(true);
      }
    });
    chan.Close();
    EXPECT_EQ(panicked.Recv(), true);
  });
}

// One channel may be in several cases, in both directions. A select does not talk to itself.
TEST(SelectStatements, DoNotCommunicateWithThemselves) {
  muster::Run([] {
    auto chan = MakeChan<int>();
    EXPECT_EQ(Select(OnSend(chan, 1), OnRecv(chan), OnDefault()), 2);
    auto index = MakeChan<int>(1);
    GoAndBlock(WaitReason::kSelect, [=] { index.Send(Select(OnSend(chan, 1), OnRecv(chan))); });
    chan.Send(2);
    EXPECT_EQ(index.Recv(), 1);
  });
}

}  // namespace
}  // namespace muster
