#include "data/picture_set.hpp"

#include <fmt/ranges.h>
#include <iconv.h>

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string_view>
#include <system_error>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/utf8.hpp"
#include "data/picture.hpp"
#include "data/zip.hpp"

namespace limn {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kKeptSide = 64, kResizedSide = 32;
constexpr std::size_t kMostClasses = 256, kMostFiles = 1'000'000;
constexpr std::size_t kMostFile = std::size_t{1} << 28;  // bytes of one picture
constexpr std::int64_t kMostNumbers = std::int64_t{1} << 32;

const char* const kLayout =
    "put the pictures of each class into a folder of its own: cats/1.png, cats/2.jpg, dogs/1.png, ...";

struct File {
  std::string path;  // UTF-8, parts separated by '/'
  std::uint64_t bytes = 0;
  std::function<std::string()> read;
  std::string split, label;  // "" where the path has none
};

std::string ending_of(const std::string& path) {
  const auto dot = path.rfind('.');
  return dot == std::string::npos || path.find('/', dot) != std::string::npos ? "" : lower(path.substr(dot + 1));
}

bool is_picture_ending(const std::string& ending) {  // of any kind, so that those that are not read are named
  static const std::set<std::string> kEndings{"png",  "jpg",  "jpeg", "jpe", "jfif", "gif", "webp", "heic",
                                              "heif", "avif", "bmp",  "tif", "tiff", "svg", "ico",  "jxl"};
  return kEndings.contains(ending);
}

std::vector<std::string> parts_of(const std::string& path) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; at <= path.size();) {
    const auto end = std::min(path.find('/', at), path.size());
    if (end > at) parts.push_back(path.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

bool is_junk(const std::string& path) {
  const auto parts = parts_of(path);
  return std::ranges::any_of(parts, [](const std::string& part) {
    const auto small = lower(part);
    return part[0] == '.' || small == "__macosx" || small == "thumbs.db" || small == "desktop.ini";
  });
}

// The name of a zip's member in UTF-8.
std::string utf8_name(const std::string& raw, const std::string& archive) {
  std::string name = raw;
  if (!is_utf8(raw)) {
    name.assign(raw.size() * 4, '\0');
    const auto converter = iconv_open("UTF-8", "GB18030");
    auto *in = const_cast<char*>(raw.data()), *out = name.data();
    std::size_t left = raw.size(), room = name.size();
    const bool known = converter != reinterpret_cast<iconv_t>(-1);
    const bool good = known && iconv(converter, &in, &left, &out, &room) == 0 && left == 0;
    if (known) iconv_close(converter);
    name.resize(name.size() - room);
    if (!good)
      throw Error(fmt::format("{}: the name of a member is neither UTF-8 nor GB18030", archive),
                  "write the archive again with names in UTF-8");
  }
  std::ranges::replace(name, '\\', '/');  // of archives from Windows
  if (std::ranges::any_of(name, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }))
    throw Error(fmt::format("{}: the name of a member holds a control character", archive), "rename the file");
  const auto parts = parts_of(name);
  if (name.starts_with('/') || std::ranges::find(parts, "..") != parts.end())
    throw Error(fmt::format("{}: the member '{}' points out of the archive", archive, name),
                "pack the folder of pictures again, by a path within it");
  return name;
}

std::string split_named(const std::string& folder) {
  static const std::map<std::string, std::string> kNames{
      {"train", "train"},      {"training", "train"}, {"valid", "valid"}, {"val", "valid"},
      {"validation", "valid"}, {"test", "test"},      {"testing", "test"}};
  const auto at = kNames.find(lower(folder));
  return at == kNames.end() ? "" : at->second;
}

// Sets split and label of every file out of its path.
void sort_into_classes(std::vector<File>& files) {
  std::vector<std::vector<std::string>> paths;
  for (const File& file : files) paths.push_back(parts_of(file.path));
  std::size_t shared = 0;  // folders above, the same for all
  const auto is_shared = [&](const std::vector<std::string>& path) {
    return path.size() > shared + 2 && path[shared] == paths[0][shared];
  };
  while (std::ranges::all_of(paths, is_shared)) ++shared;
  std::set<std::string> splits;
  const bool official = std::ranges::all_of(paths, [&](const auto& path) {
    if (path.size() < shared + 3) return false;
    splits.insert(split_named(path[shared]));
    return !split_named(path[shared]).empty();
  });
  const bool divides = official && splits.contains("train");
  for (std::size_t i = 0; i < files.size(); ++i) {
    const auto& path = paths[i];
    const auto at = shared + (divides ? 1 : 0);
    if (divides) files[i].split = split_named(path[shared]);
    if (path.size() > at + 1) files[i].label = path[at];
  }
}

// Leaves the pictures, in order; the others are passed over or refused.
std::vector<File> pictures_among(std::vector<File> all, const std::string& name, std::vector<std::string>& notes) {
  std::vector<File> files;
  std::vector<std::string> others;
  for (File& file : all) {
    if (is_junk(file.path)) continue;
    if (is_picture_ending(ending_of(file.path)))
      files.push_back(std::move(file));
    else
      others.push_back(file.path);
  }
  if (!others.empty())
    notes.push_back(fmt::format("left out, for it is no picture: {}{}", others[0],
                                others.size() > 1 ? fmt::format(", and {} more", others.size() - 1) : ""));
  if (files.empty())
    throw Error(
        fmt::format("{} holds no pictures{}", name,
                    others.empty() ? "" : fmt::format(", but {} other files, the first {}", others.size(), others[0])),
        kLayout);
  if (files.size() > kMostFiles)
    throw Error(fmt::format("{} holds {} pictures", name, files.size()), "use at most a million");
  std::ranges::sort(files, {}, &File::path);
  return files;
}

void check_classes(const std::vector<File>& files, const std::string& name) {
  std::map<std::string, std::pair<std::size_t, std::string>> counts;
  for (const File& file : files) {
    if (file.label.empty())
      throw Error(fmt::format("{}: {} lies in no folder, so its class is not known", name, file.path), kLayout);
    auto& [count, first] = counts[file.label];
    if (++count == 1) first = file.path;
  }
  if (counts.size() == 1)
    throw Error(fmt::format("{} has pictures of one class only: {}", name, counts.begin()->first), kLayout);
  if (counts.size() > kMostClasses)
    throw Error(fmt::format("{} has {} classes", name, counts.size()), "use at most 256");
  for (const auto& [label, seen] : counts)
    if (seen.first == 1)
      throw Error(fmt::format("{}: the class {} has one picture only: {}", name, label, seen.second),
                  "give each class two pictures at least, some to learn from and some to test with");
}

// The size that all pictures get.
PictureSize common_size(const std::vector<PictureSize>& sizes, std::vector<std::string>& notes) {
  const auto same = [&](const PictureSize& s) { return s.height == sizes[0].height && s.width == sizes[0].width; };
  const bool alike = std::ranges::all_of(sizes, same);
  if (alike && sizes[0].height <= kKeptSide && sizes[0].width <= kKeptSide) return sizes[0];
  const auto median = [&](std::int64_t PictureSize::* side) {
    std::vector<std::int64_t> sides;
    for (const auto& size : sizes) sides.push_back(size.*side);
    std::ranges::nth_element(sides, sides.begin() + static_cast<std::ptrdiff_t>(sides.size() / 2));
    return sides[sides.size() / 2];
  };
  PictureSize size{median(&PictureSize::height), median(&PictureSize::width)};
  const auto larger = std::max(size.height, size.width);
  if (larger > kResizedSide) {
    const auto shrunk = [&](std::int64_t side) {
      return std::max<std::int64_t>(1, (2 * side * kResizedSide + larger) / (2 * larger));
    };
    size = {shrunk(size.height), shrunk(size.width)};
  }
  notes.push_back(alike ? fmt::format("all pictures are {}x{} and are resized to {}x{}", sizes[0].width,
                                      sizes[0].height, size.width, size.height)
                        : fmt::format("pictures of different sizes are resized to {}x{}", size.width, size.height));
  return size;
}

std::uint8_t grey_of(const std::uint8_t* pixel) {  // Rec. 601
  return static_cast<std::uint8_t>((299 * pixel[0] + 587 * pixel[1] + 114 * pixel[2] + 500) / 1000);
}

// [pictures, height, width, 3] -> [pictures, height, width], or [pictures, 3, height, width].
std::vector<std::uint8_t> arranged(const std::vector<std::uint8_t>& pixels, std::size_t area, bool grey) {
  std::vector<std::uint8_t> out;
  out.reserve(grey ? pixels.size() / 3 : pixels.size());
  for (std::size_t begin = 0; begin < pixels.size(); begin += area * 3) {
    for (std::size_t c = 0; c < (grey ? 1 : 3); ++c)
      for (std::size_t p = 0; p < area; ++p)
        out.push_back(grey ? grey_of(&pixels[begin + p * 3]) : pixels[begin + p * 3 + c]);
  }
  return out;
}

void label(ImageSet& set, std::vector<File>& files) {
  std::set<std::string> labels;
  for (const File& file : files) labels.insert(file.label);
  if (labels.contains("")) return;
  set.classes.assign(labels.begin(), labels.end());
  for (const File& file : files) {
    const auto at = std::ranges::lower_bound(set.classes, file.label);
    set.labels.push_back(static_cast<std::uint8_t>(at - set.classes.begin()));
  }
  const auto count = [&](const char* split) { return std::ranges::count(files, split, &File::split); };
  set.official_train = count("train");
  set.official_valid = count("valid");
}

ImageSet set_of(std::vector<File> all, const std::string& name, const PictureSample& sample,
                const PictureLimits& limits) {
  ImageSet set;
  set.name = fs::path(name).filename().string();
  auto files = pictures_among(std::move(all), name, set.notes);
  sort_into_classes(files);
  if (!sample) check_classes(files, name);
  const auto rank = [](const File& file) { return file.split == "test" ? 2 : file.split == "valid" ? 1 : 0; };
  std::ranges::stable_sort(files, {}, rank);

  const auto called = [&](const File& file) {
    return name == file.path ? name : fmt::format("{}: {}", name, file.path);
  };
  std::uint64_t bytes = 0, pixels = 0;
  std::vector<PictureSize> sizes;
  for (const File& file : files) {
    bytes += file.bytes;
    if (file.bytes > kMostFile || bytes > limits.bytes)
      throw Error(fmt::format("{}: up to here the pictures have {} bytes", called(file), bytes),
                  fmt::format("use fewer or smaller ones: at most {} MiB", limits.bytes >> 20));
    const auto content = file.read();
    sizes.push_back(picture_size(std::as_bytes(std::span(content)), called(file)));
    pixels += static_cast<std::uint64_t>(sizes.back().height * sizes.back().width);
    if (pixels > limits.pixels)
      throw Error(fmt::format("{}: up to here the pictures have {} pixels", called(file), pixels),
                  fmt::format("make them smaller: at most {} million pixels in all", limits.pixels >> 20));
  }
  const auto size = sample ? PictureSize{(*sample)[sample->size() - 2], sample->back()} : common_size(sizes, set.notes);
  const auto area = static_cast<std::size_t>(size.height * size.width);
  if (static_cast<std::int64_t>(files.size()) > kMostNumbers / static_cast<std::int64_t>(area * 3))
    throw Error(fmt::format("{} would become {} pictures of {}x{}", name, files.size(), size.width, size.height),
                "use fewer or smaller ones");
  std::vector<std::uint8_t> seen;
  seen.reserve(files.size() * area * 3);
  for (const File& file : files) {
    const auto content = file.read();
    const auto picture = resized(read_picture(std::as_bytes(std::span(content)), called(file)), size);
    seen.insert(seen.end(), picture.pixels.begin(), picture.pixels.end());
    set.files.push_back(file.path);
  }
  bool grey = sample && sample->size() == 2;
  if (!sample) {
    grey = true;
    for (std::size_t i = 0; grey && i < seen.size(); i += 3) grey = seen[i] == seen[i + 1] && seen[i] == seen[i + 2];
  }
  auto kept = std::make_shared<std::vector<std::uint8_t>>(arranged(seen, area, grey));
  set.channels = grey ? 1 : 3;
  set.images.height = size.height;
  set.images.width = size.width;
  set.images.size = static_cast<std::int64_t>(files.size());
  set.images.counts = {set.images.size};
  set.images.bytes = *kept;
  set.images.owner = std::move(kept);
  label(set, files);
  return set;
}

std::vector<File> files_below(const fs::path& folder) {
  std::vector<File> files;
  std::error_code failed;
  for (fs::recursive_directory_iterator it(folder, failed), end; !failed && it != end; it.increment(failed)) {
    std::error_code ignored;
    if (!it->is_regular_file(ignored)) continue;
    const auto path = it->path();
    const auto within = path.lexically_relative(folder).generic_string();
    files.push_back({within, it->file_size(ignored), [path] { return read_text(path, kMostFile); }, "", ""});
  }
  if (failed) throw_file_error("read the folder", folder, failed.value());
  return files;
}

}  // namespace

