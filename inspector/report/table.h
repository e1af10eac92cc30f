// Table: columns as wide as what is in them. Not thread-safe.
#ifndef MUSTER_INSPECTOR_REPORT_TABLE_H_
#define MUSTER_INSPECTOR_REPORT_TABLE_H_

#include <functional>
#include <ostream>
#include <string>
#include <vector>

namespace muster::inspector::report {

enum class Align { kLeft, kRight };

class Table {
 public:
  struct Column {
    std::string head;
    Align align = Align::kLeft;
  };

  explicit Table(std::vector<Column> columns);

  void Add(std::vector<std::string> row);  // as many cells as there are columns
  // Prints the head, in the style that `style` gives a line, and the rows. No line has blanks at
  // its end.
  void Print(std::ostream& out, const std::function<std::string(const std::string&)>& style) const;

 private:
  std::string Line(const std::vector<std::string>& cells) const;

  std::vector<Column> columns_;
  std::vector<size_t> widths_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace muster::inspector::report

#endif  // MUSTER_INSPECTOR_REPORT_TABLE_H_
