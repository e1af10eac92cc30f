// When a stack's unneeded pages are given back: scavenger.h tells the rules.
#ifndef MUSTER_STACK_SHRINK_POLICY_H_
#define MUSTER_STACK_SHRINK_POLICY_H_

#include <algorithm>
#include <cstdint>

namespace muster::stack {

inline constexpr int16_t kFewestVisits = 2;
inline constexpr int16_t kMostVisits = 64;

// What the scavenger remembers of a slot.
class ShrinkPolicy {
 public:
  // The slot was found with pages that it does not need. `runs` is how often it has been switched
  // to so far. Returns whether to give them back now.
  bool VisitDeep(uint32_t runs) {
    if (given_back_) visits_needed_ = std::min<int16_t>(2 * visits_needed_, kMostVisits);
    given_back_ = false;
    const bool slept = visits_ > 0 && runs == runs_;
    runs_ = runs;
    if (++visits_ < visits_needed_ && !slept) return false;
    visits_ = 0;
    given_back_ = true;
    return true;
  }

  // The slot was found with no more than it needs.
  void VisitShallow() {
    visits_needed_ = std::max<int16_t>(visits_needed_ / 2, kFewestVisits);
    visits_ = 0;
  }

 private:
  uint32_t runs_ = 0;  // at the last visit
  // How often in a row it must be found deep, and was.
  int16_t visits_needed_ = kFewestVisits;
  int16_t visits_ = 0;
  bool given_back_ = false;  // and not found deep since
};

}  // namespace muster::stack

#endif  // MUSTER_STACK_SHRINK_POLICY_H_
