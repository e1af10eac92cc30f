#include <ostream>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "tools/gprof-dump/describe.h"
#include "tools/gprof-dump/view.h"

namespace muster::gprof_dump {
namespace {

constexpr char kTargets[] = R"(.SH TARGETS
.TP
a pid
the process's own socket, wherever its MUSTER_ENDPOINT and XDG_RUNTIME_DIR put it
.TP
a socket's path, or unix:PATH
that socket
.TP
http://HOST:PORT
/snapshot of a Muster process, else /debug/pprof/goroutine?debug=2 of a Go one; with a path, that page
.TP
a file
Go text (debug=1, debug=2, a panic), pprof protobuf, JSON or the wire form, told apart by content
.TP
\-
standard input, as a file
.PP
A file that is named like a pid is written ./4242.
)";

constexpr char kConditions[] = R"(.SH CONDITIONS
.BR \-\-with " and " \-\-without
take these. Conditions of one key are alternatives, those of different keys must all be met.
.TP
state=TEXT
the wait reason begins with TEXT (chan, select), or the state is TEXT (waiting, running)
.TP
label=KEY, label=KEY=VALUE
it carries that label
.TP
function=TEXT, file=TEXT
a function or a file on its stack contains TEXT
.TP
creator=TEXT, creator=ID
a function on its creation stack contains TEXT, or that goroutine created it
.TP
object=ADDRESS
it waits on or holds what is at that address
.TP
id=NUMBER
its id
.TP
age>DURATION, wait>DURATION
it was started, or has waited, for longer than that; < for shorter
.SH EXIT STATUS
.TP
0
done; for check: nothing found; for watch and replay: nothing grows
.TP
1
check has findings, or something grows
.TP
2
a mistake in the command line, an input that is no dump, or an output that cannot be written
.TP
3
no such process, socket or file, no permission for it, or nothing that answers
)";

// Text that is nothing but text to roff: no backslash, no minus that turns into a hyphen, no
// command at the front of a line.
std::string Roff(std::string_view text) {
  std::string safe = absl::StrReplaceAll(std::string(text), {{"\\", "\\e"}, {"-", "\\-"}});
  if (safe.starts_with('.') || safe.starts_with('\'')) safe.insert(0, "\\&");
  return safe;
}

void AppendSynopsis(const VerbText& verb, std::string* page) {
  absl::StrAppend(page, ".br\n.B gprof\\-dump", verb.name.empty() ? "" : " ", verb.name, "\n");
  if (verb.options.size() > 1) *page += "[\\fIOPTIONS\\fR]\n";
  for (const std::string& operand : verb.operands) {
    absl::StrAppend(page, "\\fI", Roff(operand), "\\fR\n");
  }
}

void AppendOptions(const VerbText& verb, std::string* page) {
  for (const OptionText& option : verb.options) {
    const std::string names = absl::StrJoin(
        option.names, ", ",
        [](std::string* out, const auto& n) { absl::StrAppend(out, "\\fB", Roff(n), "\\fR"); });
    absl::StrAppend(page, ".TP\n", names,
                    option.type.empty() ? "" : absl::StrCat(" \\fI", Roff(option.type), "\\fR"),
                    "\n", Roff(option.help), "\n");
  }
}

}  // namespace

std::string ManPage(const std::vector<VerbText>& verbs, const std::string& version) {
  std::string page = absl::StrCat(
      ".TH GPROF\\-DUMP 1 \"\" \"", Roff(version), "\" \"Muster\"\n.SH NAME\ngprof\\-dump \\- ",
      "show and check the goroutines of a Muster or Go process\n.SH SYNOPSIS\n");
  for (const VerbText& verb : verbs) AppendSynopsis(verb, &page);
  absl::StrAppend(
      &page, ".SH DESCRIPTION\n", Roff(verbs.front().help),
      "\nWithout a verb: goroutines grouped by stack, or in one of the forms that "
      "\\-\\-format names.\nLong options may be written with one dash. Of equal options "
      "the last one counts.\nOptions go after the verb.\n");
  page += kTargets;
  page += ".SH OPTIONS WITHOUT A VERB\n";
  AppendOptions(verbs.front(), &page);
  page += ".SH VERBS\n";
  for (const VerbText& verb : verbs) {
    if (verb.name.empty()) continue;
    absl::StrAppend(&page, ".SS ", verb.name, "\n", Roff(verb.help), ".\n");
    AppendOptions(verb, &page);
  }
  return page + kConditions;
}

int RunMan(const ManVerb&) {
  return Show({}, [](std::ostream& out, const inspector::ReportOptions&) {
    out << ManPage(DescribeVerbs(), "gprof-dump " MUSTER_VERSION);
  });
}

}  // namespace muster::gprof_dump
