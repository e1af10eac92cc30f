#include <gtest/gtest.h>

#include "muster/inspector/analysis.h"
#include "muster/inspector/capture.h"

namespace muster::inspector {
namespace {

record::Snapshot OneBlocked() {
  record::Snapshot raw;
  raw.monotonic_ns = 1'000'000;
  raw.realtime_ns = 1'700'000'000'000'000'000;
  raw.pid = 42;
  raw.procs = 4;
  raw.live = 3;
  raw.captured = 2;
  raw.longest_hold_ns = 77;
  raw.notes = {"1 goroutine could not be stopped."};
  record::Goroutine blocked;
  blocked.id = 7;
  blocked.parent_id = 1;
  blocked.ancestors = {1};
  blocked.state = State::kWaiting;
  blocked.reason = record::WaitReason::kChanReceive;
  blocked.waits = {{0xc0, ObjectKind::kChan, Direction::kReceive}};
  blocked.wait_since_ns = 400'000;
  blocked.started_ns = 100'000;
  blocked.stack = {0x10, 0x20};
  blocked.creation_stack = {0x30};
  blocked.stack_note = "cut at 64 frames";
  blocked.labels = {{"test", "T.One"}};
  blocked.held = {{0xd0, ObjectKind::kRWMutex, Direction::kRead, 0x40}};
  blocked.held_overflowed = true;
  blocked.locked_to_thread = true;
  blocked.tid = 99;
  raw.goroutines = {blocked};
  return raw;
}

TEST(FromRecord, KeepsWhatTheSnapshotSaysOfItself) {
  const Snapshot snapshot = FromRecord(OneBlocked());
  EXPECT_EQ(snapshot.source, "pid 42");
  EXPECT_EQ(snapshot.format, "live");
  EXPECT_EQ(snapshot.taken_unix_ns, 1'700'000'000'000'000'000);
  EXPECT_EQ(snapshot.pid, 42);
  EXPECT_EQ(snapshot.procs, 4);
  EXPECT_EQ(snapshot.live, 3u);
  EXPECT_EQ(snapshot.captured, 2u);
  EXPECT_EQ(snapshot.longest_hold_ns, 77);
  EXPECT_EQ(snapshot.notes, std::vector<std::string>{"1 goroutine could not be stopped."});
}

TEST(FromRecord, TellsHowLongAGoroutineHasBeenRunning) {
  record::Snapshot raw = OneBlocked();
  record::Goroutine running;
  running.id = 8;
  running.state = State::kRunning;
  running.running_since_ns = 300'000;
  raw.goroutines.push_back(running);
  const Snapshot snapshot = FromRecord(raw);
  EXPECT_EQ(snapshot.goroutines.at(0).running_ns, std::nullopt);
  EXPECT_EQ(snapshot.goroutines.at(1).running_ns, 700'000);
}

TEST(FromRecord, TellsWhatAGoroutineWaitsForAndSinceWhen) {
  const Snapshot snapshot = FromRecord(OneBlocked());
  const Goroutine& goroutine = snapshot.goroutines.at(0);
  EXPECT_EQ(goroutine.id, 7u);
  EXPECT_EQ(goroutine.parent_id, 1u);
  EXPECT_EQ(goroutine.ancestors, std::vector<uint64_t>{1});
  EXPECT_EQ(goroutine.status(), "chan receive");
  const Wait expected{0xc0, ObjectKind::kChan, Direction::kReceive};
  EXPECT_EQ(goroutine.waits, std::vector<Wait>{expected});
  EXPECT_EQ(goroutine.wait_ns, 600'000);
  EXPECT_EQ(goroutine.age_ns, 900'000);
  EXPECT_EQ(goroutine.stack_note, "cut at 64 frames");
  EXPECT_EQ(goroutine.labels, (Labels{{"test", "T.One"}}));
  EXPECT_TRUE(goroutine.held_overflowed);
  EXPECT_TRUE(goroutine.locked_to_thread);
  EXPECT_EQ(goroutine.tid, 99);
}

TEST(FromRecord, KeepsStacksInOrderAndPlacesAsOneFrame) {
  const Snapshot snapshot = FromRecord(OneBlocked());
  const auto addresses = [&](StackId id) {
    std::vector<uint64_t> result;
    for (const FrameId frame : snapshot.stacks.at(id).frames) {
      result.push_back(snapshot.frames.at(frame).pc);
    }
    return result;
  };
  const Goroutine& goroutine = snapshot.goroutines.at(0);
  EXPECT_EQ(addresses(goroutine.stack), (std::vector<uint64_t>{0x10, 0x20}));
  EXPECT_EQ(addresses(goroutine.creation_stack), std::vector<uint64_t>{0x30});
  ASSERT_EQ(goroutine.held.size(), 1u);
  EXPECT_EQ(goroutine.held[0].object, 0xd0u);
  EXPECT_EQ(addresses(goroutine.held[0].acquired_at), std::vector<uint64_t>{0x40});
}

TEST(FromRecord, HasNoStackWhereNoneWasRecorded) {
  record::Snapshot raw = OneBlocked();
  raw.goroutines[0].stack = {};
  raw.goroutines[0].creation_stack = {};
  raw.goroutines[0].held = {{0xd0, ObjectKind::kRWMutex, Direction::kRead, 0}};
  const Snapshot snapshot = FromRecord(raw);
  EXPECT_EQ(snapshot.goroutines[0].stack, kNoStack);
  EXPECT_EQ(snapshot.goroutines[0].creation_stack, kNoStack);
  EXPECT_EQ(snapshot.goroutines[0].held[0].acquired_at, kNoStack);
  EXPECT_TRUE(snapshot.stacks.empty());
}

TEST(FromRecord, SharesTheStacksOfEqualGoroutines) {
  record::Snapshot raw = OneBlocked();
  raw.goroutines.resize(1000, raw.goroutines[0]);
  const Snapshot snapshot = FromRecord(raw);
  EXPECT_EQ(snapshot.goroutines.size(), 1000u);
  EXPECT_EQ(snapshot.stacks.size(), 3u);
  EXPECT_EQ(snapshot.frames.size(), 4u);
  EXPECT_EQ(snapshot.goroutines[0].stack, snapshot.goroutines[999].stack);
}

TEST(FromRecord, HasNoWaitForOneThatDoesNotWait) {
  record::Snapshot raw = OneBlocked();
  raw.goroutines[0].state = State::kRunning;
  raw.goroutines[0].reason = record::WaitReason::kNone;
  raw.goroutines[0].wait_since_ns = 0;
  const Snapshot snapshot = FromRecord(raw);
  EXPECT_EQ(snapshot.goroutines[0].wait_ns, std::nullopt);
  EXPECT_EQ(snapshot.goroutines[0].status(), "running");
}

TEST(FromRecord, NeverTellsANegativeWait) {
  record::Snapshot raw = OneBlocked();
  raw.goroutines[0].wait_since_ns = raw.monotonic_ns + 5;
  EXPECT_EQ(FromRecord(raw).goroutines[0].wait_ns, 0);
}

TEST(FromRecord, KeepsTheStateOfEachObject) {
  record::Snapshot raw = OneBlocked();
  record::Object mutex;
  mutex.address = 0xd0;
  mutex.kind = ObjectKind::kRWMutex;
  mutex.owner_id = 7;
  mutex.owned_since_ns = 900'000;
  mutex.acquired_at = 0x40;
  mutex.writer_waiting = true;
  mutex.readers = 2;
  record::Object channel;
  channel.address = 0xe0;
  channel.kind = ObjectKind::kChan;
  channel.capacity = 8;
  channel.length = 3;
  channel.closed = true;
  channel.creator_id = 1;
  channel.created_at = 0x50;
  channel.counter = -1;
  record::Object semaphore;
  semaphore.address = 0xf0;
  semaphore.kind = ObjectKind::kSemaphore;
  semaphore.last_holder_id = 9;
  raw.objects = {mutex, channel, semaphore};
  const Snapshot snapshot = FromRecord(raw);
  ASSERT_EQ(snapshot.resources.size(), 3u);

  Resource lock;
  lock.address = 0xd0;
  lock.kind = ObjectKind::kRWMutex;
  lock.owner_id = 7;
  lock.owned_ns = 100'000;
  lock.acquired_at = snapshot.goroutines[0].held[0].acquired_at;
  lock.writer_waiting = true;
  lock.readers = 2;
  EXPECT_EQ(snapshot.resources[0], lock);
  Resource chan;
  chan.address = 0xe0;
  chan.kind = ObjectKind::kChan;
  chan.capacity = 8;
  chan.length = 3;
  chan.closed = true;
  chan.creator_id = 1;
  chan.created_at = snapshot.resources[1].created_at;
  ASSERT_NE(chan.created_at, kNoStack);
  EXPECT_EQ(snapshot.frames[snapshot.stacks[chan.created_at].frames.front()].pc, 0x50u);
  chan.counter = -1;
  EXPECT_EQ(snapshot.resources[1], chan);
  EXPECT_EQ(snapshot.resources[2].kind, ObjectKind::kSemaphore);
  EXPECT_EQ(snapshot.resources[2].last_holder_id, 9u);
}

record::Group OneGroup() {
  record::Group group;
  group.count = 10;
  group.lowest_id = 5;
  group.state = State::kWaiting;
  group.reason = record::WaitReason::kSelect;
  group.stack = {0x10, 0x20};
  group.creation_stack = {0x30};
  group.labels = {{"test", "T.One"}};
  group.waiting = 10;
  group.wait_min_ns = 100;
  group.wait_median_ns = 400;
  group.wait_max_ns = 900;
  return group;
}

Snapshot FromGroup(const record::Group& group) {
  record::GroupedSnapshot raw;
  raw.pid = 42;
  raw.groups = {group};
  return FromRecord(raw);
}

TEST(FromGroups, KeepsTheShortestTheMedianAndTheLongestWait) {
  const Snapshot snapshot = FromGroup(OneGroup());
  EXPECT_EQ(snapshot.source, "pid 42");
  EXPECT_EQ(snapshot.total(), 10u);
  const std::vector<Group> groups = GroupGoroutines(snapshot);
  ASSERT_EQ(groups.size(), 1u);
  EXPECT_EQ(groups[0].count, 10u);
  EXPECT_EQ(groups[0].status, "select");
  EXPECT_EQ(groups[0].wait_min_ns, 100);
  EXPECT_EQ(groups[0].wait_median_ns, 400);
  EXPECT_EQ(groups[0].wait_max_ns, 900);
  EXPECT_TRUE(groups[0].ids.empty());
  EXPECT_EQ(snapshot.goroutines[0].labels, (Labels{{"test", "T.One"}}));
}

TEST(FromGroups, NeedsOneEntryWhereAllHaveWaitedAlike) {
  record::Group group = OneGroup();
  group.wait_min_ns = group.wait_median_ns = group.wait_max_ns = 7;
  const Snapshot snapshot = FromGroup(group);
  ASSERT_EQ(snapshot.goroutines.size(), 1u);
  EXPECT_EQ(snapshot.goroutines[0].count, 10u);
  EXPECT_EQ(snapshot.goroutines[0].wait_ns, 7);
}

TEST(FromGroups, TellsApartTwoThatHaveWaitedDifferently) {
  record::Group group = OneGroup();
  group.count = group.waiting = 2;
  group.wait_median_ns = group.wait_min_ns;
  const Snapshot snapshot = FromGroup(group);
  ASSERT_EQ(snapshot.goroutines.size(), 2u);
  EXPECT_EQ(snapshot.total(), 2u);
  EXPECT_EQ(GroupGoroutines(snapshot).at(0).wait_median_ns, 100);
}

TEST(FromGroups, KeepsTheIdOfOneThatIsAlone) {
  record::Group group = OneGroup();
  group.count = 1;
  group.waiting = 0;
  group.wait_min_ns = group.wait_median_ns = group.wait_max_ns = 0;
  const Snapshot snapshot = FromGroup(group);
  ASSERT_EQ(snapshot.goroutines.size(), 1u);
  EXPECT_EQ(snapshot.goroutines[0].id, 5u);
  EXPECT_EQ(snapshot.goroutines[0].wait_ns, std::nullopt);
}

TEST(FromRecord, KeepsLockOrders) {
  record::Snapshot raw = OneBlocked();
  record::LockOrder order;
  order.from = {0xa0, ObjectKind::kRWMutex, Direction::kRead, 0x50};
  order.to = {0xb0, ObjectKind::kMutex, Direction::kNone, 0x60};
  order.gates = {{0xc0, ObjectKind::kMutex, Direction::kNone, 0x70}};
  order.goroutine_id = 7;
  order.first_moment = 3;
  order.last_moment = 9;
  order.ancestors = {{4, 2}, {1, 1}};
  order.joined = {4, 11};
  order.stack = {0x60, 0x61};
  order.creation_stack = {0x80};
  raw.lock_orders = {order};
  const Snapshot snapshot = FromRecord(raw);
  ASSERT_EQ(snapshot.lock_orders.size(), 1u);
  const LockOrder& kept = snapshot.lock_orders[0];
  const auto pcs = [&](StackId id) {
    std::vector<uint64_t> all;
    for (const FrameId frame : snapshot.stacks[id].frames) all.push_back(snapshot.frames[frame].pc);
    return all;
  };
  EXPECT_EQ(kept.from.object, 0xa0u);
  EXPECT_EQ(kept.from.kind, ObjectKind::kRWMutex);
  EXPECT_EQ(kept.from.direction, Direction::kRead);
  EXPECT_EQ(pcs(kept.from.acquired_at), std::vector<uint64_t>{0x50});
  EXPECT_EQ(kept.to.object, 0xb0u);
  EXPECT_EQ(pcs(kept.to.acquired_at), std::vector<uint64_t>{0x60});
  ASSERT_EQ(kept.gates.size(), 1u);
  EXPECT_EQ(kept.gates[0].object, 0xc0u);
  EXPECT_EQ(pcs(kept.gates[0].acquired_at), std::vector<uint64_t>{0x70});
  EXPECT_EQ(kept.goroutine_id, 7u);
  EXPECT_EQ(kept.first_moment, 3u);
  EXPECT_EQ(kept.last_moment, 9u);
  EXPECT_EQ(kept.ancestors, order.ancestors);
  EXPECT_EQ(kept.joined, order.joined);
  EXPECT_EQ(pcs(kept.stack), (std::vector<uint64_t>{0x60, 0x61}));
  EXPECT_EQ(pcs(kept.creation_stack), std::vector<uint64_t>{0x80});
}

}  // namespace
}  // namespace muster::inspector
