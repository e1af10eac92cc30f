// RecordStacks: puts a record's stacks into a snapshot's tables. Most goroutines share one of a
// few, and those of one capture share the list itself, so that a known one is told by its address.
#ifndef MUSTER_INSPECTOR_CAPTURE_RECORD_STACKS_H_
#define MUSTER_INSPECTOR_CAPTURE_RECORD_STACKS_H_

#include <cstdint>
#include <unordered_map>
#include <utility>
#include <vector>

#include "muster/inspector/model.h"
#include "muster/inspector/symbols.h"
#include "muster/record.h"

namespace muster::inspector {

class RecordStacks {
 public:
  explicit RecordStacks(Snapshot* snapshot) : interner_(snapshot) {}

  // The stack's id; kNoStack for an empty one. With a symbolizer, frames that are new are put into
  // the tables symbolised, inlined ones included; without one they have only their addresses.
  StackId Add(const record::Stack& stack, Symbolizer* symbolizer = nullptr);
  // The same for a list that nobody shares.
  StackId Add(const std::vector<uint64_t>& stack, Symbolizer* symbolizer);
  // Whether Add would find this very list.
  bool Knows(const record::Stack& stack) const {
    return stack.empty() || known_.count(stack.data()) != 0;
  }

  // The one-frame stack of a place in the code; kNoStack for address 0.
  StackId AddPlace(uint64_t address);

 private:
  const std::vector<FrameId>& FramesAt(uint64_t address, Symbolizer* symbolizer);
  StackId AddAddresses(const uint64_t* addresses, size_t count, Symbolizer* symbolizer);

  Interner interner_;
  // The lists are kept, so that none is freed and its address used by another one.
  std::unordered_map<const uint64_t*, std::pair<record::Stack, StackId>> known_;
  std::unordered_map<uint64_t, std::vector<FrameId>> frames_;
};

}  // namespace muster::inspector

#endif  // MUSTER_INSPECTOR_CAPTURE_RECORD_STACKS_H_
