#include "runtime/record/object_table.h"

#include <algorithm>

#include "runtime/record/describe.h"

namespace muster::record {

Object Describe(ObjectKind kind, const void* address) {
  Object object;
  object.address = reinterpret_cast<uint64_t>(address);
  object.kind = kind;
  switch (kind) {
    case ObjectKind::kChan:
      DescribeChan(address, &object);
      break;
    case ObjectKind::kMutex:
      DescribeMutex(address, &object);
      break;
    case ObjectKind::kRWMutex:
      DescribeRWMutex(address, &object);
      break;
    case ObjectKind::kWaitGroup:
      DescribeWaitGroup(address, &object);
      break;
    case ObjectKind::kOnce:
      DescribeOnce(address, &object);
      break;
    case ObjectKind::kNone:
    case ObjectKind::kCond:
    case ObjectKind::kTimer:
      break;
  }
  return object;
}

std::vector<Object> ObjectTable::Sorted() const {
  std::vector<Object> sorted;
  sorted.reserve(objects_.size());
  for (const auto& [address, object] : objects_) sorted.push_back(object);
  std::sort(sorted.begin(), sorted.end(),
            [](const Object& a, const Object& b) { return a.address < b.address; });
  return sorted;
}

}  // namespace muster::record
