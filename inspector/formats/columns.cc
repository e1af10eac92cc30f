#include "inspector/formats/columns.h"

#include <algorithm>
#include <cstddef>

namespace muster::inspector::formats {
namespace {

constexpr size_t kTabWidth = 8;
constexpr size_t kPadding = 1;

// Characters, not bytes: a continuation byte of UTF-8 takes no room of its own.
size_t Width(const std::string& cell) {
  return static_cast<size_t>(std::count_if(cell.begin(), cell.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

bool HasColumn(const Row& row, size_t column) { return row.size() > column + 1; }

// The widths of one column, line by line: that of the widest cell in the run that the line is in.
std::vector<size_t> ColumnWidths(const std::vector<Row>& rows, size_t column) {
  std::vector<size_t> widths(rows.size(), 0);
  for (size_t begin = 0; begin < rows.size();) {
    if (!HasColumn(rows[begin], column)) {
      ++begin;
      continue;
    }
    size_t end = begin;
    size_t width = 0;
    for (; end < rows.size() && HasColumn(rows[end], column); ++end) {
      width = std::max(width, Width(rows[end][column]) + kPadding);
    }
    width = (width + kTabWidth - 1) / kTabWidth * kTabWidth;
    std::fill(widths.begin() + static_cast<std::ptrdiff_t>(begin),
              widths.begin() + static_cast<std::ptrdiff_t>(end), width);
    begin = end;
  }
  return widths;
}

}  // namespace

std::string AlignColumns(const std::vector<Row>& rows) {
  size_t columns = 0;
  for (const Row& row : rows) columns = std::max(columns, row.size());
  std::vector<std::vector<size_t>> widths;
  for (size_t column = 0; column + 1 < columns; ++column) {
    widths.push_back(ColumnWidths(rows, column));
  }
  std::string out;
  for (size_t line = 0; line < rows.size(); ++line) {
    const Row& row = rows[line];
    for (size_t column = 0; column < row.size(); ++column) {
      out += row[column];
      if (!HasColumn(row, column)) continue;
      const size_t gap = widths[column][line] - Width(row[column]);
      out.append((gap + kTabWidth - 1) / kTabWidth, '\t');
    }
    out.push_back('\n');
  }
  return out;
}

}  // namespace muster::inspector::formats
