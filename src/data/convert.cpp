#include "data/convert.hpp"

#include <array>
#include <cstdint>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/file.hpp"
#include "data/csv.hpp"
#include "data/idx.hpp"
#include "data/inflate.hpp"

namespace limn {
namespace {

[[noreturn]] void unexpected(const std::filesystem::path& file) {
  throw Error(fmt::format("the package's {} has other content than expected", file.filename().string()),
              "the package has changed: use another data set", Fault::kFailure);
}

std::uint8_t small_number(std::string_view cell, int limit, const std::filesystem::path& file) {
  double value;
  if (parse_number(cell, value) != Number::kFinite || !(value >= 0 && value <= limit) ||
      value != static_cast<std::uint8_t>(value)) {
    unexpected(file);
  }
  return static_cast<std::uint8_t>(value);
}

}  // namespace

void decompress_to_folder(const std::filesystem::path& from, const std::filesystem::path& to) {
  const MappedFile file(from);
  const auto target = to / from.stem();
  Inflater inflater(file.bytes(), from.string());
  std::ofstream out(target, std::ios::binary);
  std::vector<char> piece(std::size_t{1} << 20);
  for (auto n = piece.size(); n == piece.size() && out;) {
    n = inflater.read(std::as_writable_bytes(std::span(piece)));
    out.write(piece.data(), static_cast<std::streamsize>(n));
  }
  out.close();
  if (!out) {
    throw Error(fmt::format("cannot write {}", target.string()),
                "free some disk space, or set LIMN_DATA to another folder", Fault::kFailure);
  }
}

void convert_digits(const std::filesystem::path& from, const std::filesystem::path& to) {
  constexpr std::size_t kPixels = 64;
  const auto table = read_csv(from);
  if (table.columns.size() != kPixels + 1) unexpected(from);
  std::vector<std::uint8_t> pixels, labels;
  for (std::size_t row = 0; row < table.lines.size(); ++row) {
    for (std::size_t c = 0; c < kPixels; ++c) pixels.push_back(small_number(table.columns[c][row], 16, from));
    labels.push_back(small_number(table.columns[kPixels][row], 9, from));
  }
  write_idx_images(to / "images-idx3-ubyte", pixels, 8, 8);
  write_idx_labels(to / "labels-idx1-ubyte", labels);
}

void convert_iris(const std::filesystem::path& from, const std::filesystem::path& to) {
  constexpr std::array kSpecies{"setosa", "versicolor", "virginica"};
  const auto table = read_csv(from);  // its first row holds counts and names, and is no header
  if (table.columns.size() != 5) unexpected(from);
  std::string csv = "sepal_length,sepal_width,petal_length,petal_width,species\n";
  for (std::size_t row = 1; row < table.lines.size(); ++row) {
    for (std::size_t c = 0; c < 4; ++c) csv += fmt::format("{},", table.columns[c][row]);
    csv += fmt::format("{}\n", kSpecies[small_number(table.columns[4][row], 2, from)]);
  }
  write_durably(to / "iris.csv", csv);
}

}  // namespace limn
