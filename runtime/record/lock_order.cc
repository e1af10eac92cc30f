#include "runtime/record/lock_order.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>

#include "muster/debug.h"
#include "runtime/record/creation.h"
#include "runtime/record/lock_order_table.h"
#include "runtime/record/tsan.h"
#include "runtime/sched/lock.h"
#include "runtime/sched/park.h"
#include "runtime/sched/scheduler.h"
#include "runtime/stack/stack_table.h"

namespace muster::record {

// What a goroutine, or a thread, holds. It belongs to the slot of a G and is touched only by the
// goroutine in it, and by who starts that one.
struct HeldLocks {
  // Enough for a loop over a few places that lock.
  static constexpr int kKnown = 8;

  HeldLocks* next = nullptr;  // in the list of all, which keeps them reachable
  uint32_t recording = 0;     // of which recording the rest is
  LockTaker taker;
  bool noted = false;  // it is a witness of some pair
  int count = 0;
  int no_room = 0;  // locks held besides
  HeldLock held[kMaxHeldLocks];
  // What it has taken, and what it held then: there is nothing new to be noted while g_changes is
  // what it was.
  uint64_t changes = 0;
  uint64_t known[kKnown] = {};
  int next_known = 0;

  void ForgetKnown() { std::fill(std::begin(known), std::end(known), 0); }
};

namespace {

using sched::G;
using sched::LockGuard;

// When a lock was last unlocked by somebody who had not taken it: whoever took it before has it no
// more. Where two locks share a place, the earlier one is given up, and what was taken by then is
// doubtful.
struct HandOvers {
  static constexpr uint32_t kPlaces = 1024;
  struct Place {
    LockName lock = 0;
    Moment moment = 0;
  };
  Place places[kPlaces];
  Moment given_up = 0;

