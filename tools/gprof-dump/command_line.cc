#include "tools/gprof-dump/command_line.h"

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "tools/gprof-dump/exit_code.h"

namespace muster::gprof_dump {
namespace {

using inspector::Certainty;
using inspector::FlameForm;
using inspector::ListOrder;

constexpr char kDescription[] =
    "Shows the goroutines of a Muster or Go process, or of a saved dump, and checks them.";

constexpr char kFooter[] = R"(
TARGET is a pid, a socket's path, unix:PATH, an http://host:port URL of a Muster or a Go process,
a dump file (Go text, pprof, JSON or wire form), or - for standard input.

Examples:
  gprof-dump ps                              the Muster processes of this user
  gprof-dump 4242                            goroutines of process 4242, grouped by stack
  gprof-dump 4242 -format=text2              each goroutine, as Go prints it at debug=2
  gprof-dump 4242 -format=proto -o g.pb.gz   for: go tool pprof -top g.pb.gz
  gprof-dump check 4242                      leaks and deadlocks; exit code 1 when there are any
  gprof-dump check dump.txt --json           the same from a saved dump, for a program
  gprof-dump leaks --prove 4242              leaks, by a search of the process's memory
  gprof-dump list 4242 --with 'wait>1m'      those that have waited for more than a minute
  gprof-dump watch 4242 --for 10m            what grows; exit code 1 when something does
  gprof-dump flame 4242 -o flame.html        a flame graph for the browser

Exit codes:
  0 done, nothing found   1 findings   2 usage or bad input   3 nothing there or nothing answers)";

template <typename T>
using Names = std::map<std::string, T>;

const Names<Color> kColors = {
    {"auto", Color::kAuto}, {"always", Color::kAlways}, {"never", Color::kNever}};

const Names<Certainty> kCertainties = {{"suspected", Certainty::kSuspected},
                                       {"certain", Certainty::kCertainNow},
                                       {"proven", Certainty::kProven}};

const Names<ListOrder> kListOrders = {{"id", ListOrder::kId},
                                      {"state", ListOrder::kState},
                                      {"wait", ListOrder::kWait},
                                      {"age", ListOrder::kAge}};

const Names<GraphVerb::Form> kGraphForms = {{"text", GraphVerb::Form::kText},
                                            {"dot", GraphVerb::Form::kDot},
                                            {"svg", GraphVerb::Form::kSvg}};

const Names<FlameForm> kFlameForms = {
    {"html", FlameForm::kHtml}, {"svg", FlameForm::kSvg}, {"folded", FlameForm::kFolded}};

template <typename T>
std::string Choices(const Names<T>& values, const char* separator) {
  return absl::StrJoin(values, separator, [](std::string* out, const auto& value) {
    absl::StrAppend(out, value.first);
  });
}

// Names the verbs in the first lines of the help, where CLI11 says SUBCOMMAND.
class HelpFormatter : public CLI::Formatter {
 public:
  std::string make_usage(const CLI::App* app, std::string name) const override {
    if (app->get_parent() != nullptr) return CLI::Formatter::make_usage(app, std::move(name));
    std::string usage = "Usage: gprof-dump [OPTIONS] TARGET\n";
    for (const CLI::App* verb : app->get_subcommands(nullptr)) {
      absl::StrAppend(&usage, "       gprof-dump ", verb->get_name());
      // Every verb has --help; those that have more say so.
      if (verb->get_options([](const CLI::Option* o) { return !o->get_positional(); }).size() > 1) {
        usage += " [OPTIONS]";
      }
      for (const CLI::Option* option : verb->get_options()) {
        if (option->get_positional()) absl::StrAppend(&usage, " ", option->get_name(true));
      }
      usage += "\n";
    }
    return usage;
  }
};

// An option that takes one of the names in `values` and stores what the name stands for.
template <typename T, typename Result>
void AddChoice(CLI::App* app, const std::string& names, const Names<T>& values, Result* result,
               const std::string& help) {
  app->add_option_function<std::string>(
         names,
         [&values, result, names](const std::string& given) {
           const auto found = values.find(given);
           if (found == values.end()) {
             throw CLI::ValidationError(
                 absl::StrCat(names, "=", given, " is not one of ", Choices(values, ", ")));
           }
           *result = found->second;
         },
         help)
      ->type_name(Choices(values, "|"));
}

// An option that may be given again and again, each time for `add`, which returns what is wrong.
void AddRepeated(CLI::App* app, const std::string& name, const std::string& type,
                 std::function<absl::Status(const std::string&)> add, const std::string& help) {
  app->add_option_function<std::vector<std::string>>(
         name,
         [name, add = std::move(add)](const std::vector<std::string>& given) {
           for (const std::string& one : given) {
             if (const absl::Status added = add(one); !added.ok()) {
               throw CLI::ValidationError(absl::StrCat(name, " ", std::string(added.message())));
             }
           }
         },
         help)
      ->type_name(type)
      ->allow_extra_args(false);
}

void AddDuration(CLI::App* app, const std::string& name, absl::Duration* result,
                 const std::string& help) {
  app->add_option_function<std::string>(
         name,
         [name, result](const std::string& given) {
           if (!absl::ParseDuration(given, result) || *result <= absl::ZeroDuration()) {
             throw CLI::ValidationError(
                 absl::StrCat(name, "=", given, " is no duration; write 10s, 5m or 1h30m"));
           }
         },
         help)
      ->type_name("DURATION");
}

void AddTarget(CLI::App* app, ViewOptions* view) {
  app->add_option("TARGET", view->target, "What to read")->required();
}

void AddFilter(CLI::App* app, inspector::Filter* filter) {
  AddRepeated(
      app, "--with", "CONDITION", [filter](const std::string& text) { return filter->With(text); },
      "Only goroutines that meet it: state=TEXT, label=KEY or label=KEY=VALUE, function=TEXT, "
      "file=TEXT, creator=TEXT or creator=ID, object=ADDRESS, id=NUMBER, age>DURATION, "
      "wait>DURATION; may be repeated: one of each key must be met");
  AddRepeated(
      app, "--without", "CONDITION",
      [filter](const std::string& text) { return filter->Without(text); },
      "Only goroutines that do not meet it; may be repeated");
}

void AddJson(CLI::App* app, bool* json, const std::string& help = "Print the same as JSON") {
  app->add_flag("--json", *json, help);
}

void AddColor(CLI::App* app, Color* color) {
  AddChoice(app, "--color", kColors, color, "Whether to colour; auto, the default: on a terminal");
}

void AddAllFrames(CLI::App* app, bool* all_frames) {
  app->add_flag("--all-frames", *all_frames, "Also show the runtime's own frames");
}

void AddOutput(CLI::App* app, std::string* output) {
  app->add_option("-o,--output", *output, "Write to FILE instead of standard output")
      ->type_name("FILE");
}

// What every verb takes that shows goroutines of a target.
void AddView(CLI::App* app, ViewOptions* view) {
  AddFilter(app, &view->filter);
  AddJson(app, &view->json);
  AddOutput(app, &view->output);
  AddAllFrames(app, &view->all_frames);
  AddColor(app, &view->color);
}

void AddDump(CLI::App* app, DumpOptions* options) {
  app->add_option("TARGET", options->view.target, "What to read");
  AddChoice(app, "--format", DumpFormats(), &options->format,
            "grouped (the default), text1 or text2 (as Go's debug=1 and debug=2), proto (pprof), "
            "json (everything), or wire");
  AddView(app, &options->view);
}

absl::Status AddEndedLabel(const std::string& label, CheckOptions* options) {
  const size_t equals = label.find('=');
  if (equals == 0 || equals == std::string::npos) {
    return absl::InvalidArgumentError(absl::StrCat(label, " has no KEY=VALUE"));
  }
  options->ended_labels.emplace_back(label.substr(0, equals), label.substr(equals + 1));
  return absl::OkStatus();
}

void AddCheck(CLI::App* app, CheckOptions* options) {
  AddTarget(app, &options->view);
  app->add_flag("--prove", options->prove,
                "Have the process search its memory for goroutines that nothing can wake; all its "
                "threads stand still for some milliseconds");
  AddRepeated(
      app, "--ended-label", "KEY=VALUE",
      [options](const std::string& label) { return AddEndedLabel(label, options); },
      "Goroutines with this label should be gone by now; may be repeated");
  AddChoice(app, "--min-certainty", kCertainties, &options->min_certainty,
            "Report from this certainty on; the default is suspected");
  AddView(app, &options->view);
}

void AddList(CLI::App* app, ListVerb* verb) {
  AddTarget(app, &verb->view);
  AddChoice(app, "--sort", kListOrders, &verb->list.order,
            "By id (the default), state, wait or age, the longest first");
  app->add_option("--limit", verb->list.limit, "Show at most so many lines")
      ->type_name("NUMBER")
      ->check(CLI::NonNegativeNumber);
  AddView(app, &verb->view);
}

void AddGraph(CLI::App* app, GraphVerb* verb) {
  AddTarget(app, &verb->view);
  AddChoice(app, "--format", kGraphForms, &verb->form,
            "text (the default), dot (for Graphviz) or svg (a picture)");
  AddView(app, &verb->view);
}

void AddFlame(CLI::App* app, FlameVerb* verb) {
  AddTarget(app, &verb->view);
  AddChoice(app, "--format", kFlameForms, &verb->form,
            "html (the default), svg, or folded (one line a stack, for other tools)");
  app->add_flag("--by-creation", verb->by_creation,
                "Show the stacks that created the goroutines, not those they are at");
  AddView(app, &verb->view);
}

void AddDiff(CLI::App* app, DiffVerb* verb) {
  app->add_option("BEFORE", verb->before, "The earlier target")->required();
  app->add_option("AFTER", verb->view.target, "The later one")->required();
  AddView(app, &verb->view);
}

void AddSampling(CLI::App* app, Sampling* sampling) {
  AddDuration(app, "--every", &sampling->every, "Time between two samples; 10s is the default");
  AddDuration(app, "--for", &sampling->length, "How long to go on; 5m is the default");
  app->add_flag("--quiet", sampling->quiet, "Show no progress on standard error");
}

void AddWatch(CLI::App* app, WatchVerb* verb) {
  AddTarget(app, &verb->view);
  AddSampling(app, &verb->sampling);
  AddView(app, &verb->view);
}

void AddRecord(CLI::App* app, RecordVerb* verb) {
  app->add_option("TARGET", verb->target, "What to read")->required();
  AddSampling(app, &verb->sampling);
  app->add_option("-o,--output", verb->directory, "The directory to write snapshots to")
      ->required()
      ->type_name("DIRECTORY");
}

void AddReplay(CLI::App* app, ReplayVerb* verb) {
  app->add_option("DIRECTORY", verb->view.target,
                  "What `record` has written, or the first of several dumps")
      ->required();
  app->add_option("DUMP", verb->more, "The other dumps, in the order in which they were taken");
  AddView(app, &verb->view);
}

void AddTop(CLI::App* app, TopVerb* verb) {
  app->add_option("TARGET", verb->target, "What to read, or a directory of `record`")->required();
  AddDuration(app, "--every", &verb->every, "Time between two looks; 2s is the default");
  app->add_flag("--once", verb->once, "Print one screen without a terminal, and end");
  AddJson(app, &verb->json, "Print the groups as JSON, and end");
  AddFilter(app, &verb->filter);
  AddColor(app, &verb->color);
}

void AddPs(CLI::App* app, PsOptions* options) {
  AddJson(app, &options->json);
  app->add_flag("--quiet", options->quiet, "Print pids only, and ask the processes for nothing");
}

// Go's tools take -format=text2, which CLI11 would read as -f with the value "ormat=text2". A
// one-dash word that names one of our long options gets its second dash; others stay as they are.
void AcceptOneDash(const CLI::App& app, std::vector<std::string>* arguments) {
  std::vector<std::string> names;
  const auto collect = [&names](const CLI::App& from) {
    for (const CLI::Option* option : from.get_options()) {
      for (const std::string& name : option->get_lnames()) names.push_back(name);
    }
  };
  collect(app);
  for (const CLI::App* verb : app.get_subcommands(nullptr)) collect(*verb);
  for (std::string& argument : *arguments) {
    if (argument == "--") return;
    if (argument.size() < 3 || argument[0] != '-' || argument[1] == '-') continue;
    const std::string name = argument.substr(1, argument.find('=') - 1);
    if (std::find(names.begin(), names.end(), name) != names.end()) argument.insert(0, 1, '-');
  }
}

// True when nothing that belongs to a dump was given beside a verb.
bool OnlyVerb(const CLI::App& app) {
  const std::vector<const CLI::Option*> options = app.get_options();
  return std::none_of(options.begin(), options.end(),
                      [](const CLI::Option* option) { return option->count() > 0; });
}

// The table itself: every verb with its options, and where what they are given goes.
class Table {
 public:
  Table() {
    app_.formatter(std::make_shared<HelpFormatter>());
    app_.footer(kFooter);
    app_.set_version_flag("--version", "gprof-dump " MUSTER_VERSION, "Print the version");
    app_.option_defaults()->take_last();
    AddDump(&app_, &dump_);
    AddPs(Verb("ps", "List the Muster processes of this user", &ps_), &ps_);
    AddCheck(Verb("check", "Look for leaks and deadlocks in TARGET", &check_), &check_);
    leaks_.leaks_only = true;
    AddCheck(Verb("leaks", "Look for leaks only", &leaks_), &leaks_);
    AddList(Verb("list", "Show one line a goroutine", &list_), &list_);
    CLI::App* tree = Verb("tree", "Show who created whom", &tree_);
    AddTarget(tree, &tree_.view);
    AddView(tree, &tree_.view);
    AddGraph(Verb("graph", "Show who waits for what, and who has it", &graph_), &graph_);
    AddFlame(Verb("flame", "Draw where goroutines are, as a flame graph", &flame_), &flame_);
    AddDiff(Verb("diff", "Show what there is more of in AFTER than in BEFORE", &diff_), &diff_);
    AddWatch(Verb("watch", "Look again and again, and tell what grows", &watch_), &watch_);
    AddRecord(Verb("record", "Save snapshots again and again", &record_), &record_);
    AddReplay(Verb("replay", "Tell what grew in what `record` has saved", &replay_), &replay_);
    AddTop(Verb("top", "Show the groups live, in a terminal", &top_), &top_);
    Verb("completion", "Print a completion script: bash or zsh", &completion_)
        ->add_option("SHELL", completion_.shell, "bash or zsh")
        ->required();
    Verb("man", "Print the manual page, for man -l -", &man_);
  }
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;

