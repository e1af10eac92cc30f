// Passing values.
#include <boost/fiber/buffered_channel.hpp>
#include <boost/fiber/unbuffered_channel.hpp>
#include <memory>
#include <vector>

#include "tests/bench/boost/works.h"

namespace bench {
namespace {

using Chan = boost::fibers::unbuffered_channel<int64_t>;
using BufferedChan = boost::fibers::buffered_channel<int64_t>;

constexpr int64_t kCapacity = 128;

// Where sums go, so that no value received is for nothing.
volatile int64_t sink;

Result PingPong(Size size) {
  Chan ping, pong;
  Countdown ended(1);
  const double ns = NsPerOp(size.count, [&] {
    Go([&] {
      for (int64_t i = 0; i < size.count; ++i) pong.push(ping.value_pop());
      ended.Done();
    });
    for (int64_t i = 0; i < size.count; ++i) {
      ping.push(i);
      pong.value_pop();
    }
  });
  ended.Wait();
  return {ns, {}};
}

Result Buffered(Size size) {
  BufferedChan chan(kCapacity);
  Countdown ended(1);
  const double ns = NsPerOp(size.count, [&] {
    Go([&] {
      for (int64_t i = 0; i < size.count; ++i) chan.push(i);
      chan.close();
      ended.Done();
    });
    int64_t sum = 0;
    for (const int64_t value : chan) sum += value;
    sink = sum;
  });
  ended.Wait();
  return {ns, {}};
}

Result BufferedByFour(Size size) {
  constexpr int kSides = 4;
  BufferedChan chan(kCapacity);
  const int64_t each = (size.count + kSides - 1) / kSides;
  return {NsPerOp(each * kSides,
                  [&] {
                    Countdown producers(kSides), consumers(kSides);
                    for (int k = 0; k < kSides; ++k) {
                      Go([&] {
                        for (int64_t i = 0; i < each; ++i) chan.push(i);
                        producers.Done();
                      });
                      Go([&] {
                        int64_t sum = 0;
                        for (const int64_t value : chan) sum += value;
                        sink = sum;
                        consumers.Done();
                      });
                    }
                    producers.Wait();
                    chan.close();
                    consumers.Wait();
                  }),
          {}};
}

// A token goes from the caller through `count` fibers and back. What is timed are whole
// revolutions, after a first one by which everybody has started.
Result Ring(Size size) {
  const int64_t revolutions = size.Batches(3);
  std::vector<std::unique_ptr<Chan>> chans;
  for (int64_t i = 0; i <= size.count; ++i) chans.push_back(std::make_unique<Chan>());
  Countdown ended(size.count);
  for (int64_t i = 0; i < size.count; ++i) {
    Go([&ended, from = chans[i].get(), to = chans[i + 1].get()] {
      for (const int64_t token : *from) to->push(token);
      to->close();
      ended.Done();
    });
  }
  Chan& out = *chans.front();
  Chan& back = *chans.back();
  out.push(0);
  back.value_pop();
  const double ns = NsPerOp(revolutions, [&] {
    for (int64_t i = 0; i < revolutions; ++i) {
      out.push(i);
      back.value_pop();
    }
  });
  out.close();
  ended.Wait();
  return {ns, {}};
}

}  // namespace

std::vector<Work> ChannelWorks() {
  return {{"pingpong", "ns", {1'000'000, 1'000'000}, PingPong},
          {"buf_1p1c", "ns", {5'000'000, 5'000'000}, Buffered},
          {"buf_4p4c", "ns", {4'000'000, 4'000'000}, BufferedByFour},
          {"ring", "ns", {1000, 2'000'000}, Ring}};
}

}  // namespace bench
