// Programs that do not hang, from their locks to the verdict: those that could are suspected, and
// their healthy twins are not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <initializer_list>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "muster/inspector/analysis.h"
#include "muster/inspector/capture.h"
#include "muster/muster.h"

namespace muster::inspector {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::vector<Finding> LockOrderFindings() {
  std::vector<Finding> found;
  for (Finding& finding : Analyze(CaptureSelf())) {
    if (finding.rule == "lock-order") found.push_back(std::move(finding));
  }
  return found;
}

// Runs each function in a goroutine of its own, one after the other, with lock orders recorded, and
// returns what is said of that. Only channels keep them apart, which is luck as far as locks go.
std::vector<Finding> AfterRunning(std::initializer_list<std::function<void()>> parts) {
  debug::SetLockOrder(true);
  muster::Run([&] {
    for (const std::function<void()>& part : parts) {
      const auto done = MakeChan<int>();
      Go([&part, done] {
        part();
        done.Close();
      });
      done.Recv();
    }
  });
  std::vector<Finding> found = LockOrderFindings();
  debug::SetLockOrder(false);
  return found;
}

template <typename First, typename Second>
std::function<void()> InOrder(First& first, Second& second) {
  return [&] {
    first.lock();
    second.lock();
    second.unlock();
    first.unlock();
  };
}

TEST(LiveLockOrder, OfTwoMutexesBothWaysIsFound) {
  Mutex a, b;
  const auto findings = AfterRunning({InOrder(a, b), InOrder(b, a)});
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].certainty, Certainty::kSuspected);
  EXPECT_THAT(findings[0].objects,
              ElementsAre(reinterpret_cast<uint64_t>(&a), reinterpret_cast<uint64_t>(&b)));
  EXPECT_THAT(findings[0].explanation, HasSubstr("lock_order_live_test.cc:"));
}

TEST(LiveLockOrder, TheSameEverywhereIsFine) {
  Mutex a, b, c;
  EXPECT_THAT(AfterRunning({InOrder(a, b), InOrder(b, c), InOrder(a, c), InOrder(a, b)}),
              IsEmpty());
}

TEST(LiveLockOrder, OfThreeMutexesIsFound) {
  Mutex a, b, c;
  EXPECT_THAT(AfterRunning({InOrder(a, b), InOrder(b, c), InOrder(c, a)}), SizeIs(1));
}

TEST(LiveLockOrder, OfReadersAndAWriterIsFound) {
  RWMutex a;
  Mutex b;
  const ReadLocker reads = a.RLocker();
  EXPECT_THAT(AfterRunning({InOrder(reads, b), InOrder(b, a)}), SizeIs(1));
}

TEST(LiveLockOrder, OfReadersOnlyIsFine) {
  RWMutex a, b;
  const ReadLocker reads_a = a.RLocker();
  const ReadLocker reads_b = b.RLocker();
  EXPECT_THAT(AfterRunning({InOrder(reads_a, reads_b), InOrder(reads_b, reads_a)}), IsEmpty());
}

TEST(LiveLockOrder, UnderAGateIsFine) {
  Mutex gate, a, b;
  const auto guarded = [&gate](std::function<void()> part) {
    return [&gate, part = std::move(part)] {
      const std::scoped_lock guard(gate);
      part();
    };
  };
  EXPECT_THAT(AfterRunning({guarded(InOrder(a, b)), guarded(InOrder(b, a))}), IsEmpty());
  EXPECT_THAT(AfterRunning({guarded(InOrder(a, b)), InOrder(b, a)}), SizeIs(1));
}

TEST(LiveLockOrder, OfOneGoroutineIsFine) {
  Mutex a, b;
  EXPECT_THAT(AfterRunning({[&] {
                InOrder(a, b)();
                InOrder(b, a)();
              }}),
              IsEmpty());
}

TEST(LiveLockOrder, WithTryLockAndBackingOutIsFine) {
  Mutex a, b;
  EXPECT_THAT(AfterRunning({InOrder(a, b),
                            [&] {
                              b.Lock();
                              while (!a.TryLock()) {
                                b.Unlock();
                                runtime::Gosched();
                                b.Lock();
                              }
                              a.Unlock();
                              b.Unlock();
                            }}),
              IsEmpty());
  EXPECT_THAT(AfterRunning({[&] { const std::scoped_lock both(a, b); },
                            [&] { const std::scoped_lock both(b, a); }}),
              IsEmpty());
}

