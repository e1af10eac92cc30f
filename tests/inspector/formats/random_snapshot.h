// Snapshots for property tests: random, and the same for the same seed.
#ifndef MUSTER_TESTS_INSPECTOR_FORMATS_RANDOM_SNAPSHOT_H_
#define MUSTER_TESTS_INSPECTOR_FORMATS_RANDOM_SNAPSHOT_H_

#include <cstdint>
#include <string>

#include "muster/inspector/formats.h"
#include "muster/inspector/model.h"

namespace muster::inspector::testing {

// Uses every field of the model, with names that are hard to write down.
Snapshot RandomSnapshot(uint64_t seed);

std::string Written(const Snapshot& snapshot, Format format, bool all_frames = true);

// The whole contents of testdata/go-dumps/`name`.
std::string GoDump(const std::string& name);

// Two snapshots side by side in a form that a failed test can print: every goroutine with its
// stacks spelled out, so that numbering does not matter.
std::string Describe(const Snapshot& snapshot);

}  // namespace muster::inspector::testing

#endif  // MUSTER_TESTS_INSPECTOR_FORMATS_RANDOM_SNAPSHOT_H_
