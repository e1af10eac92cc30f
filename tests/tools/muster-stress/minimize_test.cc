#include "tools/muster-stress/minimize.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

namespace muster::stress {
namespace {

using Trace = std::vector<Decision>;

// A program whose run fails if `fails` says so of its decisions. "random" decides 1 everywhere.
class Program {
 public:
  Program(size_t steps, std::function<bool(const Trace&)> fails)
      : steps_(steps), fails_(std::move(fails)) {}

  Attempted operator()(const std::string& schedule) {
    ++runs;
    Trace trace(steps_, {.options = 2, .chosen = 0, .preemptive = true});
    // A replay is compared as text, so that what is tested is what the runtime would get.
    for (size_t i = 0; i < steps_; ++i) trace[i].chosen = schedule == "random" ? 1 : 0;
    if (schedule != "random") {
      size_t at = 0;
      for (size_t from = 7; from < schedule.size();) {
        const size_t end = std::min(schedule.find('.', from), schedule.size());
        const std::string part = schedule.substr(from, end - from);
        const size_t star = part.find('*');
        const int times = star == std::string::npos ? 1 : std::stoi(part.substr(star + 1));
        for (int i = 0; i < times; ++i) {
          trace[at++].chosen = static_cast<uint32_t>(std::stoi(part.substr(0, star)));
        }
        from = end + 1;
      }
    }
    return {.failed = fails_(trace), .trace = trace};
  }

  uint64_t runs = 0;

 private:
  size_t steps_;
  std::function<bool(const Trace&)> fails_;
};

TEST(Minimize, KeepsThePreemptionsThatTheBugNeeds) {
  Program program(64, [](const Trace& t) { return t[5].chosen == 1 && t[40].chosen == 1; });
  uint64_t before = 0;
  const auto best = Minimize("random", std::ref(program), 200, &before);
  ASSERT_TRUE(best);
  EXPECT_EQ(before, 64U);
  EXPECT_EQ(Preemptions(*best), 2U);
  EXPECT_EQ(ReplayText(*best), "replay:0*5.1.0*34.1");
}

// Three at once show the bug, and so does one elsewhere; two of the three do not.
TEST(Minimize, FindsFewerPreemptionsAtOtherPlaces) {
  Program program(12, [](const Trace& t) {
    const bool three = t[1].chosen == 1 && t[4].chosen == 1 && t[6].chosen == 1;
    const bool alone = Preemptions(t) == 1 && t[3].chosen == 1;
    return three || alone;
  });
  uint64_t before = 0;
  const auto best = Minimize("random", std::ref(program), 200, &before);
  ASSERT_TRUE(best);
  EXPECT_EQ(ReplayText(*best), "replay:0*3.1");
}

TEST(Minimize, NeedsNoneForABugThatAlwaysShows) {
  Program program(32, [](const Trace&) { return true; });
  uint64_t before = 0;
  const auto best = Minimize("random", std::ref(program), 200, &before);
  ASSERT_TRUE(best);
  EXPECT_EQ(ReplayText(*best), "replay:");
}

TEST(Minimize, SaysThatTheScheduleAloneDoesNotDecide) {
  int runs = 0;
  const Attempt once = [&](const std::string&) {
    return Attempted{.failed = runs++ == 0, .trace = Trace(3)};
  };
  uint64_t before = 0;
  EXPECT_FALSE(Minimize("random", once, 200, &before));
}

TEST(Minimize, EndsWhenItHasTriedEnough) {
  Program program(4096, [](const Trace& t) {
    for (size_t i = 0; i < t.size(); i += 2) {
      if (t[i].chosen == 0) return false;
    }
    return true;
  });
  uint64_t before = 0;
  const auto best = Minimize("random", std::ref(program), 50, &before);
  EXPECT_TRUE(best);
  EXPECT_LE(program.runs, 2 + 2 * 50U);
}

}  // namespace
}  // namespace muster::stress
