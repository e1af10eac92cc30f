// What contexts hold on to, and what happens when many are cancelled and dropped at once.
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "muster/chan.h"
#include "muster/context.h"
#include "muster/go.h"
#include "muster/runtime.h"
#include "muster/select.h"
#include "muster/sync.h"
#include "muster/time.h"
#include "runtime/sched/park.h"
#include "runtime/time/context_node.h"
#include "runtime/time/timer.h"

namespace muster {
namespace {

using context::Context;

// A token that lives as long as the context it is a value of.
constinit const context::Key<std::shared_ptr<int>> kToken("token");

struct Watched {
  Context ctx;
  std::weak_ptr<int> alive;
};

Watched Watch(const Context& parent) {
  auto token = std::make_shared<int>(0);
  std::weak_ptr<int> alive = token;
  return {context::WithValue(parent, kToken, std::move(token)), std::move(alive)};
}

size_t CountChildren(const Context& ctx) {
  context::internal::CancelNode* node = context::internal::FindCancel(ctx.node());
  const sched::LockGuard guard(node->lock);
  size_t count = 0;
  for (auto* child = node->children; child != nullptr; child = child->next) ++count;
  return count;
}

TEST(ContextDrop, ADroppedChildLeavesItsParent) {
  auto [root, cancel_root] = context::WithCancel({});
  std::weak_ptr<int> alive;
  {
    Watched watched = Watch(root);
    alive = watched.alive;
    auto [below, cancel] = context::WithCancel(watched.ctx);
    EXPECT_EQ(CountChildren(root), 1u);
  }
  EXPECT_EQ(CountChildren(root), 0u);
  EXPECT_TRUE(alive.expired());
}

TEST(ContextDrop, ACancelledChildLeavesItsParent) {
  auto [root, cancel_root] = context::WithCancel({});
  auto [below, cancel] = context::WithCancel(root);
  cancel();
  EXPECT_EQ(CountChildren(root), 0u);
}

TEST(ContextDrop, DoneOfADroppedContextIsStillClosedByItsParent) {
  auto [root, cancel_root] = context::WithCancel({});
  RecvChan<context::Unit> done;
  std::weak_ptr<int> alive;
  {
    Watched watched = Watch(root);
    alive = watched.alive;
    auto [middle, cancel_middle] = context::WithCancel(watched.ctx);
    auto [below, cancel_below] = context::WithCancel(middle);
    done = below.Done();
  }
  EXPECT_TRUE(alive.expired());  // nobody can ask for the value any more
  EXPECT_EQ(Select(OnRecv(done), OnDefault()), 1);
  cancel_root();
  EXPECT_EQ(Select(OnRecv(done), OnDefault()), 0);
  EXPECT_EQ(CountChildren(root), 0u);
}

TEST(ContextDrop, DoneOfADroppedContextIsStillClosedByItsDeadline) {
  muster::Run([] {
    RecvChan<context::Unit> done = context::WithTimeout({}, absl::Milliseconds(1)).ctx.Done();
    EXPECT_FALSE(done.Recv());
  });
}

TEST(ContextDrop, OrphansWhoseChannelsAreGoneDoNotPileUp) {
  auto [root, cancel_root] = context::WithCancel({});
  for (int i = 0; i < 10'000; ++i) {
    RecvChan<context::Unit> done = context::WithCancel(root).ctx.Done();
  }
  EXPECT_LT(CountChildren(root), 100u);
}

TEST(ContextDrop, CancellingATimeoutFreesItsTimerAndWhatThatHeld) {
  sched::TimerHeap* heap = sched::CurrentTimerHeap();  // a thread always gets the same
  const size_t before = heap->Size();
  std::weak_ptr<int> alive;
  {
    Watched watched = Watch({});
    alive = watched.alive;
    auto [ctx, cancel] = context::WithTimeout(watched.ctx, absl::Hours(1));
    EXPECT_EQ(heap->Size(), before + 1);
    cancel();
  }
  EXPECT_EQ(heap->Size(), before);
  EXPECT_TRUE(alive.expired());
}

TEST(ContextDrop, AnUncancelledTimeoutIsKeptUntilItComes) {
  muster::Run([] {
    std::weak_ptr<int> alive;
    {
      Watched watched = Watch({});
      alive = watched.alive;
      context::WithTimeout(watched.ctx, absl::Milliseconds(2));
    }
    while (!alive.expired()) runtime::Gosched();
  });
}

// Recursion over so deep a tree would overflow a goroutine's stack.
TEST(ContextTree, VeryDeepOnesAreCancelledAndDropped) {
  muster::Run([] {
    auto [root, cancel_root] = context::WithCancel({});
    Context deepest = root;
    for (int i = 0; i < 50'000; ++i) deepest = context::WithCancel(deepest).ctx;
    EXPECT_TRUE(deepest.Err().ok());
    cancel_root();
    EXPECT_FALSE(deepest.Err().ok());
    deepest = {};

    Watched watched = Watch({});
    deepest = std::exchange(watched.ctx, {});
    for (int i = 0; i < 50'000; ++i) deepest = context::WithCancel(deepest).ctx;
    deepest = {};
    EXPECT_TRUE(watched.alive.expired());
  });
}

// A chain of orphans, each kept for the next: dropped from the bottom, cancelled from the top.
TEST(ContextTree, ChainsOfOrphansAreCancelled) {
  muster::Run([] {
    auto [root, cancel_root] = context::WithCancel({});
    std::vector<RecvChan<context::Unit>> dones;
    {
      Context deepest = root;
      for (int i = 0; i < 300; ++i) {
        deepest = context::WithCancel(deepest).ctx;
        dones.push_back(deepest.Done());
      }
    }
    cancel_root();
    for (const auto& done : dones) EXPECT_FALSE(done.Recv());
  });
}

TEST(ContextConcurrency, WhenAnyCancelReturnsAllBelowAreCancelled) {
  muster::Run([] {
    for (int round = 0; round < 60; ++round) {
      auto [root, cancel_root] = context::WithCancel({});
      std::vector<context::Cancellable> tree;
      for (int i = 0; i < 12; ++i) {
        tree.push_back(context::WithCancel(i < 3 ? root : tree[static_cast<size_t>(i) / 3].ctx));
      }
      WaitGroup wg;
      for (int i = 0; i < 3; ++i) {
        wg.Go([&, cancel = cancel_root] {
          cancel();
          for (const context::Cancellable& node : tree) {
            EXPECT_EQ(Select(OnRecv(node.ctx.Done()), OnDefault()), 0);
            EXPECT_EQ(node.ctx.Err().code(), absl::StatusCode::kCancelled);
          }
        });
        wg.Go([&, i] {
          const context::Cancellable& middle = tree[static_cast<size_t>(i)];
          middle.cancel();
          EXPECT_EQ(Select(OnRecv(middle.ctx.Done()), OnDefault()), 0);
        });
      }
      wg.Wait();
    }
  });
}

TEST(ContextConcurrency, ErrIsSetBeforeDoneIsSeenClosed) {
  muster::Run([] {
    for (int round = 0; round < 300; ++round) {
      auto [root, cancel] = context::WithCancel({});
      auto [below, cancel_below] = context::WithCancel(root);
      WaitGroup wg;
      wg.Go([ctx = below] {
        ctx.Done().Recv();
        EXPECT_FALSE(ctx.Err().ok());
      });
      wg.Go([cancel] { cancel(); });
      wg.Wait();
    }
  });
}

TEST(ContextConcurrency, CancelRacesWithNewAndDroppedChildren) {
  muster::Run([] {
    for (int round = 0; round < 40; ++round) {
      auto [root, cancel] = context::WithCancel({});
      WaitGroup wg;
      std::atomic<int> closed{0};
      for (int i = 0; i < 6; ++i) {
        wg.Go([&, root, i] {
          for (int k = 0; k < 10; ++k) {
            RecvChan<context::Unit> done;
            if ((i + k) % 3 == 0) {
              done = context::WithTimeout(root, absl::Hours(1)).ctx.Done();
            } else {
              done = context::WithCancel(root).ctx.Done();
            }
            if (k == 5) runtime::Gosched();
            if (k == 9) {
              done.Recv();
              ++closed;
            }
          }
        });
      }
      runtime::Gosched();
      cancel();
      wg.Wait();
      EXPECT_EQ(closed, 6);
    }
  });
}

TEST(ContextConcurrency, AfterFuncEitherRunsOrIsStopped) {
  muster::Run([] {
    for (int round = 0; round < 100; ++round) {
      auto [ctx, cancel] = context::WithCancel({});
      WaitGroup wg;
      std::atomic<int> ran{0}, stopped{0};
      constexpr int kFunctions = 6;
      for (int i = 0; i < kFunctions; ++i) {
        context::StopFunc stop = context::AfterFunc(ctx, [&] { ++ran; });
        wg.Go([&stopped, stop = std::move(stop)] {
          if (stop()) ++stopped;
        });
      }
      wg.Go([cancel] { cancel(); });
      wg.Wait();
      while (ran + stopped < kFunctions) runtime::Gosched();
      EXPECT_EQ(ran + stopped, kFunctions);
    }
  });
}

}  // namespace
}  // namespace muster
