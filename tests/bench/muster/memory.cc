// What a parked goroutine keeps in memory, and how long it takes until it is parked.
#include <chrono>

#include "muster/muster.h"
#include "tests/bench/muster/works.h"

namespace bench {
namespace {

using muster::Chan;
using muster::Go;
using muster::MakeChan;
using muster::WaitGroup;

Result BytesParked(Size size) {
  const int64_t before = ResidentBytes();
  const auto begin = std::chrono::steady_clock::now();
  const Chan<int64_t> block = MakeChan<int64_t>();
  WaitGroup ready, done;
  ready.Add(static_cast<int>(size.count));
  done.Add(static_cast<int>(size.count));
  for (int64_t i = 0; i < size.count; ++i) {
    Go([&] {
      ready.Done();
      block.Recv();
      done.Done();
    });
  }
  ready.Wait();
  const std::chrono::nanoseconds took = std::chrono::steady_clock::now() - begin;
  const int64_t after = ResidentBytes();
  block.Close();
  done.Wait();
  return {static_cast<double>(after - before) / static_cast<double>(size.count),
          {{"ns_to_park", took.count() / size.count}}};
}

}  // namespace

std::vector<Work> MemoryWorks() {
  return {{"bytes_parked", "bytes", {1'000'000, 1'000'000}, BytesParked, /*warm_up=*/false}};
}

}  // namespace bench
