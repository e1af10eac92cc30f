// Descriptors and the poller, below the level of sockets' addresses.
#include "runtime/net/fd.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <thread>
#include <vector>

#include "muster/muster.h"
#include "runtime/sched/park.h"
#include "tests/runtime/net/descriptors.h"
#include "tests/runtime/wait_until.h"

namespace muster {
namespace {

using testing::FDPair;
using testing::MakeFDPair;
using testing::ReadSome;

// Until somebody waits on descriptor `fd` in that direction; gives the goroutine and the object.
std::pair<record::Goroutine, record::Object> AwaitWaiter(int fd, record::Direction direction) {
  std::pair<record::Goroutine, record::Object> found;
  testing::WaitUntil([&](const record::Snapshot& snapshot) {
    for (const record::Object& object : snapshot.objects) {
      if (object.kind != record::ObjectKind::kFD || object.fd != fd) continue;
      for (const record::Goroutine& goroutine : snapshot.goroutines) {
        for (const record::Wait& wait : goroutine.waits) {
          if (wait.object != object.address || wait.direction != direction) continue;
          found = {goroutine, object};
          return true;
        }
      }
    }
    return false;
  });
  return found;
}

TEST(Poller, ReadWaitsForWhatIsWritten) {
  muster::Run([] {
    const FDPair pair = MakeFDPair();
    auto got = MakeChan<std::string>();
    Go([&] { got.Send(ReadSome(*pair.a).first); });
    AwaitWaiter(pair.a_number, record::Direction::kRead);
    EXPECT_EQ(pair.b->WriteAll("hello", 5, nullptr).n, 5u);
    EXPECT_EQ(got.Recv(), "hello");
  });
}

TEST(Poller, TheRecordShowsDescriptorNameDirectionAndSinceWhen) {
  muster::Run([] {
    const FDPair pair = MakeFDPair();
    WaitGroup done;
    done.Go([&] { ReadSome(*pair.a); });
    const auto [goroutine, object] = AwaitWaiter(pair.a_number, record::Direction::kRead);
    EXPECT_EQ(goroutine.reason, record::WaitReason::kIOWait);
    EXPECT_STREQ(record::ToString(goroutine.reason), "IO wait");
    EXPECT_GT(goroutine.wait_since_ns, 0);
    EXPECT_EQ(object.name, "unix a->b");
    pair.b->Close();
    done.Wait();
  });
}

TEST(Poller, WriteWaitsForRoom) {
  muster::Run([] {
    const FDPair pair = MakeFDPair();
    const std::string much(4 << 20, 'x');
    WaitGroup done;
    done.Go([&] {
      const poll::Moved moved = pair.a->WriteAll(much.data(), much.size(), nullptr);
      EXPECT_EQ(moved.error, poll::kOk);
      EXPECT_EQ(moved.n, much.size());
    });
    AwaitWaiter(pair.a_number, record::Direction::kWrite);
    size_t read = 0;
    while (read < much.size()) read += ReadSome(*pair.b).first.size();
    done.Wait();
  });
}

TEST(Poller, ReadsTheEndOfAStream) {
  muster::Run([] {
    const FDPair pair = MakeFDPair();
    WaitGroup done;
    done.Go([&] { EXPECT_EQ(ReadSome(*pair.a).second, poll::kEof); });
    AwaitWaiter(pair.a_number, record::Direction::kRead);
    pair.b->Shutdown(SHUT_WR);
    done.Wait();
  });
}

// As a regular file does while the disk works.
TEST(FDThatIsNotPolled, BlocksInARegionThatShowsAsSyscall) {
  muster::Run([] {
    int fds[2] = {-1, -1};
    ASSERT_EQ(pipe2(fds, O_CLOEXEC), 0);
    poll::Error error = poll::kOk;
    const poll::FDRef in(poll::FD::Adopt(fds[0], poll::Mode::kBlocking, false, "in", &error));
    ASSERT_EQ(error, poll::kOk);
    WaitGroup done;
    done.Go([&] { EXPECT_EQ(ReadSome(*in).first, "x"); });
    testing::WaitUntil([](const record::Snapshot& snapshot) {
      for (const record::Goroutine& goroutine : snapshot.goroutines) {
        if (goroutine.state == record::State::kSyscall) return true;
      }
      return false;
    });
    EXPECT_EQ(write(fds[1], "x", 1), 1);
    done.Wait();
    close(fds[1]);
  });
}

TEST(FDClose, WakesBlockedReadersAndWriters) {
  muster::Run([] {
    const FDPair pair = MakeFDPair();
    const std::string much(4 << 20, 'x');
    WaitGroup done;
    for (int i = 0; i < 3; ++i) {
      done.Go([&] { EXPECT_EQ(ReadSome(*pair.a).second, poll::kClosed); });
      done.Go([&] {
        EXPECT_EQ(pair.a->WriteAll(much.data(), much.size(), nullptr).error, poll::kClosed);
      });
    }
    AwaitWaiter(pair.a_number, record::Direction::kRead);
    AwaitWaiter(pair.a_number, record::Direction::kWrite);
    EXPECT_EQ(pair.a->Close(), poll::kOk);
    done.Wait();
    EXPECT_EQ(pair.a->Close(), poll::kClosed);
    EXPECT_EQ(ReadSome(*pair.a).second, poll::kClosed);
  });
}

TEST(FDClose, HasClosedTheDescriptorWhenItReturns) {
  muster::Run([] {
    const FDPair pair = MakeFDPair();
    WaitGroup done;
    done.Go([&] { ReadSome(*pair.a); });
    AwaitWaiter(pair.a_number, record::Direction::kRead);
    // Not by the number, which another thread may have opened again: the sanitizers' and the C
    // library's own files come and go.
    char byte = 0;
    ASSERT_EQ(recv(pair.b_number, &byte, 1, MSG_DONTWAIT), -1);
    pair.a->Close();
    EXPECT_EQ(recv(pair.b_number, &byte, 1, MSG_DONTWAIT), 0);
    done.Wait();
  });
}

TEST(FDDeadline, InThePastWakesABlockedReader) {
  muster::Run([] {
    const FDPair pair = MakeFDPair();
    WaitGroup done;
    done.Go([&] { EXPECT_EQ(ReadSome(*pair.a).second, poll::kTimedOut); });
    AwaitWaiter(pair.a_number, record::Direction::kRead);
    pair.a->SetDeadline(record::Direction::kRead, 1);
    done.Wait();
  });
}

TEST(FDDeadline, FailsEvenWhatCouldBeReadAndEndsWhenItIsLifted) {
  muster::Run([] {
    const FDPair pair = MakeFDPair();
    pair.b->WriteAll("x", 1, nullptr);
    pair.a->SetDeadline(record::Direction::kRead, 1);
    EXPECT_EQ(ReadSome(*pair.a).second, poll::kTimedOut);
    EXPECT_EQ(pair.a->WriteAll("y", 1, nullptr).error, poll::kOk);
    pair.a->SetDeadline(record::Direction::kRead, sched::kNever);
    EXPECT_EQ(ReadSome(*pair.a).first, "x");
  });
}

TEST(FDDeadline, ExpiresByItself) {
  muster::Run([] {
    const FDPair pair = MakeFDPair();
    pair.a->SetDeadline(record::Direction::kRead, sched::NowNanos() + 2'000'000);
    EXPECT_EQ(ReadSome(*pair.a).second, poll::kTimedOut);
    EXPECT_EQ(ReadSome(*pair.a).second, poll::kTimedOut);
  });
}

TEST(FDDeadline, MovedWhileSomebodyWaitsHoldsForThatOne) {
  muster::Run([] {
    const FDPair pair = MakeFDPair();
    pair.a->SetDeadline(record::Direction::kRead, sched::NowNanos() + 3'600'000'000'000);
    WaitGroup done;
    done.Go([&] { EXPECT_EQ(ReadSome(*pair.a).second, poll::kTimedOut); });
    AwaitWaiter(pair.a_number, record::Direction::kRead);
    pair.a->SetDeadline(record::Direction::kRead, sched::NowNanos() + 1'000'000);
    done.Wait();
  });
}

TEST(Poller, ForeignThreadsWaitAsGoroutinesDo) {
  const FDPair pair = MakeFDPair();
  auto between = MakeChan<int>();
  std::thread reader([&] {
    EXPECT_EQ(ReadSome(*pair.a).first, "hello");
    between.Send(1);
    EXPECT_EQ(ReadSome(*pair.a).second, poll::kClosed);
  });
  AwaitWaiter(pair.a_number, record::Direction::kRead);
  pair.b->WriteAll("hello", 5, nullptr);
  between.Recv();
  AwaitWaiter(pair.a_number, record::Direction::kRead);
  pair.a->Close();
  reader.join();
}

TEST(Poller, IsLookedAtWhileOthersNeverStop) {
  muster::Run([] {
    const FDPair pair = MakeFDPair();
    std::atomic<bool> got{false};
    WaitGroup done;
    done.Go([&] {
      ReadSome(*pair.a);
      got = true;
    });
    AwaitWaiter(pair.a_number, record::Direction::kRead);
    // Pairs that hand over to each other for ever, enough of them for every P.
    WaitGroup playing;
    for (int i = 0; i < 2 * runtime::GOMAXPROCS(); ++i) {
      playing.Add(1);
      done.Go([&] {
        auto ball = MakeChan<int>();
        WaitGroup other;
        other.Go([&] {
          for (int n : ball) (void)n;
        });
        ball.Send(1);
        playing.Done();
        while (!got) ball.Send(1);
        ball.Close();
        other.Wait();
      });
    }
    playing.Wait();
    pair.b->WriteAll("x", 1, nullptr);
    done.Wait();
  });
}

TEST(Poller, PassesAMessageRoundARing) {
  muster::Run([] {
    constexpr int kMembers = 200;
    constexpr int kRounds = 20;
    std::vector<FDPair> links(kMembers);
    for (FDPair& link : links) link = MakeFDPair();
    WaitGroup done;
    for (int i = 0; i < kMembers; ++i) {
      done.Go([&, i] {
        poll::FD& in = *links[static_cast<size_t>(i)].b;
        poll::FD& out = *links[static_cast<size_t>((i + 1) % kMembers)].a;
        for (int round = 0; round < kRounds; ++round) {
          ASSERT_EQ(ReadSome(in).first, "m");
          if (i == kMembers - 1 && round == kRounds - 1) return;
          ASSERT_EQ(out.WriteAll("m", 1, nullptr).n, 1u);
        }
      });
    }
    links[0].a->WriteAll("m", 1, nullptr);
    done.Wait();
  });
}

}  // namespace
}  // namespace muster
