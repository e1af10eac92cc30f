// Starting, ending, yielding, sleeping and parking.
#include <boost/fiber/operations.hpp>
#include <boost/fiber/unbuffered_channel.hpp>
#include <chrono>

#include "tests/bench/boost/works.h"

namespace bench {
namespace {

using Chan = boost::fibers::unbuffered_channel<int64_t>;

// Each fiber is entered at once and its starter goes on later: Boost's faster way by far, since
// one stack serves all. (With launch::post a million stacks would wait to be run.)
void SpawnAndJoin(int64_t count) {
  Countdown done(count);
  for (int64_t i = 0; i < count; ++i) {
    Go(boost::fibers::launch::dispatch, [&done] { done.Done(); });
  }
  done.Wait();
}

Result SpawnJoin(Size size) {
  const int64_t batches = size.Batches();
  return {NsPerOp(batches * size.count,
                  [&] {
                    for (int64_t b = 0; b < batches; ++b) SpawnAndJoin(size.count);
                  }),
          {}};
}

void Link(int64_t left, Chan* last) {
  if (left == 0) {
    last->push(1);
    return;
  }
  Go([left, last] { Link(left - 1, last); });
}

Result SpawnChain(Size size) {
  return {NsPerOp(size.count,
                  [&] {
                    Chan last;
                    Link(size.count, &last);
                    last.value_pop();
                  }),
          {}};
}

Result Yield(Size size) {
  const int64_t each = size.Batches(10);
  return {NsPerOp(each * size.count,
                  [&] {
                    Countdown done(size.count);
                    for (int64_t i = 0; i < size.count; ++i) {
                      Go([&done, each] {
                        for (int64_t k = 0; k < each; ++k) boost::this_fiber::yield();
                        done.Done();
                      });
                    }
                    done.Wait();
                  }),
          {}};
}

void SleepAll(int64_t count) {
  Countdown done(count);
  for (int64_t i = 0; i < count; ++i) {
    Go([&done] {
      boost::this_fiber::sleep_for(std::chrono::milliseconds(1));
      done.Done();
    });
  }
  done.Wait();
}

Result Sleep(Size size) {
  const int64_t batches = size.Batches();
  return {NsPerOp(batches * size.count,
                  [&] {
                    for (int64_t b = 0; b < batches; ++b) SleepAll(size.count);
                  }),
          {}};
}

void ParkAll(int64_t count) {
  Chan block;
  Countdown ready(count), done(count);
  for (int64_t i = 0; i < count; ++i) {
    Go([&] {
      ready.Done();
      int64_t never;
      block.pop(never);
      done.Done();
    });
  }
  ready.Wait();
  block.close();
  done.Wait();
}

Result Park(Size size) {
  const int64_t batches = size.Batches();
  return {NsPerOp(batches * size.count,
                  [&] {
                    for (int64_t b = 0; b < batches; ++b) ParkAll(size.count);
                  }),
          {}};
}

}  // namespace

std::vector<Work> SpawningWorks() {
  return {{"spawn_join", "ns", {1'000'000, 1'000'000}, SpawnJoin},
          {"spawn_chain", "ns", {1'000'000, 1'000'000}, SpawnChain},
          {"yield", "ns", {100, 2'000'000}, Yield},
          {"sleep", "ns", {100'000, 100'000}, Sleep},
          {"park", "ns", {100'000, 100'000}, Park}};
}

}  // namespace bench
