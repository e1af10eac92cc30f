#include <array>
#include <deque>
#include <mutex>
#include <shared_mutex>

#include "muster/muster.h"
#include "tests/runtime/stress/scenes.h"

namespace stress {

void TransfersUnderMutexes(Random& random, Verdict& verdict) {
  struct Account {
    muster::Mutex mutex;
    int balance = 100;
  };
  std::array<Account, 3> accounts;
  muster::WaitGroup group;
  for (int t = 0; t < 4; ++t) {
    const int from = random.Below(3), step = 1 + random.Below(2), rounds = 1 + random.Below(5);
    group.Go([&accounts, from, to = (from + step) % 3, rounds] {
      Account& lower = accounts[static_cast<size_t>(std::min(from, to))];
      Account& higher = accounts[static_cast<size_t>(std::max(from, to))];
      for (int i = 0; i < rounds; ++i) {
        const std::scoped_lock first(lower.mutex);
        if (i % 2 == 0) muster::runtime::Gosched();
        const std::scoped_lock second(higher.mutex);
        --lower.balance;
        ++higher.balance;
      }
    });
  }
  group.Wait();
  int total = 0;
  for (const Account& account : accounts) total += account.balance;
  verdict.Equal(total, 300, "money in the bank");
}

void LedgerUnderRWMutex(Random& random, Verdict& verdict) {
  struct Ledger {
    muster::RWMutex mutex;
    int debit = 0, credit = 0;
  } ledger;
  const int writes = 1 + random.Below(4);
  muster::WaitGroup group;
  for (int w = 0; w < 2; ++w) {
    group.Go([&ledger, writes] {
      for (int i = 0; i < writes; ++i) {
        const std::unique_lock lock(ledger.mutex);
        ++ledger.debit;
        muster::runtime::Gosched();
        ++ledger.credit;
      }
    });
  }
  for (int r = 0; r < 3; ++r) {
    group.Go([&ledger, &verdict, r] {
      for (int i = 0; i < 3; ++i) {
        if (r == 0 && !ledger.mutex.TryRLock()) continue;
        if (r != 0) ledger.mutex.RLock();
        verdict.Equal(ledger.debit, ledger.credit, "debit seen by a reader");
        ledger.mutex.RUnlock();
      }
    });
  }
  group.Wait();
  verdict.Equal(ledger.credit, 2 * writes, "writes");
}

void BufferWithConds(Random& random, Verdict& verdict) {
  muster::Mutex mutex;
  muster::Cond not_empty(mutex), not_full(mutex);
  std::deque<int> buffer;
  const int total = 1 + random.Below(12);
  const size_t room = 1 + static_cast<size_t>(random.Below(2));
  int sum = 0;
  muster::WaitGroup group;
  group.Go([&] {
    for (int i = 0; i < total; ++i) {
      const std::scoped_lock lock(mutex);
      while (buffer.size() == room) not_full.Wait();
      buffer.push_back(i);
      not_empty.Signal();
    }
  });
  group.Go([&] {
    for (int i = 0; i < total; ++i) {
      const std::scoped_lock lock(mutex);
      while (buffer.empty()) not_empty.Wait();
      verdict.Equal(buffer.front(), i, "order in the buffer");
      sum += buffer.front();
      buffer.pop_front();
      not_full.Broadcast();
    }
  });
  group.Wait();
  verdict.Equal(sum, total * (total - 1) / 2, "sum through the buffer");
}

void OnceIsOnce(Random& random, Verdict& verdict) {
  muster::Once once;
  int made = 0;
  muster::WaitGroup group;
  for (int i = 0, n = 2 + random.Below(4); i < n; ++i) {
    group.Go([&] {
      once.Do([&] {
        muster::runtime::Gosched();
        ++made;
      });
      verdict.Equal(made, 1, "made, seen after Do");
    });
  }
  group.Wait();
}

}  // namespace stress
