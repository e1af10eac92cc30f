// Broken: a goroutine for every request, however slow the backend is.
//
// The bug: accepting costs nothing, so nothing pushes back. When the backend stops answering, the
// goroutines of all further requests pile up, each with its stack and its request, until memory
// ends. The cure: bounded_spawner.cc.
#include <cstdio>

#include "muster/muster.h"
#include "testdata/apps/app.h"

namespace {

constexpr int kRequests = 5000;
constexpr int kAnswered = 100;

// A backend that answers a hundred requests and then hangs up.
void Backend(const muster::RecvChan<int>& requests) {
  for (int i = 0; i < kAnswered; ++i) requests.Recv();
}

void Accept() {
  const auto backend = muster::MakeChan<int>();
  muster::Go([=] { Backend(backend); });
  for (int request = 0; request < kRequests; ++request) {
    muster::Go([=] { backend.Send(request); });
  }
  std::printf("accepted %d requests\n", kRequests);
}

}  // namespace

int main(int argc, char** argv) { return apps::Main(argc, argv, Accept); }
