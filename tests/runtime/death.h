// Death: the fixture of tests of how a process ends.
#ifndef TESTS_RUNTIME_DEATH_H_
#define TESTS_RUNTIME_DEATH_H_

#include <gtest/gtest.h>

namespace muster::testing {

// Threads exist by then, so each death test runs in a process of its own.
class Death : public ::testing::Test {
 protected:
  void SetUp() override { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

}  // namespace muster::testing

#endif  // TESTS_RUNTIME_DEATH_H_
