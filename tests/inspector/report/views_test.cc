// The views besides the grouped one: golden files for what people read, rules for pictures.
#include "muster/inspector/views.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "inspector/report/layered.h"
#include "inspector/report/markup.h"
#include "tests/inspector/analysis/planted.h"
#include "tests/inspector/report/golden.h"

namespace muster::inspector {
namespace {

using planted::kSecond;
using planted::Planted;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::json;

// main, two servers that have a reader each, a lock cycle, and a sender.
class Shop : public Planted {
 public:
  Shop() {
    snapshot.source = "pid 4711";
    Waiting(1, "sleep").stack = Stack({"muster::time::Sleep@/usr/include/muster/time.h:20",
                                       "main::{lambda#1}@/src/shop/shop.cc:30"});
    last().creation_stack = kNoStack;
    for (uint64_t id = 2; id < 6; id += 2) {
      Receives(id, 0xc0).stack =
          Stack({"Serve@/src/shop/serve.cc:8", "Listen@/src/shop/serve.cc:3"});
      Waiting(id + 1, "IO wait").stack = Stack({"Read@/src/shop/serve.cc:21"});
      last().parent_id = id;
      last().creation_stack = Stack({"Serve@/src/shop/serve.cc:7"});
    }
    WaitsForMutex(7, 0xb0).stack = Stack({"Transfer@/src/shop/bank.cc:43"});
    WaitsForMutex(8, 0xa0).stack = Stack({"Transfer@/src/shop/bank.cc:43"});
    last().wait_ns = 4'250'000'000;
    Sends(9, 0xd0).stack = Stack({"Tell::operator&@/src/shop/tell.cc:2"});
    last().labels = {{"tenant", "7"}};
    Mutex(0xa0, 7);
    Mutex(0xb0, 8);
    Chan(0xc0, 1, 3);
    Thread(100, State::kWaiting, record::ToString(record::WaitReason::kRunMain)).tid = 4711;
    last().stack = kNoStack;
  }
};

template <typename Write>
std::string Text(const Write& write) {
  std::ostringstream out;
  write(out);
  return out.str();
}

TEST(ListView, OneLineAGoroutine) {
  const Shop shop;
  ExpectGolden(Text([&](std::ostream& out) { WriteList(shop.snapshot, out); }), "list.txt");
}

TEST(ListView, LongestWaitsFirstAndNoMoreThanAskedFor) {
  const Shop shop;
  const Json json = Json::parse(Text([&](std::ostream& out) {
    WriteListJson(shop.snapshot, out, {.order = ListOrder::kWait, .limit = 2});
  }));
  ASSERT_EQ(json["goroutines"].size(), 2u);
  EXPECT_EQ(json["goroutines"][0]["wait_ns"], 5 * kSecond);
}

TEST(TreeView, ShowsWhoCreatedWhom) {
  const Shop shop;
  ExpectGolden(Text([&](std::ostream& out) {
                 WriteTree(shop.snapshot, BuildCreationTree(shop.snapshot), out);
               }),
               "tree.txt");
}

TEST(TreeView, JsonRefersByNumber) {
  const Shop shop;
  const Json json = Json::parse(Text([&](std::ostream& out) {
    WriteTreeJson(shop.snapshot, BuildCreationTree(shop.snapshot), out);
  }));
  ASSERT_EQ(json["roots"].size(), 1u);
  const Json& root = json["nodes"][json["roots"][0].get<size_t>()];
  EXPECT_EQ(root["ids"][0], 1);
  EXPECT_EQ(root["children"].size(), 3u);
}

TEST(WaitForView, NamesCyclesHoldersAndWaiters) {
  const Shop shop;
  ExpectGolden(Text([&](std::ostream& out) {
                 WriteWaitFor(shop.snapshot, BuildWaitFor(shop.snapshot), out);
               }),
               "graph.txt");
}

TEST(WaitForView, SaysWhenNobodyWaits) {
  Planted planted;
  planted.Running(1);
  EXPECT_THAT(Text([&](std::ostream& out) {
                WriteWaitFor(planted.snapshot, BuildWaitFor(planted.snapshot), out);
              }),
              HasSubstr("no goroutine waits for anything that others have"));
}

TEST(WaitForView, DotAndJsonHaveEveryNodeAndEdge) {
  const Shop shop;
  const WaitFor graph = BuildWaitFor(shop.snapshot);
  const std::string dot =
      Text([&](std::ostream& out) { WriteWaitForDot(shop.snapshot, graph, out); });
  const Json json =
      Json::parse(Text([&](std::ostream& out) { WriteWaitForJson(shop.snapshot, graph, out); }));
  EXPECT_EQ(json["nodes"].size(), graph.nodes.size());
  EXPECT_EQ(json["edges"].size(), graph.edges.size());
  EXPECT_EQ(json["cycles"].size(), 1u);
  size_t arrows = 0;
  for (size_t at = dot.find("->"); at != std::string::npos; at = dot.find("->", at + 1)) ++arrows;
  EXPECT_EQ(arrows, graph.edges.size());
  EXPECT_THAT(dot, HasSubstr("color=red"));
}

TEST(WaitForView, PictureRefersToNothingOutside) {
  const Shop shop;
  const std::string svg = Text(
      [&](std::ostream& out) { WriteWaitForSvg(shop.snapshot, BuildWaitFor(shop.snapshot), out); });
  EXPECT_THAT(svg, AllOf(HasSubstr("goroutine 7"), HasSubstr("sync.Mutex 0xa0"),
                         Not(HasSubstr("href")), Not(HasSubstr("url(http"))));
}

TEST(FlameView, FoldedStacksHaveTheRootFirstAndTheStateLast) {
  const Shop shop;
  const std::string folded =
      Text([&](std::ostream& out) { WriteFlame(shop.snapshot, FlameForm::kFolded, out); });
  EXPECT_THAT(folded, HasSubstr("Listen;Serve;[chan receive] 2\n"));
  EXPECT_THAT(folded, HasSubstr("main::{lambda#1};[sleep] 1\n"));  // the runtime's is folded away
}

TEST(FlameView, CreationStacksOnRequest) {
  const Shop shop;
  const std::string folded = Text([&](std::ostream& out) {
    WriteFlame(shop.snapshot, FlameForm::kFolded, out, {.by_creation = true});
  });
  EXPECT_THAT(folded, HasSubstr("Serve;[IO wait] 2\n"));
}

TEST(FlameView, JsonAddsUp) {
  const Shop shop;
  const Json json = Json::parse(
      Text([&](std::ostream& out) { WriteFlame(shop.snapshot, FlameForm::kJson, out); }));
  EXPECT_EQ(json["total"], 8);
  uint64_t sum = 0;
  for (const Json& child : json["boxes"][0]["children"]) {
    sum += json["boxes"][child.get<size_t>()]["value"].get<uint64_t>();
  }
  EXPECT_EQ(sum, 8u);
}

TEST(FlameView, PageIsWholeAndEscaped) {
  const Shop shop;
  const std::string page =
      Text([&](std::ostream& out) { WriteFlame(shop.snapshot, FlameForm::kHtml, out); });
  EXPECT_THAT(page,
              AllOf(HasSubstr("<!DOCTYPE html>"), HasSubstr("operator&amp;"),
                    Not(HasSubstr("operator& ")), Not(HasSubstr("src=")), Not(HasSubstr("href"))));
}

TEST(Markup, EscapesAndReplacesWhatMarkupMayNotHold) {
  EXPECT_EQ(report::Markup("a<b>&\"c\"\x01\xff\u00e9"), "a&lt;b&gt;&amp;&quot;c&quot;??\u00e9");
}

TEST(Markup, ShortenedTextEndsInDotsAndCutsNoCharacter) {
  EXPECT_EQ(report::Shortened("abcdef", 6), "abcdef");
  EXPECT_EQ(report::Shortened("abcdefg", 6), "abcd..");
  EXPECT_EQ(report::Shortened("\u00e9\u00e9\u00e9\u00e9\u00e9", 4), "\u00e9\u00e9..");
  EXPECT_EQ(report::Shortened("abcdefg", 2), "");
}

TEST(Layered, EveryNodeHasACellOfItsOwn) {
  std::vector<std::pair<uint32_t, uint32_t>> edges;
  for (uint32_t i = 0; i < 200; ++i) edges.emplace_back(i * 7 % 100, (i * 13 + 5) % 100);
  std::set<std::pair<uint32_t, uint32_t>> cells;
  for (const report::Cell& cell : report::LayOut(120, edges)) cells.emplace(cell.column, cell.row);
  EXPECT_EQ(cells.size(), 120u);
}

TEST(Layered, EdgesLeadToTheRight) {
  const std::vector<std::pair<uint32_t, uint32_t>> edges = {{0, 1}, {1, 2}, {0, 2}, {3, 2}};
  const std::vector<report::Cell> cells = report::LayOut(4, edges);
  for (const auto& [from, to] : edges) EXPECT_LT(cells[from].column, cells[to].column);
}

TEST(Layered, CyclesAndLongChainsEnd) {
  std::vector<std::pair<uint32_t, uint32_t>> edges = {{0, 1}, {1, 0}, {2, 2}};
  EXPECT_EQ(report::LayOut(3, edges).size(), 3u);
  constexpr uint32_t kLong = 100'000;
  edges.clear();
  for (uint32_t i = 0; i + 1 < kLong; ++i) edges.emplace_back(i, i + 1);
  EXPECT_EQ(report::LayOut(kLong, edges).back().column, kLong - 1);
}

GroupedDump Grouped(const Snapshot& snapshot) { return {snapshot, GroupGoroutines(snapshot)}; }

TEST(ComparisonView, ShowsWhatGrewWithItsStack) {
  const Shop shop;
  Shop later;
  later.snapshot.source = "later.txt";
  const StackId stack = later.Stack({"Tell::operator&@/src/shop/tell.cc:2"});
  for (uint64_t id = 20; id < 23; ++id) later.Sends(id, 0xd0).stack = stack;
  std::erase_if(later.snapshot.goroutines, [](const Goroutine& g) { return g.id == 1; });
  const GroupedDump before = Grouped(shop.snapshot);
  const GroupedDump after = Grouped(later.snapshot);
  ExpectGolden(Text([&](std::ostream& out) {
                 WriteComparison(before, after, CompareDumps(before, after), out);
               }),
               "diff.txt");
  const Json json = Json::parse(Text([&](std::ostream& out) {
    WriteComparisonJson(before, after, CompareDumps(before, after), out);
  }));
  EXPECT_EQ(json["changes"][0]["delta"], 3);
}

Series GrowingSeries(uint64_t dumps) {
  Series series;
  for (uint64_t i = 0; i < dumps; ++i) {
    Shop shop;
    const StackId stack = shop.Stack({"Tell::operator&@/src/shop/tell.cc:2"});
    for (uint64_t n = 0; n < i; ++n) shop.Sends(20 + n, 0xd0).stack = stack;
    series.Add(Grouped(shop.snapshot), static_cast<int64_t>(i) * 10 * kSecond);
  }
  return series;
}

TEST(GrowthView, NamesWhatGrowsAndHowFast) {
  const Series series = GrowingSeries(9);
  ExpectGolden(Text([&](std::ostream& out) { WriteGrowth(series, series.Judge(), out); }),
               "growth.txt");
  const Json json =
      Json::parse(Text([&](std::ostream& out) { WriteGrowthJson(series, series.Judge(), out); }));
  EXPECT_EQ(json["growing"], 1);
  EXPECT_EQ(json["groups"][0]["trend"], "growing");
  EXPECT_THAT(json["groups"][0]["samples"][8], ElementsAre(80 * kSecond, 9));
}

TEST(GrowthView, TooFewSamplesAreSaidToBe) {
  const Series series = GrowingSeries(3);
  EXPECT_THAT(Text([&](std::ostream& out) { WriteGrowth(series, series.Judge(), out); }),
              HasSubstr("a verdict takes 6 samples"));
}

TEST(GroupsJson, HasTheGroupsOfTheGroupedView) {
  const Shop shop;
  const Json json =
      Json::parse(Text([&](std::ostream& out) { WriteGroupsJson(Grouped(shop.snapshot), out); }));
  EXPECT_EQ(json["goroutines"]["shown"], 8);
  EXPECT_EQ(json["groups"][0]["count"], 2);
  EXPECT_EQ(json["groups"][0]["stack"][0]["function"], "Serve");
}

}  // namespace
}  // namespace muster::inspector
