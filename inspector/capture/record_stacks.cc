#include "inspector/capture/record_stacks.h"

namespace muster::inspector {

StackId RecordStacks::Add(const record::Stack& stack, Symbolizer* symbolizer) {
  if (stack.empty()) return kNoStack;
  const auto at = known_.find(stack.data());
  if (at != known_.end()) return at->second.second;
  const StackId id = AddAddresses(stack.data(), stack.size(), symbolizer);
  known_.emplace(stack.data(), std::pair(stack, id));
  return id;
}

StackId RecordStacks::Add(const std::vector<uint64_t>& stack, Symbolizer* symbolizer) {
  return stack.empty() ? kNoStack : AddAddresses(stack.data(), stack.size(), symbolizer);
}

StackId RecordStacks::AddPlace(uint64_t address) {
  return address == 0 ? kNoStack : AddAddresses(&address, 1, nullptr);
}

StackId RecordStacks::AddAddresses(const uint64_t* addresses, size_t count,
                                   Symbolizer* symbolizer) {
  Stack stack;
  for (size_t i = 0; i < count; ++i) {
    const std::vector<FrameId>& frames = FramesAt(addresses[i], symbolizer);
    stack.frames.insert(stack.frames.end(), frames.begin(), frames.end());
  }
  return interner_.InternStack(std::move(stack));
}

const std::vector<FrameId>& RecordStacks::FramesAt(uint64_t address, Symbolizer* symbolizer) {
  const auto [at, is_new] = frames_.try_emplace(address);
  if (!is_new) return at->second;
  if (symbolizer == nullptr) {
    Frame frame;
    frame.pc = address;
    at->second.push_back(interner_.InternFrame(std::move(frame)));
  } else {
    for (Frame& frame : symbolizer->Resolve(address)) {
      at->second.push_back(interner_.InternFrame(std::move(frame)));
    }
  }
  return at->second;
}

}  // namespace muster::inspector
