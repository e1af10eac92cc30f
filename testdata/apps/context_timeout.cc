// Healthy: a caller gives up after a time-out. The answer's channel has room for one, so that the
// server which comes late can leave its answer and go.
#include <cstdio>
#include <string>

#include "muster/muster.h"
#include "testdata/apps/app.h"

namespace {

namespace context = muster::context;

// A server that is always too slow for the one who asks.
std::string SlowAnswer(const context::Context& ctx) {
  ctx.Done().Recv();
  return "too late";
}

absl::Status Ask(const context::Context& ctx, muster::WaitGroup* servers) {
  const auto answer = muster::MakeChan<std::string>(1);
  servers->Go([=] { answer.Send(SlowAnswer(ctx)); });
  muster::Select(muster::OnRecv(answer), muster::OnRecv(ctx.Done()));
  // When both are ready either may have been chosen; an answer after the time-out counts as none.
  return ctx.Err();
}

void AskWithTimeout() {
  muster::WaitGroup servers;
  const auto [ctx, cancel] = context::WithTimeout(context::Background(), absl::Milliseconds(20));
  const absl::Status status = Ask(ctx, &servers);
  cancel();
  servers.Wait();
  std::printf("gave up: %s\n", std::string(status.message()).c_str());
}

}  // namespace

int main(int argc, char** argv) { return apps::Main(argc, argv, AskWithTimeout); }
