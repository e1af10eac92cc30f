#include "runtime/record/module_at.h"

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

namespace muster::record {
namespace {

uint64_t AddressOf(const void* code) { return reinterpret_cast<uint64_t>(code); }

// The dynamic linker knows the same, but may not be asked in a signal handler.
void ExpectAsTheLinkerSays(const void* code) {
  Dl_info info;
  ASSERT_NE(dladdr(code, &info), 0);
  Module module;
  ASSERT_TRUE(ModuleAt(AddressOf(code), &module));
  EXPECT_EQ(module.base, AddressOf(info.dli_fbase));
  char linker[4096];
  ASSERT_NE(realpath(info.dli_fname, linker), nullptr);
  EXPECT_EQ(std::string(module.path), linker);
}

TEST(ModuleAt, IsTheProgramForItsOwnCode) {
  ExpectAsTheLinkerSays(reinterpret_cast<const void*>(&AddressOf));
}

TEST(ModuleAt, IsTheLibraryForItsCode) {
  ExpectAsTheLinkerSays(dlsym(RTLD_DEFAULT, "strtol"));
  ExpectAsTheLinkerSays(dlsym(RTLD_DEFAULT, "__cxa_throw"));
}

TEST(ModuleAt, IsTheSameWhenAskedAgain) {
  for (int i = 0; i < 3; ++i) ExpectAsTheLinkerSays(dlsym(RTLD_DEFAULT, "strtol"));
}

TEST(ModuleAt, IsNoneOfWhatIsNoFile) {
  Module module;
  const int on_the_stack = 0;
  EXPECT_FALSE(ModuleAt(AddressOf(&on_the_stack), &module));
  EXPECT_FALSE(ModuleAt(0, &module));
  EXPECT_FALSE(ModuleAt(~uint64_t{0}, &module));
}

}  // namespace
}  // namespace muster::record
