// What a parked fiber keeps in memory.
#include <boost/fiber/unbuffered_channel.hpp>

#include "tests/bench/boost/works.h"

namespace bench {
namespace {

Result BytesParked(Size size) {
  const int64_t before = ResidentBytes();
  boost::fibers::unbuffered_channel<int64_t> block;
  Countdown ready(size.count), done(size.count);
  for (int64_t i = 0; i < size.count; ++i) {
    Go([&] {
      ready.Done();
      int64_t never;
      block.pop(never);
      done.Done();
    });
  }
  ready.Wait();
  const int64_t after = ResidentBytes();
  block.close();
  done.Wait();
  return {static_cast<double>(after - before) / static_cast<double>(size.count), {}};
}

}  // namespace

std::vector<Work> MemoryWorks() {
  return {{"bytes_parked", "bytes", {100'000, 100'000}, BytesParked, /*warm_up=*/false}};
}

}  // namespace bench
