// Broken: a context that nobody cancels.
//
// The bug: Watch is meant to end with its context; the caller returns without saying that it is
// over. The cure: forgotten_cancel_fixed.cc.
#include <cstdio>

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
  const auto changes = muster::MakeChan<int>();
  muster::Go([ctx, changes] { Watch(ctx, changes); });
  changes.Send(1);
  (void)cancel;  // and that is all that becomes of it
}

}  // namespace

int main(int argc, char** argv) { return apps::Main(argc, argv, Edit); }
