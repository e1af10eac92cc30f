// With the inspector, runtime::Caller and its like know files and lines.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "muster/caller.h"
#include "muster/go.h"

namespace muster {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

TEST(CallerLines, AreThoseOfTheCall) {
  muster::Run([] {
    const int line = __LINE__ + 1;
    const runtime::CallSite site = runtime::Caller(0);
    EXPECT_TRUE(site.ok);
    EXPECT_THAT(site.file, EndsWith("caller_lines_test.cc"));
    EXPECT_EQ(site.line, line);
  });
}

TEST(CallerLines, AreInFrames) {
  muster::Run([] {
    std::vector<uintptr_t> pcs(1);
    const int line = __LINE__ + 1;
    ASSERT_EQ(runtime::Callers(1, pcs), 1);
    const runtime::Frame frame = runtime::CallersFrames(pcs).Next().first;
    EXPECT_THAT(frame.file, EndsWith("caller_lines_test.cc"));
    EXPECT_EQ(frame.line, line);
  });
}

TEST(CallerLines, AreInStacks) {
  muster::Run([] {
    const std::string line = std::to_string(__LINE__ + 1);
    const std::string text = runtime::Stack();
    EXPECT_THAT(text, HasSubstr("caller_lines_test.cc:" + line + "\n"));
  });
}

}  // namespace
}  // namespace muster
