#include "inspector/analysis/stuck.h"

#include <cstdint>
#include <optional>
#include <unordered_map>

#include "absl/strings/match.h"

namespace muster::inspector::analysis {
namespace {

constexpr size_t kMostHolders = 16;

// Begins with all that the search has found, and lets those go that somebody can wake, until
// nothing changes.
class Fixpoint {
 public:
  Fixpoint(const View& view, const WaitGraph& graph)
      : view_(view),
        graph_(graph),
        stuck_(view.size()),
        gates_of_(view.size()),
        might_be_woken_by_(view.size()) {}

  std::vector<bool> Run() {
    for (Index i = 0; i < view_.size(); ++i) {
      const Goroutine& g = view_.at(i);
      // What is proven leaked stays so.
      stuck_[i] = g.state == State::kWaiting &&
                  (g.deadlocked || absl::StrContains(g.status_flags, "(leaked)"));
    }
    found_ = stuck_;
    for (Index i = 0; i < view_.size(); ++i) {
      if (!found_[i] || !view_.at(i).deadlocked) continue;
      if (view_.LockWaitOf(i).has_value()) {
        PutBehindGate(i);
      } else {
        NoteOthers(i);
      }
    }
    CountHolders();
    while (!freed_.empty()) {
      const Index i = freed_.back();
      freed_.pop_back();
      for (const uint32_t gate : gates_of_[i]) {
        if (--gates_[gate].stuck_holders == 0) Open(gate);
      }
      for (const Index waiter : might_be_woken_by_[i]) Free(waiter);
    }
    return std::move(stuck_);
  }

 private:
  // What all who want the same of one lock wait behind. Keeps the whole linear where many wait for
  // many readers.
  struct Gate {
    const std::vector<WaitGraph::Node>* holders = nullptr;
    size_t stuck_holders = 0;
    std::vector<Index> waiters;
  };

  void PutBehindGate(Index i) {
    const std::vector<WaitGraph::Node>& holders = graph_.BlockersOf(i);
    const auto [it, fresh] = gate_at_.emplace(&holders, static_cast<uint32_t>(gates_.size()));
    if (fresh) gates_.push_back({.holders = &holders, .waiters = {}});
    gates_[it->second].waiters.push_back(i);
  }

  void NoteOthers(Index i) {
    for (const uint64_t id : view_.at(i).could_wake) {
      const std::optional<Index> other = view_.IndexOf(id);
      if (!other.has_value()) continue;  // it has ended, and woken nobody
      if (stuck_[*other]) {
        might_be_woken_by_[*other].push_back(i);
      } else {
        Free(i);
      }
    }
  }

  void CountHolders() {
    for (uint32_t gate = 0; gate < gates_.size(); ++gate) {
      for (const Index holder : *gates_[gate].holders) {
        if (!found_[holder]) continue;  // one that was freed meanwhile counts itself out
        ++gates_[gate].stuck_holders;
        gates_of_[holder].push_back(gate);
      }
      if (gates_[gate].stuck_holders == 0) Open(gate);
    }
  }

  void Open(uint32_t gate) {
    for (const Index waiter : gates_[gate].waiters) Free(waiter);
  }

  void Free(Index i) {
    if (!stuck_[i]) return;
    stuck_[i] = false;
    freed_.push_back(i);
  }

  const View& view_;
  const WaitGraph& graph_;
  std::vector<bool> stuck_;
  std::vector<bool> found_;  // as it was to begin with
  std::vector<Gate> gates_;
  std::unordered_map<const std::vector<WaitGraph::Node>*, uint32_t> gate_at_;
  std::vector<std::vector<uint32_t>> gates_of_;        // by goroutine: where it counts as a holder
  std::vector<std::vector<Index>> might_be_woken_by_;  // by goroutine
  std::vector<Index> freed_;
};

}  // namespace

std::vector<bool> FindStuck(const View& view, const WaitGraph& graph) {
  return Fixpoint(view, graph).Run();
}

std::vector<Index> StuckOthers(const View& view, const WaitGraph& graph,
                               const std::vector<bool>& stuck, Index goroutine) {
  std::vector<Index> others;
  if (view.LockWaitOf(goroutine).has_value()) {
    for (const Index holder : graph.BlockersOf(goroutine)) {
      if (stuck[holder]) others.push_back(holder);
      if (others.size() == kMostHolders) break;
    }
    return others;
  }
  for (const uint64_t id : view.at(goroutine).could_wake) {
    const std::optional<Index> other = view.IndexOf(id);
    if (other.has_value() && stuck[*other]) others.push_back(*other);
  }
  return others;
}

}  // namespace muster::inspector::analysis
