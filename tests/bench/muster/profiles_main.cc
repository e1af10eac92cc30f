// bench_profiles: looking at many goroutines, as the endpoint does.
#include <atomic>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "inspector/endpoint/routes.h"
#include "muster/muster.h"
#include "muster/record.h"
#include "tests/bench/harness/bench_main.h"
#include "tests/bench/muster/parked_crowd.h"

namespace bench {
namespace {

using muster::Chan;
using muster::Go;
using muster::MakeChan;
using muster::WaitGroup;
using muster::inspector::RouteRequest;

// How many goroutines debug=2 text speaks of.
int64_t CountGoroutines(std::string_view text) {
  constexpr std::string_view kBetween = "\n\ngoroutine ";
  int64_t goroutines = 1;
  for (size_t at = text.find(kBetween); at != text.npos; at = text.find(kBetween, at + 1)) {
    ++goroutines;
  }
  return goroutines;
}

// Asks for the profile of size.count parked goroutines; `last` gets the last answer.
double Profile(Size size, const char* request, std::string* last) {
  const ParkedCrowd crowd(size.count);
  const int64_t batches = size.Batches();
  return NsPerOp(batches, [&] {
    for (int64_t b = 0; b < batches; ++b) *last = RouteRequest("GET", request).body;
  });
}

Result GroupedText(Size size) {
  std::string text;
  return {Profile(size, "/debug/pprof/goroutine?debug=1", &text), {}};
}

Result WholeText(Size size) {
  std::string text;
  const double ns = Profile(size, "/debug/pprof/goroutine?debug=2", &text);
  return {ns,
          {{"bytes", static_cast<int64_t>(text.size())}, {"goroutines", CountGoroutines(text)}}};
}

// Keeps every P busy with a ping-pong for as long as it lives.
class PingPongs {
 public:
  explicit PingPongs(int pairs) {
    done_.Add(2 * pairs);
    for (int i = 0; i < pairs; ++i) {
      const Chan<int64_t> ping = MakeChan<int64_t>(), pong = MakeChan<int64_t>();
      Go([this, ping, pong] {
        while (!stop_.load()) {
          ping.Send(1);
          pong.Recv();
        }
        ping.Close();
        done_.Done();
      });
      Go([this, ping, pong] {
        for (const int64_t value : ping) pong.Send(value);
        done_.Done();
      });
    }
  }
  ~PingPongs() {
    stop_.store(true);
    done_.Wait();
  }

 private:
  std::atomic<bool> stop_{false};
  WaitGroup done_;
};

// One snapshot of parked goroutines while others run, taken as the endpoint takes it: on an OS
// thread of its own.
Result SnapshotUnderLoad(Size size) {
  const ParkedCrowd crowd(size.count);
  const PingPongs load(muster::runtime::GOMAXPROCS());
  const Chan<Result> result = MakeChan<Result>(1);
  std::thread observer([&] {
    muster::record::MarkSystemThread();
    Result taken;
    taken.per_op = NsPerOp(1, [&] {
      const muster::record::GroupedSnapshot snapshot = muster::record::CaptureGroups();
      taken.also = {{"longest_hold_ns", snapshot.longest_hold_ns},
                    {"live", static_cast<int64_t>(snapshot.live)},
                    {"captured", static_cast<int64_t>(snapshot.captured)}};
    });
    result.Send(taken);
  });
  Result taken = *result.Recv();
  observer.join();
  return taken;
}

std::vector<Work> ProfileWorks() {
  return {{"profile", "ns", {100'000, 100'000}, GroupedText},
          {"text2", "ns", {100'000, 100'000}, WholeText},
          {"snapshot", "ns", {1'000'000, 1'000'000}, SnapshotUnderLoad}};
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  return muster::Run([&] { return bench::BenchMain(argc, argv, bench::ProfileWorks()); });
}
