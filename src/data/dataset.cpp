#include "data/dataset.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <filesystem>
#include <limits>
#include <numeric>
#include <system_error>
#include <utility>

#include "base/error.hpp"
#include "base/hash.hpp"
#include "data/array_set.hpp"
#include "data/catalogue.hpp"
#include "data/csv.hpp"
#include "data/encoding.hpp"
#include "data/fetch.hpp"
#include "data/figure.hpp"
#include "data/image_set.hpp"
#include "data/picture_set.hpp"
#include "data/split.hpp"
#include "data/toy.hpp"

namespace limn {
namespace {

namespace fs = std::filesystem;

enum class Format { kTable, kImages };

// What a request's `data` names.
struct Source {
  Format format;
  const CatalogueEntry* entry = nullptr;  // null: a path
  fs::path path;
  std::shared_ptr<const ArraySet> arrays = nullptr;  // of a .npy or .npz file
  bool pictures = false;                             // a folder, an archive or a file of pictures

  std::int64_t official_train_rows() const { return arrays ? arrays->official_train : 0; }
};

bool is_table_name(std::string name) {
  if (name.ends_with(".gz")) name.resize(name.size() - 3);
  return name.ends_with(".csv") || name.ends_with(".tsv");
}

Source find_source(const std::string& data) {
  if (const auto* entry = find_entry(data)) {
    fetch(data);
    return {entry->kind == "images" ? Format::kImages : Format::kTable, entry, {}};
  }
  std::vector<std::string> names;
  for (const auto& entry : catalogue()) names.push_back(entry.name);
  const auto hint = fmt::format(
      "give a .csv or .tsv file (also .gz), a .npy or .npz file, a folder or .zip file with a folder of pictures for "
      "each class, an IDX images file, a folder of IDX files, or one of: {}",
      fmt::join(names, ", "));
  const fs::path path(data);
  std::error_code failed;
  const auto status = fs::status(path, failed);
  if (data.empty() || !fs::exists(status))
    throw Error(fmt::format("there is no data set and no file '{}'", data), hint);
  const auto name = path.filename().string();
  if (fs::is_directory(status)) return {Format::kImages, nullptr, path, nullptr, !holds_idx(path)};
  if (is_zip_name(name) || is_picture_name(name)) return {Format::kImages, nullptr, path, nullptr, true};
  if (is_table_name(name)) return {Format::kTable, nullptr, path};
  if (is_array_name(name)) {
    auto arrays = std::make_shared<const ArraySet>(read_arrays(path));
    return {arrays->images() ? Format::kImages : Format::kTable, nullptr, path, std::move(arrays)};
  }
  if (looks_like_idx(path)) return {Format::kImages, nullptr, path};
  throw Error(fmt::format("{} is of no format that limn reads", data), hint);
}

Table read_table(const Source& source) {
  if (source.arrays) return table_of(*source.arrays);
  if (!source.entry) return read_csv(source.path);
  const auto& entry = *source.entry;
  if (entry.built_in()) return parse_csv(toy_csv(entry.name), entry.name);
  check_fingerprints(entry);
  return read_csv(folder_of(entry) / entry.files[0].name);
}

// sample: of the run that asks for pictures of its own size; empty: the set decides.
ImageSet read_images(const Source& source, const PictureSample& sample) {
  if (source.pictures) return read_picture_path(source.path, sample);
  if (source.arrays) return images_of(*source.arrays);
  return source.entry ? read_image_entry(*source.entry) : read_image_path(source.path);
}

std::string name_of(const Source& source) {
  return source.entry ? source.entry->name : source.path.filename().string();
}

// Names and cells, each with its length before it, hashed column by column.
std::string digest_of(const Table& table) {
  std::string all = "limn table 1\n";
  std::string cells;
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    cells.clear();
    for (const auto cell : table.columns[c]) cells.append(fmt::format("{}:", cell.size())).append(cell);
    all += fmt::format("{}:{} {}\n", table.names[c].size(), table.names[c], sha256_hex(cells));
  }
  return sha256_hex(all);
}

// Sizes, pixels and labels; not the names of the classes, so that a set read by its path is the one of the catalogue.
std::string digest_of(const ImageSet& set) {
  if (!set.digest.empty()) return set.digest;
  const auto& images = set.images;
  if (set.official_valid > 0) {
    auto same = set;
    same.official_valid = 0;
    return sha256_hex(fmt::format("limn images 3\n{}\n{}\n", set.official_valid, digest_of(same)));
  }
  if (set.channels > 1 || !set.values.empty()) {
    return sha256_hex(fmt::format("limn images 2\n{} {} {}\n{}\n{}\n{}\n", images.size, fmt::join(set.sample(), " "),
                                  set.official_train, sha256_hex(std::as_bytes(images.bytes)),
                                  sha256_hex(std::as_bytes(set.values)),
                                  sha256_hex(std::as_bytes(std::span(set.labels)))));
  }
  return sha256_hex(fmt::format("limn images 1\n{} {} {} {}\n{}\n{}\n{:a}\n", images.size, images.height, images.width,
                                set.official_train, sha256_hex(std::as_bytes(images.bytes)),
                                sha256_hex(std::as_bytes(std::span(set.labels))), set.byte_scale));
}

Dataset image_dataset(const ImageSet& set) {
  Dataset d;
  d.name = set.name;
  d.task = Task::kClassify;
  d.sample = set.channels == 1 ? Shape{set.images.height, set.images.width}
                               : Shape{set.channels, set.images.height, set.images.width};
  d.size = set.images.size;
  d.bytes = set.images.bytes;
  d.values = set.values;
  d.byte_scale = static_cast<float>(set.byte_scale);
  d.owner = set.images.owner;
  d.digest = digest_of(set);
  d.files = set.files;
  d.fitted = set.fitted;
  d.notes = set.notes;
  return d;
}

Dataset table_dataset(const Source& source, const Table& table, const Preprocessing& p,
                      std::span<const std::int32_t> rows) {
  Dataset d;
  d.name = name_of(source);
  d.digest = digest_of(table);
  d.task = p.classes.empty() ? Task::kRegress : Task::kClassify;
  d.size = static_cast<std::int64_t>(rows.size());
  auto values = std::make_shared<std::vector<float>>(encode_table(table, p, rows));
  d.sample = Shape{p.width()};
  d.values = *values;
  d.owner = std::move(values);
  d.classes = p.classes;
  d.preprocessing = p;
  return d;
}

std::vector<std::int32_t> rows_from(std::int64_t first, std::int64_t end) {
  std::vector<std::int32_t> rows(static_cast<std::size_t>(end - first));
  std::iota(rows.begin(), rows.end(), static_cast<std::int32_t>(first));
  return rows;
}

void split(Dataset& d, const DataRequest& request, std::int64_t official_train, std::int64_t official_valid = 0) {
  if (request.split == "auto" && official_valid > 0) {
    d.train = rows_from(0, official_train);
    d.valid = rows_from(official_train, official_train + official_valid);
    d.test = rows_from(official_train + official_valid, d.size);
    return;
  }
  if (request.split == "auto" && official_train > 0) {
    const auto rows = d.labels.empty() ? 0 : static_cast<std::size_t>(official_train);  // none of a regression
    const auto labels = std::span(d.labels).first(rows);
    auto parts = draw_splits(official_train, labels, kOfficialFractions, request.seed);
    d.train = std::move(parts[0]);
    d.valid = std::move(parts[1]);
    d.test = rows_from(official_train, d.size);
    return;
  }
  const auto fractions = request.split == "auto" ? kUsualFractions : parse_fractions(request.split);
  auto parts = draw_splits(d.size, d.labels, fractions, request.seed);
  d.train = std::move(parts[0]);
  d.valid = std::move(parts[1]);
  d.test = std::move(parts[2]);
}

// Classes of the set by its catalogue entry; else the different label bytes in ascending order, named by their numbers.
void label_by_bytes(Dataset& d, const ImageSet& set) {
  std::array<std::int32_t, 256> index;
  index.fill(-1);
  for (const auto label : set.labels) index[label] = 0;
  const auto distinct = std::count(index.begin(), index.end(), 0);
  if (distinct < 2) {
    throw Error(fmt::format("every label of {} is {}: there is nothing to tell apart", set.name, set.labels[0]),
                "give a set of two or more classes");
  }
  d.classes = set.classes;
  std::int32_t next = 0;
  for (std::size_t label = 0; label < index.size(); ++label) {
    if (!set.classes.empty()) {
      index[label] = static_cast<std::int32_t>(label);  // the fingerprints vouch for labels within the classes
    } else if (index[label] == 0) {
      index[label] = next++;
      d.classes.push_back(std::to_string(label));
    }
  }
  d.labels.reserve(set.labels.size());
  for (const auto label : set.labels) d.labels.push_back(index[label]);
}

// Mean and deviation of each channel over all pixels of the training rows; 1 where all are the same.
std::vector<ChannelEncoding> measure_channels(const Dataset& d) {
  const auto count = d.sample.rank() == 2 ? 1 : static_cast<std::size_t>(d.sample[0]);
  const auto size = static_cast<std::size_t>(d.sample.size()), area = size / count;
  std::vector<ChannelEncoding> channels(count);
  for (std::size_t c = 0; c < count; ++c) {
    const auto over_all = [&](auto term) {
      double sum = 0;
      for (const auto row : d.train)
        for (std::size_t i = static_cast<std::size_t>(row) * size + c * area, end = i + area; i < end; ++i)
          sum += term(d.values.empty() ? d.bytes[i] * static_cast<double>(d.byte_scale)
                                       : static_cast<double>(d.values[i]));
      return sum / static_cast<double>(d.train.size() * area);
    };
    const double mean = over_all([](double v) { return v; });
    const double variance = over_all([&](double v) { return (v - mean) * (v - mean); });
    channels[c] = {mean, variance > 0 ? std::sqrt(variance) : 1};
  }
  return channels;
}

Dataset prepare_images(const Source& source, const DataRequest& request) {
  if (!request.target.empty()) {
    throw Error(fmt::format("{} is a set of images and has no column '{}'", name_of(source), request.target),
                "leave out target: the classes of its labels are learned");
  }
  const auto set = read_images(source, std::nullopt);
  if (set.labels.empty()) {
    throw Error(fmt::format("there are no labels beside {}", request.data),
                "put the labels beside the images: train-labels-idx1-ubyte beside train-images-idx3-ubyte, "
                "pictures-labels.npy beside pictures.npy, y beside x in an .npz file");
  }
  auto d = image_dataset(set);
  label_by_bytes(d, set);
  d.preprocessing.kind = "images";
  d.preprocessing.sample = set.sample();
  d.preprocessing.byte_scale = set.byte_scale;
  d.preprocessing.classes = d.classes;
  split(d, request, set.official_train, set.official_valid);
  if (request.normalize) d.preprocessing.channels = measure_channels(d);
  if (set.channels == 1 && !d.bytes.empty())
    d.preprocessing.figure =
        measure_figure(d.bytes, {set.images.height, set.images.width}, 1 / set.byte_scale, d.train);
  return d;
}

Dataset prepare_table(const Source& source, const DataRequest& request) {
  if (request.normalize)
    throw Error(fmt::format("{} is a table and has no channels to normalise", name_of(source)),
                "leave out normalize: columns of numbers are standardised in any case");
  const auto table = read_table(source);
  const auto wanted = request.target.empty() && source.entry ? source.entry->target : request.target;
  const auto target = read_target(table, wanted);
  const auto kept = static_cast<std::int64_t>(target.rows.size());
  Dataset plan;  // carries the labels to the split, and the split to the fit
  plan.size = kept;
  plan.labels = target.labels;
  const auto& rows = target.rows;
  split(plan, request, std::lower_bound(rows.begin(), rows.end(), source.official_train_rows()) - rows.begin());
  std::vector<std::int32_t> training;
  training.reserve(plan.train.size());
  for (const auto i : plan.train) training.push_back(target.rows[static_cast<std::size_t>(i)]);

  auto notes = table.notes;
  if (kept < table.rows()) notes.push_back(fmt::format("{} rows have no target and are left out", table.rows() - kept));
  const auto p = fit_table(table, target, training, notes);
  auto d = table_dataset(source, table, p, target.rows);
  d.labels = std::move(plan.labels);
  d.train = std::move(plan.train);
  d.valid = std::move(plan.valid);
  d.test = std::move(plan.test);
  d.notes = std::move(notes);
  if (d.task == Task::kRegress) {
    const auto all = encode_targets(table, p);
    for (const auto row : target.rows) d.targets.push_back(all[static_cast<std::size_t>(row)]);
  }
  return d;
}

// Labels of other images in the order of a run's classes.
std::vector<std::int32_t> match_labels(const ImageSet& set, const Preprocessing& p) {
  std::vector<std::int32_t> labels(static_cast<std::size_t>(set.images.size), -1);
  std::array<std::int32_t, 256> index;
  const bool numbered = std::all_of(p.classes.begin(), p.classes.end(), [](const std::string& name) {
    return !name.empty() && name.find_first_not_of("0123456789") == std::string::npos;
  });
  for (std::size_t label = 0; label < index.size(); ++label) {
    index[label] = -1;
    if (set.classes.empty() && !numbered) {  // label bytes count the classes
      if (label < p.classes.size()) index[label] = static_cast<std::int32_t>(label);
      continue;
    }
    if (!set.classes.empty() && label >= set.classes.size()) continue;
    const auto name = set.classes.empty() ? std::to_string(label) : set.classes[label];
    const auto at = std::find(p.classes.begin(), p.classes.end(), name);
    if (at != p.classes.end()) index[label] = static_cast<std::int32_t>(at - p.classes.begin());
  }
  for (std::size_t i = 0; i < set.labels.size(); ++i) {
    labels[i] = index[set.labels[i]];
    if (labels[i] >= 0) continue;
    throw Error(fmt::format("{} has the label {}, which is not a class of this run", set.name, set.labels[i]),
                fmt::format("the classes are: {}", fmt::join(p.classes, ", ")));
  }
  return labels;
}

Dataset images_with(const Preprocessing& p, const Source& source) {
  auto set = read_images(source, PictureForm{p.sample, p.figure});
  if (p.sample != set.sample()) {
    throw Error(fmt::format("{} has images of {}, but this run was trained on {}", set.name,
                            fmt::join(set.sample(), "x"), fmt::join(p.sample, "x")),
                "give images of the same size");
  }
  auto d = image_dataset(set);
  d.byte_scale = static_cast<float>(source.pictures ? 1.0 / 255.0 : p.byte_scale);
  d.labels = match_labels(set, p);
  d.classes = p.classes;
  d.preprocessing = p;
  d.train = rows_from(0, set.official_train);
  d.valid = rows_from(set.official_train, set.official_train + set.official_valid);
  d.test = rows_from(set.official_train + set.official_valid, d.size);
  return d;
}

Dataset table_with(const Preprocessing& p, const Source& source) {
  const auto table = read_table(source);
  const auto rows = rows_from(0, table.rows());
  auto d = table_dataset(source, table, p, rows);
  d.train = rows_from(0, source.official_train_rows());
  d.test = rows_from(source.official_train_rows(), table.rows());
  if (d.task == Task::kClassify) {
    d.labels = encode_labels(table, p);
  } else {
    d.targets = encode_targets(table, p);
  }
  return d;
}

}  // namespace

Dataset prepare(const DataRequest& request) {
  if (request.data == kNoData) {
    Dataset none;
    none.name = none.digest = kNoData;
    none.task = Task::kRegress;
    none.preprocessing.kind = "none";
    return none;
  }
  const auto source = find_source(request.data);
  return source.format == Format::kImages ? prepare_images(source, request) : prepare_table(source, request);
}

Dataset prepare_with(const Preprocessing& preprocessing, const std::string& data) {
  const auto source = find_source(data);
  const bool images = source.format == Format::kImages;
  if (images != (preprocessing.kind == "images")) {
    throw Error(fmt::format("{} holds {}, but this run was trained on {}", data, images ? "images" : "a table",
                            images ? "a table" : "images"),
                "give data of the kind that the run was trained on");
  }
  return images ? images_with(preprocessing, source) : table_with(preprocessing, source);
}

}  // namespace limn