  void Clear() {
    for (Place& place : places) place = {};
    given_up = 0;
  }
  void Note(LockName lock, Moment moment) {
    Place& place = places[LockOrderTable::Hash(lock) % kPlaces];
    if (place.lock != lock) given_up = std::max(given_up, place.moment);
    place = {lock, moment};
  }
  Moment Of(LockName lock) const {
    const Place& place = places[LockOrderTable::Hash(lock) % kPlaces];
    return place.lock == lock ? place.moment : 0;
  }
};

struct Recording {
  LockOrderTable table;
  HandOvers hand_overs;
  uint64_t left_out = 0;
  bool any_done = false;  // a witness has called Done
};

constinit sched::Lock g_lock;  // guards what g_recording points at
std::atomic<Recording*> g_recording{nullptr};
std::atomic<uint32_t> g_recording_number{0};
std::atomic<HeldLocks*> g_all{nullptr};

// The moment of the last event. Relaxed everywhere: two events that are ordered at all are so by
// what the goroutines do besides, and then their moments are.
std::atomic<Moment> g_moment{0};
Moment NextMoment() { return g_moment.fetch_add(1, std::memory_order_relaxed) + 1; }
Moment ThisMoment() { return g_moment.load(std::memory_order_relaxed); }

// Changes when what a goroutine knows to be noted may be so no more. Relaxed: a hand-over comes
// before the next that takes the lock, and a goroutine that has lost a lock without any word of it
// may as well have had it a moment longer.
std::atomic<uint64_t> g_changes{0};
void NoteChange() { g_changes.fetch_add(1, std::memory_order_relaxed); }

void Renew(HeldLocks* mine, uint64_t id, uint32_t creation_stack) {
  mine->recording = g_recording_number.load(std::memory_order_relaxed);
  mine->taker = {};
  mine->taker.id = id;
  mine->taker.creation_stack = creation_stack;
  mine->noted = false;
  mine->count = 0;
  mine->no_room = 0;
  mine->ForgetKnown();
}

HeldLocks* SlotOf(G* g) {
  if (g->held_locks != nullptr) return g->held_locks;
  auto* fresh = new (std::nothrow) HeldLocks;
  if (fresh == nullptr) return nullptr;
  fresh->next = g_all.load(std::memory_order_relaxed);
  while (!g_all.compare_exchange_weak(fresh->next, fresh, std::memory_order_relaxed)) {
  }
  return g->held_locks = fresh;
}

// The caller's; nullptr when memory is out.
HeldLocks* Mine() {
  G* g = sched::Self();
  HeldLocks* mine = SlotOf(g);
  if (mine != nullptr && (mine->taker.id != g->id ||
                          mine->recording != g_recording_number.load(std::memory_order_relaxed))) {
    Renew(mine, g->id, g->creation_stack);
  }
  return mine;
}

void RemoveAt(HeldLocks* mine, int at) {
  for (int i = at + 1; i < mine->count; ++i) mine->held[i - 1] = mine->held[i];
  --mine->count;
}

// Takes the latest entry of the lock off the list.
bool Remove(HeldLocks* mine, LockName lock) {
  for (int i = mine->count; i-- > 0;) {
    if (mine->held[i].lock != lock) continue;
    RemoveAt(mine, i);
    return true;
  }
  return false;
}

// Takes off what others have unlocked, under g_lock.
void DropHandedOver(HeldLocks* mine, const HandOvers& hand_overs) {
  for (int i = mine->count; i-- > 0;) {
    HeldLock& held = mine->held[i];
    const bool handed_over = held.taken < hand_overs.Of(held.lock);
    if (handed_over && held.direction != Direction::kRead) {
      RemoveAt(mine, i);
    } else {
      held.doubtful = held.doubtful || handed_over || held.taken < hand_overs.given_up;
    }
  }
}

uint64_t Signature(const HeldLocks& mine, const HeldLock& to) {
  uint64_t hash = 0;
  const auto add = [&hash](const HeldLock& held) {
    hash = LockOrderTable::Hash(hash ^ held.lock) + static_cast<uint64_t>(held.direction);
  };
  for (int i = 0; i < mine.count; ++i) add(mine.held[i]);
  add(to);
  return hash | 1;  // 0 is none
}

bool Knows(HeldLocks* mine, uint64_t signature) {
  const uint64_t changes = g_changes.load(std::memory_order_relaxed);
  if (mine->changes != changes) {
    mine->changes = changes;
    mine->ForgetKnown();
  }
  return std::find(std::begin(mine->known), std::end(mine->known), signature) !=
         std::end(mine->known);
}

void AddWitness(LockPair* pair, const HeldLocks& mine, int from, const HeldLock& to,
                uint32_t stack) {
  LockWitness& witness = pair->witnesses[pair->witness_count++];
  witness = {};
  witness.taker = mine.taker;
  witness.first = witness.last = NextMoment();
  witness.stack = stack;
  witness.from_pc = mine.held[from].pc;
  witness.to_pc = to.pc;
  for (int i = 0, gate = 0; i < mine.count; ++i) {
    if (i != from) witness.gate_pcs[gate++] = mine.held[i].pc;
  }
}

// Notes `to` after each lock that is held, under g_lock. Returns false, and leaves the rest undone,
// when a stack is wanted and there is none.
bool NotePairs(Recording* recording, HeldLocks* mine, const HeldLock& to, uint32_t stack,
               bool has_stack) {
  for (int from = 0; from < mine->count; ++from) {
    if (mine->held[from].doubtful || mine->held[from].lock == to.lock) continue;
    HeldLock gates[kMaxHeldLocks];
    int gate_count = 0;
    for (int i = 0; i < mine->count; ++i) {
      if (i != from) gates[gate_count++] = mine->held[i];
    }
    LockPair* pair = recording->table.FindOrAdd(mine->held[from], to, gates, gate_count);
    if (pair == nullptr) {
      ++recording->left_out;
    } else if (LockWitness* known = pair->WitnessOf(mine->taker.id)) {
      known->last = NextMoment();
      known->done_on = 0;
      known->joined = {};
    } else if (pair->witness_count < LockPair::kWitnesses) {
      if (!has_stack) return false;
      AddWitness(pair, *mine, from, to, stack);
      mine->noted = true;
    }
  }
  return true;
}

__attribute__((noinline)) void NoteOrders(HeldLocks* mine, const HeldLock& to) {
  const uint64_t signature = Signature(*mine, to);
  if (Knows(mine, signature)) return;
  Recording* recording = g_recording.load(std::memory_order_acquire);
  {
    const LockGuard guard(g_lock);
    if (mine->no_room > 0) {
      ++recording->left_out;
      return;
    }
    DropHandedOver(mine, recording->hand_overs);
    if (NotePairs(recording, mine, to, 0, false)) {
      mine->known[mine->next_known++ % HeldLocks::kKnown] = signature;
      return;
    }
  }
  // Not under the lock: it may take a while.
  const uint32_t stack = CaptureStack();
  const LockGuard guard(g_lock);
  DropHandedOver(mine, recording->hand_overs);
  NotePairs(recording, mine, to, stack, true);
  mine->known[mine->next_known++ % HeldLocks::kKnown] = signature;
}

// All witnesses of all pairs, under g_lock.
template <typename F>
void ForEachWitness(Recording* recording, F f) {
  for (LockPair& pair : recording->table.pairs()) {
    for (int i = 0; i < pair.witness_count; ++i) f(pair.witnesses[i]);
  }
}

Held Public(const HeldLock& held, const void* pc) {
  return {.object = ~held.lock,
          .kind = held.kind,
          .direction = held.direction,
          .acquired_at = reinterpret_cast<uint64_t>(pc)};
}

Stack StackOf(uint32_t id) { return Stack(stack::Lookup(id)); }

LockOrder Public(const LockPair& pair, const LockWitness& witness) {
  LockOrder order;
  order.from = Public(pair.from, witness.from_pc);
  order.to = Public(pair.to, witness.to_pc);
  for (int i = 0; i < pair.gate_count; ++i) {
    order.gates.push_back(Public(pair.gates[i], witness.gate_pcs[i]));
  }
  const LockTaker& taker = witness.taker;
  order.goroutine_id = taker.id;
  order.first_moment = witness.first;
  order.last_moment = witness.last;
  order.ancestors.assign(taker.ancestors, taker.ancestors + taker.ancestor_count);
  order.joined = witness.joined;
  order.stack = StackOf(witness.stack);
  order.creation_stack = StackOf(taker.creation_stack);
  return order;
}

bool IsOnInEnvironment() {
  const char* text = std::getenv("MUSTER_LOCK_ORDER");
  if (text == nullptr || *text == '\0' || std::strcmp(text, "0") == 0) return false;
  if (std::strcmp(text, "1") == 0) return true;
  std::fprintf(stderr, "muster: MUSTER_LOCK_ORDER=%s is not 0 or 1; using 0\n", text);
  return false;
}

bool SetLockOrder(bool on) {
  const tsan::IgnoreScope ignore;
  const LockGuard guard(g_lock);
  const bool was = LockOrderIsOn();
  if (!on) {
    g_watched.fetch_and(~kWatchedForLockOrder, std::memory_order_relaxed);
    return was;
  }
  Recording* recording = g_recording.load(std::memory_order_relaxed);
  if (recording == nullptr) {
    recording = new Recording;
    // Release: pairs with the acquires of those that find it. It stays for ever, as somebody may
    // be about to use it.
    g_recording.store(recording, std::memory_order_release);
  }
  recording->table.Clear();
  recording->hand_overs.Clear();
  recording->left_out = 0;
  recording->any_done = false;
  g_recording_number.fetch_add(1, std::memory_order_relaxed);
  NoteChange();
  g_watched.fetch_or(kWatchedForLockOrder, std::memory_order_release);
  return was;
}

}  // namespace

void ReadLockOrderSetting() {
  static const bool read = [] {
    if (IsOnInEnvironment()) SetLockOrder(true);
    return true;
  }();
  static_cast<void>(read);
}

void NoteLocked(const void* lock, ObjectKind kind, Direction direction, const void* pc,
                Taking taking) {
  const tsan::IgnoreScope ignore;
  HeldLocks* mine = Mine();
  if (mine == nullptr) return;
  const HeldLock taken = {
      .lock = NameOf(lock), .kind = kind, .direction = direction, .pc = pc, .taken = ThisMoment()};
  // An entry of what nobody else holds now has been there since somebody else unlocked it.
  if (direction != Direction::kRead) {
    while (Remove(mine, taken.lock)) {
    }
  }
  if (mine->count > 0 && taking == Taking::kWaiting) NoteOrders(mine, taken);
  if (mine->count < kMaxHeldLocks) {
    mine->held[mine->count++] = taken;
  } else {
    ++mine->no_room;
  }
}

void NoteUnlocked(const void* lock, uint64_t holder) {
  const tsan::IgnoreScope ignore;
  HeldLocks* mine = Mine();
  if (mine == nullptr) return;
  const LockName name = NameOf(lock);
  if (Remove(mine, name) && (holder == 0 || holder == mine->taker.id)) return;
  if (holder == mine->taker.id || (holder == 0 && mine->no_room > 0)) {
    mine->no_room = std::max(0, mine->no_room - 1);
    return;
  }
  Recording* recording = g_recording.load(std::memory_order_acquire);
  const LockGuard guard(g_lock);
  recording->hand_overs.Note(name, NextMoment());
  NoteChange();
}

void NoteNewLock(const void* lock) {
  const tsan::IgnoreScope ignore;
  Recording* recording = g_recording.load(std::memory_order_acquire);
  if (!recording->table.MayKnow(NameOf(lock))) return;
  const LockGuard guard(g_lock);
  if (recording->table.Forget(NameOf(lock))) NoteChange();
}

void NoteNewLock(const void* lock, std::atomic<uint64_t>* owner, uint64_t used) {
  const tsan::IgnoreScope ignore;
  Recording* recording = g_recording.load(std::memory_order_acquire);
  const LockGuard guard(g_lock);
  if (owner->load(std::memory_order_relaxed) != 0) return;
  if (recording->table.Forget(NameOf(lock))) NoteChange();
  owner->store(used, std::memory_order_relaxed);
}

void NoteSpawned(G* child) {
  const tsan::IgnoreScope ignore;
  // A timer, or a thread that is no goroutine, is nobody's parent.
  HeldLocks* parents = sched::CurrentGoroutine() == nullptr ? nullptr : Mine();
  HeldLocks* childs = SlotOf(child);
  if (childs == nullptr) return;
  Renew(childs, child->id, child->creation_stack);
  if (parents == nullptr || parents->taker.id != child->parent_id) return;
  // The same pair, taken again, comes after this.
  parents->ForgetKnown();
  LockTaker& taker = childs->taker;
  taker.ancestor_count = std::min(parents->taker.ancestor_count + 1, kMaxAncestors);
  taker.ancestors[0] = {child->parent_id, NextMoment()};
  for (int i = 1; i < taker.ancestor_count; ++i) {
    taker.ancestors[i] = parents->taker.ancestors[i - 1];
  }
}

void NoteDone(const void* group) {
  const tsan::IgnoreScope ignore;
  HeldLocks* mine = Mine();
  if (mine == nullptr || !mine->noted) return;
  mine->ForgetKnown();
  Recording* recording = g_recording.load(std::memory_order_acquire);
  const LockGuard guard(g_lock);
  ForEachWitness(recording, [&](LockWitness& witness) {
    if (witness.taker.id != mine->taker.id) return;
    witness.done_on = NameOf(group);
    recording->any_done = true;
  });
}

void NoteWaited(const void* group) {
  const tsan::IgnoreScope ignore;
  const uint64_t id = sched::Id(sched::Self());
  Recording* recording = g_recording.load(std::memory_order_acquire);
  const LockGuard guard(g_lock);
  if (!recording->any_done) return;
  const Spawn joined = {id, NextMoment()};
  ForEachWitness(recording, [&](LockWitness& witness) {
    if (witness.done_on == NameOf(group) && witness.joined.goroutine_id == 0) {
      witness.joined = joined;
    }
  });
}

std::vector<LockOrder> LockOrders() {
  Recording* recording = g_recording.load(std::memory_order_acquire);
  if (recording == nullptr) return {};
  std::vector<LockPair> pairs;
  {
    const LockGuard guard(g_lock);
    pairs = recording->table.pairs();
  }
  std::vector<LockOrder> orders;
  for (const LockPair& pair : pairs) {
    for (int i = 0; i < pair.witness_count; ++i) orders.push_back(Public(pair, pair.witnesses[i]));
  }
  std::sort(orders.begin(), orders.end(),
            [](const LockOrder& a, const LockOrder& b) { return a.first_moment < b.first_moment; });
  return orders;
}

uint64_t LockOrdersLeftOut() {
  Recording* recording = g_recording.load(std::memory_order_acquire);
  if (recording == nullptr) return 0;
  const LockGuard guard(g_lock);
  return recording->left_out;
}

}  // namespace muster::record

namespace muster::debug {

bool SetLockOrder(bool on) {
  record::ReadLockOrderSetting();
  return record::SetLockOrder(on);
}

}  // namespace muster::debug
