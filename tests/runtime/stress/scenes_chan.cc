#include "muster/muster.h"
#include "tests/runtime/stress/scenes.h"

namespace stress {

void ProducersAndConsumers(Random& random, Verdict& verdict) {
  const int producers = 1 + random.Below(4), consumers = 1 + random.Below(4);
  const int each = 1 + random.Below(8);
  const auto values = muster::MakeChan<int>(static_cast<size_t>(random.Below(4)));
  std::atomic<int> sum{0}, count{0};
  muster::WaitGroup sending, receiving;
  for (int p = 0; p < producers; ++p) {
    sending.Go([=] {
      for (int i = 0; i < each; ++i) values.Send(p * each + i);
    });
  }
  for (int c = 0; c < consumers; ++c) {
    receiving.Go([&sum, &count, values] {
      for (const int value : values) {
        sum += value;
        ++count;
      }
    });
  }
  sending.Wait();
  values.Close();
  receiving.Wait();
  const int total = producers * each;
  verdict.Equal(count.load(), total, "values received");
  verdict.Equal(sum.load(), total * (total - 1) / 2, "sum of values received");
  verdict.Equal(values.Len(), 0U, "values left in a drained channel");
}

void SelectDrainsTwoChannels(Random& random, Verdict& verdict) {
  const int each = 1 + random.Below(8);
  auto odd = muster::MakeChan<int>(static_cast<size_t>(random.Below(2)));
  auto even = muster::MakeChan<int>();
  muster::WaitGroup senders;
  const auto send = [&](const muster::Chan<int>& chan, int from) {
    senders.Go([=] {
      for (int i = 0; i < each; ++i) chan.Send(from + 2 * i);
      chan.Close();
    });
  };
  send(odd, 1);
  send(even, 0);
  int sum = 0, last_odd = -1, last_even = -2;
  while (odd || even) {
    const auto take = [&](muster::Chan<int>& chan, int& last, std::optional<int> value) {
      // A drained channel becomes nil, whose case is never ready.
      if (!value) {
        chan = {};
        return;
      }
      verdict.Equal(*value, last + 2, "order in one channel");
      last = *value;
      sum += *value;
    };
    muster::Select(
        muster::OnRecv(odd, [&](std::optional<int> value) { take(odd, last_odd, value); }),
        muster::OnRecv(even, [&](std::optional<int> value) { take(even, last_even, value); }));
  }
  senders.Wait();
  verdict.Equal(sum, 2 * each * (2 * each - 1) / 2, "sum through select");
}

void SelectSendsAndReceives(Random& random, Verdict& verdict) {
  // Both ends select: each round one value goes from left to right or the other way.
  const int rounds = 1 + random.Below(12);
  const auto right = muster::MakeChan<int>();
  const auto left = muster::MakeChan<int>();
  std::atomic<int> sent{0}, received{0};
  muster::WaitGroup both;
  const auto player = [&](const muster::Chan<int>& out, const muster::Chan<int>& in) {
    both.Go([&sent, &received, out, in, rounds] {
      for (int i = 0; i < rounds; ++i) {
        muster::Select(muster::OnSend(out, 1, [&] { ++sent; }),
                       muster::OnRecv(in, [&] { ++received; }));
      }
    });
  };
  player(right, left);
  player(left, right);
  both.Wait();
  verdict.Equal(sent.load(), rounds, "selects that sent");
  verdict.Equal(received.load(), rounds, "selects that received");
  // Now nobody is there, so only the default is ready.
  bool neither = false;
  muster::Select(muster::OnSend(left, 1), muster::OnRecv(right),
                 muster::OnDefault([&] { neither = true; }));
  verdict.Check(neither, "a select with a default found a partner that has gone");
}

}  // namespace stress
