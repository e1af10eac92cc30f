// Healthy: the twin of lock_order_deadlock.cc. Everyone locks the account with the lower number
// first, so no cycle can close.
#include <cstdio>
#include <mutex>
#include <utility>

#include "muster/muster.h"
#include "testdata/apps/app.h"

namespace {

struct Account {
  int number;
  muster::Mutex mutex;
  int balance = 100;
};

void Transfer(Account* from, Account* to, int amount) {
  Account* lower = from;
  Account* higher = to;
  if (lower->number > higher->number) std::swap(lower, higher);
  const std::scoped_lock first(lower->mutex);
  // Whoever else is about to transfer gets every chance to come in between.
  muster::runtime::Gosched();
  const std::scoped_lock second(higher->mutex);
  from->balance -= amount;
  to->balance += amount;
}

void Bank() {
  Account ann{.number = 1, .mutex = {}}, bob{.number = 2, .mutex = {}};
  muster::WaitGroup transfers;
  for (int i = 0; i < 100; ++i) {
    transfers.Go([&] { Transfer(&ann, &bob, 10); });
    transfers.Go([&] { Transfer(&bob, &ann, 10); });
  }
  transfers.Wait();
  std::printf("ann %d, bob %d\n", ann.balance, bob.balance);
}

}  // namespace

int main(int argc, char** argv) { return apps::Main(argc, argv, Bank); }
