#include "muster/inspector/compare.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "inspector/analysis/group_key.h"

namespace muster::inspector {
namespace {

using analysis::GroupKey;
using Change = Comparison::Change;

bool GrewMore(const Change& a, const Change& b) {
  if (a.delta() != b.delta()) return a.delta() > b.delta();
  return a.after > b.after;
}

}  // namespace

Comparison CompareDumps(const GroupedDump& before, const GroupedDump& after) {
  Comparison result;
  std::unordered_map<std::string, Change> by_key;
  // Groups that differ in what a key leaves out are counted together.
  for (const Group& group : before.groups) {
    Change& change = by_key[GroupKey(before.snapshot, group)];
    if (change.before == 0) change.group = group;
    change.snapshot = &before.snapshot;
    change.before += group.count;
    result.total_before += group.count;
  }
  for (const Group& group : after.groups) {
    Change& change = by_key[GroupKey(after.snapshot, group)];
    if (change.after == 0) change.group = group;
    change.snapshot = &after.snapshot;
    change.after += group.count;
    result.total_after += group.count;
  }
  std::vector<std::pair<std::string, Change>> all;
  for (auto& [key, change] : by_key) {
    if (change.delta() == 0) {
      ++result.same_groups;
    } else {
      all.emplace_back(key, std::move(change));
    }
  }
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
    if (GrewMore(a.second, b.second)) return true;
    return !GrewMore(b.second, a.second) && a.first < b.first;
  });
  for (auto& [key, change] : all) result.changes.push_back(std::move(change));
  return result;
}

StackId Series::Keep(const Snapshot& from, StackId stack) {
  if (stack >= from.stacks.size()) return kNoStack;
  Stack kept;
  kept.elided = from.stacks[stack].elided;
  for (const FrameId id : from.stacks[stack].frames) {
    kept.frames.push_back(interner_->InternFrame(from.frames[id]));
  }
  return interner_->InternStack(std::move(kept));
}

void Series::Add(const GroupedDump& dump, int64_t at_ns) {
  const size_t now = times_.size();
  times_.push_back(at_ns);
  tables_->source = dump.snapshot.source;
  tables_->pid = dump.snapshot.pid;
  uint64_t total = 0;
  for (const Group& group : dump.groups) {
    total += group.count;
    const auto [it, fresh] = gathered_.try_emplace(GroupKey(dump.snapshot, group));
    Gathered& gathered = it->second;
    const StackId stack = fresh ? Keep(dump.snapshot, group.stack) : gathered.group.stack;
    const StackId creation =
        fresh ? Keep(dump.snapshot, group.creation_stack) : gathered.group.creation_stack;
    gathered.group = group;
    gathered.group.stack = stack;
    gathered.group.creation_stack = creation;
    gathered.counts.resize(now + 1);  // 0 where it was not there
    gathered.counts[now] += group.count;
  }
  totals_.push_back({at_ns, total});
}

std::vector<Series::Row> Series::Judge() const {
  std::vector<Row> rows;
  rows.reserve(gathered_.size());
  size_t moving = 0;
  for (const auto& [key, gathered] : gathered_) {
    Row& row = rows.emplace_back();
    row.group = gathered.group;
    bool moves = false;
    for (size_t i = 0; i < times_.size(); ++i) {
      const uint64_t count = i < gathered.counts.size() ? gathered.counts[i] : 0;
      row.samples.push_back({times_[i], count});
      moves = moves || count != row.samples.front().count;
    }
    if (moves) ++moving;
  }
  for (Row& row : rows) row.growth = JudgeGrowth(row.samples, moving);
  std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
    const bool a_grows = a.growth.trend == Trend::kGrowing;
    const bool b_grows = b.growth.trend == Trend::kGrowing;
    if (a_grows != b_grows) return a_grows;
    if (a_grows && a.growth.per_second != b.growth.per_second) {
      return a.growth.per_second > b.growth.per_second;
    }
    return a.growth.last > b.growth.last;
  });
  return rows;
}

}  // namespace muster::inspector
