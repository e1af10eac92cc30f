#include "tools/musterd/store.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "tools/musterd/finding_detail.h"
#include "tools/musterd/schema.h"
#include "tools/musterd/sqlite.h"

#define MUSTER_RETURN_IF_ERROR(expression) \
  if (absl::Status status_ = (expression); !status_.ok()) return status_

namespace muster::musterd {
namespace {

constexpr char kNotSeen[] = "not seen any more";
constexpr char kEnded[] = "process ended";

int64_t Nanos(absl::Time time) { return absl::ToUnixNanos(time); }
int64_t Signed(uint64_t value) { return static_cast<int64_t>(value); }
uint64_t Unsigned(int64_t value) { return static_cast<uint64_t>(value); }

// Every statement of the store, prepared once.
struct Statements {
  Statement find_target, add_target, see_target, running_targets, end_target, list_targets;
  Statement add_poll, add_count, last_poll, polls_of_pid, counts_of_poll;
  Statement update_finding, add_finding, resolve_unseen, resolve_ended, find_findings, count_open;
  Statement old_polls, old_findings, old_targets, first_polls, first_findings;

  absl::Status Prepare(Database* database);
};

absl::Status Statements::Prepare(Database* database) {
  const std::pair<Statement*, const char*> all[] = {
      {&find_target, "SELECT id FROM targets WHERE pid = ?1 AND start_time = ?2 AND command = ?3"},
      {&add_target,
       "INSERT INTO targets (pid, start_time, command, socket, first_seen, last_seen)"
       " VALUES (?1, ?2, ?3, ?4, ?5, ?5)"},
      {&see_target,
       "UPDATE targets SET last_seen = max(last_seen, ?2), socket = ?3, gone = NULL WHERE id = ?1"},
      {&running_targets, "SELECT id, pid, start_time FROM targets WHERE gone IS NULL"},
      {&end_target, "UPDATE targets SET gone = ?2 WHERE id = ?1"},
      {&list_targets,
       "SELECT id, pid, start_time, command, socket, first_seen, last_seen, gone FROM targets"
       " ORDER BY gone IS NOT NULL, pid, start_time"},
      {&add_poll,
       "INSERT INTO polls (target_id, at, duration, error, live, captured)"
       " VALUES (?1, ?2, ?3, ?4, ?5, ?6)"},
      {&add_count, "INSERT INTO counts (poll_id, state, goroutines) VALUES (?1, ?2, ?3)"},
      {&last_poll,
       "SELECT id, at, duration, error, live, captured FROM polls WHERE target_id = ?1"
       " ORDER BY id DESC LIMIT 1"},
      {&polls_of_pid,
       "SELECT polls.id, at, duration, error, live, captured FROM polls"
       " JOIN targets ON targets.id = target_id WHERE pid = ?1 ORDER BY polls.id DESC LIMIT ?2"},
      {&counts_of_poll, "SELECT state, goroutines FROM counts WHERE poll_id = ?1"},
      {&update_finding,
       "UPDATE findings SET last_seen = ?3, last_poll = ?4, certainty = ?5, title = ?6,"
       " explanation = ?7, goroutine_count = ?8, detail = ?9"
       " WHERE target_id = ?1 AND fingerprint = ?2 AND resolved IS NULL"},
      {&add_finding,
       "INSERT INTO findings (target_id, fingerprint, first_seen, last_seen, last_poll, certainty,"
       " title, explanation, goroutine_count, detail, rule, report)"
       " VALUES (?1, ?2, ?3, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)"},
      {&resolve_unseen,
       "UPDATE findings SET resolved = ?3, resolution = ?4"
       " WHERE target_id = ?1 AND resolved IS NULL AND last_poll <> ?2"},
      {&resolve_ended,
       "UPDATE findings SET resolved = ?2, resolution = ?3"
       " WHERE target_id = ?1 AND resolved IS NULL"},
      {&find_findings,
       "SELECT findings.id, pid, start_time, command, socket, rule, certainty, title, explanation,"
       " goroutine_count, detail, report, findings.first_seen, findings.last_seen, resolved,"
       " resolution FROM findings JOIN targets ON targets.id = target_id"
       " WHERE findings.id < ?1 AND (?2 = 2 OR (resolved IS NOT NULL) = ?2)"
       " AND (?3 < 0 OR pid = ?3) ORDER BY findings.id DESC LIMIT ?4"},
      {&count_open, "SELECT count(*) FROM findings WHERE target_id = ?1 AND resolved IS NULL"},
      {&old_polls, "DELETE FROM polls WHERE at < ?1"},
      {&old_findings, "DELETE FROM findings WHERE resolved < ?1"},
      {&old_targets,
       "DELETE FROM targets WHERE gone < ?1"
       " AND NOT EXISTS (SELECT 1 FROM findings WHERE target_id = targets.id)"
       " AND NOT EXISTS (SELECT 1 FROM polls WHERE target_id = targets.id)"},
      {&first_polls, "DELETE FROM polls WHERE id IN (SELECT id FROM polls ORDER BY id LIMIT ?1)"},
      {&first_findings,
       "DELETE FROM findings WHERE id IN (SELECT id FROM findings WHERE resolved IS NOT NULL"
       " ORDER BY resolved LIMIT ?1)"},
  };
  for (const auto& [statement, sql] : all) {
    absl::StatusOr<Statement> prepared = database->Prepare(sql);
    if (!prepared.ok()) return prepared.status();
    *statement = *std::move(prepared);
  }
  return absl::OkStatus();
}

class SqliteStore : public Store {
 public:
  SqliteStore(Database database, const Retention& retention)
      : retention_(retention), database_(std::move(database)) {}

