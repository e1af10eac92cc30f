// Who waits for the outside world is not deadlocked, whatever the others do; who waits beside
// closed or idle descriptors is.
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdio>
#include <cstring>
#include <string>

#include "absl/strings/str_cat.h"
#include "muster/muster.h"
#include "tests/runtime/death.h"

namespace muster {
namespace {

using NetDeadlock = testing::Death;

// Another process that calls act() once this one has said that it can be reached, and has then
// slept for long enough to be taken for deadlocked: the monitor asks as soon as nothing runs. A
// thread would not do, since it might wake somebody by itself.
class Outside {
 public:
  template <typename Act>
  explicit Outside(Act act) {
    if (pipe(reachable_) != 0) _exit(3);
    if (fork() != 0) return;
    close(reachable_[1]);
    char byte;
    if (read(reachable_[0], &byte, 1) != 1) _exit(3);
    ::poll(nullptr, 0, 100);
    act();
    _exit(0);
  }
  Outside(const Outside&) = delete;
  Outside& operator=(const Outside&) = delete;

  void MayAct() const { (void)!write(reachable_[1], "x", 1); }

 private:
  int reachable_[2];
};

// Ends the process well.
[[noreturn]] void EndWith(bool good) {
  std::fprintf(stderr, good ? "woken\n" : "failed\n");
  _exit(good ? 0 : 1);
}

TEST_F(NetDeadlock, IsNoneWhileAGoroutineWaitsForInput) {
  EXPECT_EXIT(
      {
        int fds[2];
        if (pipe(fds) != 0) _exit(3);
        const Outside outside([&] { (void)!write(fds[1], "x", 1); });
        muster::Run([&] {
          auto got = MakeChan<bool>();
          Go([&, got] {
            char buffer[1];
            got.Send(os::NewFile(fds[0], "pipe")->Read(buffer).err.ok());
          });
          outside.MayAct();
          EndWith(got.Recv().value());
        });
      },
      ::testing::ExitedWithCode(0), "woken");
}

TEST_F(NetDeadlock, IsNoneWhileAGoroutineAccepts) {
  EXPECT_EXIT(
      {
        const std::string path = absl::StrCat("muster-deadlock-", getpid());
        const Outside outside([&] {
          sockaddr_un name{};
          name.sun_family = AF_UNIX;
          memcpy(name.sun_path + 1, path.data(), path.size());
          const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
          connect(fd, reinterpret_cast<const sockaddr*>(&name),
                  static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + path.size()));
        });
        muster::Run([&] {
          auto listener = net::Listen("unix", "@" + path);
          outside.MayAct();
          EndWith(listener.ok() && listener->Accept().ok());
        });
      },
      ::testing::ExitedWithCode(0), "woken");
}

TEST_F(NetDeadlock, IsNoneWhileASignalMayCome) {
  EXPECT_EXIT(
      {
        const Outside outside([] { kill(getppid(), SIGUSR1); });
        muster::Run([&] {
          auto came = MakeChan<int>(1);
          os::signal::Notify(came, {SIGUSR1});
          outside.MayAct();
          EndWith(came.Recv() == SIGUSR1);
        });
      },
      ::testing::ExitedWithCode(0), "woken");
}

TEST_F(NetDeadlock, IsSeenBesideClosedConnections) {
  EXPECT_EXIT(muster::Run([] {
                auto listener = net::Listen("tcp", "127.0.0.1:0");
                auto ends = MakeChan<bool>(2);
                Go([&] { ends.Send(listener->Accept().ok()); });
                auto client = net::Dial("tcp", listener->Address().String());
                ends.Recv();
                client->Close().IgnoreError();
                listener->Close().IgnoreError();
                ends.Recv();
              }),
              ::testing::ExitedWithCode(2), "all goroutines are asleep");
}

// Nobody waits for it, so nothing that comes wakes anybody.
TEST_F(NetDeadlock, IsSeenBesideAListenerThatNobodyAcceptsFrom) {
  EXPECT_EXIT(muster::Run([] {
                auto listener = net::Listen("tcp", "127.0.0.1:0");
                MakeChan<int>().Recv();
              }),
              ::testing::ExitedWithCode(2), "all goroutines are asleep");
}

}  // namespace
}  // namespace muster
