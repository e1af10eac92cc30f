#include "runtime/record/traceback_level.h"

#include <gtest/gtest.h>

#include "muster/debug.h"
#include "muster/panic.h"

namespace muster::record {
namespace {

TracebackLevel Parsed(const char* text) {
  TracebackLevel level;
  EXPECT_TRUE(ParseTracebackLevel(text, &level)) << text;
  return level;
}

TEST(TracebackLevel, HasGosNamesAndNumbers) {
  EXPECT_EQ(Parsed("none"), TracebackLevel({.stacks = false}));
  EXPECT_EQ(Parsed("0"), Parsed("none"));
  EXPECT_EQ(Parsed("single"), TracebackLevel());
  EXPECT_EQ(Parsed(""), Parsed("single"));
  EXPECT_EQ(Parsed("all"), TracebackLevel({.others = true}));
  EXPECT_EQ(Parsed("1"), Parsed("all"));
  EXPECT_EQ(Parsed("system"), TracebackLevel({.others = true, .system = true}));
  EXPECT_EQ(Parsed("2"), Parsed("system"));
  EXPECT_EQ(Parsed("crash"), TracebackLevel({.others = true, .system = true, .crash = true}));
}

TEST(TracebackLevel, StaysAsItIsForWhatItDoesNotKnow) {
  TracebackLevel level = {.others = true};
  for (const char* text : {"ALL", "3", "single ", "-1"}) {
    EXPECT_FALSE(ParseTracebackLevel(text, &level)) << text;
  }
  EXPECT_EQ(level, TracebackLevel({.others = true}));
}

// The program is started without MUSTER_TRACEBACK, or with less than what is set here.
TEST(SetTraceback, SaysMoreButNotLessThanTheEnvironment) {
  const TracebackLevel before = Level();
  debug::SetTraceback("crash");
  EXPECT_EQ(Level(), Parsed("crash"));
  debug::SetTraceback("single");
  EXPECT_EQ(Level(), before);
  debug::SetTraceback("none");
  EXPECT_EQ(Level(), before);
}

TEST(SetTraceback, PanicsForWhatIsNoLevel) { EXPECT_THROW(debug::SetTraceback("loud"), Panic); }

}  // namespace
}  // namespace muster::record
