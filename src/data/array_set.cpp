#include "data/array_set.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <optional>
#include <system_error>
#include <utility>

#include "base/error.hpp"
#include "base/file.hpp"
#include "data/zip.hpp"

namespace limn {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kMaxCells = std::int64_t{1} << 26, kMaxSide = 4096, kMaxSamples = std::int64_t{1} << 31;

const char* const kNames =
    "name the arrays x and y, or x_train, y_train, x_test and y_test; x is [samples, columns] or images "
    "[samples, height, width], y is [samples]";

[[noreturn]] void refuse(const std::string& name, const std::string& why) {
  throw Error(fmt::format("{}: {}", name, why), kNames);
}

std::string shape_text(const NpyArray& a) { return fmt::format("({})", fmt::join(a.shape, ", ")); }

NpyArray check_x(NpyArray x, const std::string& name) {
  if (x.shape.size() < 2 || x.shape.size() > 4 || x.size() == 0)
    refuse(name, fmt::format("x has the shape {}", shape_text(x)));
  if (x.shape[0] >= kMaxSamples) refuse(name, fmt::format("{} samples are too many", x.shape[0]));
  return x;
}

NpyArray check_y(NpyArray y, const NpyArray& x, const std::string& name) {
  if (y.shape.size() == 2 && y.shape[1] == 1) y.shape.pop_back();
  if (y.shape.size() != 1 || y.shape[0] != x.shape[0])
    refuse(name, fmt::format("y has the shape {}, but x {}", shape_text(y), shape_text(x)));
  return y;
}

void append(NpyArray& a, const NpyArray& b, const std::string& name) {
  const bool alike = a.kind == b.kind && a.width == b.width && a.shape.size() == b.shape.size() &&
                     std::equal(a.shape.begin() + 1, a.shape.end(), b.shape.begin() + 1);
  if (!alike)
    refuse(name, fmt::format("the arrays to train and to test differ in type or shape: {} and {}", shape_text(a),
                             shape_text(b)));
  a.shape[0] += b.shape[0];
  a.bytes += b.bytes;
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; });
  return text;
}

// Where the numbers of an image lie in a sample of x.
struct Geometry {
  std::int64_t channels = 1, height = 0, width = 0;
  bool channels_last = false;
};

Geometry geometry_of(const ArraySet& set) {
  const auto& s = set.x.shape;
  const auto is_channels = [](std::int64_t n) { return n == 1 || n == 3 || n == 4; };
  Geometry g;
  if (s.size() == 3) {
    g = {1, s[1], s[2], false};
  } else if (is_channels(s[3])) {
    g = {s[3], s[1], s[2], true};
  } else if (is_channels(s[1])) {
    g = {s[1], s[2], s[3], false};
  } else {
    refuse(set.name, fmt::format("images have 1, 3 or 4 channels, but x has the shape {}", shape_text(set.x)));
  }
  if (g.height > kMaxSide || g.width > kMaxSide)
    refuse(set.name, fmt::format("images of {}x{} are too large", g.height, g.width));
  return g;
}

// Values of all images, channels before the height.
template <class T, class Read>
std::vector<T> planes_of(const ArraySet& set, const Geometry& g, Read read) {
  std::vector<T> out;
  out.reserve(static_cast<std::size_t>(set.x.size()));
  const auto area = g.height * g.width;
  for (std::int64_t i = 0; i < set.samples(); ++i) {
    for (std::int64_t c = 0; c < g.channels; ++c) {
      const auto from = i * area * g.channels + (g.channels_last ? c : c * area);
      for (std::int64_t p = 0; p < area; ++p) out.push_back(read(from + (g.channels_last ? p * g.channels : p)));
    }
  }
  return out;
}

}  // namespace

bool is_array_name(const std::string& file_name) {
  const auto name = lower(file_name);
  return name.ends_with(".npy") || name.ends_with(".npz");
}

ArraySet parse_npz(std::span<const std::byte> archive, const std::string& name) {
  std::map<std::string, ZipMember> members;
  std::vector<std::string> names;
  for (auto& member : list_zip(archive, name)) {
    auto key = lower(member.name);
    if (key.ends_with(".npy")) key.resize(key.size() - 4);
    names.push_back(member.name);
    if (!members.emplace(std::move(key), std::move(member)).second) refuse(name, "two arrays differ in capitals alone");
  }
  const auto read = [&](const std::string& key) -> std::optional<NpyArray> {
    const auto at = members.find(key);
    if (at == members.end()) return std::nullopt;
    const auto content = unpack_member(at->second, name);
    return parse_npy(std::as_bytes(std::span(content)), fmt::format("{}: {}", name, key));
  };
  ArraySet set;
  set.name = name;
  const bool official = members.contains("x_train");
  auto x = read(official ? "x_train" : "x"), y = read(official ? "y_train" : "y");
  if (!x) refuse(name, fmt::format("it holds no x, but: {}", fmt::join(names, ", ")));
  set.x = check_x(std::move(*x), name);
  if (y) set.y = check_y(std::move(*y), set.x, name);
  if (!official) return set;
  auto x_test = read("x_test"), y_test = read("y_test");
  if (!x_test || !y_test || !y) refuse(name, "beside x_train it needs y_train, x_test and y_test");
  const auto more = check_x(std::move(*x_test), name);
  set.official_train = set.samples();
  append(set.y, check_y(std::move(*y_test), more, name), name);
  append(set.x, more, name);
  return set;
}

