#include "tools/gprof-dump/command_line.h"

#include <algorithm>
#include <map>
#include <memory>
#include <string_view>
#include <utility>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "tools/gprof-dump/exit_code.h"

namespace muster::gprof_dump {
namespace {

using inspector::Certainty;

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

Exit codes:
  0 done, nothing found   1 findings   2 usage or bad input   3 nothing there or nothing answers)";

const std::map<std::string, Color> kColors = {
    {"auto", Color::kAuto}, {"always", Color::kAlways}, {"never", Color::kNever}};

const std::map<std::string, Certainty> kCertainties = {{"suspected", Certainty::kSuspected},
                                                       {"certain", Certainty::kCertainNow},
                                                       {"proven", Certainty::kProven}};

template <typename T>
std::string Choices(const std::map<std::string, T>& values) {
  std::string names;
  for (const auto& [name, value] : values) absl::StrAppend(&names, names.empty() ? "" : ", ", name);
  return names;
}

// Names the verbs in the first line of the help, where CLI11 says SUBCOMMAND.
class HelpFormatter : public CLI::Formatter {
 public:
  std::string make_usage(const CLI::App* app, std::string name) const override {
    if (app->get_parent() != nullptr) return CLI::Formatter::make_usage(app, std::move(name));
    return "Usage: gprof-dump [OPTIONS] TARGET\n"
           "       gprof-dump check [OPTIONS] TARGET\n"
           "       gprof-dump ps\n";
  }
};

// An option that takes one of the names in `values` and stores what the name stands for.
template <typename T>
CLI::Option* AddChoice(CLI::App* app, const std::string& names,
                       const std::map<std::string, T>& values, T* result, const std::string& help) {
  return app
      ->add_option_function<std::string>(
          names,
          [&values, result, names](const std::string& given) {
            const auto found = values.find(given);
            if (found == values.end()) {
              throw CLI::ValidationError(
                  absl::StrCat(names, "=", given, " is not one of ", Choices(values)));
            }
            *result = found->second;
          },
          help)
      ->type_name("NAME");
}

void AddColor(CLI::App* app, Color* color) {
  AddChoice(app, "--color", kColors, color, "auto (the default), always or never");
}

void AddAllFrames(CLI::App* app, bool* all_frames) {
  app->add_flag("--all-frames", *all_frames, "Also show the runtime's own frames");
}

void AddDump(CLI::App* app, DumpOptions* options) {
  app->add_option("TARGET", options->target, "What to read");
  AddChoice(app, "--format", DumpFormats(), &options->format,
            "grouped (the default), text1 or text2 (as Go's debug=1 and debug=2), proto (pprof), "
            "json, or wire");
  app->add_option("-o,--output", options->output, "Write to FILE instead of standard output")
      ->type_name("FILE");
  AddAllFrames(app, &options->all_frames);
  AddColor(app, &options->color);
}

void AddCheck(CLI::App* app, CheckOptions* options) {
  app->add_option("TARGET", options->target, "What to read")->required();
  app->add_flag("--json", options->json, "Print the findings as JSON");
  app->add_option_function<std::vector<std::string>>(
         "--ended-label",
         [options](const std::vector<std::string>& labels) {
           for (const std::string& label : labels) {
             const size_t equals = label.find('=');
             if (equals == 0 || equals == std::string::npos) {
               throw CLI::ValidationError(
                   absl::StrCat("--ended-label=", label, " has no KEY=VALUE"));
             }
             options->ended_labels.emplace_back(label.substr(0, equals), label.substr(equals + 1));
           }
         },
         "Goroutines with this label should be gone by now; may be repeated")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  AddChoice(app, "--min-certainty", kCertainties, &options->min_certainty,
            "Report from this certainty on: suspected (the default), certain or proven");
  AddAllFrames(app, &options->all_frames);
  AddColor(app, &options->color);
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

}  // namespace

Command ParseCommandLine(std::vector<std::string> arguments) {
  CLI::App app(kDescription, "gprof-dump");
  app.formatter(std::make_shared<HelpFormatter>());
  app.footer(kFooter);
  app.set_version_flag("--version", "gprof-dump " MUSTER_VERSION, "Print the version");
  app.option_defaults()->take_last();
  DumpOptions dump;
  CheckOptions check;
  PsOptions ps;
  AddDump(&app, &dump);
  CLI::App* ps_verb = app.add_subcommand("ps", "List the Muster processes of this user");
  CLI::App* check_verb = app.add_subcommand("check", "Look for leaks and deadlocks in TARGET");
  AddCheck(check_verb, &check);

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
  const bool verb = ps_verb->parsed() || check_verb->parsed();
  if (verb && !OnlyVerb(app)) {
    return Finished{FailUsage("options go after the verb, and TARGET is given once")};
  }
  if (ps_verb->parsed()) return ps;
  if (check_verb->parsed()) return check;
  if (dump.target.empty()) return Finished{FailUsage("no TARGET was given")};
  return dump;
}

}  // namespace muster::gprof_dump
