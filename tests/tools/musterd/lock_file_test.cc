// One daemon for each history.
#include "tools/musterd/lock_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <optional>
#include <string>

#include "tests/tools/process.h"

namespace muster::musterd {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(LockFile, SecondOwnerIsToldTheFirst) {
  const muster::testing::TemporaryDirectory directory;
  const auto first = LockFile::Acquire(directory / "m.db");
  ASSERT_TRUE(first.ok()) << first.status();
  const auto second = LockFile::Acquire(directory / "m.db");
  ASSERT_FALSE(second.ok());
  EXPECT_THAT(std::string(second.status().message()),
              AllOf(HasSubstr("is in use by process " + std::to_string(getpid())),
                    HasSubstr("give another --db")));
}

TEST(LockFile, IsFreeAfterItsOwner) {
  const muster::testing::TemporaryDirectory directory;
  {
    const auto first = LockFile::Acquire(directory / "m.db");
    ASSERT_TRUE(first.ok());
  }
  EXPECT_TRUE(LockFile::Acquire(directory / "m.db").ok());
}

TEST(LockFile, OtherHistoriesAreNotConcerned) {
  const muster::testing::TemporaryDirectory directory;
  const auto first = LockFile::Acquire(directory / "a.db");
  EXPECT_TRUE(LockFile::Acquire(directory / "b.db").ok());
}

TEST(LockFile, MissingDirectoryIsNamed) {
  const muster::testing::TemporaryDirectory directory;
  const auto lock = LockFile::Acquire(directory / "none/m.db");
  ASSERT_FALSE(lock.ok());
  EXPECT_THAT(std::string(lock.status().message()), HasSubstr("none/m.db.lock"));
}

}  // namespace
}  // namespace muster::musterd
