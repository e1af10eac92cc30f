// ObjectTable: the primitives that one capture has described, once each. Not thread-safe.
#ifndef MUSTER_RECORD_OBJECT_TABLE_H_
#define MUSTER_RECORD_OBJECT_TABLE_H_

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "muster/record.h"

namespace muster::record {

// What Describe is to fill, with room for all that it may write.
Object BlankObject(ObjectKind kind, const void* address);
// Reads the primitive that `object` names, which must be alive. Neither allocates nor locks.
void Describe(Object* object);

class ObjectTable {
 public:
  bool Has(uint64_t address) {
    if (address == last_) return true;
    const bool found = objects_.contains(address);
    if (found) last_ = address;
    return found;
  }
  void Add(const Object& object) { objects_.try_emplace(object.address, object); }
  Object* Find(uint64_t address) {
    const auto at = objects_.find(address);
    return at == objects_.end() ? nullptr : &at->second;
  }
  // All of them, by address.
  std::vector<Object> Sorted() const;

 private:
  absl::flat_hash_map<uint64_t, Object> objects_;
  uint64_t last_ = 0;  // which was found last; 0 is no object's
};

}  // namespace muster::record

#endif  // MUSTER_RECORD_OBJECT_TABLE_H_
