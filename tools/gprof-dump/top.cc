#include "tools/gprof-dump/top.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <ostream>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "muster/inspector/capture.h"
#include "muster/inspector/report.h"
#include "muster/inspector/views.h"
#include "tools/gprof-dump/exit_code.h"
#include "tools/gprof-dump/look.h"
#include "tools/gprof-dump/recording.h"
#include "tools/gprof-dump/terminal.h"
#include "tools/gprof-dump/top_screen.h"
#include "tools/gprof-dump/view.h"

namespace muster::gprof_dump {
namespace {

using inspector::GroupedDump;
using Clock = std::chrono::steady_clock;
using Wish = TopScreen::Wish;

constexpr absl::Duration kFastest = absl::Milliseconds(100);
constexpr absl::Duration kSlowest = absl::Minutes(10);

// Where the next look goes: always to the same target, or to one snapshot of a recording.
class Subject {
 public:
  static absl::StatusOr<Subject> For(const std::string& target) {
    Subject subject;
    subject.target_ = target;
    if (!IsRecording(target)) return subject;
    absl::StatusOr<std::vector<std::string>> paths = ListRecording(target);
    if (!paths.ok()) return paths.status();
    subject.paths_ = *std::move(paths);
    return subject;
  }

  bool is_recording() const { return !paths_.empty(); }
  const std::string& target() const { return is_recording() ? paths_[at_] : target_; }
  std::string position() const { return absl::StrCat("snapshot ", at_ + 1, " of ", paths_.size()); }
  // False at either end.
  bool Move(bool later) {
    if (!is_recording() || (later ? at_ + 1 == paths_.size() : at_ == 0)) return false;
    at_ += later ? 1 : -1;
    return true;
  }

 private:
  std::string target_;
  std::vector<std::string> paths_;
  size_t at_ = 0;
};

class Top {
 public:
  Top(const TopVerb& verb, Subject subject, GroupedDump first)
      : subject_(std::move(subject)),
        every_(verb.every),
        color_(verb.color != Color::kNever),
        look_(verb.filter) {
    screen_.Update(std::move(first));
    next_ = Clock::now() + absl::ToChronoNanoseconds(every_);
  }

  void Run() {
    Terminal terminal;
    std::string keys;
    while (true) {
      screen_.SetNote(Note());
      terminal.Draw(screen_.Draw(terminal.size(), color_));
      const int other = look_.under_way() ? look_.fd() : -1;
      const Terminal::Event event = terminal.WaitFor(Patience(), other, &keys);
      if (event == Terminal::Event::kEnd) return;
      if (event == Terminal::Event::kTime) Start();
      if (event == Terminal::Event::kOther) Finish();
      while (!keys.empty()) {
        if (!Obey(screen_.Press(TakeKey(&keys)))) return;
      }
    }
  }

 private:
  std::string Note() const {
    std::string note = subject_.is_recording() ? subject_.position()
                       : paused_               ? "paused"
                                 : absl::StrCat("every ", absl::FormatDuration(every_));
    if (!error_.empty()) absl::StrAppend(&note, ", no answer: ", error_);
    return note;
  }

  // How long to wait for something before it is time for the next look, in milliseconds.
  int Patience() const {
    if (subject_.is_recording() || paused_ || look_.under_way()) return -1;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(next_ - Clock::now()).count();
    return static_cast<int>(std::max<int64_t>(left, 0));
  }

  void Start() {
    if (look_.under_way()) {
      again_ = true;
      return;
    }
    look_.Start(subject_.target());
    next_ = Clock::now() + absl::ToChronoNanoseconds(every_);
  }

  void Finish() {
    absl::StatusOr<GroupedDump> dump = look_.Take();
    error_ = dump.ok() ? "" : std::string(dump.status().message());
    if (dump.ok()) screen_.Update(*std::move(dump));
    if (std::exchange(again_, false)) Start();
  }

  // False for the end.
  bool Obey(Wish wish) {
    switch (wish) {
      case Wish::kQuit:
        return false;
      case Wish::kRefresh:
        Start();
        break;
      case Wish::kFaster:
        every_ = std::max(every_ / 2, kFastest);
        next_ = std::min(next_, Clock::now() + absl::ToChronoNanoseconds(every_));
        break;
      case Wish::kSlower:
        every_ = std::min(every_ * 2, kSlowest);
        next_ = Clock::now() + absl::ToChronoNanoseconds(every_);
        break;
      case Wish::kPause:
        paused_ = !paused_;
        break;
      case Wish::kEarlier:
      case Wish::kLater:
        if (subject_.Move(wish == Wish::kLater)) Start();
        break;
      case Wish::kNothing:
        break;
    }
    return true;
  }

  Subject subject_;
  absl::Duration every_;
  const bool color_;
  TopScreen screen_;
  Look look_;
  Clock::time_point next_;
  bool paused_ = false;
  bool again_ = false;  // asked for while a look was under way
  std::string error_;
};

// One screen for those who have no terminal: everything, as wide as it is.
int ShowOnce(const TopVerb& verb, GroupedDump dump) {
  return Show({.target = verb.target, .color = verb.color},
              [&](std::ostream& out, const inspector::ReportOptions& options) {
                if (verb.json) {
                  WriteGroupsJson(dump, out);
                  return;
                }
                TopScreen screen;
                const size_t rows = dump.groups.size() + 3;
                screen.Update(std::move(dump));
                for (const std::string& line : screen.Draw({rows, 200}, options.color)) {
                  out << line << "\n";
                }
              });
}

}  // namespace

int RunTop(const TopVerb& verb) {
  const bool once = verb.once || verb.json;
  if (!once && !Terminal::IsThere()) {
    return FailUsage(
        "top needs a terminal for its keys and its screen; write --once for one screen, or use "
        "gprof-dump watch");
  }
  if (!once && verb.target == "-") {
    return FailUsage("standard input is where keys come from; name a file, or write --once");
  }
  absl::StatusOr<Subject> subject = Subject::For(verb.target);
  if (!subject.ok()) return Fail(subject.status());
  // What cannot be read at all is told on the terminal as it was.
  absl::StatusOr<GroupedDump> first =
      inspector::FetchGroups(subject->target(), {.filter = verb.filter});
  if (!first.ok()) return Fail(first.status());
  if (once) return ShowOnce(verb, *std::move(first));
  Top(verb, *std::move(subject), *std::move(first)).Run();
  return kClean;
}

}  // namespace muster::gprof_dump
