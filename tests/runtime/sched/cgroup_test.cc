// The CPU limit of a cgroup, read from trees of files that are laid out like the kernel's.
#include "runtime/sched/cgroup.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace muster::sched {
namespace {

class CgroupLimit : public ::testing::Test {
 protected:
  CgroupLimit() {
    root_ = std::filesystem::path(::testing::TempDir()) /
            ("cgroup-" + std::to_string(getpid()) + "-" +
             ::testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::remove_all(root_);
  }
  ~CgroupLimit() override { std::filesystem::remove_all(root_); }

  void File(const std::string& path, const std::string& text) {
    const std::filesystem::path whole = root_.string() + path;
    std::filesystem::create_directories(whole.parent_path());
    std::ofstream(whole) << text << "\n";
  }
  void MountV2(const std::string& group) {
    File("/proc/self/mountinfo", "22 1 0:20 / /proc rw - proc proc rw\n30 22 0:26 " + group +
                                     " /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw");
  }
  double Limit() const { return CgroupCpuLimit(root_.string()); }

  std::filesystem::path root_;
};

TEST_F(CgroupLimit, IsNoneWithoutCgroups) { EXPECT_EQ(Limit(), 0); }

TEST_F(CgroupLimit, IsQuotaOverPeriod) {
  MountV2("/");
  File("/proc/self/cgroup", "0::/app");
  File("/sys/fs/cgroup/app/cpu.max", "250000 100000");
  EXPECT_EQ(Limit(), 2.5);
}

TEST_F(CgroupLimit, IsNoneForMax) {
  MountV2("/");
  File("/proc/self/cgroup", "0::/app");
  File("/sys/fs/cgroup/app/cpu.max", "max 100000");
  EXPECT_EQ(Limit(), 0);
}

TEST_F(CgroupLimit, IsTheTightestOfTheGroupsAround) {
  MountV2("/");
  File("/proc/self/cgroup", "0::/machine/app/worker");
  File("/sys/fs/cgroup/machine/cpu.max", "400000 100000");
  File("/sys/fs/cgroup/machine/app/cpu.max", "150000 100000");
  File("/sys/fs/cgroup/machine/app/worker/cpu.max", "max 100000");
  EXPECT_EQ(Limit(), 1.5);
}

TEST_F(CgroupLimit, IsThatOfTheMountInAContainer) {
  MountV2("/docker/4711");
  File("/proc/self/cgroup", "0::/docker/4711");
  File("/sys/fs/cgroup/cpu.max", "300000 100000");
  EXPECT_EQ(Limit(), 3);
}

TEST_F(CgroupLimit, IsReadWhereTheHierarchyIsMounted) {
  File("/proc/self/mountinfo", "30 22 0:26 / /elsewhere/unified rw - cgroup2 cgroup2 rw");
  File("/proc/self/cgroup", "0::/app");
  File("/elsewhere/unified/app/cpu.max", "100000 100000");
  EXPECT_EQ(Limit(), 1);
}

TEST_F(CgroupLimit, IsThatOfVersionOneWhereItHasTheController) {
  File("/proc/self/mountinfo",
       "30 22 0:26 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
       "31 22 0:27 /docker/4711 /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct");
  File("/proc/self/cgroup", "5:memory:/docker/4711\n4:cpu,cpuacct:/docker/4711\n0::/app");
  File("/sys/fs/cgroup/unified/app/cpu.max", "900000 100000");
  File("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "150000");
  File("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "50000");
  EXPECT_EQ(Limit(), 3);
}

TEST_F(CgroupLimit, IsNoneForAVersionOneQuotaOfMinusOne) {
  File("/proc/self/mountinfo", "31 22 0:27 / /cpu rw - cgroup cgroup rw,cpu");
  File("/proc/self/cgroup", "4:cpu:/");
  File("/cpu/cpu.cfs_quota_us", "-1");
  File("/cpu/cpu.cfs_period_us", "100000");
  EXPECT_EQ(Limit(), 0);
}

TEST_F(CgroupLimit, IsNoneWhenTheFilesMakeNoSense) {
  MountV2("/");
  File("/proc/self/cgroup", "0::/app\nnonsense\n::");
  File("/sys/fs/cgroup/app/cpu.max", "many");
  EXPECT_EQ(Limit(), 0);
}

}  // namespace
}  // namespace muster::sched
