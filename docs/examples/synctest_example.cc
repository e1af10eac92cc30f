#include <cstdio>

#include "muster/muster.h"
#include "muster/synctest.h"

int main() {
  muster::synctest::Run([] {
    auto [ctx, cancel] =
        muster::context::WithTimeout(muster::context::Background(), absl::Hours(1));

    // One nanosecond before the deadline nothing has happened yet.
    muster::time::Sleep(absl::Hours(1) - absl::Nanoseconds(1));
    muster::synctest::Wait();
    std::printf("before: %s\n", ctx.Err().ok() ? "live" : "ended");

    muster::time::Sleep(absl::Nanoseconds(1));
    muster::synctest::Wait();
    std::printf("after: %s\n", ctx.Err().ok() ? "live" : "ended");
    cancel();
  });
}
