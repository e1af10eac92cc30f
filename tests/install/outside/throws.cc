// Throws through frames of goroutines, and has others end by Goexit: what breaks when a program has
// two unwinders.
#include <cstdio>
#include <stdexcept>
#include <string>

#include "muster/muster.h"

namespace {

// Counts the destructors that unwinding runs.
struct Counted {
  int* unwound;
  ~Counted() { ++*unwound; }
};

void Throw(int depth, int* unwound) {
  Counted counted{unwound};
  if (depth == 0) throw std::runtime_error("from the deep");
  Throw(depth - 1, unwound);
}

// Parks inside the catch block and rethrows after it: the exception must survive other goroutines'.
std::string CatchParkRethrow(const muster::Chan<int>& turn, int* unwound) {
  try {
    try {
      Throw(20, unwound);
    } catch (const std::runtime_error&) {
      turn.Recv();
      throw;
    }
  } catch (const std::exception& error) {
    return error.what();
  }
  return "nothing was thrown";
}

void ExitDeep(int depth, int* unwound) {
  Counted counted{unwound};
  if (depth == 0) muster::runtime::Goexit();
  ExitDeep(depth - 1, unwound);
}

// Tells at the end of the goroutine, which it does not reach by a return.
struct TellsAtEnd {
  muster::Chan<bool> results;
  int unwound = 0;
  ~TellsAtEnd() { results.Send(unwound == 21); }
};

}  // namespace

int main() {
  constexpr int kGoroutines = 1000;
  const int good = muster::Run([] {
    auto turn = muster::MakeChan<int>();
    auto results = muster::MakeChan<bool>();
    for (int i = 0; i < kGoroutines; ++i) {
      muster::Go([turn, results] {
        int unwound = 0;
        const std::string what = CatchParkRethrow(turn, &unwound);
        results.Send(what == "from the deep" && unwound == 21);
      });
    }
    for (int i = 0; i < kGoroutines; ++i) turn.Send(i);
    int good = 0;
    for (int i = 0; i < kGoroutines; ++i) good += results.Recv().value_or(false) ? 1 : 0;
    for (int i = 0; i < kGoroutines; ++i) {
      muster::Go([results] {
        TellsAtEnd end{results};
        ExitDeep(20, &end.unwound);
      });
    }
    for (int i = 0; i < kGoroutines; ++i) good += results.Recv().value_or(false) ? 1 : 0;
    return good;
  });
  std::printf("%d of %d goroutines caught what they threw, or ended by Goexit\n", good,
              2 * kGoroutines);
  return good == 2 * kGoroutines ? 0 : 1;
}
