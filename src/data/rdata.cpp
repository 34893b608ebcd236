#include "data/rdata.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "base/error.hpp"
#include "data/inflate.hpp"
#include "data/r_value.hpp"
#include "data/unpack.hpp"

namespace limn {
namespace {

constexpr std::size_t kMaxContent = std::size_t{1} << 26;

[[noreturn]] void refuse(const std::string& name, const std::string& why) {
  throw Error(fmt::format("{} {}", name, why), "give a file with a data frame of numbers, text and factors");
}

std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }

std::string decompressed(std::span<const std::byte> content, const std::string& name) {
  if (is_gzip(content)) return inflate_all(content, name, kMaxContent);
  if (is_xz(content)) return unpack_xz(content, name, kMaxContent);
  if (is_bzip2(content)) return unpack_bzip2(content, name, kMaxContent);
  if (content.size() > kMaxContent) refuse(name, fmt::format("has {} bytes", content.size()));
  return {reinterpret_cast<const char*>(content.data()), content.size()};
}

// 1, 2, ... with names, or numbers or text as they are.
std::vector<std::string> cells_of(const RValue& column, const std::string& label) {
  if (column.kind == RValue::Kind::kTexts) return column.texts;
  if (column.kind != RValue::Kind::kNumbers) refuse(label, "is no column of numbers, text or a factor");
  const auto* levels = column.attribute("levels");
  if (levels && levels->kind != RValue::Kind::kTexts) refuse(label, "is a factor without names");
  std::vector<std::string> cells;
  cells.reserve(column.numbers.size());
  for (const double v : column.numbers) {
    if (std::isnan(v)) {
      cells.emplace_back();
    } else if (!levels) {
      cells.push_back(fmt::format("{}", v));
    } else {
      if (!(v >= 1 && v <= static_cast<double>(levels->texts.size())) || v != std::floor(v))
        refuse(label, fmt::format("is a factor with the level {} of {}", v, levels->texts.size()));
      cells.push_back(levels->texts[static_cast<std::size_t>(v) - 1]);
    }
  }
  return cells;
}

RFrame frame_of(const RValue& value, const std::string& name) {
  const auto* names = value.attribute("names");
  if (value.kind != RValue::Kind::kList || !names || names->texts.size() != value.items.size() || value.items.empty())
    refuse(name, "holds no data frame");
  RFrame frame;
  frame.names = names->texts;
  for (std::size_t c = 0; c < value.items.size(); ++c) {
    const auto label = fmt::format("{} column '{}'", name, frame.names[c]);
    frame.columns.push_back(cells_of(value.items[c], label));
    if (frame.columns[c].size() != frame.columns[0].size() || frame.columns[c].empty())
      refuse(label, fmt::format("has {} rows, others {}", frame.columns[c].size(), frame.columns[0].size()));
  }
  return frame;
}

// Where the index says that an object lies: its offset in the database and its length.
std::span<const std::byte> chunk_of(const RValue& index, std::span<const std::byte> database, const std::string& object,
                                    const std::string& name) {
  const auto* variables = index.item("variables");
  const auto* place = variables ? variables->item(object) : nullptr;
  if (!place || place->numbers.size() != 2) refuse(name, fmt::format("holds no object '{}'", object));
  const double offset = place->numbers[0], length = place->numbers[1];
  if (!(offset >= 0 && length >= 5 && offset + length <= static_cast<double>(database.size())))
    refuse(name, fmt::format("ends before the object '{}'", object));
  return database.subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(length));
}

std::string cell_text(const std::string& cell) {
  const bool bare =
      cell.find_first_of(",;\t\"\r\n") == std::string::npos && !cell.starts_with(' ') && !cell.ends_with(' ');
  if (bare) return cell;
  std::string quoted = "\"";
  for (const char c : cell) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

}  // namespace

RFrame parse_rdata(std::span<const std::byte> content, const std::string& object, const std::string& name) {
  const auto text = decompressed(content, name);
  const auto value = parse_r_value(bytes_of(text), name);
  if (!text.starts_with("RDX")) return frame_of(value, name);
  const auto* named = value.item(object);
  if (!named) refuse(name, fmt::format("holds no object '{}'", object));
  return frame_of(*named, name);
}

RFrame parse_r_database(std::span<const std::byte> index, std::span<const std::byte> database,
                        const std::string& object, const std::string& name) {
  const auto list = decompressed(index, name);
  const auto chunk = chunk_of(parse_r_value(bytes_of(list), name), database, object, name);
  // Four bytes of the decoded length, then 'Z' before LZMA2; the other forms are not used by the sets of the catalogue.
  if (chunk[4] != std::byte{'Z'}) refuse(name, fmt::format("holds '{}' in a compression that is not LZMA2", object));
  std::size_t size = 0;
  for (int i = 0; i < 4; ++i) size = size << 8 | std::to_integer<std::size_t>(chunk[static_cast<std::size_t>(i)]);
  const auto text = unpack_lzma2(chunk.subspan(5), name, std::min(size, kMaxContent));
  if (text.size() != size) refuse(name, fmt::format("claims {} bytes for '{}', but has {}", size, object, text.size()));
  return frame_of(parse_r_value(bytes_of(text), name), name);
}

std::string to_csv(const RFrame& frame) {
  std::string csv;
  const auto line = [&](const auto& cell_at) {
    for (std::size_t c = 0; c < frame.columns.size(); ++c) csv.append(c == 0 ? "" : ",").append(cell_text(cell_at(c)));
    csv += '\n';
  };
  line([&](std::size_t c) { return frame.names[c]; });
  for (std::size_t row = 0; row < frame.columns[0].size(); ++row)
    line([&](std::size_t c) { return frame.columns[c][row]; });
  return csv;
}

}  // namespace limn
