#include "runtime/net/resolve.h"

#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "muster/go.h"
#include "muster/select.h"

namespace muster::net::internal {

poll::Error Reason(const context::Context& ctx, poll::Error error) {
  if (error != poll::kTimedOut) return error;
  return ctx.Err().code() == absl::StatusCode::kCancelled ? poll::kCanceled : poll::kTimedOut;
}

Addresses LookupWithin(const context::Context& ctx, std::function<Addresses()> lookup) {
  const RecvChan<context::Unit> done = ctx.Done();
  if (done == RecvChan<context::Unit>()) return lookup();
  const auto answer = MakeChan<Addresses>(1);
  Go([answer, lookup = std::move(lookup)] { answer.Send(lookup()); });
  Addresses found = std::vector<Addr>();
  Select(OnRecv(answer,
                [&](std::optional<Addresses> received) {
                  if (received.has_value()) found = *std::move(received);
                }),
         OnRecv(done,
                [&] { found = poll::ToStatus(Reason(ctx, poll::kTimedOut), {.op = "lookup"}); }));
  return found;
}

Addresses AddressesFor(const context::Context& ctx, const char* op, const std::string& network,
                       const std::string& address, int type, Network* parsed) {
  if (!ParseNetwork(network, parsed) || parsed->type != type) {
    return absl::InvalidArgumentError(
        absl::StrCat(op, " ", network, " ", address, ": unknown network ", network));
  }
  const bool passive = strcmp(op, "listen") == 0;
  Addresses found = Resolve(*parsed, address, passive, Ask::kNobody);
  if (absl::IsNotFound(found.status())) {
    found = LookupWithin(ctx, [=, network = *parsed] {
      return Resolve(network, address, passive, Ask::kTheSystem);
    });
  }
  if (!found.ok()) return poll::Wrap(found.status(), {.op = op, .subject = network});
  return found;
}

}  // namespace muster::net::internal
