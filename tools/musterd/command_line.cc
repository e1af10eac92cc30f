#include "tools/musterd/command_line.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "muster/inspector/capture.h"

namespace muster::musterd {
namespace {

constexpr char kDescription[] =
    "Watches the Muster processes of this user: polls them, keeps a bounded history of goroutine\n"
    "counts, leaks and deadlocks, and serves it over HTTP on this machine.";

constexpr char kFooter[] = R"(
Routes: /targets /findings /history /metrics /healthz

Examples:
  musterd                                  on a Unix socket beside those of the processes
  musterd --listen 127.0.0.1:9157          for Prometheus: http://127.0.0.1:9157/metrics
  musterd --interval 1m --keep-age 720h    a poll a minute, kept for 30 days

Exit codes:
  0 stopped by SIGTERM or SIGINT   2 usage, or a database or address that cannot be used)";

constexpr int kUsage = 2;

std::string EnvironmentOr(const char* name, const std::string& otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr || value[0] == '\0' ? otherwise : value;
}

// The XDG base directory specification: $HOME/.local/state unless said otherwise.
std::string DefaultDatabase() {
  const std::string home = EnvironmentOr("HOME", absl::StrCat("/tmp/muster-", ::getuid()));
  return EnvironmentOr("XDG_STATE_HOME", home + "/.local/state") + "/muster/musterd.db";
}

// A duration as Go and abseil write it ("10s", "1m30s", "720h"), within bounds.
void AddDuration(CLI::App* app, const std::string& name, absl::Duration least, absl::Duration* into,
                 const std::string& help) {
  const auto store = [name, least, into](const std::string& text) {
    absl::Duration duration;
    if (!absl::ParseDuration(text, &duration) || duration < least ||
        duration == absl::InfiniteDuration()) {
      throw CLI::ValidationError(absl::StrCat(name, "=", text, " is no duration of at least ",
                                              absl::FormatDuration(least), ", as 30s or 1m30s"));
    }
    *into = duration;
  };
  app->add_option_function<std::string>(name, store, help)
      ->type_name("DURATION")
      ->default_str(absl::FormatDuration(*into));
}

int FailUsage(std::string message) {
  std::replace(message.begin(), message.end(), '\n', ' ');
  std::fprintf(stderr, "musterd: %s; see musterd --help\n", message.c_str());
  return kUsage;
}

}  // namespace

Parsed ParseCommandLine(std::vector<std::string> arguments) {
  Options options;
  options.db = DefaultDatabase();
  options.listen = absl::StrCat("unix:", inspector::SocketDirectory(), "/musterd.sock");
  uint64_t keep_bytes = static_cast<uint64_t>(options.retention.keep_bytes);

  CLI::App app(kDescription, "musterd");
  app.footer(kFooter);
  app.set_version_flag("--version", "musterd " MUSTER_VERSION, "Print the version");
  app.option_defaults()->take_last();
  app.add_option("--db", options.db, "The history")->type_name("FILE")->capture_default_str();
  app.add_option("--listen", options.listen, "unix:PATH or 127.0.0.1:PORT; port 0 takes a free one")
      ->type_name("ADDRESS")
      ->capture_default_str();
  AddDuration(&app, "--interval", absl::Milliseconds(100), &options.polling.interval,
              "From one poll of a process to the next");
  AddDuration(&app, "--timeout", absl::Milliseconds(100), &options.polling.timeout,
              "How long a process may take to answer");
  AddDuration(&app, "--keep-age", absl::Minutes(1), &options.retention.keep_age,
              "Older polls and resolved findings are deleted");
  app.add_option("--keep-bytes", keep_bytes, "Beyond this the oldest are deleted, as 256MiB")
      ->transform(CLI::AsSizeValue(false).description(""))
      ->type_name("SIZE")
      ->default_str("256MiB");

  std::reverse(arguments.begin(), arguments.end());  // CLI11 takes them from the back.
  try {
    app.parse(std::move(arguments));
  } catch (const CLI::CallForHelp& help) {
    return {std::nullopt, app.exit(help)};
  } catch (const CLI::CallForVersion& version) {
    return {std::nullopt, app.exit(version)};
  } catch (const CLI::ParseError& mistake) {
    return {std::nullopt, FailUsage(mistake.what())};
  }
  constexpr uint64_t kLeastBytes = 1 << 20;
  if (keep_bytes < kLeastBytes || keep_bytes > INT64_MAX) {
    return {std::nullopt, FailUsage("--keep-bytes must be at least 1MiB")};
  }
  options.retention.keep_bytes = static_cast<int64_t>(keep_bytes);
  return {std::move(options), 0};
}

}  // namespace muster::musterd
