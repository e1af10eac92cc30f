// LabelTable: the distinct labels that one capture has met, numbered from 1. Not thread-safe.
//
// A goroutine that is merely glimpsed at shows the address of its label set, which may not be
// followed: the set may be freed at any time. But a set that the table keeps a reference of is not,
// so its address is as good as its contents.
#ifndef MUSTER_RECORD_LABEL_TABLE_H_
#define MUSTER_RECORD_LABEL_TABLE_H_

#include <cstdint>
#include <map>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "muster/record.h"
#include "runtime/record/labels.h"

namespace muster::record {

class LabelTable {
 public:
  static constexpr uint32_t kUnknown = 0xffffffff;

  LabelTable() = default;
  ~LabelTable() { LetGo(); }
  LabelTable(const LabelTable&) = delete;
  LabelTable& operator=(const LabelTable&) = delete;

  // The number of a set by its address; 0 for none, kUnknown when the table does not keep it.
  uint32_t Find(const LabelSet* set);
  // The number of a set's contents. Takes over a reference of the set, which may be null.
  uint32_t Add(LabelSet* set);
  // The labels of a number that was given out; none for 0.
  const Labels& Get(uint32_t id) const { return *contents_[id]; }

 private:
  // As a goroutine may have a set of its own, and a million of them equal ones, only so many are
  // kept from being freed.
  static constexpr size_t kMaxKept = 4096;

  void LetGo();

  std::map<Labels, uint32_t> numbers_ = {{Labels(), 0}};
  std::vector<const Labels*> contents_ = {&numbers_.begin()->first};
  absl::flat_hash_map<const LabelSet*, uint32_t> kept_;  // with a reference each
  const LabelSet* last_ = nullptr;                       // what was found last, kept
  uint32_t last_id_ = 0;
};

}  // namespace muster::record

#endif  // MUSTER_RECORD_LABEL_TABLE_H_
