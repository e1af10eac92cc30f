// A channel lives as long as anybody can touch it: partners may drop the very handles that an
// operation was given. What goes wrong here is seen best under ASan.
#include <gtest/gtest.h>

#include <atomic>
#include <memory>

#include "muster/chan.h"
#include "muster/go.h"
#include "muster/record.h"
#include "muster/runtime.h"
#include "muster/select.h"
#include "muster/sync.h"
#include "tests/runtime/wait_until.h"

namespace muster {
namespace {

using record::WaitReason;
using testing::WaitUntilParkedOn;

TEST(ChanLifetime, TheFirstOneThatACloseWakesMayDropTheClosersHandle) {
  muster::Run([] {
    constexpr int kCrowd = 200;  // several parts of a close
    for (int round = 0; round < 20; ++round) {
      auto closers = std::make_unique<Chan<int>>(MakeChan<int>());
      std::atomic<bool> first{true};
      WaitGroup woken;
      woken.Add(kCrowd);
      for (int i = 0; i < kCrowd; ++i) {
        Go([&, chan = closers.get()] {
          EXPECT_FALSE(chan->Recv().has_value());
          if (first.exchange(false)) closers.reset();
          woken.Done();
        });
      }
      WaitUntilParkedOn(closers->ref().get(), WaitReason::kChanReceive, kCrowd);
      closers->Close();
      woken.Wait();
    }
  });
}

TEST(ChanLifetime, TheReceiverMayDropTheHandlesOfTheSelectThatSent) {
  muster::Run([] {
    struct Handles {
      Chan<int> done = MakeChan<int>(1);
      Chan<int> other = MakeChan<int>();
    };
    for (int round = 0; round < 500; ++round) {
      auto* handles = new Handles;
      WaitGroup both;
      both.Add(2);
      Go([&both, handles, done = handles->done] {
        done.Recv();
        delete handles;
        both.Done();
      });
      Go([&both, handles] {
        const int index = Select(OnRecv(handles->other), OnSend(handles->done, 1));
        EXPECT_EQ(index, 1);
        both.Done();
      });
      both.Wait();
    }
  });
}

TEST(ChanLifetime, AParkedSelectKeepsTheChannelsThatItMustLeave) {
  muster::Run([] {
    struct Handles {
      Chan<int> one = MakeChan<int>();
      Chan<int> other = MakeChan<int>();
    };
    for (int round = 0; round < 500; ++round) {
      auto* handles = new Handles;
      WaitGroup both;
      both.Add(1);
      Go([&both, handles] {
        const int index = Select(OnRecv(handles->one), OnRecv(handles->other));
        EXPECT_EQ(index, 0);
        both.Done();
      });
      WaitUntilParkedOn(handles->one.ref().get(), WaitReason::kSelect);
      const Chan<int> one = handles->one;
      one.Send(1);
      delete handles;
      both.Wait();
    }
  });
}

// Nobody can wake it any more; what it waits on can still be described.
TEST(ChanLifetime, WhoIsParkedOnAChannelWithoutHandlesIsStillDescribed) {
  muster::Run([] {
    const void* address = nullptr;
    {
      auto* handle = new Chan<int>(MakeChan<int>(3));
      address = handle->ref().get();
      Go([handle] { handle->Recv(); });
      WaitUntilParkedOn(address, WaitReason::kChanReceive);
      delete handle;
    }
    const record::Snapshot snapshot = record::Capture();
    const record::Object* object = nullptr;
    for (const record::Object& candidate : snapshot.objects) {
      if (candidate.address == reinterpret_cast<uint64_t>(address)) object = &candidate;
    }
    ASSERT_NE(object, nullptr);
    EXPECT_EQ(object->capacity, 3);
    EXPECT_EQ(object->references, 0);
  });
}

}  // namespace
}  // namespace muster
