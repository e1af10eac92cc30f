// Columns aligned with tabs, as Go's text/tabwriter lays them out in debug=1 dumps.
#ifndef MUSTER_INSPECTOR_FORMATS_COLUMNS_H_
#define MUSTER_INSPECTOR_FORMATS_COLUMNS_H_

#include <string>
#include <vector>

namespace muster::inspector::formats {

// One line's cells. Every cell but the last is ended by tabs up to its column's width; a column is
// a run of neighbouring lines that have such a cell.
using Row = std::vector<std::string>;

// The lines, each with its newline, for a tab width of 8, a padding of 1 and a minimum width of 1.
std::string AlignColumns(const std::vector<Row>& rows);

}  // namespace muster::inspector::formats

#endif  // MUSTER_INSPECTOR_FORMATS_COLUMNS_H_