ArraySet read_arrays(const fs::path& path) {
  const auto name = path.string();
  const auto content = read_text(path);
  const auto bytes = std::as_bytes(std::span(content));
  if (lower(name).ends_with(".npz")) return parse_npz(bytes, name);
  ArraySet set;
  set.name = name;
  set.x = check_x(parse_npy(bytes, name), name);
  const auto beside = path.parent_path() / (path.stem().string() + "-labels.npy");
  std::error_code failed;
  if (!fs::exists(beside, failed)) return set;
  const auto labels = read_text(beside);
  set.y = check_y(parse_npy(std::as_bytes(std::span(labels)), beside.string()), set.x, beside.string());
  return set;
}

Table table_of(const ArraySet& set) {
  const auto rows = set.samples(), columns = set.x.shape[1] + (set.labelled() ? 1 : 0);
  if (columns > kMaxCells / rows) {
    throw Error(fmt::format("{} has {} rows of {} columns", set.name, rows, columns),
                "use fewer, or store images as [samples, height, width]");
  }
  const auto cell_at = [&](std::int64_t row, std::int64_t column) {
    return column < set.x.shape[1] ? set.x.text_at(row * set.x.shape[1] + column) : set.y.text_at(row);
  };
  Table table;
  table.name = set.name;
  auto text = std::make_shared<std::string>();
  std::vector<std::size_t> ends;
  ends.reserve(static_cast<std::size_t>(rows * columns));
  for (std::int64_t c = 0; c < columns; ++c) {
    table.names.push_back(c < set.x.shape[1] ? fmt::format("x{}", c) : "y");
    for (std::int64_t row = 0; row < rows; ++row) {
      *text += cell_at(row, c);
      ends.push_back(text->size());
    }
  }
  std::size_t begin = 0, cell = 0;
  for (std::int64_t c = 0; c < columns; ++c) {
    auto& column = table.columns.emplace_back();
    column.reserve(static_cast<std::size_t>(rows));
    for (std::int64_t row = 0; row < rows; ++row, ++cell) {
      column.push_back(std::string_view(*text).substr(begin, ends[cell] - begin));
      begin = ends[cell];
    }
  }
  for (std::int64_t row = 0; row < rows; ++row) table.lines.push_back(row + 1);
  table.owner = std::move(text);
  return table;
}

ImageSet images_of(const ArraySet& set) {
  const auto g = geometry_of(set);
  ImageSet images;
  images.name = fs::path(set.name).filename().string();
  images.channels = g.channels;
  images.images.height = g.height;
  images.images.width = g.width;
  images.images.size = set.samples();
  images.images.counts = {set.samples()};
  images.official_train = set.official_train;
  if (set.x.kind == 'u' && set.x.width == 1) {
    auto bytes = std::make_shared<std::vector<std::uint8_t>>(planes_of<std::uint8_t>(
        set, g, [&](std::int64_t i) { return static_cast<std::uint8_t>(set.x.bytes[static_cast<std::size_t>(i)]); }));
    images.images.bytes = *bytes;
    images.images.owner = std::move(bytes);
  } else if (set.x.kind == 'f') {
    auto values = std::make_shared<std::vector<float>>(
        planes_of<float>(set, g, [&](std::int64_t i) { return static_cast<float>(set.x.at(i)); }));
    if (!std::ranges::all_of(*values, [](float v) { return std::isfinite(v); }))
      refuse(set.name, "x holds a number that is not finite");
    images.values = *values;
    images.images.owner = std::move(values);
  } else {
    refuse(set.name, "images are of type uint8, float32 or float64");
  }
  for (std::int64_t i = 0; set.labelled() && i < set.samples(); ++i) {
    const double label = set.y.at(i);
    if (!(label >= 0 && label <= 255) || label != std::floor(label))
      refuse(set.name, fmt::format("labels of images are whole numbers from 0 to 255, but y[{}] is {}", i, label));
    images.labels.push_back(static_cast<std::uint8_t>(label));
  }
  return images;
}

}  // namespace limn
