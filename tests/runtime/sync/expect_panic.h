// ExpectPanic: that a call throws muster::Panic, and that its text begins with Go's words.
#ifndef MUSTER_TESTS_RUNTIME_SYNC_EXPECT_PANIC_H_
#define MUSTER_TESTS_RUNTIME_SYNC_EXPECT_PANIC_H_

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "muster/panic.h"

namespace muster::testing {

// Returns the panic's text, for those who want to know more.
template <typename F>
std::string ExpectPanic(std::string_view words, F call) {
  try {
    call();
  } catch (const Panic& panic) {
    const std::string what = panic.what();
    EXPECT_TRUE(what.starts_with(words)) << what;
    return what;
  }
  ADD_FAILURE() << "no panic; expected: " << words;
  return "";
}

}  // namespace muster::testing

#endif  // MUSTER_TESTS_RUNTIME_SYNC_EXPECT_PANIC_H_
