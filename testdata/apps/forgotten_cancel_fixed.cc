// Healthy: the twin of forgotten_cancel.cc. The end of the scope cancels, whatever leaves it.
#include <cstdio>

#include "absl/cleanup/cleanup.h"
#include "muster/muster.h"
#include "testdata/apps/app.h"

namespace {

void Watch(const muster::context::Context& ctx, const muster::Chan<int>& changes) {
  while (ctx.Err().ok()) {
    muster::Select(muster::OnRecv(ctx.Done()), muster::OnRecv(changes, [](auto change) {
                     std::printf("change %d\n", *change);
                   }));
  }
}

void Edit() {
  const auto [ctx, cancel] = muster::context::WithCancel(muster::context::Background());
  const absl::Cleanup at_end = [cancel] { cancel(); };
  const auto changes = muster::MakeChan<int>();
  muster::Go([ctx, changes] { Watch(ctx, changes); });
  changes.Send(1);
}

}  // namespace

int main(int argc, char** argv) { return apps::Main(argc, argv, Edit); }