  absl::Status Prepare() {
    absl::MutexLock lock(&mutex_);
    return sql_.Prepare(&database_);
  }

  absl::Status Record(const PollResult& result) override;
  absl::Status MarkGone(const std::vector<Process>& running, absl::Time now) override;
  absl::Status Prune(absl::Time now) override;
  absl::StatusOr<std::vector<StoredTarget>> Targets() override;
  absl::StatusOr<FindingPage> Findings(const FindingQuery& query) override;
  absl::StatusOr<std::vector<StoredPoll>> History(int pid, int limit) override;
  absl::StatusOr<int64_t> Bytes() override {
    absl::MutexLock lock(&mutex_);
    return BytesInUse();
  }

 private:
  absl::StatusOr<int64_t> TargetId(const PollResult& result) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status RecordFindings(int64_t target, int64_t poll, const PollResult& result)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<std::map<std::string, uint64_t>> CountsOf(int64_t poll)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Reads all rows of a statement that selects id, at, duration, error, live, captured.
  absl::StatusOr<std::vector<StoredPoll>> ReadPolls(Statement* statement)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<int64_t> BytesInUse() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status PruneBySize() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Retention retention_;
  absl::Mutex mutex_;
  Database database_ ABSL_GUARDED_BY(mutex_);
  Statements sql_ ABSL_GUARDED_BY(mutex_);  // Declared after the database: goes first.
};

absl::StatusOr<int64_t> SqliteStore::TargetId(const PollResult& result) {
  const Process& process = result.process;
  const absl::StatusOr<std::optional<int64_t>> id = sql_.find_target.Number(
      int64_t{process.target.pid}, Signed(process.start_time), process.target.command);
  if (!id.ok()) return id.status();
  if (!*id) {
    MUSTER_RETURN_IF_ERROR(sql_.add_target.Run(int64_t{process.target.pid},
                                               Signed(process.start_time), process.target.command,
                                               process.target.socket, Nanos(result.at)));
    return database_.LastRowId();
  }
  MUSTER_RETURN_IF_ERROR(sql_.see_target.Run(**id, Nanos(result.at), process.target.socket));
  return **id;
}

absl::Status SqliteStore::RecordFindings(int64_t target, int64_t poll, const PollResult& result) {
  const int64_t now = Nanos(result.at);
  for (const SeenFinding& seen : result.findings) {
    const inspector::Finding& finding = seen.finding;
    const std::string certainty = inspector::ToString(finding.certainty);
    const std::string detail = DetailJson(finding);
    MUSTER_RETURN_IF_ERROR(sql_.update_finding.Run(target, seen.fingerprint, now, poll, certainty,
                                                   finding.title, finding.explanation,
                                                   Signed(finding.count), detail));
    if (database_.Changes() != 0) continue;
    MUSTER_RETURN_IF_ERROR(sql_.add_finding.Run(
        target, seen.fingerprint, now, poll, certainty, finding.title, finding.explanation,
        Signed(finding.count), detail, finding.rule, seen.report));
  }
  return sql_.resolve_unseen.Run(target, poll, now, std::string(kNotSeen));
}

absl::Status SqliteStore::Record(const PollResult& result) {
  absl::MutexLock lock(&mutex_);
  Transaction transaction(&database_);
  MUSTER_RETURN_IF_ERROR(transaction.Begin());
  const absl::StatusOr<int64_t> target = TargetId(result);
  if (!target.ok()) return target.status();
  MUSTER_RETURN_IF_ERROR(sql_.add_poll.Run(*target, Nanos(result.at),
                                           absl::ToInt64Nanoseconds(result.duration), result.error,
                                           Signed(result.live), Signed(result.captured)));
  const int64_t poll = database_.LastRowId();
  for (const auto& [state, goroutines] : result.by_state) {
    MUSTER_RETURN_IF_ERROR(sql_.add_count.Run(poll, state, Signed(goroutines)));
  }
  if (result.ok()) MUSTER_RETURN_IF_ERROR(RecordFindings(*target, poll, result));
  return transaction.Commit();
}

absl::Status SqliteStore::MarkGone(const std::vector<Process>& running, absl::Time now) {
  absl::MutexLock lock(&mutex_);
  std::vector<int64_t> gone;
  sql_.running_targets.Start();
  while (true) {
    const absl::StatusOr<bool> row = sql_.running_targets.Step();
    if (!row.ok()) return row.status();
    if (!*row) break;
    bool runs = false;
    for (const Process& process : running) {
      runs = runs || (process.target.pid == sql_.running_targets.Int(1) &&
                      Signed(process.start_time) == sql_.running_targets.Int(2));
    }
    if (!runs) gone.push_back(sql_.running_targets.Int(0));
  }
  if (gone.empty()) return absl::OkStatus();
  Transaction transaction(&database_);
  MUSTER_RETURN_IF_ERROR(transaction.Begin());
  for (const int64_t target : gone) {
    MUSTER_RETURN_IF_ERROR(sql_.end_target.Run(target, Nanos(now)));
    MUSTER_RETURN_IF_ERROR(sql_.resolve_ended.Run(target, Nanos(now), std::string(kEnded)));
  }
  return transaction.Commit();
}

absl::StatusOr<std::map<std::string, uint64_t>> SqliteStore::CountsOf(int64_t poll) {
  std::map<std::string, uint64_t> counts;
  sql_.counts_of_poll.Start(poll);
  while (true) {
    const absl::StatusOr<bool> row = sql_.counts_of_poll.Step();
    if (!row.ok()) return row.status();
    if (!*row) return counts;
    counts[sql_.counts_of_poll.Text(0)] = Unsigned(sql_.counts_of_poll.Int(1));
  }
}

absl::StatusOr<std::vector<StoredPoll>> SqliteStore::ReadPolls(Statement* statement) {
  std::vector<StoredPoll> polls;
  while (true) {
    const absl::StatusOr<bool> row = statement->Step();
    if (!row.ok()) return row.status();
    if (!*row) return polls;
    absl::StatusOr<std::map<std::string, uint64_t>> counts = CountsOf(statement->Int(0));
    if (!counts.ok()) return counts.status();
    polls.push_back({absl::FromUnixNanos(statement->Int(1)), absl::Nanoseconds(statement->Int(2)),
                     statement->Text(3), Unsigned(statement->Int(4)), Unsigned(statement->Int(5)),
                     *std::move(counts)});
  }
}

absl::StatusOr<std::vector<StoredTarget>> SqliteStore::Targets() {
  absl::MutexLock lock(&mutex_);
  std::vector<StoredTarget> targets;
  Statement& rows = sql_.list_targets;
  rows.Start();
  while (true) {
    const absl::StatusOr<bool> row = rows.Step();
    if (!row.ok()) return row.status();
    if (!*row) return targets;
    StoredTarget target;
    const int64_t id = rows.Int(0);
    target.process = {{static_cast<int>(rows.Int(1)), rows.Text(4), rows.Text(3)},
                      Unsigned(rows.Int(2))};
    target.first_seen = absl::FromUnixNanos(rows.Int(5));
    target.last_seen = absl::FromUnixNanos(rows.Int(6));
    if (!rows.IsNull(7)) target.gone = absl::FromUnixNanos(rows.Int(7));
    sql_.last_poll.Start(id);
    absl::StatusOr<std::vector<StoredPoll>> last = ReadPolls(&sql_.last_poll);
    if (!last.ok()) return last.status();
    if (!last->empty()) target.last_poll = std::move(last->front());
    const absl::StatusOr<std::optional<int64_t>> open = sql_.count_open.Number(id);
    if (!open.ok()) return open.status();
    target.open_findings = Unsigned(open->value_or(0));
    targets.push_back(std::move(target));
  }
}

absl::StatusOr<FindingPage> SqliteStore::Findings(const FindingQuery& query) {
  absl::MutexLock lock(&mutex_);
  const int64_t state = query.state == FindingState::kOpen       ? 0
                        : query.state == FindingState::kResolved ? 1
                                                                 : 2;
  FindingPage page;
  Statement& rows = sql_.find_findings;
  // One row more than is shown tells whether there are more.
  rows.Start(query.below_id, state, int64_t{query.pid.value_or(-1)}, int64_t{query.limit} + 1);
  while (true) {
    const absl::StatusOr<bool> row = rows.Step();
    if (!row.ok()) return row.status();
    if (!*row) return page;
    if (page.findings.size() == static_cast<size_t>(query.limit)) {
      page.more = true;
      continue;
    }
    StoredFinding finding;
    finding.id = rows.Int(0);
    finding.process = {{static_cast<int>(rows.Int(1)), rows.Text(4), rows.Text(3)},
                       Unsigned(rows.Int(2))};
    finding.rule = rows.Text(5);
    finding.certainty = rows.Text(6);
    finding.title = rows.Text(7);
    finding.explanation = rows.Text(8);
    finding.count = Unsigned(rows.Int(9));
    finding.detail = rows.Text(10);
    finding.report = rows.Text(11);
    finding.first_seen = absl::FromUnixNanos(rows.Int(12));
    finding.last_seen = absl::FromUnixNanos(rows.Int(13));
    if (!rows.IsNull(14)) finding.resolved = absl::FromUnixNanos(rows.Int(14));
    finding.resolution = rows.Text(15);
    page.findings.push_back(std::move(finding));
  }
}

absl::StatusOr<std::vector<StoredPoll>> SqliteStore::History(int pid, int limit) {
  absl::MutexLock lock(&mutex_);
  sql_.polls_of_pid.Start(int64_t{pid}, int64_t{limit});
  return ReadPolls(&sql_.polls_of_pid);
}

absl::StatusOr<int64_t> SqliteStore::BytesInUse() {
  int64_t factors[3];
  int i = 0;
  for (const char* pragma : {"PRAGMA page_count", "PRAGMA freelist_count", "PRAGMA page_size"}) {
    const absl::StatusOr<int64_t> number = database_.Number(pragma);
    if (!number.ok()) return number.status();
    factors[i++] = *number;
  }
  return (factors[0] - factors[1]) * factors[2];
}

// Deletes an eighth of the oldest rows at a time, since rows of different sizes cannot be counted
// out beforehand.
absl::Status SqliteStore::PruneBySize() {
  while (true) {
    const absl::StatusOr<int64_t> bytes = BytesInUse();
    if (!bytes.ok()) return bytes.status();
    if (*bytes <= retention_.keep_bytes) return absl::OkStatus();
    const absl::StatusOr<int64_t> polls = database_.Number("SELECT count(*) FROM polls");
    if (!polls.ok()) return polls.status();
    if (*polls != 0) {
      MUSTER_RETURN_IF_ERROR(sql_.first_polls.Run(*polls / 8 + 1));
      continue;
    }
    const absl::StatusOr<int64_t> resolved =
        database_.Number("SELECT count(*) FROM findings WHERE resolved IS NOT NULL");
    if (!resolved.ok()) return resolved.status();
    if (*resolved == 0) return absl::OkStatus();
    MUSTER_RETURN_IF_ERROR(sql_.first_findings.Run(*resolved / 8 + 1));
  }
}

absl::Status SqliteStore::Prune(absl::Time now) {
  absl::MutexLock lock(&mutex_);
  const int64_t oldest = Nanos(now - retention_.keep_age);
  {
    Transaction transaction(&database_);
    MUSTER_RETURN_IF_ERROR(transaction.Begin());
    MUSTER_RETURN_IF_ERROR(sql_.old_polls.Run(oldest));
    MUSTER_RETURN_IF_ERROR(sql_.old_findings.Run(oldest));
    MUSTER_RETURN_IF_ERROR(PruneBySize());
    MUSTER_RETURN_IF_ERROR(sql_.old_targets.Run(oldest));
    MUSTER_RETURN_IF_ERROR(transaction.Commit());
  }
  // Gives the freed pages back to the file system.
  return database_.Execute("PRAGMA incremental_vacuum");
}

}  // namespace

absl::StatusOr<std::unique_ptr<Store>> Store::Open(const std::string& path,
                                                   const Retention& retention) {
  absl::StatusOr<Database> database = Database::Open(path);
  if (!database.ok()) {
    return absl::Status(database.status().code(),
                        absl::StrCat("cannot open the history: ", database.status().message(),
                                     "; give another --db"));
  }
  MUSTER_RETURN_IF_ERROR(PrepareSchema(path, &*database));
  auto store = std::make_unique<SqliteStore>(*std::move(database), retention);
  MUSTER_RETURN_IF_ERROR(store->Prepare());
  return store;
}

}  // namespace muster::musterd
