// Healthy: the twin of thread_local_identity.cc. A context carries what belongs to a request.
#include <atomic>
#include <cstdio>

#include "muster/muster.h"
#include "testdata/apps/app.h"

namespace {

constinit const muster::context::Key<int> kUser("user");

int User(const muster::context::Context& ctx) { return *ctx.Value(kUser); }

void Serve() {
  const auto answered = muster::MakeChan<int>();
  std::atomic<int> mistaken{0};
  muster::WaitGroup requests, begun;
  begun.Add(100);
  for (int user = 1; user <= 100; ++user) {
    const auto ctx = muster::context::WithValue(muster::context::Background(), kUser, user);
    requests.Go([&, user, ctx] {
      begun.Done();
      answered.Recv();  // others run meanwhile
      if (User(ctx) != user) ++mistaken;
    });
  }
  begun.Wait();
  for (int user = 1; user <= 100; ++user) answered.Send(user);
  requests.Wait();
  std::printf("some were taken for others: %s\n", mistaken > 0 ? "yes" : "no");
}

}  // namespace

int main(int argc, char** argv) { return apps::Main(argc, argv, Serve); }
