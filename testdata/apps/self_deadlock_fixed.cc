// Healthy: the twin of self_deadlock.cc. What both need to do under the lock is a function of its
// own that expects it to be held.
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
    ReportLocked();
  }
  void Report() {
    const std::scoped_lock lock(mutex_);
    ReportLocked();
  }

 private:
  void ReportLocked() const { std::printf("balance %d\n", balance_); }
  muster::Mutex mutex_;
  int balance_ = 0;
};

void Bank() {
  Account account;
  account.Deposit(10);
  account.Report();
}

}  // namespace

int main(int argc, char** argv) { return apps::Main(argc, argv, Bank); }
