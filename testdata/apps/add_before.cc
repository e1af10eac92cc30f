// Healthy: the twin of add_inside.cc. Each is counted before it is started.
#include <atomic>
#include <cstdio>

#include "muster/muster.h"
#include "testdata/apps/app.h"

namespace {

struct Work {
  muster::WaitGroup group;
  std::atomic<int> parts{0};
};

void DoAll() {
  Work work;
  for (int i = 0; i < 3; ++i) {
    work.group.Go([&work] { ++work.parts; });
  }
  work.group.Wait();
  std::printf("did %d of 3 parts\n", work.parts.load());
}

}  // namespace

int main(int argc, char** argv) { return apps::Main(argc, argv, DoAll); }
