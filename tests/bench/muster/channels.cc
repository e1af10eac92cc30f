// Passing values, and choosing between channels.
#include <atomic>
#include <optional>
#include <vector>

#include "muster/muster.h"
#include "tests/bench/muster/works.h"

namespace bench {
namespace {

using muster::Chan;
using muster::Go;
using muster::MakeChan;
using muster::OnDefault;
using muster::OnRecv;
using muster::Select;
using muster::WaitGroup;

constexpr int64_t kCapacity = 128;

// Where sums go, so that no value received is for nothing.
std::atomic<int64_t> sink;

Result PingPong(Size size) {
  const Chan<int64_t> ping = MakeChan<int64_t>(), pong = MakeChan<int64_t>();
  return {NsPerOp(size.count,
                  [&] {
                    Go([=] {
                      for (int64_t i = 0; i < size.count; ++i) pong.Send(*ping.Recv());
                    });
                    for (int64_t i = 0; i < size.count; ++i) {
                      ping.Send(i);
                      pong.Recv();
                    }
                  }),
          {}};
}

Result Buffered(Size size) {
  const Chan<int64_t> chan = MakeChan<int64_t>(kCapacity);
  return {NsPerOp(size.count,
                  [&] {
                    Go([=] {
                      for (int64_t i = 0; i < size.count; ++i) chan.Send(i);
                      chan.Close();
                    });
                    int64_t sum = 0;
                    for (const int64_t value : chan) sum += value;
                    sink.store(sum, std::memory_order_relaxed);
                  }),
          {}};
}

Result BufferedByFour(Size size) {
  constexpr int kSides = 4;
  const Chan<int64_t> chan = MakeChan<int64_t>(kCapacity);
  const int64_t each = (size.count + kSides - 1) / kSides;
  return {NsPerOp(each * kSides,
                  [&] {
                    WaitGroup producers, consumers;
                    producers.Add(kSides);
                    consumers.Add(kSides);
                    for (int k = 0; k < kSides; ++k) {
                      Go([&] {
                        for (int64_t i = 0; i < each; ++i) chan.Send(i);
                        producers.Done();
                      });
                      Go([&] {
                        int64_t sum = 0;
                        for (const int64_t value : chan) sum += value;
                        sink.store(sum, std::memory_order_relaxed);
                        consumers.Done();
                      });
                    }
                    producers.Wait();
                    chan.Close();
                    consumers.Wait();
                  }),
          {}};
}

Result SelectOfTwo(Size size) {
  const Chan<int64_t> a = MakeChan<int64_t>(), b = MakeChan<int64_t>();
  const int64_t pairs = (size.count + 1) / 2;
  return {NsPerOp(2 * pairs,
                  [&] {
                    Go([=] {  // it may end after those it sends to
                      for (int64_t i = 0; i < pairs; ++i) {
                        a.Send(i);
                        b.Send(i);
                      }
                    });
                    int64_t sum = 0;
                    for (int64_t i = 0; i < 2 * pairs; ++i) {
                      Select(OnRecv(a, [&](std::optional<int64_t> value) { sum += *value; }),
                             OnRecv(b, [&](std::optional<int64_t> value) { sum += *value; }));
                    }
                    sink.store(sum, std::memory_order_relaxed);
                  }),
          {}};
}

Result SelectDefault(Size size) {
  auto [ctx, cancel] = muster::context::WithCancel(muster::context::Background());
  const double ns = NsPerOp(size.count, [&ctx, &size] {
    int64_t cancelled = 0;
    for (int64_t i = 0; i < size.count; ++i) {
      Select(OnRecv(ctx.Done(), [&] { ++cancelled; }), OnDefault());
    }
    sink.store(cancelled, std::memory_order_relaxed);
  });
  cancel();
  return {ns, {}};
}

// A token goes from the caller through `count` goroutines and back. What is timed are whole
// revolutions, after a first one by which everybody has started.
Result Ring(Size size) {
  const int64_t revolutions = size.Batches(3);
  std::vector<Chan<int64_t>> chans;
  for (int64_t i = 0; i <= size.count; ++i) chans.push_back(MakeChan<int64_t>());
  for (int64_t i = 0; i < size.count; ++i) {
    Go([from = chans[i], to = chans[i + 1]] {
      for (const int64_t token : from) to.Send(token);
      to.Close();
    });
  }
  const Chan<int64_t>& out = chans.front();
  const Chan<int64_t>& back = chans.back();
  out.Send(0);
  back.Recv();
  const double ns = NsPerOp(revolutions, [&] {
    for (int64_t i = 0; i < revolutions; ++i) {
      out.Send(i);
      back.Recv();
    }
  });
  out.Close();
  back.Recv();
  return {ns, {}};
}

}  // namespace

std::vector<Work> ChannelWorks() {
  return {{"pingpong", "ns", {1'000'000, 1'000'000}, PingPong},
          {"buf_1p1c", "ns", {5'000'000, 5'000'000}, Buffered},
          {"buf_4p4c", "ns", {4'000'000, 4'000'000}, BufferedByFour},
          {"select2", "ns", {1'000'000, 1'000'000}, SelectOfTwo},
          {"select_default", "ns", {20'000'000, 20'000'000}, SelectDefault},
          {"ring", "ns", {1000, 2'000'000}, Ring}};
}

}  // namespace bench
