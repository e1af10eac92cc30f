// Sampler: something done again and again at equal intervals, with progress on stderr, until the
// time is over or somebody interrupts it.
#ifndef TOOLS_GPROF_DUMP_SAMPLER_H_
#define TOOLS_GPROF_DUMP_SAMPLER_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tools/gprof-dump/watch.h"

namespace muster::gprof_dump {

// How many samples fit: one at the beginning and one after each interval.
size_t SampleCount(const Sampling& sampling);

// Sample calls `take` for each sample with its number, from 1 on, and the time since the first one
// in nanoseconds. It returns what to say of the sample as progress. A failure is the result, but
// when the target goes away after the first sample, that is said and the sampling is over. SIGINT
// and SIGTERM end it between two samples, without an error. Blocks the calling thread, for which
// both signals stay blocked.
using TakeSample = std::function<absl::StatusOr<std::string>(size_t number, int64_t at_ns)>;
absl::Status Sample(const Sampling& sampling, const TakeSample& take);

}  // namespace muster::gprof_dump

#endif  // TOOLS_GPROF_DUMP_SAMPLER_H_
