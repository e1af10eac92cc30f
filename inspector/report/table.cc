#include "inspector/report/table.h"

#include <algorithm>
#include <utility>

namespace muster::inspector::report {

Table::Table(std::vector<Column> columns) : columns_(std::move(columns)) {
  for (const Column& column : columns_) widths_.push_back(column.head.size());
}

void Table::Add(std::vector<std::string> row) {
  for (size_t i = 0; i < row.size(); ++i) widths_[i] = std::max(widths_[i], row[i].size());
  rows_.push_back(std::move(row));
}

void Table::Print(std::ostream& out,
                  const std::function<std::string(const std::string&)>& style) const {
  std::vector<std::string> heads;
  for (const Column& column : columns_) heads.push_back(column.head);
  out << style(Line(heads)) << "\n";
  for (const std::vector<std::string>& row : rows_) out << Line(row) << "\n";
}

std::string Table::Line(const std::vector<std::string>& cells) const {
  std::string line;
  for (size_t i = 0; i < cells.size(); ++i) {
    if (i > 0) line += "  ";
    const std::string margin(widths_[i] - cells[i].size(), ' ');
    line += columns_[i].align == Align::kRight ? margin + cells[i] : cells[i] + margin;
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

}  // namespace muster::inspector::report
