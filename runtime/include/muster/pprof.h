// Labels, as Go's runtime/pprof has them: sets of keys and values that contexts carry and
// goroutines wear. Dumps and profiles show those of goroutines, and a goroutine inherits its
// creator's.
//
//   muster::pprof::Do(ctx, muster::pprof::Labels("request", id), [](const context::Context& ctx) {
//     ...  // whatever is started in here has the label
//   });
//
// A goroutine's labels are set from a context's; nothing keeps the two together afterwards.
// runtime::SetLabel and its like (runtime.h) change a goroutine's own, without a context. All are
// thread-safe, work on foreign threads too, and do not block.
#ifndef MUSTER_PPROF_H_
#define MUSTER_PPROF_H_

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "muster/context.h"

namespace muster::pprof {

// A LabelSet is some labels, by key, each key once.
class LabelSet {
 public:
  using Pairs = std::vector<std::pair<std::string, std::string>>;

  LabelSet() = default;
  // Of equal keys the last one counts.
  explicit LabelSet(Pairs pairs);

  const Pairs& pairs() const { return pairs_; }

 private:
  Pairs pairs_;
};

// Labels("key", "value", "key", "value", ...). An odd number does not compile; in Go it panics.
template <typename... Texts>
requires(sizeof...(Texts) % 2 == 0) LabelSet Labels(const Texts&... keys_and_values) {
  const std::string texts[] = {std::string(keys_and_values)..., std::string()};
  LabelSet::Pairs pairs;
  for (size_t i = 0; i + 1 < sizeof...(Texts); i += 2) pairs.emplace_back(texts[i], texts[i + 1]);
  return LabelSet(std::move(pairs));
}

// A copy of `ctx` with these labels besides those that it has; of equal keys these count.
context::Context WithLabels(const context::Context& ctx, const LabelSet& labels);

// The value of a label of `ctx`; nullopt if it has none.
std::optional<std::string> Label(const context::Context& ctx, std::string_view key);

// Calls f(key, value) for each label of `ctx`, by key, as long as it returns true.
template <typename F>
void ForLabels(const context::Context& ctx, F f);

// SetGoroutineLabels replaces the calling goroutine's labels by those of `ctx`, none if it has
// none.
void SetGoroutineLabels(const context::Context& ctx);

namespace internal {
// Those of `ctx`; valid as long as it lives.
const LabelSet& LabelsOf(const context::Context& ctx);
}  // namespace internal

// Do calls f(ctx) with a context that has `labels` besides its own, and has the goroutine wear them
// meanwhile. When `f` has returned, or thrown, the goroutine has the labels of the `ctx` that was
// given: as in Go, those, and not whatever it had before.
template <typename F>
void Do(const context::Context& ctx, const LabelSet& labels, F&& f) {
  struct Restore {
    const context::Context& ctx;
    ~Restore() { SetGoroutineLabels(ctx); }
  } restore{ctx};
  const context::Context labelled = WithLabels(ctx, labels);
  SetGoroutineLabels(labelled);
  std::forward<F>(f)(labelled);
}

template <typename F>
void ForLabels(const context::Context& ctx, F f) {
  for (const auto& [key, value] : internal::LabelsOf(ctx).pairs()) {
    if (!f(key, value)) return;
  }
}

}  // namespace muster::pprof

#endif  // MUSTER_PPROF_H_