bool is_zip_name(const std::string& file_name) { return ending_of(file_name) == "zip"; }

bool is_picture_name(const std::string& file_name) {
  const auto ending = ending_of(file_name);
  return ending == "png" || ending == "jpg" || ending == "jpeg";
}

ImageSet parse_picture_zip(std::span<const std::byte> archive, const std::string& name, const PictureSample& sample,
                           const PictureLimits& limits) {
  std::vector<File> files;
  for (const auto& member : list_zip(archive, name)) {
    if (member.name.ends_with('/') || member.name.ends_with('\\')) continue;  // a folder
    files.push_back(
        {utf8_name(member.name, name), member.bytes, [member, name] { return unpack_member(member, name); }, "", ""});
  }
  return set_of(std::move(files), name, sample, limits);
}

ImageSet read_picture_path(const fs::path& path, const PictureSample& sample) {
  const auto name = (path.has_filename() ? path : path.parent_path()).string();
  if (fs::is_directory(path)) return set_of(files_below(path), name, sample, {});
  std::string content = read_text(path);
  if (is_zip_name(name)) return parse_picture_zip(std::as_bytes(std::span(content)), name, sample, {});
  std::vector<File> files;
  files.push_back({name, content.size(), [&] { return content; }, "", ""});
  auto set = set_of(std::move(files), name, sample, {});
  set.labels.clear();  // the folders above it mean nothing here
  set.classes.clear();
  return set;
}

}  // namespace limn
