// Data frames out of R's files: .rda and .rds, and the .rdx/.rdb databases of installed packages. Only what a table
// needs is understood: numbers, text, factors, lists. Source: "R Internals", 1.8 Serialization Formats (XDR, version 2
// and 3). It must not know which sets there are.
#pragma once
#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace limn {

struct RFrame {
  std::vector<std::string> names;                 // of the columns
  std::vector<std::vector<std::string>> columns;  // [columns][rows]: decimal numbers or text; "" where R has NA
};

// The data frame named `object` in the content of an .rda file, or the one of an .rds file; plain, gzip, xz or bzip2.
// name: the file, for the errors. Error: damaged, cut short, no such object, an object or a column of another
// kind, columns of different lengths.
RFrame parse_rdata(std::span<const std::byte> content, const std::string& object, const std::string& name);

// The same out of a package's database: the contents of its .rdx and .rdb files. Error: as above.
RFrame parse_r_database(std::span<const std::byte> index, std::span<const std::byte> database,
                        const std::string& object, const std::string& name);

std::string to_csv(const RFrame& frame);  // with a header; text in quotes where it needs them

}  // namespace limn
