#include "tools/musterd/schema.h"

#include <iterator>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"

namespace muster::musterd {
namespace {

// Times are nanoseconds since the epoch. `polls` is the bulk: one row for each target and interval,
// with the goroutines of each state in `counts`.
constexpr char kVersion1[] = R"(
CREATE TABLE targets (
  id INTEGER PRIMARY KEY,
  pid INTEGER NOT NULL,
  start_time INTEGER NOT NULL,
  command TEXT NOT NULL,
  socket TEXT NOT NULL,
  first_seen INTEGER NOT NULL,
  last_seen INTEGER NOT NULL,
  gone INTEGER,
  UNIQUE (pid, start_time, command)
);
CREATE TABLE polls (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  target_id INTEGER NOT NULL REFERENCES targets (id) ON DELETE CASCADE,
  at INTEGER NOT NULL,
  duration INTEGER NOT NULL,
  error TEXT NOT NULL,
  live INTEGER NOT NULL,
  captured INTEGER NOT NULL
);
CREATE INDEX polls_by_target ON polls (target_id, id);
CREATE INDEX polls_by_time ON polls (at);
CREATE TABLE counts (
  poll_id INTEGER NOT NULL REFERENCES polls (id) ON DELETE CASCADE,
  state TEXT NOT NULL,
  goroutines INTEGER NOT NULL,
  PRIMARY KEY (poll_id, state)
) WITHOUT ROWID;
CREATE TABLE findings (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  target_id INTEGER NOT NULL REFERENCES targets (id) ON DELETE CASCADE,
  fingerprint TEXT NOT NULL,
  rule TEXT NOT NULL,
  certainty TEXT NOT NULL,
  title TEXT NOT NULL,
  explanation TEXT NOT NULL,
  goroutine_count INTEGER NOT NULL,
  detail TEXT NOT NULL,
  report TEXT NOT NULL,
  first_seen INTEGER NOT NULL,
  last_seen INTEGER NOT NULL,
  last_poll INTEGER NOT NULL,
  resolved INTEGER,
  resolution TEXT
);
CREATE UNIQUE INDEX findings_open ON findings (target_id, fingerprint) WHERE resolved IS NULL;
CREATE INDEX findings_by_resolved ON findings (resolved);
)";

// kMigrations[n] takes a database from version n to n + 1.
constexpr const char* kMigrations[] = {kVersion1};
static_assert(std::size(kMigrations) == kSchemaVersion);

absl::Status Damaged(const std::string& path, const std::string& detail) {
  return absl::DataLossError(
      absl::StrCat(path, " is damaged or no SQLite database (", detail,
                   "); move it away to start a new history, or give another --db"));
}

// The first line of SQLite's own check, "ok" when the file is sound.
absl::StatusOr<std::string> QuickCheck(Database* database) {
  absl::StatusOr<Statement> check = database->Prepare("PRAGMA quick_check(1)");
  if (!check.ok()) return check.status();
  const absl::StatusOr<bool> row = check->Step();
  if (!row.ok()) return row.status();
  return *row ? check->Text(0) : "no answer";
}

absl::Status CheckOurs(const std::string& path, Database* database, int64_t version) {
  const absl::StatusOr<int64_t> application = database->Number("PRAGMA application_id");
  if (!application.ok()) return application.status();
  const absl::StatusOr<int64_t> tables = database->Number("SELECT count(*) FROM sqlite_schema");
  if (!tables.ok()) return tables.status();
  if (*application != kApplicationId && (*tables != 0 || *application != 0)) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, " is a SQLite database of another program; give another --db"));
  }
  if (version > kSchemaVersion) {
    return absl::FailedPreconditionError(absl::StrCat(
        path, " was written by a newer musterd (layout ", version, ", this one knows up to ",
        kSchemaVersion, "); use that musterd, or give another --db"));
  }
  return absl::OkStatus();
}

absl::Status Migrate(Database* database, int64_t version) {
  Transaction transaction(database);
  if (absl::Status status = transaction.Begin(); !status.ok()) return status;
  for (; version < kSchemaVersion; ++version) {
    if (absl::Status status = database->Execute(kMigrations[version]); !status.ok()) return status;
  }
  const std::string stamp = absl::StrCat("PRAGMA application_id = ", kApplicationId,
                                         "; PRAGMA user_version = ", kSchemaVersion);
  if (absl::Status status = database->Execute(stamp.c_str()); !status.ok()) return status;
  return transaction.Commit();
}

}  // namespace

absl::Status PrepareSchema(const std::string& path, Database* database) {
  // Nothing is changed before the file is known to be ours.
  const absl::StatusOr<int64_t> version = database->Number("PRAGMA user_version");
  if (!version.ok()) {
    if (absl::IsDataLoss(version.status())) {
      return Damaged(path, std::string(version.status().message()));
    }
    return version.status();
  }
  if (const absl::Status ours = CheckOurs(path, database, *version); !ours.ok()) return ours;
  const absl::StatusOr<std::string> sound = QuickCheck(database);
  if (!sound.ok()) return Damaged(path, std::string(sound.status().message()));
  if (*sound != "ok") return Damaged(path, *sound);
  // auto_vacuum has to be chosen before the first table exists.
  for (const char* pragma : {"PRAGMA auto_vacuum = INCREMENTAL", "PRAGMA journal_mode = WAL",
                             "PRAGMA synchronous = NORMAL", "PRAGMA foreign_keys = ON",
                             "PRAGMA journal_size_limit = 4194304"}) {
    if (absl::Status status = database->Execute(pragma); !status.ok()) return status;
  }
  if (*version == kSchemaVersion) return absl::OkStatus();
  return Migrate(database, *version);
}

}  // namespace muster::musterd
