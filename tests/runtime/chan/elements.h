// Element types that keep account of themselves.
#ifndef MUSTER_TESTS_RUNTIME_CHAN_ELEMENTS_H_
#define MUSTER_TESTS_RUNTIME_CHAN_ELEMENTS_H_

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <utility>

namespace muster::testing {

// Counted knows how many of its kind exist. One that is destroyed twice, or where none was built,
// does not find its own address in itself.
class Counted {
 public:
  explicit Counted(int value) : value_(value) { ++live_; }
  Counted(Counted&& other) noexcept : value_(std::exchange(other.value_, -1)) { ++live_; }
  Counted& operator=(Counted&&) = delete;
  ~Counted() {
    if (self_ != this) ADD_FAILURE() << "destroyed what was not there";
    self_ = nullptr;
    --live_;
  }
  int value() const { return value_; }  // -1: moved from
  static int live() { return live_; }

 private:
  inline static std::atomic<int> live_{0};
  Counted* self_ = this;
  int value_;
};

// Fixture: at the end of a test as many elements exist as at its beginning.
class OwnershipTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(Counted::live(), 0); }
  void TearDown() override { EXPECT_EQ(Counted::live(), 0); }
};

struct MoveFailed : std::runtime_error {
  MoveFailed() : std::runtime_error("the move failed") {}
};

// Fragile's moves throw when Arm said so. Like a copy that runs out of memory, a failing move
// leaves its source as it was.
class Fragile {
 public:
  // The next `skip` moves succeed, the `fail` after them throw, the rest succeed.
  static void Arm(int skip, int fail) {
    skip_ = skip;
    fail_ = fail;
  }
  explicit Fragile(int value) : counted_(value) {}
  Fragile(Fragile&& other) : counted_(Checked(std::move(other.counted_))) {}
  Fragile& operator=(Fragile&&) = delete;
  int value() const { return counted_.value(); }

 private:
  static Counted&& Checked(Counted&& from) {
    if (skip_.load() > 0) {
      --skip_;
    } else if (fail_.load() > 0) {
      --fail_;
      throw MoveFailed();
    }
    return std::move(from);
  }
  // Armed while the other goroutines of the test are parked.
  inline static std::atomic<int> skip_{0};
  inline static std::atomic<int> fail_{0};
  Counted counted_;
};

}  // namespace muster::testing

#endif  // MUSTER_TESTS_RUNTIME_CHAN_ELEMENTS_H_
