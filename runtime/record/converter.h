// Converter: from the sightings of one roll call to the public form of goroutines. What goroutines
// have in common, it makes once. Not thread-safe.
#ifndef MUSTER_RECORD_CONVERTER_H_
#define MUSTER_RECORD_CONVERTER_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "muster/record.h"
#include "runtime/record/roll_call.h"

namespace muster::record {

class Converter {
 public:
  using LabelList = SharedList<std::pair<std::string, std::string>>;

  explicit Converter(const RollCall& call) : call_(call) {}

  // Overwrites all of `out`.
  void Convert(const Sighting& seen, Goroutine* out);

  const Stack& StackOf(uint32_t id);          // a number in call.stacks()
  const Stack& CreationStackOf(uint32_t id);  // one in the process's table; valid until the next
  const LabelList& LabelsOf(uint32_t id);     // a number in call.labels()

 private:
  const SharedList<uint64_t>& AncestorsOf(const Raw& raw);
  SharedList<Wait> WaitsOf(const std::vector<Wait>& waits);

  // Waits on one object, found by its address: a crowd waits on a few.
  static constexpr size_t kKnownWaits = 64;

  const RollCall& call_;
  std::vector<Stack> stacks_;      // by number
  std::vector<LabelList> labels_;  // by number
  absl::flat_hash_map<uint32_t, Stack> creation_stacks_;
  std::pair<uint32_t, Stack> last_creation_stack_;
  SharedList<uint64_t> last_ancestors_;
  std::array<SharedList<Wait>, kKnownWaits> known_waits_;
};

}  // namespace muster::record

#endif  // MUSTER_RECORD_CONVERTER_H_
