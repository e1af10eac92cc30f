// Broken: two transfers lock the same two accounts in opposite order.
//
// The bug: each transfer locks the account it takes from and then the one it gives to. When both
// hold their first lock, each waits for the other's. It may go well a thousand times; here a wait
// group makes the unlucky moment happen in every run. The cure: lock_order_fixed.cc.
#include <cstdio>
#include <mutex>

#include "muster/muster.h"
#include "testdata/apps/app.h"

namespace {

struct Account {
  muster::Mutex mutex;
  int balance = 100;
};

void Transfer(Account* from, Account* to, int amount, muster::WaitGroup* both_hold_one) {
  const std::scoped_lock first(from->mutex);
  both_hold_one->Done();
  both_hold_one->Wait();
  const std::scoped_lock second(to->mutex);
  from->balance -= amount;
  to->balance += amount;
}

void Bank() {
  Account ann, bob;
  muster::WaitGroup both_hold_one, transfers;
  both_hold_one.Add(2);
  transfers.Go([&] { Transfer(&ann, &bob, 10, &both_hold_one); });
  transfers.Go([&] { Transfer(&bob, &ann, 20, &both_hold_one); });
  transfers.Wait();
  std::printf("ann %d, bob %d\n", ann.balance, bob.balance);
}

}  // namespace

int main(int argc, char** argv) { return apps::Main(argc, argv, Bank, apps::Ending::kHangs); }
