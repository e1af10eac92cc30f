#include "muster/inspector/model.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace muster::inspector {
namespace {

uint64_t Mix(uint64_t hash, uint64_t value) {
  // The odd constant is 2^64 divided by the golden ratio, which spreads consecutive values.
  return (hash ^ value) * 0x9e3779b97f4a7c15ULL + (hash >> 29);
}

uint64_t HashOf(const Frame& frame) {
  uint64_t hash = Mix(0, frame.pc);
  hash = Mix(hash, std::hash<std::string>{}(frame.function));
  hash = Mix(hash, std::hash<std::string>{}(frame.file));
  return Mix(hash, static_cast<uint64_t>(frame.line));
}

uint64_t HashOf(const Stack& stack) {
  uint64_t hash = Mix(0, stack.elided);
  for (const FrameId id : stack.frames) hash = Mix(hash, id);
  return hash;
}

// Finds `value` among the entries of `table` that `index` files under its hash, or appends it. An
// interner that is put on tables that are not empty learns what is there first.
template <typename T>
uint32_t Intern(T value, std::vector<T>* table,
                std::unordered_multimap<uint64_t, uint32_t>* index) {
  if (index->empty()) {
    for (uint32_t id = 0; id < table->size(); ++id) index->emplace(HashOf((*table)[id]), id);
  }
  const uint64_t hash = HashOf(value);
  const auto [begin, end] = index->equal_range(hash);
  for (auto it = begin; it != end; ++it) {
    if ((*table)[it->second] == value) return it->second;
  }
  const auto id = static_cast<uint32_t>(table->size());
  table->push_back(std::move(value));
  index->emplace(hash, id);
  return id;
}

}  // namespace

std::string_view Goroutine::status() const {
  if (!reason.empty()) return reason;
  return record::ToString(state);
}

std::string_view TakeArguments(std::string_view* rest) {
  const size_t end = std::min(rest->find('\n'), rest->size());
  const std::string_view first = rest->substr(0, end);
  rest->remove_prefix(std::min(end + 1, rest->size()));
  return first;
}

uint64_t Snapshot::total() const {
  uint64_t sum = 0;
  for (const Goroutine& goroutine : goroutines) {
    if (goroutine.kind != Kind::kThread) sum += goroutine.count;
  }
  return sum;
}

const Goroutine* Snapshot::FindGoroutine(uint64_t id) const {
  if (id == 0) return nullptr;  // "none", and the entries of grouped dumps
  for (const Goroutine& goroutine : goroutines) {
    if (goroutine.id == id) return &goroutine;
  }
  return nullptr;
}

const Resource* Snapshot::FindResource(uint64_t address) const {
  if (address == 0) return nullptr;  // a nil channel
  for (const Resource& resource : resources) {
    if (resource.address == address) return &resource;
  }
  return nullptr;
}

FrameId Interner::InternFrame(Frame frame) {
  return Intern(std::move(frame), &snapshot_->frames, &frames_);
}

StackId Interner::InternStack(Stack stack) {
  return Intern(std::move(stack), &snapshot_->stacks, &stacks_);
}

StackId Interner::InternAddresses(const std::vector<uint64_t>& addresses) {
  Stack stack;
  stack.frames.reserve(addresses.size());
  for (const uint64_t address : addresses) {
    Frame frame;
    frame.pc = address;
    stack.frames.push_back(InternFrame(std::move(frame)));
  }
  return InternStack(std::move(stack));
}

const char* ToString(Certainty certainty) {
  switch (certainty) {
    case Certainty::kProven:
      return "proven";
    case Certainty::kCertainNow:
      return "certain now";
    case Certainty::kSuspected:
      return "suspected";
  }
  return "unknown";
}

}  // namespace muster::inspector
