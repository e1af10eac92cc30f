// A thin layer over SQLite's C interface: handles that close themselves, and absl::Status.
#ifndef TOOLS_MUSTERD_SQLITE_H_
#define TOOLS_MUSTERD_SQLITE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

struct sqlite3;
struct sqlite3_stmt;

namespace muster::musterd {

// Statement is a prepared statement; it must not outlive its database. Not thread-safe.
class Statement {
 public:
  Statement() = default;
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}

  // Binds the parameters from the first on and runs the statement to its end.
  template <typename... Args>
  absl::Status Run(const Args&... args) {
    Start(args...);
    return Finish();
  }

  // Start binds the parameters; then Step() until it says false. Reset happens by itself.
  template <typename... Args>
  void Start(const Args&... args) {
    Reset();
    int index = 0;
    (Bind(++index, args), ...);
  }
  absl::StatusOr<bool> Step();

  // The first column of the first row, if there is one. The statement is reset afterwards: one left
  // in the middle would keep its read transaction and stop the write-ahead log from being emptied.
  template <typename... Args>
  absl::StatusOr<std::optional<int64_t>> Number(const Args&... args) {
    Start(args...);
    return FirstNumber();
  }

  int64_t Int(int column) const;
  std::string Text(int column) const;
  bool IsNull(int column) const;

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  void Reset();
  void Bind(int index, int64_t value);
  void Bind(int index, const std::string& value);
  absl::Status Finish();
  absl::StatusOr<std::optional<int64_t>> FirstNumber();

  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

// Database is one connection. Errors name the file.
class Database {
 public:
  static absl::StatusOr<Database> Open(const std::string& path);

  absl::Status Execute(const char* sql);
  absl::StatusOr<Statement> Prepare(const char* sql);
  // The single number that `sql` (a pragma or an aggregate) gives.
  absl::StatusOr<int64_t> Number(const char* sql);
  // The rows that the last statement changed.
  int64_t Changes() const;
  int64_t LastRowId() const;

 private:
  struct Close {
    void operator()(sqlite3* handle) const;
  };
  explicit Database(sqlite3* handle) : handle_(handle) {}

  std::unique_ptr<sqlite3, Close> handle_;
};

// Transaction rolls back unless it was committed.
class Transaction {
 public:
  explicit Transaction(Database* database) : database_(database) {}
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction();
  absl::Status Begin();
  absl::Status Commit();

 private:
  Database* database_;
  bool open_ = false;
};

}  // namespace muster::musterd

#endif  // TOOLS_MUSTERD_SQLITE_H_
