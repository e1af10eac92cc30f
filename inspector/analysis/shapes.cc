#include "inspector/analysis/shapes.h"

#include <string_view>
#include <tuple>

#include "absl/container/flat_hash_map.h"

namespace muster::inspector::analysis {
namespace {

// What a frame is known by: its function and line, or, without a name, its address.
using FrameKey = std::tuple<std::string_view, std::string_view, int32_t, uint64_t>;

FrameKey KeyOf(const Frame& frame, bool with_line) {
  if (frame.function.empty()) return {{}, {}, 0, frame.pc};
  if (!with_line) return {frame.function, {}, 0, 0};
  return {frame.function, frame.file, frame.line, 0};
}

std::vector<Shape> Number(const Snapshot& snapshot, bool with_line) {
  absl::flat_hash_map<FrameKey, uint32_t> frame_numbers;
  std::vector<uint32_t> number_of(snapshot.frames.size());
  for (size_t i = 0; i < snapshot.frames.size(); ++i) {
    const auto next = static_cast<uint32_t>(frame_numbers.size());
    number_of[i] =
        frame_numbers.try_emplace(KeyOf(snapshot.frames[i], with_line), next).first->second;
  }
  absl::flat_hash_map<std::vector<uint32_t>, Shape> shapes;
  std::vector<Shape> shape_of;
  shape_of.reserve(snapshot.stacks.size());
  for (const Stack& stack : snapshot.stacks) {
    std::vector<uint32_t> numbers;
    numbers.reserve(stack.frames.size() + 1);
    for (const FrameId id : stack.frames) numbers.push_back(number_of[id]);
    // Whether frames are missing matters to a person, how many does not.
    numbers.push_back(stack.elided > 0 ? 1 : 0);
    const auto next = static_cast<Shape>(shapes.size());
    shape_of.push_back(shapes.try_emplace(std::move(numbers), next).first->second);
  }
  return shape_of;
}

}  // namespace

Shapes::Shapes(const Snapshot& snapshot)
    : by_line_(Number(snapshot, /*with_line=*/true)),
      by_function_(Number(snapshot, /*with_line=*/false)) {}

}  // namespace muster::inspector::analysis
