#include "runtime/record/contention.h"

#include <algorithm>

#include "muster/runtime.h"
#include "runtime/record/tally.h"
#include "runtime/record/tsan.h"
#include "runtime/sched/park.h"
#include "runtime/stack/stack_table.h"
#include "runtime/stack/walk.h"

namespace muster::record {

constinit std::atomic<int64_t> g_block_rate_ns{0};
constinit std::atomic<int> g_mutex_fraction{0};
constinit std::atomic<bool> g_counting_creations{false};

namespace {

constinit Tally g_blocked;
constinit Tally g_contended;
constinit Tally g_created;

uint64_t Random() { return uint64_t{sched::FastRand()} << 32 | sched::FastRand(); }

__attribute__((noinline)) uint32_t CallingStack() {
  const tsan::IgnoreScope ignore;
  uint64_t pcs[kMaxFrames];
  // Without this function and who notes the event.
  return stack::Intern(pcs, stack::WalkHere(pcs, kMaxFrames, 2));
}

}  // namespace

bool IsBlocking(WaitReason reason) {
  switch (reason) {
    case WaitReason::kChanReceive:
    case WaitReason::kChanSend:
    case WaitReason::kSelect:
    case WaitReason::kMutexLock:
    case WaitReason::kRWMutexRLock:
    case WaitReason::kRWMutexLock:
    case WaitReason::kCondWait:
    case WaitReason::kWaitGroupWait:
    case WaitReason::kOnceDo:
    case WaitReason::kSemaphoreAcquire:
      return true;
    default:
      return false;
  }
}

__attribute__((noinline)) void NoteBlocked(int64_t ns) {
  const int64_t rate = g_block_rate_ns.load(std::memory_order_relaxed);
  if (rate == 0) return;
  ns = std::max<int64_t>(ns, 1);
  // A wait as long as the rate or longer is always counted, a shorter one as likely as it is long,
  // and then for all those that were not.
  if (ns >= rate) {
    g_blocked.Add(CallingStack(), 1, ns);
  } else if (static_cast<int64_t>(Random() % static_cast<uint64_t>(rate)) < ns) {
    g_blocked.Add(CallingStack(), static_cast<double>(rate) / static_cast<double>(ns), rate);
  }
}

__attribute__((noinline)) void NoteContention(int waiters, int64_t ns) {
  const int fraction = g_mutex_fraction.load(std::memory_order_relaxed);
  if (fraction == 0 || waiters == 0) return;
  if (fraction > 1 && Random() % static_cast<uint64_t>(fraction) != 0) return;
  // One stands for all those that were left out.
  g_contended.Add(CallingStack(), static_cast<double>(waiters) * fraction, ns * fraction);
}

void NoteCreation(uint32_t stack_id) { g_created.Add(stack_id, 1, 0); }

StackProfile BlockProfile() {
  StackProfile profile;
  profile.period = g_block_rate_ns.load(std::memory_order_relaxed);
  g_blocked.Read(&profile);
  return profile;
}

StackProfile MutexProfile() {
  StackProfile profile;
  profile.period = g_mutex_fraction.load(std::memory_order_relaxed);
  g_contended.Read(&profile);
  return profile;
}

StackProfile GoroutineCreateProfile() {
  StackProfile profile;
  profile.period = g_counting_creations.load(std::memory_order_relaxed) ? 1 : 0;
  g_created.Read(&profile);
  return profile;
}

}  // namespace muster::record

namespace muster::runtime {

void SetBlockProfileRate(int rate) {
  record::g_block_rate_ns.store(std::max(rate, 0), std::memory_order_relaxed);
}

int SetMutexProfileFraction(int rate) {
  if (rate < 0) return record::g_mutex_fraction.load(std::memory_order_relaxed);
  return record::g_mutex_fraction.exchange(rate, std::memory_order_relaxed);
}

bool SetGoroutineCreateProfile(bool on) {
  return record::g_counting_creations.exchange(on, std::memory_order_relaxed);
}

}  // namespace muster::runtime
