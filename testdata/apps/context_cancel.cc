// Healthy: a generator that would go on for ever ends when its context is cancelled.
#include <cstdio>

#include "muster/muster.h"
#include "testdata/apps/app.h"

namespace {

void Generate(const muster::context::Context& ctx, const muster::SendChan<int>& out) {
  for (int next = 1;; ++next) {
    bool cancelled = false;
    muster::Select(muster::OnSend(out, next),
                   muster::OnRecv(ctx.Done(), [&] { cancelled = true; }));
    if (cancelled) return;
  }
}

void TakeFive() {
  const auto numbers = muster::MakeChan<int>();
  const auto [ctx, cancel] = muster::context::WithCancel(muster::context::Background());
  muster::WaitGroup generator;
  generator.Go([ctx, numbers] { Generate(ctx, numbers); });

  int sum = 0;
  for (int i = 0; i < 5; ++i) sum += numbers.Recv().value();
  // Without this call the generator would wait in its next send for ever.
  cancel();
  generator.Wait();
  std::printf("sum of the first five: %d; %s\n", sum, std::string(ctx.Err().message()).c_str());
}

}  // namespace

int main(int argc, char** argv) { return apps::Main(argc, argv, TakeFive); }
