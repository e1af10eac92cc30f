// Healthy: the twin of unbounded_spawner.cc. At most eight requests are under way; one more is
// refused at once, and a request that the backend does not take is given up.
#include <cstdio>

#include "muster/muster.h"
#include "testdata/apps/app.h"

namespace {

constexpr int kRequests = 5000;
constexpr int kAnswered = 100;
constexpr int kUnderWay = 8;

// A backend that answers a hundred requests and then hangs up. It says so by closing `gone`.
void Backend(const muster::RecvChan<int>& requests, const muster::Chan<bool>& gone) {
  for (int i = 0; i < kAnswered; ++i) requests.Recv();
  gone.Close();
}

void Accept() {
  const auto backend = muster::MakeChan<int>();
  const auto gone = muster::MakeChan<bool>();
  const auto slots = muster::MakeChan<bool>(kUnderWay);
  muster::WaitGroup under_way;
  under_way.Go([=] { Backend(backend, gone); });
  int refused = 0;
  for (int request = 0; request < kRequests; ++request) {
    // A full backend pushes back: wait for a slot, but not for one that hung up.
    bool accepted = false;
    muster::Select(muster::OnSend(slots, true, [&] { accepted = true; }), muster::OnRecv(gone));
    if (!accepted) {
      ++refused;
      continue;
    }
    under_way.Go([=] {
      muster::Select(muster::OnSend(backend, request), muster::OnRecv(gone));
      slots.Recv();
    });
  }
  under_way.Wait();
  std::printf("refused some: %s\n", refused > 0 ? "yes" : "no");
}

}  // namespace

int main(int argc, char** argv) { return apps::Main(argc, argv, Accept); }
