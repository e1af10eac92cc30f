// What makes a finding the same one in the next poll.
#include <gtest/gtest.h>

#include <string>

#include "muster/inspector/formats.h"
#include "tools/musterd/poll.h"

namespace muster::musterd {
namespace {

inspector::Snapshot Stuck(const std::string& id, const std::string& place) {
  auto snapshot =
      inspector::Read("goroutine " + id + " [chan receive (nil chan)]:\nmain.listen()\n\t" + place +
                          " +0x2a\ncreated by main.main in goroutine 1\n"
                          "\t/src/main.go:11 +0x44\n",
                      "test");
  EXPECT_TRUE(snapshot.ok()) << snapshot.status();
  return *std::move(snapshot);
}

inspector::Finding FindingAbout(uint64_t id) {
  inspector::Finding finding;
  finding.rule = "some-rule";
  finding.goroutines = {id};
  return finding;
}

TEST(Fingerprint, IsTheSameForAnotherGoroutineAtTheSamePlace) {
  EXPECT_EQ(Fingerprint(Stuck("9", "/src/listen.go:21"), FindingAbout(9)),
            Fingerprint(Stuck("12", "/src/listen.go:21"), FindingAbout(12)));
}

TEST(Fingerprint, DiffersByPlace) {
  EXPECT_NE(Fingerprint(Stuck("9", "/src/listen.go:21"), FindingAbout(9)),
            Fingerprint(Stuck("9", "/src/listen.go:22"), FindingAbout(9)));
}

TEST(Fingerprint, DiffersByRuleAndByObject) {
  const inspector::Snapshot snapshot = Stuck("9", "/src/listen.go:21");
  inspector::Finding other = FindingAbout(9);
  other.rule = "another-rule";
  EXPECT_NE(Fingerprint(snapshot, other), Fingerprint(snapshot, FindingAbout(9)));
  other = FindingAbout(9);
  other.objects = {0xc0de};
  EXPECT_NE(Fingerprint(snapshot, other), Fingerprint(snapshot, FindingAbout(9)));
}

TEST(Fingerprint, DoesNotDependOnOrder) {
  const inspector::Snapshot snapshot = Stuck("9", "/src/listen.go:21");
  inspector::Finding one = FindingAbout(9);
  inspector::Finding two = FindingAbout(9);
  one.objects = {1, 2};
  two.objects = {2, 1};
  EXPECT_EQ(Fingerprint(snapshot, one), Fingerprint(snapshot, two));
}

TEST(Fingerprint, OfGoroutinesThatAreNotThereIsStillOne) {
  EXPECT_NE(Fingerprint(inspector::Snapshot(), FindingAbout(9)), "");
}

}  // namespace
}  // namespace muster::musterd
