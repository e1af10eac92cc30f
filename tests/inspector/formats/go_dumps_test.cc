// The kinds of Go dumps that are found in the wild, each with what a reader must make of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_replace.h"
#include "tests/inspector/formats/random_snapshot.h"

namespace muster::inspector::testing {
namespace {

// One goroutine in one line: what the table below expects.
std::string Summary(const Snapshot& snapshot, const Goroutine& g) {
  std::ostringstream out;
  if (g.kind == Kind::kThread) out << "thread ";
  if (g.kind == Kind::kSystem) out << "system ";
  if (g.id != 0) out << g.id << ' ';
  if (g.count != 1) out << 'x' << g.count << ' ';
  out << '[' << g.status() << ']';
  if (!g.status_flags.empty()) out << ' ' << g.status_flags;
  if (g.wait_ns) out << ' ' << *g.wait_ns / 60'000'000'000 << "min";
  if (g.locked_to_thread) out << " locked";
  for (const Wait& w : g.waits) {
    out << " on " << std::hex << w.object << std::dec << '/' << static_cast<int>(w.kind) << '/'
        << static_cast<int>(w.direction);
  }
  for (const auto& [key, value] : g.labels) out << ' ' << key << '=' << value;
  out << " at";
  if (g.stack != kNoStack) {
    for (const FrameId id : snapshot.stacks[g.stack].frames) {
      const Frame& f = snapshot.frames[id];
      out << ' ' << f.function << ':' << f.line << (f.inlined ? "i" : "");
    }
    if (snapshot.stacks[g.stack].elided > 0) out << " +" << snapshot.stacks[g.stack].elided;
  }
  if (g.creation_stack != kNoStack) {
    out << " by";
    for (const FrameId id : snapshot.stacks[g.creation_stack].frames) {
      out << ' ' << snapshot.frames[id].function << ':' << snapshot.frames[id].line;
    }
  }
  if (g.parent_id != 0) out << " in " << g.parent_id;
  return out.str();
}

struct DumpKind {
  std::string file;
  std::string format;
  std::vector<std::string> goroutines;
  std::string preamble = {};
  std::vector<std::string> notes = {};
  bool truncated = false;
};

std::ostream& operator<<(std::ostream& out, const DumpKind& kind) { return out << kind.file; }

class GoDumps : public ::testing::TestWithParam<DumpKind> {};

TEST_P(GoDumps, AreReadAsExpected) {
  const auto snapshot = Read(GoDump(GetParam().file), GetParam().file);
  ASSERT_TRUE(snapshot.ok()) << snapshot.status();
  EXPECT_EQ(snapshot->format, GetParam().format);
  EXPECT_EQ(snapshot->source, GetParam().file);
  std::vector<std::string> got;
  for (const Goroutine& g : snapshot->goroutines) got.push_back(Summary(*snapshot, g));
  EXPECT_THAT(got, ::testing::ElementsAreArray(GetParam().goroutines));
  EXPECT_EQ(snapshot->preamble, GetParam().preamble);
  EXPECT_THAT(snapshot->notes, ::testing::ElementsAreArray(GetParam().notes));
  EXPECT_EQ(snapshot->truncated, GetParam().truncated);
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, GoDumps,
    ::testing::Values(
        DumpKind{"journald-escaped.txt",
                 "text2",
                 {"5120 [semacquire] 12min on c000102010/4/0 at sync.runtime_Semacquire:56 "
                  "sync.(*WaitGroup).Wait:130 example.com/core/queue.(*Queue).Close:44 by "
                  "example.com/core/server.stop:9"},
                 "",
                 {"the input begins in the middle of a stack: 3 lines before the first header left "
                  "out"}},
        DumpKind{"docker-mixed.txt",
                 "text2",
                 {"3 [select] at main.loop:40 by main.main:9",
                  "7 [chan receive] 2min on 0/1/2 at main.wait:12 by main.main:30"},
                 "panic: boom"},
        DumpKind{
            "k8s-timestamps.txt",
            "text2",
            {"21 [sync.Mutex.Lock] 4min on c000014a80/2/4 at internal/sync.(*Mutex).lockSlow:149 "
             "sync.(*Mutex).Lock:46i example.com/cache.(*Cache).Get:33 by "
             "example.com/cache.Warm:80 "
             "in 1"}},
        DumpKind{"json-records.txt",
                 "text2",
                 {"4 [IO wait] at internal/poll.runtime_pollWait:351 by "
                  "net/http.(*Server).Serve:3285 in "
                  "1"}},
        DumpKind{"terminal-wrapped.txt",
                 "text2",
                 {"88 [chan send] 31min on 0/1/1 at example.com/pipeline/stage.(*Fan).push:77 "
                  "example.com/pipeline/stage.run:19 by example.com/pipeline/stage.Start:8 in 1"}},
        DumpKind{"quoted-table.txt",
                 "text2",
                 {"9 [sleep] on 0/7/0 at time.Sleep:195 main.poll:14 by main.main:6"}},
        DumpKind{"mail-quoted-crlf.txt",
                 "text2",
                 {"12 [select (no cases)] at main.hang:5 by main.main:9 in 1"}},
        DumpKind{
            "modern-headers.txt",
            "text2",
            {"thread [idle] at runtime.futex:557",
             "1 [chan receive (nil chan)] 5min on 0/1/2 at runtime.gopark:435 runtime.chanrecv:583 "
             "main.main:21",
             "system 18 [force gc (idle)] at runtime.gopark:435 by runtime.init.7:336 in 1",
             "33 [sleep] (durable), synctest bubble 1 2min on 0/7/0 at time.Sleep:361 "
             "example.com/app.tick[...]:10i by example.com/app.Start:5 in 32",
             "40 [chan send] (leaked) locked on 0/1/1 job=a]b: \"c\" role=reader at "
             "example.com/app.produce:8 +3 by example.com/app.Start:4 main.main:9 in 1",
             "41 [running] k=v] at by example.com/app.Start:5 in 1",
             "42 [syscall] 1min at runtime.cgocall:167 non-Go function:0 by "
             "example.com/app.Start:12 "
             "in 1"},
            "SIGQUIT: quit\nPC=0x47a1c1 m=0 sigcode=0"},
        DumpKind{"old-semacquire.txt",
                 "text2",
                 {"61 [semacquire] 9min on c000180000/3/3 at sync.runtime_SemacquireMutex:71 "
                  "sync.(*RWMutex).RLock:63i example.com/index.(*Index).Get:51 by "
                  "example.com/index.Serve:12",
                  "62 [semacquire] on c000190000/3/4 at sync.runtime_SemacquireMutex:71 "
                  "sync.(*Mutex).lockSlow:138 sync.(*Mutex).Lock:81i sync.(*RWMutex).Lock:98 "
                  "example.com/index.(*Index).Put:70 by example.com/index.Serve:13",
                  "63 [semacquire] on 0/2/4 at sync.runtime_SemacquireMutex:77 "
                  "sync.(*Mutex).lockSlow:171 example.com/index.(*Index).Del:90 by "
                  "example.com/index.Serve:14"}},
        DumpKind{"debug1-no-hash.txt",
                 "text1",
                 {"x7 [sync.WaitGroup.Wait] on 0/4/0 at sync.runtime_Semacquire:47 "
                  "sync.(*WaitGroup).Wait:127 example.com/reg.(*Registry).Gather:61",
                  "x2 [idle] at example.com/reg.push:18"},
                 "",
                 {"3 goroutines not shown, input truncated"},
                 true},
        DumpKind{
            "panicparse.txt",
            "panicparse",
            {"x2 [chan send] 40min on 0/1/1 at pool.(*Pool).run:33 main.main:9 by pool.New:12"},
            "",
            {"panicparse printed this: it has no goroutine ids and no whole paths; the dump that "
             "it "
             "read tells more"}},
        DumpKind{
            "go119-debug2.txt",
            "text2",
            {"1 [running] at runtime/pprof.writeGoroutineStacks:692 "
             "runtime/pprof.writeGoroutine:681 "
             "runtime/pprof.(*Profile).WriteTo:330 main.main:38",
             "18 [chan receive] on 0/1/2 at main.receive:15 by main.startWorkers:20",
             "19 [chan receive] on 0/1/2 at main.receive:15 by main.startWorkers:20",
             "20 [chan receive] on 0/1/2 at main.receive:15 by main.startWorkers:20",
             "21 [semacquire] on 0/3/3 at sync.runtime_SemacquireMutex:77 "
             "sync.(*RWMutex).RLock:71i "
             "main.(*store).read:13 by main.main:30",
             "22 [sleep] on 0/7/0 at time.Sleep:195 main.main.func1.1:32 by main.main.func1:32"}}),
    [](const auto& kind) {
      std::string name = kind.param.file.substr(0, kind.param.file.find('.'));
      std::replace(name.begin(), name.end(), '-', '_');
      return name;
    });

TEST(GoProfiles, TextAndProtobufOfOneProgramAgree) {
  const auto text = Read(GoDump("go119-debug1.txt"), "debug1");
  const auto proto = Read(GoDump("go119-debug0.pb.gz"), "debug0");
  ASSERT_TRUE(text.ok()) << text.status();
  ASSERT_TRUE(proto.ok()) << proto.status();
  EXPECT_EQ(proto->format, "proto");
  EXPECT_EQ(text->total(), 6u);
  EXPECT_EQ(proto->total(), 6u);
  EXPECT_EQ(text->goroutines[0].count, 3u);
  const Labels labels = {{"digest", "W\x8b\x99"}, {"job", "sum \"a\", b"}};
  const auto labelled = [&](const Snapshot& snapshot) {
    for (const Goroutine& g : snapshot.goroutines) {
      Labels sorted = g.labels;
      std::sort(sorted.begin(), sorted.end());
      if (sorted == labels) return true;
    }
    return false;
  };
  EXPECT_TRUE(labelled(*text));
  EXPECT_TRUE(labelled(*proto));
}

TEST(Read, SaysWhatIsWrongWhereAndWhatToDo) {
  const auto message = [](std::string_view input) {
    return std::string(Read(input, "in.txt").status().message());
  };
  EXPECT_THAT(message(""), ::testing::HasSubstr("in.txt: the input is empty"));
  EXPECT_THAT(message("hello\nworld\n"), ::testing::HasSubstr("no goroutine dump is recognised"));
  EXPECT_THAT(message(std::string("\x00\x01\x02", 3)), ::testing::HasSubstr("no pprof profile"));
  EXPECT_THAT(message("\x1f\x8b garbage"), ::testing::HasSubstr("gzip"));
  EXPECT_THAT(message("{\"muster_snapshot\": 9}"), ::testing::HasSubstr("version 9"));
  EXPECT_THAT(message("{\"muster_snapshot\": 1, \"goroutines\": [{\"stack\": 3}]}"),
              ::testing::HasSubstr("goroutine 0 refers to a stack"));
  EXPECT_THAT(message("{\"muster_snapshot\": 1, \"frames\": [{\"line\": \"x\"}]}"),
              ::testing::HasSubstr("bad \"line\" in its frames"));
}

TEST(Read, TellsAGoDumpThatStopsAtExactly64MiB) {
  std::string text = "goroutine 1 [running]:\nmain.main()\n\t/src/main.go:1 +0x1\n\n";
  const std::string block =
      "goroutine 2 [select]:\nmain.f()\n\t/src/main.go:2 +0x1\ncreated by "
      "main.main\n\t/src/main.go:3 "
      "+0x1\n\n";
  while (text.size() + block.size() <= size_t{64} << 20) text += block;
  const auto whole = Read(text, "whole");
  ASSERT_TRUE(whole.ok());
  EXPECT_FALSE(whole->truncated);
  text.append((size_t{64} << 20) - text.size(), '\n');
  const auto cut = Read(text, "cut");
  ASSERT_TRUE(cut.ok());
  EXPECT_TRUE(cut->truncated);
  EXPECT_THAT(cut->notes, ::testing::Contains(::testing::HasSubstr("exactly 64 MiB")));
}

// What was understood of each goroutine.
std::vector<std::string> Summaries(const std::string& text) {
  const auto snapshot = Read(text, "in");
  EXPECT_TRUE(snapshot.ok()) << snapshot.status();
  std::vector<std::string> all;
  if (!snapshot.ok()) return all;
  for (const Goroutine& g : snapshot->goroutines) {
    all.push_back(Summary(*snapshot, g) + " (" + g.arguments + ")");
  }
  return all;
}

TEST(GoDumpsInHtml, AreReadAsTheyWereBefore) {
  for (const char* file : {"go119-debug1.txt", "go119-debug2.txt", "modern-headers.txt"}) {
    const std::string text = GoDump(file);
    const std::string html = absl::StrReplaceAll(
        text, {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&#34;"}, {"+", "&#43;"}});
    EXPECT_EQ(Summaries(html), Summaries(text)) << file;
  }
}

TEST(GoDumpsInHtml, EntitiesOfALabelStay) {
  const auto snapshot = Read(
      "goroutine profile: total 1\n1 @ 0x1000\n# labels: {\"k\":\"a&lt;b&#43;c\"}\n"
      "#\t0xfff\tmain.f+0x1\t/src/main.go:1\n",
      "in");
  ASSERT_TRUE(snapshot.ok());
  EXPECT_EQ(snapshot->goroutines.at(0).labels.at(0).second, "a&lt;b&#43;c");
}

TEST(GoDumpsWithLiteralLineEnds, AreReadInEveryForm) {
  for (const char* file : {"go119-debug1.txt", "go119-debug2.txt"}) {
    const std::string text = GoDump(file);
    const std::string one_line =
        absl::StrReplaceAll(text, {{"\\", "\\\\"}, {"\n", "\\n"}, {"\t", "\\t"}}) + "\n";
    EXPECT_EQ(Summaries(one_line), Summaries(text)) << file;
  }
}

}  // namespace
}  // namespace muster::inspector::testing
