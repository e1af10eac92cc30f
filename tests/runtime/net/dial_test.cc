// Dialing several addresses: RFC 8305 as Go has it. The rules of net's TestDialParallel and
// TestPartialDeadline; nothing here waits for a network, or for a clock to show a certain time.
#include "runtime/net/dial.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "muster/muster.h"
#include "runtime/net/resolve.h"
#include "runtime/net/socket.h"
#include "tests/runtime/net/silent_listener.h"
#include "tests/runtime/wait_until.h"

namespace muster::net::internal {
namespace {

Dialing Tcp(absl::Duration fallback_delay) {
  Dialing dialing;
  dialing.named = "tcp";
  ParseNetwork("tcp", &dialing.network);
  dialing.fallback_delay = fallback_delay;
  return dialing;
}

std::vector<Addr> Addrs(const std::vector<std::string>& texts) {
  std::vector<Addr> addresses;
  for (const std::string& text : texts) addresses.push_back(*ResolveAddr("tcp", text));
  return addresses;
}

// An address that nobody listens at.
std::string Refusing() { return Listen("tcp", "127.0.0.1:0")->Address().String(); }

std::string PeerOf(const absl::StatusOr<Handle>& dialed) {
  return dialed.ok() ? dialed->get()->peer.String() : std::string(dialed.status().message());
}

// The attempts that lost have ended too.
void AwaitNobodyElse() {
  while (runtime::NumGoroutine() > 1) runtime::Gosched();
}

constexpr absl::Duration kNever = absl::Hours(24);
constexpr absl::Duration kSoon = absl::Nanoseconds(1);

TEST(PartialDeadline, SharesTheTimeThatIsLeft) {
  const absl::Time now = absl::UnixEpoch();
  const auto share = [now](absl::Duration left, size_t addresses) {
    return PartialDeadline(now, now + left, addresses) - now;
  };
  EXPECT_EQ(share(absl::Seconds(12), 1), absl::Seconds(12));
  EXPECT_EQ(share(absl::Seconds(12), 2), absl::Seconds(6));
  EXPECT_EQ(share(absl::Seconds(12), 3), absl::Seconds(4));
}

TEST(PartialDeadline, GivesTwoSecondsOrAllThatIsLeft) {
  const absl::Time now = absl::UnixEpoch();
  EXPECT_EQ(PartialDeadline(now, now + absl::Seconds(12), 1000), now + absl::Seconds(2));
  EXPECT_EQ(PartialDeadline(now, now + absl::Seconds(1), 3), now + absl::Seconds(1));
}

TEST(DialSerial, TriesOneAfterTheOtherAndGivesTheFirstError) {
  muster::Run([] {
    const auto listener = Listen("tcp", "127.0.0.1:0");
    const std::string address = listener->Address().String();
    const std::string refusing = Refusing();
    EXPECT_EQ(PeerOf(DialSerial(context::Background(), Tcp(kNever), Addrs({refusing, address}))),
              address);
    const std::string other = Refusing();
    EXPECT_EQ(PeerOf(DialSerial(context::Background(), Tcp(kNever), Addrs({refusing, other}))),
              absl::StrCat("dial tcp ", refusing, ": connect: connection refused"));
  });
}

TEST(DialParallel, FallsBackWhileThePrimaryIsSilent) {
  muster::Run([] {
    const testing::SilentListener silent;
    const auto listener = Listen("tcp", "127.0.0.1:0");
    const std::string address = listener->Address().String();
    EXPECT_EQ(PeerOf(DialParallel(context::Background(), Tcp(kSoon), Addrs({silent.address()}),
                                  Addrs({address}))),
              address);
    AwaitNobodyElse();
  });
}

TEST(DialParallel, FallsBackAtOnceWhenThePrimariesHaveFailed) {
  muster::Run([] {
    const auto listener = Listen("tcp", "127.0.0.1:0");
    const std::string address = listener->Address().String();
    EXPECT_EQ(PeerOf(DialParallel(context::Background(), Tcp(kNever),
                                  Addrs({Refusing(), Refusing()}), Addrs({address}))),
              address);
  });
}

TEST(DialParallel, LeavesTheFallbacksAloneWhenThePrimaryAnswers) {
  muster::Run([] {
    const auto listener = Listen("tcp", "127.0.0.1:0");
    const std::string address = listener->Address().String();
    Dialing dialing = Tcp(kNever);
    std::vector<std::string> tried;
    dialing.control = [&](const context::Context&, const std::string&, const std::string& to, int) {
      tried.push_back(to);
      return absl::OkStatus();
    };
    EXPECT_EQ(
        PeerOf(DialParallel(context::Background(), dialing, Addrs({address}), Addrs({Refusing()}))),
        address);
    EXPECT_EQ(tried, std::vector<std::string>{address});
  });
}

TEST(DialParallel, GivesThePrimariesErrorWhenAllHaveFailed) {
  muster::Run([] {
    const std::string primary = Refusing();
    EXPECT_EQ(PeerOf(DialParallel(context::Background(), Tcp(kSoon), Addrs({primary}),
                                  Addrs({Refusing()}))),
              absl::StrCat("dial tcp ", primary, ": connect: connection refused"));
  });
}

// The primary is held back until the fallback tries, which then waits until the race is over.
TEST(DialParallel, TakesAPrimaryThatIsLateAndCancelsTheFallback) {
  muster::Run([] {
    const auto listener = Listen("tcp", "127.0.0.1:0");
    const auto other = Listen("tcp", "127.0.0.1:0");
    const std::string primary = listener->Address().String();
    const auto falling_back = MakeChan<context::Unit>();
    Dialing dialing = Tcp(kSoon);
    dialing.control = [=](const context::Context& ctx, const std::string&, const std::string& to,
                          int) {
      if (to == primary) {
        falling_back.Recv();
      } else {
        falling_back.Close();
        ctx.Done().Recv();
      }
      return absl::OkStatus();
    };
    EXPECT_EQ(PeerOf(DialParallel(context::Background(), dialing, Addrs({primary}),
                                  Addrs({other->Address().String()}))),
              primary);
    AwaitNobodyElse();
  });
}

// Both connect: the one that comes second is closed, so its peer reads the end of the stream.
TEST(DialParallel, ClosesAConnectionThatComesTooLate) {
  muster::Run([] {
    auto listener = Listen("tcp", "127.0.0.1:0");
    auto late = Listen("tcp", "127.0.0.1:0");
    const std::string primary = listener->Address().String();
    const auto trying = MakeChan<context::Unit>();
    Dialing dialing = Tcp(kSoon);
    dialing.control = [=](const context::Context&, const std::string&, const std::string& to, int) {
      if (to == primary) {
        trying.Recv();
      } else {
        trying.Close();
      }
      return absl::OkStatus();
    };
    {
      const absl::StatusOr<Handle> dialed = DialParallel(
          context::Background(), dialing, Addrs({primary}), Addrs({late->Address().String()}));
      EXPECT_TRUE(dialed.ok()) << dialed.status();
      AwaitNobodyElse();
    }
    // Whoever won: what was connected at all is closed by now.
    for (Listener* const at : {&*listener, &*late}) {
      at->SetDeadline(absl::Now() + absl::Milliseconds(20)).IgnoreError();
      auto conn = at->Accept();
      char buffer[1];
      if (!conn.ok()) continue;
      EXPECT_TRUE(io::IsEOF(conn->Read(buffer).err));
    }
  });
}

TEST(DialParallel, EndsBothWhenTheContextIsCancelled) {
  muster::Run([] {
    const testing::SilentListener first, second;
    const auto [ctx, cancel] = context::WithCancel(context::Background());
    WaitGroup done;
    done.Go([&, ctx] {
      const absl::Status err =
          DialParallel(ctx, Tcp(kSoon), Addrs({first.address()}), Addrs({second.address()}))
              .status();
      EXPECT_EQ(err.code(), absl::StatusCode::kCancelled) << err;
    });
    testing::WaitUntilCountParked(2, record::WaitReason::kIOWait);
    cancel();
    done.Wait();
    AwaitNobodyElse();
  });
}

TEST(DialAll, SplitsByTheFamilyThatComesFirst) {
  const auto [primaries, fallbacks] =
      SplitByFamily(Addrs({"[::1]:1", "127.0.0.1:2", "[::2]:3", "127.0.0.2:4"}));
  EXPECT_EQ(primaries, Addrs({"[::1]:1", "[::2]:3"}));
  EXPECT_EQ(fallbacks, Addrs({"127.0.0.1:2", "127.0.0.2:4"}));
}

// Whether a goroutine besides the caller dials [::1]:1 (in vain), then `address`.
bool DialsInGoroutines(const std::string& named, absl::Duration fallback_delay,
                       const std::string& address) {
  Dialing dialing = Tcp(fallback_delay);
  dialing.named = named;
  int64_t most = 0;
  dialing.control = [&most](const context::Context&, const std::string&, const std::string&, int) {
    most = std::max(most, runtime::NumGoroutine());
    return absl::OkStatus();
  };
  EXPECT_EQ(PeerOf(DialAll(context::Background(), dialing, Addrs({"[::1]:1", address}))), address);
  AwaitNobodyElse();
  return most > 1;
}

TEST(DialAll, RacesFamiliesUnlessTheDelayIsNegative) {
  muster::Run([] {
    const auto listener = Listen("tcp", "127.0.0.1:0");
    const std::string address = listener->Address().String();
    EXPECT_TRUE(DialsInGoroutines("tcp", kNever, address));
    EXPECT_FALSE(DialsInGoroutines("tcp", -kSoon, address));
    EXPECT_FALSE(DialsInGoroutines("tcp4", kNever, address));
  });
}

TEST(DialLookup, IsGivenUpWhenTheContextEnds) {
  muster::Run([] {
    const auto hang = MakeChan<context::Unit>();
    const auto lookup = [hang]() -> Addresses {
      hang.Recv();
      return std::vector<Addr>();
    };
    const auto [ctx, cancel] = context::WithCancel(context::Background());
    WaitGroup done;
    done.Go([&, ctx] {
      EXPECT_EQ(LookupWithin(ctx, lookup).status().code(), absl::StatusCode::kCancelled);
    });
    testing::WaitUntilParkedOn(hang.ref().get(), record::WaitReason::kChanReceive);
    cancel();
    done.Wait();
    const auto [timed, stop] = context::WithTimeout(context::Background(), absl::Milliseconds(1));
    EXPECT_TRUE(io::IsTimeout(LookupWithin(timed, lookup).status()));
    stop();
    hang.Close();
    AwaitNobodyElse();
  });
}

TEST(DialLookup, GivesWhatIsFoundInTime) {
  muster::Run([] {
    const auto [ctx, cancel] = context::WithCancel(context::Background());
    const Addresses found = LookupWithin(ctx, [] { return Addrs({"127.0.0.1:1"}); });
    EXPECT_EQ(*found, Addrs({"127.0.0.1:1"}));
    cancel();
  });
}

}  // namespace
}  // namespace muster::net::internal
