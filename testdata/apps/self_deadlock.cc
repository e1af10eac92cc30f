// Broken: a function that holds a mutex calls one that takes it again.
//
// The bug: as in Go, a mutex may not be locked twice by the same goroutine; Deposit waits for
// Report to let go, which waits for Deposit. The cure: self_deadlock_fixed.cc.
#include <cstdio>
#include <mutex>

#include "muster/muster.h"
#include "testdata/apps/app.h"

namespace {

class Account {
 public:
  void Deposit(int amount) {
    const std::scoped_lock lock(mutex_);
    balance_ += amount;
    Report();
  }
  void Report() {
    const std::scoped_lock lock(mutex_);
    std::printf("balance %d\n", balance_);
  }

 private:
  muster::Mutex mutex_;
  int balance_ = 0;
};

void Bank() {
  Account account;
  account.Deposit(10);
}

}  // namespace

int main(int argc, char** argv) { return apps::Main(argc, argv, Bank, apps::Ending::kHangs); }
