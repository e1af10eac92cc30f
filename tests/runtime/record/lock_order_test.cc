// What is recorded of the order in which locks are taken.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <new>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "muster/muster.h"
#include "runtime/record/lock_order.h"

namespace muster {
namespace {

using record::LockOrder;

uint64_t AddressOf(const void* lock) { return reinterpret_cast<uint64_t>(lock); }

// Records lock orders for its scope.
class Recording {
 public:
  Recording() { debug::SetLockOrder(true); }
  ~Recording() { debug::SetLockOrder(false); }
};

std::vector<LockOrder> Orders() { return record::Capture().lock_orders; }

std::vector<LockOrder> OrdersOf(const void* from, const void* to) {
  std::vector<LockOrder> found;
  for (LockOrder& order : Orders()) {
    if (order.from.object == AddressOf(from) && order.to.object == AddressOf(to)) {
      found.push_back(order);
    }
  }
  return found;
}

bool HasOrder(const void* from, const void* to) { return !OrdersOf(from, to).empty(); }

template <typename First, typename Second>
void LockBoth(First& first, Second& second) {
  const std::scoped_lock one(first);
  const std::scoped_lock two(second);
}

void Touch(Mutex& lock) { const std::scoped_lock guard(lock); }

// Calls `f` in a goroutine of its own, and returns when it has ended. No wait group: its ends would
// be noted.
template <typename F>
void InGoroutine(F f) {
  const auto done = MakeChan<int>();
  Go([&] {
    f();
    done.Close();
  });
  done.Recv();
}

TEST(LockOrder, IsNotRecordedUnlessAskedFor) {
  { const Recording forget_earlier_tests; }
  Mutex a;
  Mutex b;
  muster::Run([&] { LockBoth(a, b); });
  EXPECT_TRUE(Orders().empty());
}

TEST(LockOrder, TellsWhichLockWasTakenUnderWhich) {
  const Recording recording;
  Mutex a;
  Mutex b;
  uint64_t id = 0;
  muster::Run([&] {
    id = runtime::GoroutineId();
    LockBoth(a, b);
  });
  const std::vector<LockOrder> orders = Orders();
  ASSERT_EQ(orders.size(), 1u);
  const LockOrder& order = orders[0];
  EXPECT_EQ(order.from.object, AddressOf(&a));
  EXPECT_EQ(order.to.object, AddressOf(&b));
  EXPECT_EQ(order.from.kind, record::ObjectKind::kMutex);
  EXPECT_EQ(order.goroutine_id, id);
  EXPECT_TRUE(order.gates.empty());
  EXPECT_NE(order.from.acquired_at, 0u);
  EXPECT_NE(order.to.acquired_at, 0u);
  EXPECT_NE(order.from.acquired_at, order.to.acquired_at);
  EXPECT_NE(std::find(order.stack.begin(), order.stack.end(), order.to.acquired_at),
            order.stack.end());
  EXPECT_FALSE(order.creation_stack.empty());
}

TEST(LockOrder, TellsTheOtherLocksHeldAsGates) {
  const Recording recording;
  Mutex gate;
  RWMutex a;
  Mutex b;
  muster::Run([&] {
    const std::scoped_lock guard(gate);
    a.RLock();
    b.Lock();
    b.Unlock();
    a.RUnlock();
  });
  const std::vector<LockOrder> orders = OrdersOf(&a, &b);
  ASSERT_EQ(orders.size(), 1u);
  EXPECT_EQ(orders[0].from.direction, record::Direction::kRead);
  ASSERT_EQ(orders[0].gates.size(), 1u);
  EXPECT_EQ(orders[0].gates[0].object, AddressOf(&gate));
  EXPECT_NE(orders[0].gates[0].acquired_at, 0u);
  EXPECT_TRUE(HasOrder(&gate, &a));
  EXPECT_TRUE(HasOrder(&gate, &b));
  EXPECT_FALSE(HasOrder(&b, &a));
}

TEST(LockOrder, EndsWithTheUnlock) {
  const Recording recording;
  Mutex a;
  Mutex b;
  muster::Run([&] {
    a.Lock();
    a.Unlock();
    const std::scoped_lock guard(b);
  });
  EXPECT_TRUE(Orders().empty());
}

TEST(LockOrder, MayBeUnlockedInAnyOrder) {
  const Recording recording;
  std::array<Mutex, 3> locks;
  muster::Run([&] {
    locks[0].Lock();
    locks[1].Lock();
    locks[0].Unlock();
    locks[2].Lock();
    locks[1].Unlock();
    locks[2].Unlock();
  });
  EXPECT_TRUE(HasOrder(&locks[0], &locks[1]));
  EXPECT_TRUE(HasOrder(&locks[1], &locks[2]));
  EXPECT_FALSE(HasOrder(&locks[0], &locks[2]));
}

TEST(LockOrder, IsKeptOfTwoGoroutines) {
  const Recording recording;
  Mutex a;
  Mutex b;
  muster::Run([&] {
    for (int i = 0; i < 5; ++i) InGoroutine([&] { LockBoth(a, b); });
  });
  const std::vector<LockOrder> orders = OrdersOf(&a, &b);
  ASSERT_EQ(orders.size(), 2u);
  EXPECT_NE(orders[0].goroutine_id, orders[1].goroutine_id);
  EXPECT_EQ(record::LockOrdersLeftOut(), 0u);
}

TEST(LockOrder, IsNotMadeByALockThatDidNotWait) {
  const Recording recording;
  Mutex a;
  Mutex b;
  Mutex c;
  RWMutex rw;
  muster::Run([&] {
    const std::scoped_lock guard(a);
    ASSERT_TRUE(b.TryLock());
    ASSERT_TRUE(rw.TryRLock());
    rw.RUnlock();
    ASSERT_TRUE(rw.TryLock());
    c.Lock();  // which waits with b and rw in hand
    c.Unlock();
    rw.Unlock();
    b.Unlock();
  });
  EXPECT_FALSE(HasOrder(&a, &b));
  EXPECT_FALSE(HasOrder(&a, &rw));
  EXPECT_TRUE(HasOrder(&b, &c));
  EXPECT_TRUE(HasOrder(&rw, &c));
}

TEST(LockOrder, IsMadeByAConditionThatLocksAgain) {
  const Recording recording;
  Mutex a;
  Mutex b;
  Cond cond(b);
  bool waits = false;
  muster::Run([&] {
    const auto done = MakeChan<int>();
    Go([&] {
      b.Lock();
      a.Lock();
      waits = true;
      cond.Wait();  // gives b back and takes it again, with a in hand
      a.Unlock();
      b.Unlock();
      done.Close();
    });
    for (bool signalled = false; !signalled; runtime::Gosched()) {
      const std::scoped_lock guard(b);
      if (waits) cond.Signal();
      signalled = waits;
    }
    done.Recv();
  });
  EXPECT_TRUE(HasOrder(&a, &b));
}

TEST(LockOrder, IsOfTheHolderThatHasBeenHandedTheLock) {
  const Recording recording;
  Mutex handed;
  Mutex b;
  muster::Run([&] {
    const auto turn = MakeChan<int>();
    const auto done = MakeChan<int>();
    Go([&] {
      handed.Lock();
      turn.Send(1);  // the other one unlocks it
      turn.Recv();
      Touch(b);
      done.Close();
    });
    turn.Recv();
    handed.Unlock();
    turn.Send(1);
    done.Recv();
  });
  EXPECT_FALSE(HasOrder(&handed, &b));
}

TEST(LockOrder, IsNotMadeFromReadLocksThatMayHaveBeenHandedOver) {
  const Recording recording;
  RWMutex handed;
  Mutex b;
  Mutex c;
  muster::Run([&] {
    const auto turn = MakeChan<int>();
    const auto done = MakeChan<int>();
    Go([&] {
      handed.RLock();
      Touch(c);
      turn.Send(1);
      turn.Recv();
      Touch(b);
      done.Close();
    });
    turn.Recv();
    handed.RUnlock();
    turn.Send(1);
    done.Recv();
  });
  EXPECT_TRUE(HasOrder(&handed, &c));
  EXPECT_FALSE(HasOrder(&handed, &b));
}

TEST(LockOrder, IsForgottenOfAGoroutineThatHasEnded) {
  const Recording recording;
  Mutex never_unlocked;
  Mutex b;
  muster::Run([&] {
    InGoroutine([&] { never_unlocked.Lock(); });
    // The same slot, most probably; another goroutine in any case.
    for (int i = 0; i < 10; ++i) InGoroutine([&] { const std::scoped_lock guard(b); });
  });
  EXPECT_TRUE(Orders().empty());
}

TEST(LockOrder, IsForgottenWhenANewLockHasTheAddress) {
  const Recording recording;
  alignas(Mutex) unsigned char room[sizeof(Mutex)];
  Mutex b;
  Mutex c;
  auto* lock = new (room) Mutex;
  muster::Run([&] {
    LockBoth(*lock, b);
    LockBoth(b, *lock);
    LockBoth(b, c);
    lock = new (room) Mutex;
    EXPECT_TRUE(HasOrder(lock, &b)) << "nobody has used the new one yet";
    lock->Lock();
    lock->Unlock();
  });
  EXPECT_FALSE(HasOrder(lock, &b));
  EXPECT_FALSE(HasOrder(&b, lock));
  EXPECT_TRUE(HasOrder(&b, &c));
}

TEST(LockOrder, IsNotForgottenWhenAReadLockIsFirstTakenForWriting) {
  const Recording recording;
  RWMutex lock;
  Mutex b;
  muster::Run([&] {
    lock.RLock();
    Touch(b);
    lock.RUnlock();
    lock.RLock();
    lock.RUnlock();
    lock.Lock();
    lock.Unlock();
  });
  EXPECT_TRUE(HasOrder(&lock, &b));
}

TEST(LockOrder, OfManyLocksAtOneAddressTakesTheRoomOfOne) {
  const Recording recording;
  Mutex outer;
  alignas(RWMutex) unsigned char room[sizeof(RWMutex)];
  muster::Run([&] {
    for (int i = 0; i < 3 * static_cast<int>(record::kMaxLockOrders); ++i) {
      auto* lock = new (room) RWMutex;
      LockBoth(outer, *lock);
    }
  });
  EXPECT_EQ(Orders().size(), 1u);
  EXPECT_EQ(record::LockOrdersLeftOut(), 0u);
}

TEST(LockOrder, ThatFindsNoRoomIsCountedAndSaid) {
  const Recording recording;
  constexpr uint32_t kLocks = record::kMaxLockOrders + 10;
  Mutex outer;
  const auto locks = std::make_unique<Mutex[]>(kLocks);
  muster::Run([&] {
    for (uint32_t i = 0; i < kLocks; ++i) LockBoth(outer, locks[i]);
  });
  const record::Snapshot snapshot = record::Capture();
  EXPECT_EQ(snapshot.lock_orders.size(), record::kMaxLockOrders);
  EXPECT_EQ(record::LockOrdersLeftOut(), 10u);
  const auto says = [](const std::string& note) {
    return note == "lock orders: no room for all; 10 were not recorded";
  };
  EXPECT_TRUE(std::any_of(snapshot.notes.begin(), snapshot.notes.end(), says));
}

TEST(LockOrder, UnderTooManyLocksIsCounted) {
  const Recording recording;
  std::array<Mutex, record::kMaxHeldLocks + 2> locks;
  Mutex a;
  Mutex b;
  muster::Run([&] {
    for (Mutex& lock : locks) lock.Lock();
    for (Mutex& lock : locks) lock.Unlock();
    LockBoth(a, b);
  });
  EXPECT_TRUE(HasOrder(&locks[0], &locks[record::kMaxHeldLocks]));
  EXPECT_FALSE(HasOrder(&locks[0], &locks[record::kMaxHeldLocks + 1]));
  EXPECT_EQ(record::LockOrdersLeftOut(), 1u);
  EXPECT_TRUE(HasOrder(&a, &b)) << "all are unlocked by then";
}

TEST(LockOrder, TellsWhatCameBeforeAGoroutineWasStarted) {
  const Recording recording;
  Mutex a;
  Mutex b;
  Mutex c;
  muster::Run([&] {
    LockBoth(a, b);
    InGoroutine([&] { InGoroutine([&] { LockBoth(b, a); }); });
    LockBoth(c, a);
  });
  const LockOrder before = OrdersOf(&a, &b).at(0);
  const LockOrder child = OrdersOf(&b, &a).at(0);
  const LockOrder after = OrdersOf(&c, &a).at(0);
  ASSERT_EQ(child.ancestors.size(), 2u);
  EXPECT_EQ(child.ancestors[1].goroutine_id, before.goroutine_id);
  EXPECT_LT(before.last_moment, child.ancestors[1].moment);
  EXPECT_LT(child.ancestors[1].moment, child.ancestors[0].moment);
  EXPECT_LT(child.ancestors[0].moment, child.first_moment);
  EXPECT_GT(after.first_moment, child.ancestors[1].moment);
}

TEST(LockOrder, TakenAgainAfterAGoroutineWasStartedIsNotBefore) {
  const Recording recording;
  Mutex a;
  Mutex b;
  muster::Run([&] {
    LockBoth(a, b);
    LockBoth(a, b);
    InGoroutine([&] { LockBoth(b, a); });
    LockBoth(a, b);
  });
  const LockOrder parent = OrdersOf(&a, &b).at(0);
  const LockOrder child = OrdersOf(&b, &a).at(0);
  EXPECT_LT(parent.first_moment, child.ancestors.at(0).moment);
  EXPECT_GT(parent.last_moment, child.ancestors.at(0).moment);
}

TEST(LockOrder, TellsWhoHasWaitedForTheGoroutine) {
  const Recording recording;
  Mutex a;
  Mutex b;
  muster::Run([&] {
    WaitGroup group;
    group.Go([&] { LockBoth(b, a); });
    group.Wait();
    LockBoth(a, b);
  });
  const LockOrder after = OrdersOf(&a, &b).at(0);
  const LockOrder worker = OrdersOf(&b, &a).at(0);
  EXPECT_EQ(worker.joined.goroutine_id, after.goroutine_id);
  EXPECT_LT(worker.joined.moment, after.first_moment);
  EXPECT_GT(worker.joined.moment, worker.last_moment);
  EXPECT_EQ(after.joined.goroutine_id, 0u);
}

TEST(LockOrder, TakenAfterDoneHasNotBeenWaitedFor) {
  const Recording recording;
  Mutex a;
  Mutex b;
  muster::Run([&] {
    WaitGroup group;
    const auto done = MakeChan<int>();
    group.Add(1);
    Go([&] {
      LockBoth(b, a);
      group.Done();
      LockBoth(b, a);
      done.Close();
    });
    group.Wait();
    done.Recv();
  });
  EXPECT_EQ(OrdersOf(&b, &a).at(0).joined.goroutine_id, 0u);
}

TEST(LockOrder, IsRecordedOfThreadsToo) {
  const Recording recording;
  Mutex a;
  Mutex b;
  LockBoth(a, b);
  const std::vector<LockOrder> orders = OrdersOf(&a, &b);
  ASSERT_EQ(orders.size(), 1u);
  EXPECT_GE(orders[0].goroutine_id, record::kFirstThreadId);
}

TEST(LockOrder, OfAnEarlierRecordingIsForgotten) {
  Mutex a;
  Mutex b;
  {
    const Recording recording;
    muster::Run([&] { LockBoth(a, b); });
    debug::SetLockOrder(false);
    EXPECT_TRUE(HasOrder(&a, &b)) << "turned off, but not forgotten";
  }
  const Recording recording;
  EXPECT_TRUE(Orders().empty());
}

TEST(LockOrder, SettingReturnsWhatItWas) {
  EXPECT_FALSE(debug::SetLockOrder(true));
  EXPECT_TRUE(debug::SetLockOrder(true));
  EXPECT_TRUE(debug::SetLockOrder(false));
  EXPECT_FALSE(debug::SetLockOrder(false));
}

// Goroutines that lock pairs in one order, hand locks over, use new locks at old addresses, and
// come and go, while captures are taken.
TEST(LockOrder, StaysConsistentUnderLoad) {
  const Recording recording;
  constexpr int kLocks = 6;
  constexpr int kGoroutines = 16;
  constexpr int kRounds = 200;
  std::array<Mutex, kLocks> locks;
  std::array<RWMutex, kLocks> shared;
  int64_t counted = 0;
  muster::Run([&] {
    WaitGroup group;
    for (int g = 0; g < kGoroutines; ++g) {
      group.Go([&, g] {
        for (int round = 0; round < kRounds; ++round) {
          const int low = (g + round) % (kLocks - 1);
          const std::scoped_lock first(locks[0]);
          ++counted;
          shared[low].RLock();
          shared[low + 1].Lock();
          auto fresh = std::make_unique<Mutex>();
          LockBoth(*fresh, locks[low + 1]);
          shared[low + 1].Unlock();
          shared[low].RUnlock();
        }
      });
    }
    for (int i = 0; i < 20; ++i) {
      for (const LockOrder& order : Orders()) {
        EXPECT_NE(order.from.object, order.to.object);
        EXPECT_LE(order.first_moment, order.last_moment);
        EXPECT_NE(order.goroutine_id, 0u);
      }
      Mutex handed;
      handed.Lock();
      group.Go([&] { handed.Unlock(); });
      handed.Lock();
      handed.Unlock();
    }
    group.Wait();
  });
  EXPECT_EQ(counted, kGoroutines * kRounds);
  EXPECT_TRUE(HasOrder(&locks[0], &shared[1]));
  EXPECT_FALSE(HasOrder(&shared[1], &locks[0]));
}

}  // namespace
}  // namespace muster
