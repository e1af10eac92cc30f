#include "runtime/record/stack_set.h"

#include "runtime/stack/stack_table.h"

namespace muster::record {

bool StackSet::Same(const Entry& entry, const uint64_t* pcs, int count, uint64_t hash) const {
  if (entry.hash != hash || entry.count != count) return false;
  const uint64_t* own = pcs_.data() + entry.begin;
  uint64_t difference = 0;
  for (int i = 0; i < count; ++i) difference |= own[i] ^ pcs[i];
  return difference == 0;
}

uint32_t* StackSet::Place(const uint64_t* pcs, int count, uint64_t hash) {
  const size_t mask = index_.size() - 1;
  for (size_t i = (hash >> 32) & mask;; i = (i + 1) & mask) {
    uint32_t* place = &index_[i];
    if (*place == 0 || Same(entries_[*place - 1], pcs, count, hash)) return place;
  }
}

void StackSet::Grow() {
  constexpr size_t kFirstSize = 256;
  index_.assign(index_.empty() ? kFirstSize : index_.size() * 2, 0);
  for (size_t i = 0; i < entries_.size(); ++i) {
    const Entry& entry = entries_[i];
    *Place(pcs_.data() + entry.begin, entry.count, entry.hash) = static_cast<uint32_t>(i + 1);
  }
}

uint32_t StackSet::FindTrusted(const uint64_t* pcs, int count, uint64_t hash) {
  if (index_.empty()) return 0;
  const uint32_t id = *Place(pcs, count, hash);
  return id != 0 && entries_[id - 1].trusted ? id : 0;
}

uint32_t StackSet::Add(const uint64_t* pcs, int count, bool trusted) {
  if (count <= 0) return 0;
  if (2 * (entries_.size() + 1) > index_.size()) Grow();
  const uint64_t hash = stack::ChainHash::Of(pcs, count);
  uint32_t* place = Place(pcs, count, hash);
  if (*place == 0) {
    entries_.push_back({hash, pcs_.size(), count, trusted});
    pcs_.insert(pcs_.end(), pcs, pcs + count);
    *place = static_cast<uint32_t>(entries_.size());
  } else if (trusted) {
    entries_[*place - 1].trusted = true;
  }
  return *place;
}

std::span<const uint64_t> StackSet::Get(uint32_t id) const {
  if (id == 0) return {};
  const Entry& entry = entries_[id - 1];
  return {pcs_.data() + entry.begin, static_cast<size_t>(entry.count)};
}

}  // namespace muster::record
