#include "runtime/record/labels.h"
#include "runtime/record/tsan.h"

#include <algorithm>

#include "muster/runtime.h"
#include "runtime/sched/g.h"
#include "runtime/sched/region.h"
#include "runtime/sched/thread.h"

namespace muster::runtime {
namespace {

using record::LabelSet;
using Pairs = std::vector<std::pair<std::string, std::string>>;

LabelSet* MakeSet(Pairs pairs) {
  if (pairs.empty()) return nullptr;
  std::sort(pairs.begin(), pairs.end());
  auto* set = new LabelSet;
  set->pairs = std::move(pairs);
  return set;
}

void Put(Pairs* pairs, std::string_view key, std::string_view value) {
  std::erase_if(*pairs, [&](const auto& pair) { return pair.first == key; });
  if (!value.empty()) pairs->emplace_back(key, value);
}

// Swaps in `set` and returns what was there. A capture reads a goroutine's labels on its own thread
// (running) or while it is held (parked), a foreign thread's under the list lock.
LabelSet* Exchange(sched::G* g, LabelSet* set) {
  if (g->kind == record::Kind::kThread) {
    sched::LockGuard guard(sched::ThreadListLock());
    return std::exchange(g->labels, set);
  }
  const sched::RegionChange change(g);
  LabelSet* previous = g->labels;
  // The signal handler that reads this runs between two instructions of this thread: it must not
  // see the old set after it was freed.
  __atomic_store_n(&g->labels, set, __ATOMIC_RELEASE);
  return previous;
}

Pairs CurrentPairs(const sched::G* g) { return g->labels == nullptr ? Pairs{} : g->labels->pairs; }

}  // namespace

void SetLabel(std::string_view key, std::string_view value) {
  const tsan::IgnoreScope ignore;
  sched::G* g = sched::Self();
  Pairs pairs = CurrentPairs(g);
  Put(&pairs, key, value);
  record::Unref(Exchange(g, MakeSet(std::move(pairs))));
}

Pairs Labels() {
  const tsan::IgnoreScope ignore;
  return CurrentPairs(sched::Self());
}

WithLabels::WithLabels(std::initializer_list<std::pair<std::string_view, std::string_view>> labels)
    : WithLabels(Pairs(labels.begin(), labels.end())) {}

WithLabels::WithLabels(const Pairs& labels) {
  const tsan::IgnoreScope ignore;
  sched::G* g = sched::Self();
  Pairs pairs = CurrentPairs(g);
  for (const auto& [key, value] : labels) Put(&pairs, key, value);
  previous_ = Exchange(g, MakeSet(std::move(pairs)));
}

WithLabels::~WithLabels() {
  const tsan::IgnoreScope ignore;
  record::Unref(Exchange(sched::Self(), static_cast<LabelSet*>(previous_)));
}

}  // namespace muster::runtime

namespace muster::record {

void SetOwnLabels(const runtime::Pairs& pairs) {
  const tsan::IgnoreScope ignore;
  Unref(runtime::Exchange(sched::Self(), runtime::MakeSet(pairs)));
}

}  // namespace muster::record
