#include "runtime/record/object_table.h"

#include <algorithm>

#include "runtime/record/describe.h"

namespace muster::record {
namespace {

// Of a descriptor's name: longer ones are cut. Two paths of Unix sockets fit.
constexpr size_t kMaxNameSize = 240;

}  // namespace

Object BlankObject(ObjectKind kind, const void* address) {
  Object object;
  object.address = reinterpret_cast<uint64_t>(address);
  object.kind = kind;
  if (kind == ObjectKind::kFD) object.name.reserve(kMaxNameSize);
  return object;
}

void Describe(Object* object) {
  const auto* const address = reinterpret_cast<const void*>(object->address);
  switch (object->kind) {
    case ObjectKind::kChan:
      DescribeChan(address, object);
      break;
    case ObjectKind::kMutex:
      DescribeMutex(address, object);
      break;
    case ObjectKind::kRWMutex:
      DescribeRWMutex(address, object);
      break;
    case ObjectKind::kWaitGroup:
      DescribeWaitGroup(address, object);
      break;
    case ObjectKind::kOnce:
      DescribeOnce(address, object);
      break;
    case ObjectKind::kSemaphore:
      DescribeSemaphore(address, object);
      break;
    case ObjectKind::kFD:
      DescribeFD(address, object);
      break;
    case ObjectKind::kNone:
    case ObjectKind::kCond:
    case ObjectKind::kTimer:
      break;
  }
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
