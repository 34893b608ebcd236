#include "data/convert.hpp"

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/file.hpp"
#include "data/csv.hpp"
#include "data/idx.hpp"
#include "data/inflate.hpp"
#include "data/rdata.hpp"

namespace limn {
namespace {

constexpr std::size_t kMaxText = std::size_t{1} << 26;

std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }

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

void decompress_files(const CatalogueEntry&, const CatalogueSource& source, const Folder& from, const Folder& to) {
  for (const auto& file : source.files) {
    const auto packed = read_text(from / file);
    const auto target = (to / file).replace_extension();
    Inflater inflater(bytes_of(packed), (from / file).string());
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
}

void convert_digits(const CatalogueEntry&, const CatalogueSource& source, const Folder& from, const Folder& to) {
  constexpr std::size_t kPixels = 64;
  const auto file = from / source.files[0];
  const auto table = read_csv(file);
  if (table.columns.size() != kPixels + 1) unexpected(file);
  std::vector<std::uint8_t> pixels, labels;
  for (std::size_t row = 0; row < table.lines.size(); ++row) {
    for (std::size_t c = 0; c < kPixels; ++c) pixels.push_back(small_number(table.columns[c][row], 16, file));
    labels.push_back(small_number(table.columns[kPixels][row], 9, file));
  }
  write_idx_images(to / "images-idx3-ubyte", pixels, 8, 8);
  write_idx_labels(to / "labels-idx1-ubyte", labels);
}

void convert_sklearn(const CatalogueEntry& entry, const CatalogueSource& source, const Folder& from, const Folder& to) {
  const auto file = from / source.files[0];
  const auto text = read_text(file);
  const auto end = std::min(text.find('\n'), text.size());
  std::vector<std::string> names;  // behind two counts, those of the classes
  std::istringstream first(text.substr(0, end));
  for (std::string cell; std::getline(first, cell, ',');) names.push_back(std::move(cell));
  constexpr std::size_t kCounts = 2;
  if (names.size() != kCounts + entry.classes.size()) unexpected(file);
  const auto table = parse_csv(text.substr(end), file.string());
  const auto numbers = table.columns.size() - 1;
  std::string csv = source.header + "\n";
  for (std::size_t row = 0; row < table.lines.size(); ++row) {
    for (std::size_t c = 0; c < numbers; ++c) csv += fmt::format("{},", table.columns[c][row]);
    const auto index = small_number(table.columns[numbers][row], static_cast<int>(entry.classes.size()) - 1, file);
    csv += fmt::format("{}\n", names[kCounts + index]);
  }
  write_durably(to / entry.files[0].name, csv);
}

void convert_diabetes(const CatalogueEntry& entry, const CatalogueSource& source, const Folder& from,
                      const Folder& to) {
  auto rows = inflate_all(bytes_of(read_text(from / source.files[0])), source.files[0], kMaxText);
  const auto targets = inflate_all(bytes_of(read_text(from / source.files[1])), source.files[1], kMaxText);
  std::replace(rows.begin(), rows.end(), ' ', ',');
  std::istringstream inputs(rows), outputs(targets);
  std::string csv = source.header + "\n";
  for (std::string row, target; std::getline(inputs, row) && std::getline(outputs, target);) {
    double value;
    if (parse_number(target, value) != Number::kFinite) unexpected(from / source.files[1]);
    csv += fmt::format("{},{}\n", row, value);
  }
  write_durably(to / entry.files[0].name, csv);
}

void convert_r(const CatalogueEntry& entry, const CatalogueSource& source, const Folder& from, const Folder& to) {
  std::vector<std::string> contents;
  for (const auto& file : source.files) contents.push_back(read_text(from / file));
  const auto frame = contents.size() == 1 ? parse_rdata(bytes_of(contents[0]), source.object, source.files[0])
                                          : parse_r_database(bytes_of(contents[0]), bytes_of(contents[1]),
                                                             source.object, source.files[0]);
  write_durably(to / entry.files[0].name, to_csv(frame));
}

}  // namespace limn
