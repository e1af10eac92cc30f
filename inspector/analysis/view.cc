#include "inspector/analysis/view.h"

#include "absl/strings/match.h"

namespace muster::inspector::analysis {
namespace {

const std::vector<Index>& Lookup(const std::unordered_map<uint64_t, std::vector<Index>>& map,
                                 uint64_t address) {
  static const auto* const kNone = new std::vector<Index>();
  const auto it = map.find(address);
  return it == map.end() ? *kNone : it->second;
}

// Appends `index` to the list of `address`; the caller goes through goroutines one by one, so a
// repeated object of one select is the last entry.
void AddOnce(Index index, std::vector<Index>* list) {
  if (list->empty() || list->back() != index) list->push_back(index);
}

}  // namespace

View::View(const Snapshot& snapshot, const AnalyzeOptions& options)
    : snapshot_(snapshot), options_(options) {
  for (Index i = 0; i < size(); ++i) {
    const Goroutine& goroutine = at(i);
    if (goroutine.count > 1 || (goroutine.id == 0 && goroutine.kind == Kind::kGoroutine)) {
      // Go prints `goroutine 0 [idle]` for a thread's own stack; that makes no grouped dump.
      grouped_ = grouped_ || goroutine.count > 1 || goroutine.state != State::kIdle ||
                 snapshot.format == "text1" || snapshot.format == "proto";
    }
    if (goroutine.id != 0) by_id_.emplace(goroutine.id, i);
    if (goroutine.state == State::kDead) continue;
    for (const Wait& wait : goroutine.waits) {
      if (wait.object != 0) AddOnce(i, &waiters_[wait.object]);
    }
    for (const Held& held : goroutine.held) {
      if (held.object != 0 && held.direction == Direction::kRead) {
        AddOnce(i, &readers_[held.object]);
      }
    }
  }
  for (Index i = 0; i < snapshot.resources.size(); ++i) {
    by_address_.emplace(snapshot.resources[i].address, i);
  }
}

bool View::complete() const {
  return snapshot_.live > 0 && snapshot_.captured >= snapshot_.live && !snapshot_.truncated &&
         !grouped_ && has_objects();
}

bool View::has_objects() const {
  return snapshot_.format == "live" || snapshot_.format == "wire" || snapshot_.format == "json";
}

std::optional<Index> View::IndexOf(uint64_t id) const {
  const auto it = by_id_.find(id);
  if (id == 0 || it == by_id_.end()) return std::nullopt;
  return it->second;
}

const Resource* View::ResourceAt(uint64_t address) const {
  const auto it = by_address_.find(address);
  if (address == 0 || it == by_address_.end()) return nullptr;
  return &snapshot_.resources[it->second];
}

const std::vector<Index>& View::WaitersOn(uint64_t address) const {
  return Lookup(waiters_, address);
}

const std::vector<Index>& View::ReadersOf(uint64_t address) const {
  return Lookup(readers_, address);
}

std::optional<LockWait> View::LockWaitOf(Index index) const {
  const Goroutine& goroutine = at(index);
  if (goroutine.state != State::kWaiting || goroutine.waits.size() != 1) return std::nullopt;
  const Wait& wait = goroutine.waits.front();
  if (wait.object == 0) return std::nullopt;
  switch (wait.kind) {
    case ObjectKind::kMutex:
    case ObjectKind::kOnce:
      return LockWait{wait.object, wait.kind, false};
    case ObjectKind::kRWMutex: {
      const bool reading =
          wait.direction == Direction::kRead || absl::StrContains(goroutine.reason, "RLock");
      return LockWait{wait.object, wait.kind, reading};
    }
    default:
      return std::nullopt;
  }
}

bool View::HoldsForReading(Index index, uint64_t object) const {
  for (const Held& held : at(index).held) {
    if (held.object == object && held.direction == Direction::kRead) return true;
  }
  return false;
}

bool View::WaitIsSettled(Index index) const {
  const std::optional<int64_t> wait = at(index).wait_ns;
  return !wait.has_value() || *wait >= options_.settled_ns;
}

bool View::OwnershipIsSettled(const Resource& resource) const {
  return !resource.owned_ns.has_value() || *resource.owned_ns >= options_.settled_ns;
}

bool View::IsOldWait(Index index) const {
  const std::optional<int64_t> wait = at(index).wait_ns;
  return !wait.has_value() || *wait >= options_.suspect_after_ns;
}

bool View::IsMain(Index index) const {
  const Goroutine& goroutine = at(index);
  return goroutine.id == 1 && goroutine.kind == Kind::kGoroutine && goroutine.parent_id == 0;
}

bool View::IsOrdinary(Index index) const {
  const Goroutine& goroutine = at(index);
  return goroutine.kind == Kind::kGoroutine && goroutine.state != State::kDead &&
         !(goroutine.id == 0 && goroutine.state == State::kIdle && !grouped_);
}

}  // namespace muster::inspector::analysis
