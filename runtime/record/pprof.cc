#include "muster/pprof.h"

#include <map>

#include "runtime/record/labels.h"

namespace muster::pprof {
namespace {

constinit const context::Key<LabelSet> kLabels("pprof labels");

}  // namespace

LabelSet::LabelSet(Pairs pairs) {
  std::map<std::string, std::string> by_key;
  for (auto& [key, value] : pairs) by_key.insert_or_assign(std::move(key), std::move(value));
  pairs_.assign(by_key.begin(), by_key.end());
}

const LabelSet& internal::LabelsOf(const context::Context& ctx) {
  static const auto* const kNone = new LabelSet;
  const LabelSet* labels = ctx.Value(kLabels);
  return labels == nullptr ? *kNone : *labels;
}

context::Context WithLabels(const context::Context& ctx, const LabelSet& labels) {
  LabelSet::Pairs all = internal::LabelsOf(ctx).pairs();
  all.insert(all.end(), labels.pairs().begin(), labels.pairs().end());
  return context::WithValue(ctx, kLabels, LabelSet(std::move(all)));
}

std::optional<std::string> Label(const context::Context& ctx, std::string_view key) {
  for (const auto& pair : internal::LabelsOf(ctx).pairs()) {
    if (pair.first == key) return pair.second;
  }
  return std::nullopt;
}

void SetGoroutineLabels(const context::Context& ctx) {
  record::SetOwnLabels(internal::LabelsOf(ctx).pairs());
}

}  // namespace muster::pprof
