// Healthy: numbers flow through stages. Each stage closes its output when its input has ended.
#include <cstdio>

#include "muster/muster.h"
#include "testdata/apps/app.h"

namespace {

muster::RecvChan<int> Count(int last) {
  const auto out = muster::MakeChan<int>();
  muster::Go([=] {
    for (int i = 1; i <= last; ++i) out.Send(i);
    out.Close();
  });
  return out;
}

muster::RecvChan<int> Square(const muster::RecvChan<int>& in) {
  const auto out = muster::MakeChan<int>();
  muster::Go([=] {
    for (const int value : in) out.Send(value * value);
    out.Close();
  });
  return out;
}

muster::RecvChan<int> KeepEven(const muster::RecvChan<int>& in) {
  const auto out = muster::MakeChan<int>();
  muster::Go([=] {
    for (const int value : in) {
      if (value % 2 == 0) out.Send(value);
    }
    out.Close();
  });
  return out;
}

void Pipeline() {
  int sum = 0;
  for (const int value : KeepEven(Square(Count(100)))) sum += value;
  std::printf("sum of the even squares up to 100: %d\n", sum);
}

}  // namespace

int main(int argc, char** argv) { return apps::Main(argc, argv, Pipeline); }
