// Broken, and meant to be looked at: a shop that takes orders, and a bank behind it.
//
// Bug 1, the leak: each order asks the warehouse for its price in a goroutine and gives up after a
// time-out. The channel of the answer has no room, so when the warehouse answers after all, its
// goroutine waits for a receiver that has gone. The cure: MakeChan<int>(1).
//
// Bug 2, the deadlock: the nightly settlement moves money between two accounts in both directions
// and locks the account it takes from first. The cure: one order for all (lock_order_fixed.cc).
//
// It goes on until SIGTERM, or with --serve until its standard input is closed:
//   leaky_service & gprof-dump check --ended-label=batch=morning $!
#include <unistd.h>

#include <cstdio>
#include <mutex>
#include <optional>

#include "muster/muster.h"
#include "testdata/apps/app.h"

namespace {

namespace context = muster::context;

// ---- the shop

struct Order {
  int number;
  bool in_stock;
};

// The warehouse looks for what is not in stock for longer than anybody waits.
int LookUpPrice(const context::Context& ctx, const Order& order) {
  if (!order.in_stock) ctx.Done().Recv();
  return 10 * order.number;
}

std::optional<int> PriceOf(const context::Context& parent, const Order& order) {
  const auto [ctx, cancel] = context::WithTimeout(parent, absl::Milliseconds(50));
  const auto answer = muster::MakeChan<int>();
  muster::Go([ctx, answer, order] { answer.Send(LookUpPrice(ctx, order)); });
  std::optional<int> price;
  muster::Select(muster::OnRecv(answer, [&](std::optional<int> got) { price = got; }),
                 muster::OnRecv(ctx.Done()));
  cancel();
  return price;
}

void TakeOrders() {
  muster::runtime::SetLabel("batch", "morning");  // what is started from here on inherits it
  const auto orders = muster::MakeChan<Order>();
  const auto priced = muster::MakeChan<bool>();
  muster::WaitGroup clerks;
  for (int i = 0; i < 3; ++i) {
    clerks.Go([=] {
      for (const Order& order : orders) priced.Send(PriceOf({}, order).has_value());
    });
  }
  muster::Go([=] {
    for (int number = 1; number <= 12; ++number) {
      orders.Send({.number = number, .in_stock = number % 4 != 0});
    }
    orders.Close();
  });
  int done = 0;
  for (int i = 0; i < 12; ++i) done += priced.Recv().value() ? 1 : 0;
  clerks.Wait();
  muster::runtime::SetLabel("batch", "");
  std::printf("12 orders: %d priced, %d timed out\n", done, 12 - done);
}

// ---- the bank

struct Account {
  muster::Mutex mutex;
  int balance = 1000;
};

void Transfer(Account* from, Account* to, int amount, muster::WaitGroup* both_hold_one) {
  const std::scoped_lock first(from->mutex);
  both_hold_one->Done();  // So that the unlucky moment comes in every run.
  both_hold_one->Wait();
  const std::scoped_lock second(to->mutex);
  from->balance -= amount;
  to->balance += amount;
}

void Settle() {
  static Account shop, supplier;
  static muster::WaitGroup both_hold_one;
  muster::runtime::SetLabel("job", "settlement");
  both_hold_one.Add(2);
  muster::Go([] { Transfer(&shop, &supplier, 70, &both_hold_one); });
  muster::Go([] { Transfer(&supplier, &shop, 30, &both_hold_one); });
}

void Service() {
  TakeOrders();
  Settle();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1) return apps::Main(argc, argv, Service);
  apps::Settle("leaky_service", Service, apps::Ending::kReturns);
  std::printf("ready: pid %d\n", getpid());
  std::fflush(stdout);
  for (;;) pause();  // SIGTERM ends the process.
}
