// Starting, ending, yielding, sleeping and parking.
#include <utility>

#include "muster/muster.h"
#include "tests/bench/muster/works.h"

namespace bench {
namespace {

using muster::Chan;
using muster::Go;
using muster::MakeChan;
using muster::WaitGroup;

void SpawnAndJoin(int64_t count) {
  WaitGroup done;
  done.Add(static_cast<int>(count));
  for (int64_t i = 0; i < count; ++i) {
    Go([&done] { done.Done(); });
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

void Link(int64_t left, const Chan<int64_t>* last) {
  if (left == 0) {
    last->Send(1);
    return;
  }
  Go([left, last] { Link(left - 1, last); });
}

Result SpawnChain(Size size) {
  return {NsPerOp(size.count,
                  [&] {
                    const Chan<int64_t> last = MakeChan<int64_t>();
                    Link(size.count, &last);
                    last.Recv();
                  }),
          {}};
}

Result Yield(Size size) {
  const int64_t each = size.Batches(10);
  return {NsPerOp(each * size.count,
                  [&] {
                    WaitGroup done;
                    done.Add(static_cast<int>(size.count));
                    for (int64_t i = 0; i < size.count; ++i) {
                      Go([&done, each] {
                        for (int64_t k = 0; k < each; ++k) muster::runtime::Gosched();
                        done.Done();
                      });
                    }
                    done.Wait();
                  }),
          {}};
}

void SleepAll(int64_t count) {
  WaitGroup done;
  done.Add(static_cast<int>(count));
  for (int64_t i = 0; i < count; ++i) {
    Go([&done] {
      muster::time::Sleep(absl::Milliseconds(1));
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
  const Chan<int64_t> block = MakeChan<int64_t>();
  WaitGroup ready, done;
  ready.Add(static_cast<int>(count));
  done.Add(static_cast<int>(count));
  for (int64_t i = 0; i < count; ++i) {
    Go([&] {
      ready.Done();
      block.Recv();
      done.Done();
    });
  }
  ready.Wait();
  block.Close();
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
