// Broken: a goroutine's own data in a thread_local variable.
//
// The bug: goroutines take turns on a thread, and go on on another one; the variable is the
// thread's. The cure: thread_local_identity_fixed.cc.
#include <atomic>
#include <cstdio>

#include "muster/muster.h"
#include "testdata/apps/app.h"

namespace {

thread_local int t_user = 0;

// Never inlined: a compiler may keep the address of a thread's variable across a switch.
[[gnu::noinline]] void SetUser(int user) { t_user = user; }
[[gnu::noinline]] int User() { return t_user; }

void Serve() {
  const auto answered = muster::MakeChan<int>();
  std::atomic<int> mistaken{0};
  muster::WaitGroup requests, begun;
  begun.Add(100);
  for (int user = 1; user <= 100; ++user) {
    requests.Go([&, user] {
      SetUser(user);
      begun.Done();
      answered.Recv();  // others run meanwhile
      if (User() != user) ++mistaken;
    });
  }
  begun.Wait();
  for (int user = 1; user <= 100; ++user) answered.Send(user);
  requests.Wait();
  std::printf("some were taken for others: %s\n", mistaken > 0 ? "yes" : "no");
}

}  // namespace

int main(int argc, char** argv) { return apps::Main(argc, argv, Serve); }
