#include "lab/preview.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <span>
#include <vector>

#include "base/error.hpp"
#include "base/hash.hpp"
#include "base/utf8.hpp"
#include "data/array_set.hpp"
#include "data/csv.hpp"
#include "data/encoding.hpp"
#include "data/inflate.hpp"
#include "data/kept_file.hpp"
#include "data/picture_set.hpp"
#include "data/split.hpp"
#include "data/zip.hpp"

namespace limn::lab {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kShownRows = 10, kShownBytes = 200;           // of the preview, and of one of its cells
constexpr std::size_t kShownPictures = 24, kShownPixels = 1 << 17;  // of the preview: numbers of all pictures
constexpr std::uint64_t kMostPixels = std::uint64_t{1} << 28;
constexpr std::int64_t kMostCells = std::int64_t{1} << 24, kMostColumns = 4096;
constexpr std::int64_t kMostNumbers = std::int64_t{1} << 26;  // once texts are one number for each of their values

std::string shown(std::string_view cell) {
  if (cell.size() <= kShownBytes) return std::string(cell);
  std::size_t end = 0;  // whole characters alone
  for (std::size_t n = 0; (n = utf8_length(cell.substr(end))) != 0 && end + n <= kShownBytes;) end += n;
  return std::string(cell.substr(0, end)) + "…";
}

Json column_json(const Table& table, std::size_t column) {
  std::vector<std::uint64_t> distinct;  // hashes: a set of millions of texts would hold the lab up for seconds
  std::int64_t missing = 0;
  bool numbers = true;
  for (const std::string_view cell : table.columns[column]) {
    if (is_missing(cell)) {
      ++missing;
      continue;
    }
    double value = 0;
    numbers = numbers && parse_number(cell, value) != Number::kNone;
    distinct.push_back(hash64(std::as_bytes(std::span(cell))));
  }
  std::ranges::sort(distinct);
  distinct.erase(std::ranges::unique(distinct).begin(), distinct.end());
  return {{"name", table.names[column]},
          {"kind", numbers && !distinct.empty() ? "number" : "text"},
          {"missing", missing},
          {"distinct", distinct.size()}};
}

// Columns in the order in which they are taken for the target: one whose name says so, then from the last backwards.
std::vector<std::size_t> candidates(const Table& table) {
  std::vector<std::size_t> all(table.names.size());
  for (std::size_t c = 0; c < all.size(); ++c) all[c] = all.size() - 1 - c;
  std::ranges::stable_partition(all, [&](std::size_t c) {
    static const std::set<std::string> kNames{"target", "label", "class"};
    return kNames.contains(lower(table.names[c]));
  });
  return all;
}

// The first column that can be learned from the others. Error: why the last column is none, if no column is.
Target guessed_target(const Table& table) {
  for (const std::size_t column : candidates(table)) try {
      return read_target(table, table.names[column]);
    } catch (const Error&) {  // a key, a text of its own in every row, one value only
    }
  return read_target(table, "");
}

Json describe_table(const Table& table, std::int64_t official_train) {
  const auto columns = static_cast<std::int64_t>(table.columns.size());
  if (columns > kMostColumns || table.rows() > kMostCells / columns)
    throw Error(fmt::format("{} has {} rows of {} columns", table.name, table.rows(), columns),
                fmt::format("use at most {} columns and {} cells here, or train by command: limn train mlp --data FILE",
                            kMostColumns, kMostCells));
  const Target target = guessed_target(table);
  const auto rows = static_cast<std::int64_t>(target.rows.size());
  const bool official = official_train > 0;
  const auto parts = draw_splits(official ? std::min(official_train, rows) : rows,
                                 official ? std::span<const std::int32_t>() : std::span(target.labels),
                                 official ? kOfficialFractions : kUsualFractions, 1);
  std::vector<std::int32_t> training;
  for (const std::int32_t i : parts[0]) training.push_back(target.rows[static_cast<std::size_t>(i)]);
  auto notes = table.notes;
  const Preprocessing fitted = fit_table(table, target, training, notes);
  if (fitted.width() > kMostNumbers / rows)
    throw Error(fmt::format("{} becomes {} numbers in each of {} rows", table.name, fitted.width(), rows),
                "leave out columns of text with many different values");
  encode_table(table, fitted, target.rows);  // refuses numbers that are too far from the others

  Json all = Json::array(), preview = Json::array();
  for (std::size_t c = 0; c < table.columns.size(); ++c) all.push_back(column_json(table, c));
  for (std::size_t r = 0; r < std::min<std::size_t>(kShownRows, static_cast<std::size_t>(table.rows())); ++r) {
    Json& row = preview.emplace_back(Json::array());
    for (const auto& cells : table.columns) row.push_back(shown(cells[r]));
  }
  if (rows < table.rows()) notes.insert(notes.begin(), fmt::format("{} rows have no target", table.rows() - rows));
  std::vector<std::int64_t> counts(target.classes.size());
  for (const auto label : target.labels) ++counts[static_cast<std::size_t>(label)];
  return {{"kind", "table"},
          {"counts", counts},
          {"pictures", Json::array()},
          {"task", target.classes.empty() ? "regress" : "classify"},
          {"rows", table.rows()},
          {"columns", all},
          {"target", table.names[target.column]},
          {"classes", target.classes},
          {"sample", {fitted.width()}},
          {"notes", notes},
          {"preview", preview}};
}

// Pixels as two hex digits each: bytes as they are, floats from 0 to 1 in 255 steps.
std::string pixels_of(const ImageSet& set, std::size_t image) {
  const auto size = static_cast<std::size_t>(set.channels * set.images.height * set.images.width);
  std::string text;
  for (std::size_t i = image * size; i < (image + 1) * size; ++i) {
    const int value = set.values.empty() ? set.images.bytes[i]
                                         : static_cast<int>(std::lround(std::clamp(set.values[i], 0.0f, 1.0f) * 255));
    text += fmt::format("{:02x}", value);
  }
  return text;
}

// Some images of every class, in turns.
Json pictures_of(const ImageSet& set, const std::vector<std::string>& classes, const std::vector<int>& index) {
  std::vector<std::vector<std::size_t>> by_class(classes.size());
  for (std::size_t i = 0; i < set.labels.size(); ++i)
    by_class[static_cast<std::size_t>(index[set.labels[i]])].push_back(i);
  Json all = Json::array();
  const auto size = static_cast<std::size_t>(set.channels * set.images.height * set.images.width);
  const std::size_t most = std::clamp<std::size_t>(kShownPixels / size, 1, kShownPictures);
  for (std::size_t turn = 0, before = most + 1; all.size() < most && all.size() != before; ++turn) {
    before = all.size();
    for (std::size_t c = 0; c < classes.size() && all.size() < most; ++c) {
      if (turn >= by_class[c].size()) continue;
      const auto image = by_class[c][turn];
      all.push_back({{"file", set.files.empty() ? fmt::format("{}", image) : set.files[image]},
                     {"class", classes[c]},
                     {"pixels", pixels_of(set, image)}});
    }
  }
  return all;
}

Json describe_images(const ImageSet& set, const std::string& name) {
  const std::set<int> labels(set.labels.begin(), set.labels.end());
  if (labels.size() < 2)
    throw Error(fmt::format("{} has {}", name, labels.empty() ? "no labels" : "images of one class only"),
                "put the labels beside the images as the array y, of two classes or more");
  if (set.official_valid == 0)
    static_cast<void>(draw_splits(set.official_train > 0 ? set.official_train : set.images.size, {},
                                  set.official_train > 0 ? kOfficialFractions : kUsualFractions, 1));
  std::vector<std::string> classes;
  std::vector<int> index(256);
  for (const int label : labels) {
    index[static_cast<std::size_t>(label)] = static_cast<int>(classes.size());
    classes.push_back(set.classes.empty() ? std::to_string(label) : set.classes[static_cast<std::size_t>(label)]);
  }
  std::vector<std::int64_t> counts(classes.size());
  for (const auto label : set.labels) ++counts[static_cast<std::size_t>(index[label])];
  return {{"kind", "images"},
          {"task", "classify"},
          {"rows", set.images.size},
          {"columns", Json::array()},
          {"target", ""},
          {"classes", classes},
          {"counts", counts},
          {"sample", set.sample()},
          {"notes", set.notes},
          {"preview", Json::array()},
          {"pictures", pictures_of(set, classes, index)}};
}

Json describe_arrays(const std::string& bytes, const std::string& name) {
  const auto archive = std::as_bytes(std::span(bytes));
  std::size_t unpacked = 0;
  for (const ZipMember& member : list_zip(archive, name)) unpacked += member.bytes;
  if (unpacked > kMostUpload)
    throw Error(fmt::format("{} unpacks to {} bytes", name, unpacked),
                fmt::format("at most {} MiB are taken here", kMostUpload >> 20));
  const ArraySet arrays = parse_npz(archive, name);
  if (arrays.images()) return describe_images(images_of(arrays), name);
  if (!arrays.labelled() && arrays.x.shape[1] < 2)
    throw Error(fmt::format("{} has one column only", name), "put what is to be predicted into the array y");
  if (arrays.x.size() > kMostCells)
    throw Error(fmt::format("{} has {} cells", name, arrays.x.size()),
                fmt::format("use at most {} here, or train by command: limn train mlp --data FILE", kMostCells));
  return describe_table(table_of(arrays), arrays.official_train);
}

}  // namespace

Json describe_upload(const std::string& bytes, const std::string& name) {
  const std::string ending = kept_ending(name);
  if (ending == "npz") return describe_arrays(bytes, name);
  if (ending == "zip") {
    const auto archive = std::as_bytes(std::span(bytes));
    return describe_images(parse_picture_zip(archive, name, std::nullopt, {kMostUpload, kMostPixels}), name);
  }
  const auto packed = std::as_bytes(std::span(bytes));  // by content, as read_csv does
  return describe_table(parse_csv(is_gzip(packed) ? inflate_all(packed, name, kMostUpload) : bytes, name), 0);
}

}  // namespace limn::lab