  CLI::App& app() { return app_; }
  const DumpOptions& dump() const { return dump_; }

  // The verb that was given, with its options; none without a verb.
  std::optional<Command> Given() const {
    for (const auto& [verb, command] : verbs_) {
      if (verb->parsed()) return command();
    }
    return std::nullopt;
  }

 private:
  template <typename Options>
  CLI::App* Verb(const char* name, const char* help, const Options* options) {
    CLI::App* verb = app_.add_subcommand(name, help);
    verbs_.emplace_back(verb, [options] { return Command(*options); });
    return verb;
  }

  CLI::App app_{kDescription, "gprof-dump"};
  std::vector<std::pair<CLI::App*, std::function<Command()>>> verbs_;
  DumpOptions dump_;
  PsOptions ps_;
  CheckOptions check_;
  CheckOptions leaks_;
  ListVerb list_;
  TreeVerb tree_;
  GraphVerb graph_;
  FlameVerb flame_;
  DiffVerb diff_;
  WatchVerb watch_;
  RecordVerb record_;
  ReplayVerb replay_;
  TopVerb top_;
  CompletionVerb completion_;
  ManVerb man_;
};

VerbText Describe(const CLI::App& app) {
  VerbText text;
  text.name = app.get_parent() == nullptr ? "" : app.get_name();
  text.help = app.get_description();
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_positional()) {
      text.operands.push_back(option->get_name(true));
      continue;
    }
    OptionText one;
    for (const std::string& name : option->get_snames()) one.names.push_back("-" + name);
    for (const std::string& name : option->get_lnames()) one.names.push_back("--" + name);
    if (option->get_items_expected_max() > 0) one.type = option->get_type_name();
    if (one.type.find('|') != std::string::npos) one.choices = absl::StrSplit(one.type, '|');
    one.help = option->get_description();
    text.options.push_back(std::move(one));
  }
  return text;
}

}  // namespace

