#include <ostream>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "tools/gprof-dump/describe.h"
#include "tools/gprof-dump/exit_code.h"
#include "tools/gprof-dump/view.h"

namespace muster::gprof_dump {
namespace {

constexpr char kBashBegin[] =
    R"bash(# bash completion for gprof-dump; made by: gprof-dump completion bash
_gprof_dump() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
  # bash takes an equals sign for a word of its own.
  if [ "$word" = = ]; then
    word=
  elif [ "$before" = = ]; then
    before=${COMP_WORDS[COMP_CWORD-2]}
  fi
  local verb= verbs= options= words=
  if [ "$COMP_CWORD" -gt 1 ]; then verb=${COMP_WORDS[1]}; else verbs=)bash";

constexpr char kBashEnd[] = R"bash(
  case $word in
    -*) COMPREPLY=($(compgen -W "$options" -- "$word")) ;;
    *)
      if [ -n "$words" ]; then
        COMPREPLY=($(compgen -W "$words" -- "$word"))
      else
        COMPREPLY=($(compgen -W "$verbs $(gprof-dump ps --quiet 2>/dev/null)" -- "$word")
                   $(compgen -f -- "$word"))
      fi
      ;;
  esac
}
complete -o filenames -F _gprof_dump gprof-dump
)bash";

bool TakesFile(const OptionText& option) {
  return option.type == "FILE" || option.type == "DIRECTORY";
}

std::string AllNames(const VerbText& verb) {
  std::vector<std::string> names;
  for (const OptionText& option : verb.options) {
    names.insert(names.end(), option.names.begin(), option.names.end());
  }
  return absl::StrJoin(names, " ");
}

// "completion" takes one of two words, "ps" and "man" none.
bool TakesTarget(const VerbText& verb) {
  return !verb.operands.empty() && verb.operands.front() != "SHELL";
}

// What stands behind the options of a verb that take certain words or a file; those without a verb
// come last, as the rest of all verbs.
void AppendBashWords(const VerbText& verb, std::string* script) {
  for (const OptionText& option : verb.options) {
    if (option.choices.empty() && !TakesFile(option)) continue;
    const std::string words =
        TakesFile(option) ? "-f" : absl::StrCat("-W '", absl::StrJoin(option.choices, " "), "'");
    for (const std::string& name : option.names) {
      absl::StrAppend(script, "    ", verb.name.empty() ? "*" : verb.name, ",", name,
                      ") COMPREPLY=($(compgen ", words, " -- \"$word\")); return ;;\n");
    }
  }
}

// Inside of single quotes, and of zsh's brackets and colons.
std::string ForZsh(std::string_view text) {
  return absl::StrReplaceAll(std::string(text),
                             {{"'", "'\\''"}, {"[", "("}, {"]", ")"}, {":", "\\:"}});
}

std::string ZshAction(const OptionText& option) {
  if (!option.choices.empty()) return absl::StrCat("(", absl::StrJoin(option.choices, " "), ")");
  return TakesFile(option) ? "_files" : " ";
}

void AppendZshOption(const OptionText& option, std::string* script) {
  const bool repeated = option.type == "CONDITION" || option.type == "KEY=VALUE";
  for (const std::string& name : option.names) {
    const bool is_long = name.starts_with("--");
    absl::StrAppend(script, "        '", repeated ? "*" : "", name,
                    option.type.empty() ? ""
                    : is_long           ? "="
                                        : "+",
                    "[", ForZsh(option.help), "]");
    if (!option.type.empty()) {
      absl::StrAppend(script, ":", ForZsh(option.type), ":", ZshAction(option));
    }
    *script += "' \\\n";
  }
}

void AppendZshVerb(const VerbText& verb, std::string* script) {
  *script += "      _arguments -s \\\n";
  for (const OptionText& option : verb.options) AppendZshOption(option, script);
  if (TakesTarget(verb)) {
    *script += "        '*:target:_gprof_dump_targets'\n";
  } else if (!verb.operands.empty()) {
    *script += "        '1:shell:(bash zsh)'\n";
  } else {
    *script += "        && return 0\n";
  }
}

}  // namespace

std::string BashCompletion(const std::vector<VerbText>& verbs) {
  std::vector<std::string> names;
  for (const VerbText& verb : verbs) {
    if (!verb.name.empty()) names.push_back(verb.name);
  }
  std::string script =
      absl::StrCat(kBashBegin, "'", absl::StrJoin(names, " "), "'; fi\n  case $verb,$before in\n");
  for (const VerbText& verb : verbs) {
    if (!verb.name.empty()) AppendBashWords(verb, &script);
  }
  AppendBashWords(verbs.front(), &script);
  script += "  esac\n  case $verb in\n";
  for (const VerbText& verb : verbs) {
    if (verb.name.empty()) continue;
    absl::StrAppend(&script, "    ", verb.name, ") options='", AllNames(verb), "'",
                    TakesTarget(verb) || verb.operands.empty() ? "" : " words='bash zsh'", " ;;\n");
  }
  absl::StrAppend(&script, "    *) options='", AllNames(verbs.front()), "' ;;\n  esac");
  return script + kBashEnd;
}

std::string ZshCompletion(const std::vector<VerbText>& verbs) {
  std::string script =
      "#compdef gprof-dump\n"
      "# zsh completion for gprof-dump; made by: gprof-dump completion zsh\n"
      "_gprof_dump_targets() {\n"
      "  local -a pids\n"
      "  pids=(${(f)\"$(gprof-dump ps --quiet 2>/dev/null)\"})\n"
      "  _alternative \"pids:pid:($pids)\" 'files:file:_files'\n"
      "}\n"
      "_gprof_dump() {\n"
      "  local -a verbs\n"
      "  verbs=(\n";
  for (const VerbText& verb : verbs) {
    if (verb.name.empty()) continue;
    absl::StrAppend(&script, "    '", verb.name, ":", ForZsh(verb.help), "'\n");
  }
  script +=
      "  )\n"
      "  if (( CURRENT == 2 )) && [[ $words[2] != -* ]]; then\n"
      "    _describe verb verbs\n"
      "    _gprof_dump_targets\n"
      "    return\n"
      "  fi\n"
      "  local verb=$words[2]\n"
      "  if (( ${verbs[(I)$verb:*]} )); then shift words; (( CURRENT-- )); fi\n"
      "  case $verb in\n";
  for (const VerbText& verb : verbs) {
    if (verb.name.empty()) continue;
    absl::StrAppend(&script, "    ", verb.name, ")\n");
    AppendZshVerb(verb, &script);
    script += "      ;;\n";
  }
  script += "    *)\n";
  AppendZshVerb(verbs.front(), &script);
  return script + "      ;;\n  esac\n}\n_gprof_dump \"$@\"\n";
}

int RunCompletion(const CompletionVerb& verb) {
  if (verb.shell != "bash" && verb.shell != "zsh") {
    return FailUsage(absl::StrCat(verb.shell, " is not one of bash, zsh"));
  }
  const std::vector<VerbText> verbs = DescribeVerbs();
  return Show({}, [&](std::ostream& out, const inspector::ReportOptions&) {
    out << (verb.shell == "bash" ? BashCompletion(verbs) : ZshCompletion(verbs));
  });
}

}  // namespace muster::gprof_dump
