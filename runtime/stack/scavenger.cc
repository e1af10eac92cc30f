#include "runtime/stack/scavenger.h"

#include <sys/mman.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "muster/go.h"
#include "runtime/record/tsan.h"
#include "runtime/sched/hold.h"
#include "runtime/sched/scheduler.h"
#include "runtime/stack/arena.h"
#include "runtime/stack/shrink_policy.h"

namespace muster::stack {
namespace {

using record::State;
using sched::G;

constexpr uint32_t kSlotsPerStep = 64;
// Work is done in bursts, each followed by a rest of 99 times its length.
constexpr int64_t kBurstNs = 100'000;
constexpr int64_t kRestPerWork = 99;
constexpr int64_t kShortestRoundNs = 1'000'000'000;
// While a capture holds goroutines.
constexpr int64_t kRetryNs = 10'000'000;

// Below the saved stack pointer nothing is in use: the code that runs there is the switch itself.
// The ABI's red zone is left out all the same.
constexpr uintptr_t kRedZone = 128;

// The largest closure, its alignment, and what the first context needs.
static_assert(kTopInUse >= muster::internal::kMaxClosureOnStack + 64 + 512);

std::atomic<uint64_t> g_rounds{0};
std::atomic<uint64_t> g_pages_given_back{0};
std::atomic<int64_t> g_longest_hold_ns{0};

uintptr_t PageOf(uintptr_t address) { return address & ~(kPageSize - 1); }

// The lowest page that the slot of `g` needs, as it is in `state`; 0 when that cannot be said.
uintptr_t NeededFrom(const G* g, State state) {
  if (state == State::kDead) return PageOf(TopOf(g) - kTopInUse);
  // In a blocking region the stack is in use below where it was entered.
  if (!sched::MayBeHeld(state) || state == State::kSyscall) return 0;
  return PageOf(reinterpret_cast<uintptr_t>(g->context) - kRedZone);
}

// A part of a stack that is to be given back while its goroutine is held once.
struct Piece {
  G* g = nullptr;
  uintptr_t begin = 0;
  uintptr_t end = 0;

  int pages() const { return static_cast<int>((end - begin) / kPageSize); }
};

// All that it remembers is guarded by HoldLock.
class Scavenger {
 public:
  void BeginRound() {
    arena_ = 0;
    slot_ = 0;
  }

  // Visits the next slots; false when that ended a round.
  bool Step(Residency* residency) {
    const uint32_t arenas = internal::g_arena_count.load(std::memory_order_acquire);
    if (arena_ < arenas) {
      // Acquire: pairs with the release in which the arena, and its slots, were handed out.
      const auto* arena = internal::g_arenas[arena_].load(std::memory_order_acquire);
      const uint32_t used = arena->used.load(std::memory_order_acquire);
      const uint32_t end = std::min(slot_ + kSlotsPerStep, used);
      if (slot_ < end) Visit(residency, arena->base, slot_, end);
      slot_ = end;
      if (end < used) return true;
      slot_ = 0;
      if (++arena_ < arenas) return true;
    }
    BeginRound();
    g_rounds.fetch_add(1, std::memory_order_relaxed);
    return false;
  }

 private:
  // The slots [first, end) of the current arena.
  void Visit(Residency* residency, uintptr_t base, uint32_t first, uint32_t end) {
    const size_t size = SlotSize();
    runs_.clear();
    residency->ForEachRun(base + first * size, base + end * size,
                          [this](const PageRun& run) { runs_.push_back(run); });
    pieces_.clear();
    auto run = runs_.begin();
    for (uint32_t i = first; i < end; ++i) {
      const uintptr_t slot = base + i * size;
      while (run != runs_.end() && run->end <= slot) ++run;
      if (run == runs_.end()) break;
      VisitSlot(i, slot, std::max(run->begin, slot));
    }
    GiveBack();
  }

  // `lowest`: the lowest page that is in memory.
  void VisitSlot(uint32_t index, uintptr_t slot, uintptr_t lowest) {
    // Its top page is in use whatever it does.
    if (lowest >= slot + SlotSize() - kPageSize) {
      if (HasPolicies()) policies_[arena_][index].VisitShallow();
      return;
    }
    G* const g = reinterpret_cast<G*>(internal::SlotG(slot));
    const State state = g->state.load(std::memory_order_acquire);
    // Not held yet, so this may be out of date; what is given back is found out again then.
    const uintptr_t needed = NeededFrom(g, state);
    if (needed == 0) return;
    if (lowest >= needed) {
      if (HasPolicies()) policies_[arena_][index].VisitShallow();
      return;
    }
    MakePolicies();
    if (!policies_[arena_][index].VisitDeep(g->runs.load(std::memory_order_relaxed))) return;
    constexpr uintptr_t kPieceSize = kPagesPerHold * kPageSize;
    for (uintptr_t at = lowest; at < needed; at += kPieceSize) {
      pieces_.push_back({g, at, std::min(at + kPieceSize, needed)});
    }
  }

