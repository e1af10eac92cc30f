// Shapes: which stacks are the same to a person. A debug=1 bucket is one
// list of addresses, so that a thousand goroutines at one line may have a thousand stacks. Refers
// to nothing once it is built.
#ifndef MUSTER_INSPECTOR_ANALYSIS_SHAPES_H_
#define MUSTER_INSPECTOR_ANALYSIS_SHAPES_H_

#include <cstdint>
#include <vector>

#include "muster/inspector/model.h"

namespace muster::inspector::analysis {

using Shape = uint32_t;

class Shapes {
 public:
  explicit Shapes(const Snapshot& snapshot);

  // The same for stacks of the same functions at the same lines, whatever their addresses. Frames
  // without a name are told apart by their address.
  Shape ByLine(StackId stack) const { return At(by_line_, stack); }
  // The same for stacks of the same functions.
  Shape ByFunction(StackId stack) const { return At(by_function_, stack); }

 private:
  static Shape At(const std::vector<Shape>& shapes, StackId stack) {
    return stack < shapes.size() ? shapes[stack] : kNoStack;
  }

  std::vector<Shape> by_line_;  // by StackId
  std::vector<Shape> by_function_;
};

}  // namespace muster::inspector::analysis

#endif  // MUSTER_INSPECTOR_ANALYSIS_SHAPES_H_