Command ParseCommandLine(std::vector<std::string> arguments) {
  Table table;
  CLI::App& app = table.app();
  AcceptOneDash(app, &arguments);
  std::reverse(arguments.begin(), arguments.end());  // CLI11 takes them from the back.
  try {
    app.parse(std::move(arguments));
  } catch (const CLI::CallForHelp& help) {
    return Finished{app.exit(help)};
  } catch (const CLI::CallForVersion& version) {
    return Finished{app.exit(version)};
  } catch (const CLI::ParseError& mistake) {
    return Finished{FailUsage(mistake.what())};
  }
  if (std::optional<Command> given = table.Given()) {
    if (!OnlyVerb(app)) {
      return Finished{FailUsage("options go after the verb, and TARGET is given once")};
    }
    return *std::move(given);
  }
  const DumpOptions& dump = table.dump();
  if (dump.view.target.empty()) return Finished{FailUsage("no TARGET was given")};
  if (dump.view.json && dump.format) {
    return Finished{FailUsage(
        "--json is the grouped view for a program; for everything write --format=json alone")};
  }
  return dump;
}

std::vector<VerbText> DescribeVerbs() {
  Table table;
  std::vector<VerbText> verbs = {Describe(table.app())};
  for (const CLI::App* verb : std::as_const(table.app()).get_subcommands(nullptr)) {
    verbs.push_back(Describe(*verb));
  }
  return verbs;
}

}  // namespace muster::gprof_dump
