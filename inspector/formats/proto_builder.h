// ProtoBuilder: pprof's profile message, piece by piece: what goroutine profiles and others share.
#ifndef MUSTER_INSPECTOR_FORMATS_PROTO_BUILDER_H_
#define MUSTER_INSPECTOR_FORMATS_PROTO_BUILDER_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "inspector/formats/visible.h"
#include "muster/inspector/model.h"
#include "pprof.pb.h"

namespace muster::inspector::formats {

// Refers to the snapshot, whose frames, stacks and mappings it takes. Not thread-safe.
class ProtoBuilder {
 public:
  ProtoBuilder(const Snapshot& snapshot, bool all_frames);

  void AddSampleType(std::string_view type, std::string_view unit);
  // What tools show when they are not told: that type, the last one otherwise.
  void SetDefaultSampleType(std::string_view type);
  void SetPeriod(std::string_view type, std::string_view unit, int64_t period);
  void AddComment(std::string_view text);

  // A sample at that stack; the caller adds a value for each sample type, in their order.
  pprof::Sample* AddSample(StackId stack);
  void AddLabel(std::string_view key, std::string_view value, pprof::Sample* sample);
  void AddNumber(std::string_view key, int64_t number, std::string_view unit,
                 pprof::Sample* sample);

  std::string Finish() const { return profile_.SerializeAsString(); }
  const Folding& folding() const { return folding_; }

 private:
  int64_t Text(std::string_view text);
  void AddMappings();
  static void SetSymbolized(bool symbolized, pprof::Mapping* mapping);
  pprof::Mapping* FindMapping(uint64_t address);
  void AddLocations(StackId stack, pprof::Sample* sample);
  uint64_t Location(const std::vector<FrameId>& frames);
  uint64_t ElidedLocation();
  uint64_t Function(std::string_view name, std::string_view file);

  const Snapshot& snapshot_;
  Folding folding_;
  pprof::Profile profile_;
  std::map<uint64_t, int> by_start_;
  absl::flat_hash_map<std::string, int> strings_;
  absl::flat_hash_map<std::vector<FrameId>, uint64_t> locations_;
  absl::flat_hash_map<std::pair<int64_t, int64_t>, uint64_t> functions_;
  uint64_t elided_location_ = 0;
};

}  // namespace muster::inspector::formats

#endif  // MUSTER_INSPECTOR_FORMATS_PROTO_BUILDER_H_
