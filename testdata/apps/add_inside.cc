// Broken: goroutines that count themselves.
//
// The bug: Wait may look before a goroutine has begun, finds nobody to wait for, and returns. The
// cure: add_before.cc.
#include <atomic>
#include <cstdio>

#include "muster/muster.h"
#include "testdata/apps/app.h"

namespace {

struct Work {
  muster::WaitGroup group;
  std::atomic<int> parts{0};
};

void DoAll(const muster::Chan<int>& begin) {
  static Work work;  // it outlives this function, as the goroutines do
  for (int i = 0; i < 3; ++i) {
    muster::Go([begin] {
      begin.Recv();  // a goroutine may begin as late as it likes
      work.group.Add(1);
      ++work.parts;
      work.group.Done();
    });
  }
  work.group.Wait();
  std::printf("did %d of 3 parts\n", work.parts.load());
}

void Run() {
  const auto begin = muster::MakeChan<int>();
  DoAll(begin);
  begin.Close();
}

}  // namespace

int main(int argc, char** argv) { return apps::Main(argc, argv, Run); }
