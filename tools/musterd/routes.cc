#include "tools/musterd/routes.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "tools/musterd/json.h"
#include "tools/musterd/metrics.h"

namespace muster::musterd {
namespace {

using inspector::Reply;
using inspector::RequestTarget;

constexpr int kMaxLimit = 5000;

constexpr char kIndex[] =
    "musterd\n"
    "/targets   watched processes\n"
    "/findings  leaks and deadlocks: ?state=open|resolved|all&pid=PID&limit=N&below=ID\n"
    "/history   polls of one process, newest first: ?pid=PID&limit=N\n"
    "/metrics   for Prometheus\n"
    "/healthz   ok, or why not\n";

Reply JsonAnswer(std::string body) {
  Reply response;
  response.content_type = "application/json";
  response.body = std::move(body);
  return response;
}

Reply Failure(unsigned status, const std::string& message) {
  Reply response = JsonAnswer(ErrorJson(message));
  response.status = status;
  return response;
}

// The history could not be read: not the client's mistake.
Reply Failure(const absl::Status& status) { return Failure(500, std::string(status.message())); }

Reply BadRequest(const absl::Status& status) { return Failure(400, std::string(status.message())); }

// The number of the query's parameter `name`, if it is there; between `least` and `most`.
absl::StatusOr<std::optional<int64_t>> NumberOf(const RequestTarget& request,
                                                const std::string& name, int64_t least,
                                                int64_t most) {
  const auto found = request.query.find(name);
  if (found == request.query.end()) return std::optional<int64_t>();
  int64_t number = 0;
  if (!absl::SimpleAtoi(found->second, &number) || number < least || number > most) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, "=", found->second, " is not a number from ", least, " to ", most));
  }
  return std::optional<int64_t>(number);
}

absl::StatusOr<FindingState> StateOf(const RequestTarget& request) {
  const auto found = request.query.find("state");
  if (found == request.query.end() || found->second == "open") return FindingState::kOpen;
  if (found->second == "resolved") return FindingState::kResolved;
  if (found->second == "all") return FindingState::kAll;
  return absl::InvalidArgumentError(
      absl::StrCat("state=", found->second, " is not open, resolved or all"));
}

absl::StatusOr<FindingQuery> QueryOf(const RequestTarget& request) {
  FindingQuery query;
  const absl::StatusOr<FindingState> state = StateOf(request);
  if (!state.ok()) return state.status();
  query.state = *state;
  const auto pid = NumberOf(request, "pid", 1, INT32_MAX);
  if (!pid.ok()) return pid.status();
  if (*pid) query.pid = static_cast<int>(**pid);
  const auto limit = NumberOf(request, "limit", 1, kMaxLimit);
  if (!limit.ok()) return limit.status();
  if (*limit) query.limit = static_cast<int>(**limit);
  const auto below = NumberOf(request, "below", 1, INT64_MAX);
  if (!below.ok()) return below.status();
  if (*below) query.below_id = **below;
  return query;
}

}  // namespace

Reply Routes::Answer(std::string_view method, std::string_view target) const {
  if (method != "GET" && method != "HEAD") {
    Reply reply = Failure(405, "only GET and HEAD are answered");
    reply.headers.emplace_back("Allow", "GET, HEAD");
    return reply;
  }
  const absl::StatusOr<RequestTarget> parsed = inspector::ParseRequestTarget(target);
  if (!parsed.ok()) return BadRequest(parsed.status());
  const RequestTarget& request = *parsed;
  if (request.path == "/targets") return Targets();
  if (request.path == "/findings") return Findings(request);
  if (request.path == "/history") return History(request);
  if (request.path == "/metrics") return Metrics();
  if (request.path == "/healthz") return Health();
  if (request.path == "/") {
    Reply index;
    index.body = kIndex;
    return index;
  }
  return Failure(404, absl::StrCat("there is no ", request.path, "; / lists what there is"));
}

Reply Routes::Targets() const {
  const absl::StatusOr<std::vector<StoredTarget>> targets = store_->Targets();
  if (!targets.ok()) return Failure(targets.status());
  return JsonAnswer(TargetsJson(*targets));
}

Reply Routes::Findings(const RequestTarget& request) const {
  const absl::StatusOr<FindingQuery> query = QueryOf(request);
  if (!query.ok()) return BadRequest(query.status());
  const absl::StatusOr<FindingPage> page = store_->Findings(*query);
  if (!page.ok()) return Failure(page.status());
  return JsonAnswer(FindingsJson(*page));
}

Reply Routes::History(const RequestTarget& request) const {
  const auto pid = NumberOf(request, "pid", 1, INT32_MAX);
  if (!pid.ok()) return BadRequest(pid.status());
  if (!*pid) return Failure(400, "which process? add ?pid=PID");
  const auto limit = NumberOf(request, "limit", 1, kMaxLimit);
  if (!limit.ok()) return BadRequest(limit.status());
  const int number = static_cast<int>(**pid);
  const absl::StatusOr<std::vector<StoredPoll>> polls =
      store_->History(number, static_cast<int>(limit->value_or(100)));
  if (!polls.ok()) return Failure(polls.status());
  return JsonAnswer(HistoryJson(number, *polls));
}

Reply Routes::Metrics() const {
  Reply response;
  response.content_type = kMetricsContentType;
  response.body = RenderMetrics(fleet_->State(), MUSTER_VERSION);
  return response;
}

Reply Routes::Health() const {
  Reply response;
  if (const absl::StatusOr<int64_t> bytes = store_->Bytes(); !bytes.ok()) {
    response.status = 503;
    response.body = absl::StrCat("the history cannot be read: ", bytes.status().message(), "\n");
    return response;
  }
  response.body = "ok\n";
  return response;
}

}  // namespace muster::musterd