TEST(LiveLockOrder, OfALockThatWasHandedOverIsFine) {
  Mutex handed, b;
  const auto turn = MakeChan<int>();
  EXPECT_THAT(AfterRunning({[&] {
                              Go([&] {
                                turn.Recv();
                                handed.Unlock();
                                turn.Send(1);
                              });
                              handed.Lock();
                              turn.Send(1);
                              turn.Recv();
                              b.Lock();  // it has nothing else any more
                              b.Unlock();
                            },
                            InOrder(b, handed)}),
              IsEmpty());
}

TEST(LiveLockOrder, BeforeTheOtherWasStartedIsFine) {
  Mutex a, b;
  EXPECT_THAT(AfterRunning({[&] {
                InOrder(a, b)();
                const auto done = MakeChan<int>();
                Go([&] {
                  InOrder(b, a)();
                  done.Close();
                });
                done.Recv();
              }}),
              IsEmpty());
}

TEST(LiveLockOrder, AfterTheOtherWasWaitedForIsFine) {
  Mutex a, b;
  EXPECT_THAT(AfterRunning({[&] {
                WaitGroup group;
                group.Go(InOrder(a, b));
                group.Wait();
                group.Go(InOrder(b, a));
                group.Wait();
                InOrder(a, b)();
              }}),
              IsEmpty());
  const auto second_may_go = MakeChan<int>();
  EXPECT_THAT(AfterRunning({[&] {
                WaitGroup group;
                group.Go([&] {
                  InOrder(a, b)();
                  second_may_go.Close();
                });
                group.Go([&] {
                  second_may_go.Recv();
                  InOrder(b, a)();
                });
                group.Wait();
              }}),
              SizeIs(1));
}

TEST(LiveLockOrder, OfAConditionThatLocksAgainIsFound) {
  Mutex a, b;
  Cond cond(b);
  bool waits = false;
  EXPECT_THAT(AfterRunning({[&] {
                              Go([&] {
                                for (bool signalled = false; !signalled; runtime::Gosched()) {
                                  const std::scoped_lock guard(b);
                                  if (waits) cond.Signal();
                                  signalled = waits;
                                }
                              });
                              b.Lock();
                              a.Lock();
                              waits = true;
                              cond.Wait();  // takes b with a in hand
                              a.Unlock();
                              b.Unlock();
                            },
                            InOrder(b, a)}),
              SizeIs(1));
}

TEST(LiveLockOrder, AcrossASelectIsFound) {
  Mutex a, b;
  const auto ready = MakeChan<int>(1);
  EXPECT_THAT(AfterRunning({[&] {
                              const std::scoped_lock guard(a);
                              ready.Send(1);
                              Select(OnRecv(ready, [&](std::optional<int>) {
                                b.Lock();
                                b.Unlock();
                              }));
                            },
                            InOrder(b, a)}),
              SizeIs(1));
}

TEST(LiveLockOrder, OfManyObjectsOfOneKindIsOneFinding) {
  struct Account {
    Mutex mutex;
  };
  std::vector<Account> accounts(10);
  const auto transfer = [&accounts](size_t from, size_t to) {
    const std::scoped_lock first(accounts[from].mutex);
    const std::scoped_lock second(accounts[to].mutex);
  };
  const auto findings = AfterRunning({[&] {
                                        for (size_t i = 0; i + 1 < 10; i += 2) transfer(i, i + 1);
                                      },
                                      [&] {
                                        for (size_t i = 0; i + 1 < 10; i += 2) transfer(i + 1, i);
                                      }});
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_THAT(findings[0].explanation, HasSubstr("At the same places 4 more cycles"));
}

TEST(LiveLockOrder, OfLocksThatAreGoneAndCameAgainIsFine) {
  alignas(Mutex) unsigned char room[sizeof(Mutex)];
  Mutex b;
  auto* lock = new (room) Mutex;
  EXPECT_THAT(AfterRunning({InOrder(*lock, b),
                            [&] {
                              lock = new (room) Mutex;
                              InOrder(b, *lock)();
                            }}),
              IsEmpty());
}

}  // namespace
}  // namespace muster::inspector
