#include "data/image_set.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <optional>
#include <span>
#include <system_error>

#include "base/error.hpp"
#include "base/file.hpp"
#include "data/drawn_digits.hpp"
#include "data/inflate.hpp"

namespace limn {
namespace {

namespace fs = std::filesystem;

const char* const kUsualNames =
    "name the files train-images-idx3-ubyte, train-labels-idx1-ubyte, "
    "t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte, plain or .gz";

bool replace(std::string& text, std::string_view old, std::string_view with) {
  const auto at = text.rfind(old);
  if (at == std::string::npos) return false;
  text.replace(at, old.size(), with);
  return true;
}

// The labels beside an images file: "images" and "idx3" of its name become "labels" and "idx1"; either may be .gz.
std::optional<fs::path> labels_beside(const fs::path& images) {
  auto name = images.filename().string();
  if (!replace(name, "images", "labels")) return std::nullopt;
  replace(name, "idx3", "idx1");
  if (name.ends_with(".gz")) name.resize(name.size() - 3);
  for (const auto* end : {"", ".gz"}) {
    auto path = images.parent_path() / (name + end);
    std::error_code failed;
    if (fs::is_regular_file(path, failed)) return path;
  }
  return std::nullopt;
}

void read_files(ImageSet& set, std::span<const fs::path> images) {
  set.images = read_idx_images(images);
  if (images.size() == 2) set.official_train = set.images.counts[0];
  const auto labelled = [](const fs::path& path) { return labels_beside(path).has_value(); };
  if (std::none_of(images.begin(), images.end(), labelled)) return;
  for (std::size_t i = 0; i < images.size(); ++i) {
    const auto path = labels_beside(images[i]);
    if (!path) throw Error(fmt::format("there are no labels beside {}", images[i].string()), kUsualNames);
    const auto labels = read_idx_labels(*path);
    if (static_cast<std::int64_t>(labels.size()) != set.images.counts[i]) {
      throw Error(fmt::format("{} has {} labels, but {} has {} images", path->string(), labels.size(),
                              images[i].string(), set.images.counts[i]),
                  "give the labels and the images of one set");
    }
    set.labels.insert(set.labels.end(), labels.begin(), labels.end());
  }
}

// The images files of a folder; of a plain and a .gz file of one name the plain one.
std::vector<fs::path> named_images(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code failed;
  for (fs::directory_iterator it(folder, failed), end; !failed && it != end; it.increment(failed)) {
    const auto name = it->path().filename().string();
    const bool images = name.find("images") != std::string::npos && name.find("idx3") != std::string::npos;
    std::error_code ignored;
    if (!images || !it->is_regular_file(ignored)) continue;
    if (name.ends_with(".gz") && fs::exists(folder / name.substr(0, name.size() - 3), ignored)) continue;
    found.push_back(it->path());
  }
  if (failed) throw_file_error("read the folder", folder, failed.value());
  return found;
}

// The same, training first.
std::vector<fs::path> images_in(const fs::path& folder) {
  auto found = named_images(folder);
  std::sort(found.begin(), found.end());
  const auto starts = [](const fs::path& p, const char* word) { return p.filename().string().starts_with(word); };
  if (found.size() == 2) {
    if (starts(found[1], "train")) std::swap(found[0], found[1]);
    if (starts(found[0], "train") && (starts(found[1], "t10k") || starts(found[1], "test"))) return found;
  }
  if (found.size() != 1) {
    throw Error(fmt::format("the folder {} has {} IDX images files, not one, nor one to train and one to test",
                            folder.string(), found.size()),
                kUsualNames);
  }
  return found;
}

void draw(ImageSet& set) {
  auto pixels = std::make_shared<std::vector<std::uint8_t>>(draw_digits());
  set.images.height = set.images.width = kDrawnSide;
  set.images.size = kDrawnTrain + kDrawnTest;
  set.images.counts = {kDrawnTrain, kDrawnTest};
  set.images.bytes = *pixels;
  set.images.owner = std::move(pixels);
  for (std::int64_t i = 0; i < set.images.size; ++i) set.labels.push_back(static_cast<std::uint8_t>(i % 10));
  set.official_train = kDrawnTrain;
}

}  // namespace

bool looks_like_idx(const fs::path& file) {
  const auto name = file.filename().string();
  if (name.find("ubyte") != std::string::npos || name.find(".idx") != std::string::npos) return true;
  std::array<char, 4096> start;  // of a gzip file: enough for its header and the first bytes
  std::ifstream in(file, std::ios::binary);
  in.read(start.data(), start.size());
  const auto bytes = std::as_bytes(std::span(start)).first(static_cast<std::size_t>(in.gcount()));
  std::array<std::byte, 3> head{std::byte{1}};
  if (is_gzip(bytes)) {
    Inflater(bytes, file.string()).read(head);
  } else if (bytes.size() >= head.size()) {
    std::copy_n(bytes.begin(), head.size(), head.begin());
  }
  return head == std::array{std::byte{0}, std::byte{0}, std::byte{8}};
}

bool holds_idx(const fs::path& folder) { return !named_images(folder).empty(); }

ImageSet read_image_path(const fs::path& path) {
  ImageSet set;
  set.name = (path.has_filename() ? path : path.parent_path()).filename().string();
  read_files(set, fs::is_directory(path) ? images_in(path) : std::vector<fs::path>{path});
  return set;
}

ImageSet read_image_entry(const CatalogueEntry& entry) {
  ImageSet set;
  set.name = entry.name;
  if (entry.built_in()) {
    draw(set);
  } else {
    check_fingerprints(entry);
    read_files(set, images_in(folder_of(entry)));
  }
  set.classes = entry.classes;
  set.byte_scale = entry.byte_scale;
  set.digest = entry.digest;
  return set;
}

}  // namespace limn