  // Only arenas in which something has been found deep have policies: 12 bytes per slot.
  bool HasPolicies() const { return arena_ < policies_.size() && policies_[arena_] != nullptr; }
  void MakePolicies() {
    if (HasPolicies()) return;
    if (policies_.size() <= arena_) policies_.resize(arena_ + 1);
    policies_[arena_] = std::make_unique<ShrinkPolicy[]>(kArenaSize / SlotSize());
  }

  // Gives back pieces_ in batches. Pieces of the same stack never come into one batch, since all
  // but the last fill one.
  void GiveBack() {
    for (size_t begin = 0; begin < pieces_.size();) {
      size_t end = begin;
      int pages = 0;
      while (end < pieces_.size() && end - begin < sched::kHoldBatch &&
             pages + pieces_[end].pages() <= kPagesPerHold) {
        pages += pieces_[end++].pages();
      }
      GiveBackBatch(&pieces_[begin], &pieces_[begin] + (end - begin));
      begin = end;
    }
  }

  void GiveBackBatch(Piece* begin, Piece* end) {
    const int64_t marked_ns = sched::NowNanos();
    for (Piece* piece = begin; piece != end; ++piece) sched::MarkForHold(piece->g);
    sched::HoldBarrier();
    for (Piece* piece = begin; piece != end; ++piece) {
      // Acquire: the context was saved, or the goroutine ended, before that state was entered. From
      // each state in which NeededFrom has an answer it runs only by way of Adopt, which waits.
      const State state = piece->g->state.load(std::memory_order_acquire);
      piece->end = std::min(piece->end, NeededFrom(piece->g, state));
      if (piece->begin < piece->end) {
        madvise(reinterpret_cast<void*>(piece->begin), piece->end - piece->begin, MADV_DONTNEED);
      }
      sched::ReleaseHold(piece->g);
    }
    const int64_t held_ns = sched::NowNanos() - marked_ns;
    if (held_ns > g_longest_hold_ns.load(std::memory_order_relaxed)) {
      g_longest_hold_ns.store(held_ns, std::memory_order_relaxed);
    }
    for (const Piece* piece = begin; piece != end; ++piece) Count(*piece);
  }

  // The pages that a piece had in memory.
  void Count(const Piece& piece) {
    uint64_t pages = 0;
    auto run =
        std::lower_bound(runs_.begin(), runs_.end(), piece.begin,
                         [](const PageRun& r, uintptr_t address) { return r.end <= address; });
    for (; run != runs_.end() && run->begin < piece.end; ++run) {
      pages += (std::min(run->end, piece.end) - std::max(run->begin, piece.begin)) / kPageSize;
    }
    g_pages_given_back.fetch_add(pages, std::memory_order_relaxed);
  }

  // Where to go on.
  uint32_t arena_ = 0;
  uint32_t slot_ = 0;

  std::vector<std::unique_ptr<ShrinkPolicy[]>> policies_;  // by arena and slot
  // Of the step in progress.
  std::vector<PageRun> runs_;
  std::vector<Piece> pieces_;
};

// Never destroyed: the monitor outlives static destruction.
Scavenger& TheScavenger() {
  static auto* const scavenger = new Scavenger;
  return *scavenger;
}

// One burst, with HoldLock; true when it ended a round.
bool Burst() {
  Residency residency;
  const int64_t until_ns = sched::NowNanos() + kBurstNs;
  do {
    if (!TheScavenger().Step(&residency)) return true;
  } while (sched::NowNanos() < until_ns);
  return false;
}

}  // namespace

int64_t Scavenge(int64_t now_ns) {
  const tsan::IgnoreScope ignore;  // what the hold lock guards is allocated and freed by several
  static int64_t next_ns = 0;
  static int64_t round_began_ns = now_ns;
  if (now_ns < next_ns) return next_ns;
  if (!sched::HoldLock().TryAcquire()) return next_ns = now_ns + kRetryNs;
  const bool round_over = Burst();
  sched::HoldLock().Release();
  const int64_t done_ns = sched::NowNanos();
  next_ns = done_ns + kRestPerWork * (done_ns - now_ns);
  if (round_over) {
    next_ns = std::max(next_ns, round_began_ns + kShortestRoundNs);
    round_began_ns = next_ns;
  }
  return next_ns;
}

uint64_t ScavengeRounds() { return g_rounds.load(std::memory_order_relaxed); }

void ScavengeRound(Residency::Way way) {
  const tsan::IgnoreScope ignore;
  Residency residency(way);
  sched::LockGuard guard(sched::HoldLock());
  TheScavenger().BeginRound();
  while (TheScavenger().Step(&residency)) {
  }
}

uint64_t PagesGivenBack() { return g_pages_given_back.load(std::memory_order_relaxed); }

int64_t LongestScavengeHold() { return g_longest_hold_ns.load(std::memory_order_relaxed); }

}  // namespace muster::stack
