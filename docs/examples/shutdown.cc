// A service that ends in good order: shutdown ADDRESS GRACE_MS.
//
// Clients send lines, which a pool of workers turns into upper case; a reporter counts. SIGTERM (or
// Ctrl-C) ends it from the outside in: no new connections; then those that are between two requests
// are ended, and those in the middle of one may finish it; then the workers. What is not over when
// the grace period is, is cut off. A second signal ends the process at once.
#include <algorithm>
#include <atomic>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "muster/muster.h"

namespace context = muster::context;
using muster::net::Conn;

struct Job {
  std::string line;
  muster::Chan<std::string> answer;
};

class Service {
 public:
  // The accepting goroutine counts as well: it may be about to start one more.
  explicit Service(muster::net::Listener listener) : listener_(std::move(listener)) {
    serving_.Add(1);
  }

  // Until the listener is closed.
  absl::Status Accept() {
    absl::StatusOr<Conn> conn = listener_.Accept();
    for (; conn.ok(); conn = listener_.Accept()) {
      serving_.Go([this, conn = *conn]() mutable { Serve(conn); });
    }
    serving_.Done();
    return muster::io::IsClosed(conn.status()) ? absl::OkStatus() : conn.status();
  }

  // Until there will be no more jobs.
  absl::Status Work() {
    for (Job& job : jobs_) {
      for (char& c : job.line) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
      job.answer.Send(std::move(job.line));
      ++done_;
    }
    return absl::OkStatus();
  }

  // Tells the count while it changes, until the context ends.
  absl::Status Report(const context::Context& ctx) {
    muster::time::Ticker ticker = muster::time::NewTicker(absl::Seconds(1));
    for (int told = 0; ctx.Err().ok();) {
      muster::Select(muster::OnRecv(ctx.Done()), muster::OnRecv(ticker.C(), [&] {
                       const int done = done_;
                       if (done != told) Say(absl::StrCat(done, " requests so far"));
                       told = done;
                     }));
    }
    ticker.Stop();
    return absl::OkStatus();
  }

  // Ends everything, within the grace period. Work and Accept return then.
  absl::Status Shutdown(absl::Duration grace) {
    listener_.Close().IgnoreError();
    Say(absl::StrCat("draining ", EndIdleSessions(), " sessions"));
    const auto drained = muster::MakeChan<int>();
    muster::Go([this, drained] {
      serving_.Wait();
      drained.Close();
    });
    bool in_time = false;
    muster::Select(muster::OnRecv(drained, [&] { in_time = true; }),
                   muster::OnRecv(muster::time::After(grace)));
    const size_t cut_off = in_time ? 0 : CutOffSessions();
    drained.Recv();
    // Nobody is left to send a job.
    jobs_.Close();
    if (in_time) return absl::OkStatus();
    return absl::DeadlineExceededError(absl::StrCat("cut off ", cut_off, " sessions"));
  }

 private:
  struct Session {
    Conn conn;
    bool busy = false;  // in the middle of a request
  };

  void Serve(Conn& conn) {
    std::string pending;
    while (SetBusy(conn, !pending.empty())) {
      char buffer[256];
      const auto [n, err] = conn.Read(buffer);
      if (!err.ok()) break;
      pending.append(buffer, n);
      SetBusy(conn, true);
      if (!Answer(conn, &pending)) break;
    }
    const std::scoped_lock lock(mutex_);
    open_.erase(conn.NativeHandle());
  }

  // Whether the session may read on: not between two requests, once the service is draining.
  bool SetBusy(const Conn& conn, bool busy) {
    const std::scoped_lock lock(mutex_);
    open_.insert_or_assign(conn.NativeHandle(), Session{conn, busy});
    return busy || !draining_;
  }

  // Answers every whole line.
  bool Answer(Conn& conn, std::string* pending) {
    for (size_t end = 0; (end = pending->find('\n')) != std::string::npos;) {
      const auto answer = muster::MakeChan<std::string>();
      jobs_.Send({pending->substr(0, end), answer});
      pending->erase(0, end + 1);
      if (!conn.Write(answer.Recv().value() + "\n").err.ok()) return false;
    }
    return true;
  }

  // Returns how many may go on for now.
  int EndIdleSessions() {
    const std::scoped_lock lock(mutex_);
    draining_ = true;
    int busy = 0;
    for (auto& [id, session] : open_) {
      if (session.busy) {
        ++busy;
      } else {
        session.conn.CloseRead().IgnoreError();  // it reads the end
      }
    }
    return busy;
  }

  size_t CutOffSessions() {
    const std::scoped_lock lock(mutex_);
    for (auto& [id, session] : open_) session.conn.SetDeadline(absl::InfinitePast()).IgnoreError();
    return open_.size();
  }

  static void Say(const std::string& what) {
    std::printf("%s\n", what.c_str());
    std::fflush(stdout);
  }

  muster::net::Listener listener_;
  const muster::Chan<Job> jobs_ = muster::MakeChan<Job>();
  std::atomic<int> done_{0};
  muster::WaitGroup serving_;
  muster::Mutex mutex_;
  std::unordered_map<int, Session> open_;
  bool draining_ = false;
};

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: shutdown ADDRESS GRACE_MS\n");
    return 2;
  }
  return muster::Run([&] {
    auto listener = muster::net::Listen("tcp", argv[1]);
    if (!listener.ok()) {
      std::fprintf(stderr, "%s\n", std::string(listener.status().message()).c_str());
      return 1;
    }
    std::printf("%s\n", listener->Address().String().c_str());
    std::fflush(stdout);
    const absl::Duration grace = absl::Milliseconds(std::atoi(argv[2]));
    Service service(*listener);
    // Whatever comes first, a signal or the failure of a part, ends all of them.
    auto [signalled, stop] =
        muster::os::signal::NotifyContext(context::Background(), {SIGTERM, SIGINT});
    auto [group, ctx] = muster::errgroup::WithContext(signalled);
    group.Go([&] { return service.Accept(); });
    for (int i = 0; i < 3; ++i) group.Go([&] { return service.Work(); });
    group.Go([&, ctx] { return service.Report(ctx); });
    group.Go([&, ctx, stop] {
      ctx.Done().Recv();
      stop();  // from now on a signal does what it does by default
      return service.Shutdown(grace);
    });
    const absl::Status status = group.Wait();
    std::printf("%s\n", status.ok() ? "in good order" : std::string(status.message()).c_str());
    return status.ok() ? 0 : 1;
  });
}
