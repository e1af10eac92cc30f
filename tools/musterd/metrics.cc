#include "tools/musterd/metrics.h"

#include <functional>
#include <initializer_list>
#include <utility>

#include "absl/strings/str_cat.h"

namespace muster::musterd {
namespace {

using Label = std::pair<const char*, std::string>;

// Families are written one after the other, since the format wants a family's series together.
class Exposition {
 public:
  void Family(const char* name, const char* type, const char* help) {
    name_ = name;
    absl::StrAppend(&text_, "# HELP ", name, " ", help, "\n# TYPE ", name, " ", type, "\n");
  }

  template <typename Number>
  void Sample(std::initializer_list<Label> labels, Number value) {
    absl::StrAppend(&text_, name_);
    const char* separator = "{";
    for (const auto& [key, text] : labels) {
      absl::StrAppend(&text_, separator, key, "=\"", EscapeLabel(text), "\"");
      separator = ",";
    }
    absl::StrAppend(&text_, labels.size() == 0 ? " " : "} ", value, "\n");
  }

  std::string Take() { return std::move(text_); }

 private:
  const char* name_ = "";
  std::string text_;
};

// The length of the UTF-8 sequence that `text` begins with; 0 when it begins with none.
size_t SequenceLength(std::string_view text) {
  const auto byte = [text](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  const size_t length = first < 0x80                    ? 1
                        : first >= 0xc2 && first < 0xe0 ? 2
                        : first >= 0xe0 && first < 0xf0 ? 3
                        : first >= 0xf0 && first < 0xf5 ? 4
                                                        : 0;
  if (length == 0 || length > text.size()) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  // Overlong forms, surrogates and what lies beyond U+10FFFF.
  if ((first == 0xe0 && byte(1) < 0xa0) || (first == 0xed && byte(1) >= 0xa0) ||
      (first == 0xf0 && byte(1) < 0x90) || (first == 0xf4 && byte(1) >= 0x90)) {
    return 0;
  }
  return length;
}

void WriteTargets(const FleetState& state, Exposition* out) {
  enum Which { kAll, kUp, kAnswered };
  using Writer = std::function<void(const TargetState&, const std::string& pid)>;
  const auto each = [&state](Which which, const Writer& write) {
    for (const TargetState& target : state.targets) {
      const bool shown = which == kAll || (target.up && (which == kUp || target.answered));
      if (shown) write(target, absl::StrCat(target.process.target.pid));
    }
  };
  const auto command = [](const TargetState& t) {
    return Label("command", t.process.target.command);
  };

  out->Family("muster_up", "gauge", "1 when the process runs and answered the last poll.");
  each(kAll, [&](const TargetState& t, const std::string& pid) {
    out->Sample({command(t), {"pid", pid}}, t.up && t.answered ? 1 : 0);
  });
  out->Family("muster_goroutines", "gauge", "Goroutines by wait reason or state.");
  each(kAnswered, [&](const TargetState& t, const std::string& pid) {
    for (const auto& [name, count] : t.by_state) {
      out->Sample({command(t), {"pid", pid}, {"state", name}}, count);
    }
  });
  out->Family("muster_live_goroutines", "gauge", "Goroutines alive, seen or not.");
  each(kAnswered, [&](const TargetState& t, const std::string& pid) {
    out->Sample({command(t), {"pid", pid}}, t.live);
  });
  out->Family("muster_findings", "gauge", "Findings of the last answer by rule and certainty.");
  each(kAnswered, [&](const TargetState& t, const std::string& pid) {
    for (const auto& [key, count] : t.findings) {
      out->Sample({{"certainty", key.second}, command(t), {"pid", pid}, {"rule", key.first}},
                  count);
    }
  });
  out->Family("muster_findings_left_out", "gauge", "Findings beyond what one poll may record.");
  each(kAnswered, [&](const TargetState& t, const std::string& pid) {
    out->Sample({command(t), {"pid", pid}}, t.findings_left_out);
  });
  out->Family("muster_poll_duration_seconds", "gauge", "How long the last poll took.");
  each(kUp, [&](const TargetState& t, const std::string& pid) {
    out->Sample({command(t), {"pid", pid}}, absl::ToDoubleSeconds(t.duration));
  });
  out->Family("muster_polls_total", "counter", "Polls since musterd started.");
  each(kAll, [&](const TargetState& t, const std::string& pid) {
    out->Sample({command(t), {"pid", pid}}, t.polls);
  });
  out->Family("muster_poll_errors_total", "counter", "Polls that were not answered.");
  each(kAll, [&](const TargetState& t, const std::string& pid) {
    out->Sample({command(t), {"pid", pid}}, t.errors);
  });
}

}  // namespace

std::string EscapeLabel(std::string_view value) {
  std::string escaped;
  escaped.reserve(value.size());
  while (!value.empty()) {
    const size_t length = SequenceLength(value);
    if (length == 0) {
      escaped += "\xef\xbf\xbd";
    } else if (value[0] == '\\') {
      escaped += "\\\\";
    } else if (value[0] == '"') {
      escaped += "\\\"";
    } else if (value[0] == '\n') {
      escaped += "\\n";
    } else {
      escaped.append(value.substr(0, length));
    }
    value.remove_prefix(length == 0 ? 1 : length);
  }
  return escaped;
}

std::string RenderMetrics(const FleetState& state, std::string_view version) {
  Exposition out;
  WriteTargets(state, &out);
  size_t up = 0;
  for (const TargetState& target : state.targets) up += target.up ? 1 : 0;
  out.Family("musterd_targets", "gauge", "Processes that are watched now.");
  out.Sample({}, up);
  out.Family("musterd_cycles_total", "counter", "Rounds of polls since musterd started.");
  out.Sample({}, state.cycles);
  out.Family("musterd_store_errors_total", "counter", "Polls that could not be written.");
  out.Sample({}, state.store_errors);
  out.Family("musterd_store_bytes", "gauge", "Bytes of history in use.");
  out.Sample({}, state.store_bytes);
  out.Family("musterd_build_info", "gauge", "The version that runs.");
  out.Sample({{"version", std::string(version)}}, 1);
  return out.Take();
}

}  // namespace muster::musterd
