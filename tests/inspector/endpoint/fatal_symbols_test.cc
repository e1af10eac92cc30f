#include "inspector/endpoint/fatal_symbols.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <string>
#include <thread>
#include <vector>

namespace muster::inspector {

// Outside the anonymous namespace, so that its name is plain.
__attribute__((noinline)) uint64_t HereForFatalSymbols() {
  const auto address = reinterpret_cast<uint64_t>(__builtin_return_address(0));
  asm volatile("");
  return address;
}

__attribute__((noinline)) uint64_t CallerForFatalSymbols(int* line) {
  *line = __LINE__ + 1;
  const uint64_t address = HereForFatalSymbols();
  asm volatile("");
  return address;
}

namespace {

class FatalSymbols : public testing::Test {
 protected:
  static void SetUpTestSuite() { ASSERT_TRUE(StartFatalSymbols().ok()); }
};

std::string Expected(int line) { return "fatal_symbols_test.cc:" + std::to_string(line); }

TEST_F(FatalSymbols, NameFunctionFileAndLine) {
  int line = 0;
  const uint64_t address = CallerForFatalSymbols(&line);
  char text[512];
  ASSERT_TRUE(FatalSymbolize(address, text, sizeof(text)));
  const std::string found = text;
  EXPECT_TRUE(found.starts_with("muster::inspector::CallerForFatalSymbols\t/")) << found;
  EXPECT_TRUE(found.ends_with(Expected(line))) << found;
}

TEST_F(FatalSymbols, KnowNothingOfAStrayAddress) {
  char text[512] = "untouched";
  EXPECT_FALSE(FatalSymbolize(0x10, text, sizeof(text)));
}

TEST_F(FatalSymbols, StayWithinTheCallersBuffer) {
  int line = 0;
  const uint64_t address = CallerForFatalSymbols(&line);
  char text[12];
  std::memset(text, '#', sizeof(text));
  ASSERT_TRUE(FatalSymbolize(address, text, 8));
  EXPECT_STREQ(text, "muster:");
  EXPECT_EQ(std::string(text + 8, 4), "####");
  EXPECT_FALSE(FatalSymbolize(address, text, 0));
}

TEST_F(FatalSymbols, AnswerSeveralThreadsEachItsOwn) {
  int line = 0;
  const uint64_t address = CallerForFatalSymbols(&line);
  std::vector<std::thread> threads;
  std::vector<int> right(4);
  for (size_t i = 0; i < right.size(); ++i) {
    threads.emplace_back([&, i] {
      for (int n = 0; n < 200; ++n) {
        char text[512];
        const bool known = FatalSymbolize(i % 2 == 0 ? address : 0x10, text, sizeof(text));
        right[i] += i % 2 == 0 ? known && std::string(text).ends_with(Expected(line)) : !known;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, std::vector<int>(4, 200));
}

TEST_F(FatalSymbols, LeaveAForkedChildToItsOwnDevices) {
  int line = 0;
  const uint64_t address = CallerForFatalSymbols(&line);
  const pid_t child = fork();
  if (child == 0) {
    char text[512];
    _exit(FatalSymbolize(address, text, sizeof(text)) ? 1 : 0);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace muster::inspector
