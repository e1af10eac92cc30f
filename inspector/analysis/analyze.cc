#include <utility>

#include "inspector/analysis/detectors.h"
#include "muster/inspector/analysis.h"

namespace muster::inspector {
namespace {

using analysis::Verdict;

// In the order in which they explain: one that proves something, or names a cycle, before those
// that merely count or suspect, which then leave its goroutines alone.
constexpr std::vector<Verdict> (*kDetectors[])(const analysis::Case&) = {
