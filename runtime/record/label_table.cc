#include "runtime/record/label_table.h"

namespace muster::record {

uint32_t LabelTable::Find(const LabelSet* set) {
  if (set == nullptr) return 0;
  if (set == last_) return last_id_;
  const auto at = kept_.find(set);
  if (at == kept_.end()) return kUnknown;
  last_ = set;
  last_id_ = at->second;
  return at->second;
}

uint32_t LabelTable::Add(LabelSet* set) {
  if (set == nullptr) return 0;
  if (kept_.size() >= kMaxKept) LetGo();
  const auto [number, fresh] =
      numbers_.try_emplace(set->pairs, static_cast<uint32_t>(contents_.size()));
  if (fresh) contents_.push_back(&number->first);
  if (!kept_.try_emplace(set, number->second).second) Unref(set);
  return number->second;
}

void LabelTable::LetGo() {
  for (const auto& [set, number] : kept_) Unref(const_cast<LabelSet*>(set));
  kept_.clear();
  last_ = nullptr;
}

}  // namespace muster::record
