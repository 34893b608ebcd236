#include "data/picture_layout.hpp"

#include <iconv.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/error.hpp"
#include "base/utf8.hpp"

namespace limn {
namespace {

constexpr std::size_t kMostClasses = 256, kMostFiles = 1'000'000;

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

std::string split_named(const std::string& folder) {
  static const std::map<std::string, std::string> kNames{
      {"train", "train"},      {"training", "train"}, {"valid", "valid"}, {"val", "valid"},
      {"validation", "valid"}, {"test", "test"},      {"testing", "test"}};
  const auto at = kNames.find(lower(folder));
  return at == kNames.end() ? "" : at->second;
}

}  // namespace

const char* const kPictureLayout =
    "put the pictures of each class into a folder of its own: cats/1.png, cats/2.jpg, dogs/1.png, ...";

std::string ending_of(const std::string& path) {
  const auto dot = path.rfind('.');
  return dot == std::string::npos || path.find('/', dot) != std::string::npos ? "" : lower(path.substr(dot + 1));
}

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

void sort_into_classes(std::vector<PictureFile>& files) {
  std::vector<std::vector<std::string>> paths;
  for (const PictureFile& file : files) paths.push_back(parts_of(file.path));
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

std::vector<PictureFile> pictures_among(std::vector<PictureFile> all, const std::string& name,
                                        std::vector<std::string>& others) {
  std::vector<PictureFile> files;
  for (PictureFile& file : all) {
    if (is_junk(file.path)) continue;
    if (is_picture_ending(ending_of(file.path)))
      files.push_back(std::move(file));
    else
      others.push_back(std::move(file.path));
  }
  std::ranges::sort(others);
  if (files.empty())
    throw Error(
        fmt::format("{} holds no pictures{}", name,
                    others.empty() ? "" : fmt::format(", but {} other files, the first {}", others.size(), others[0])),
        kPictureLayout);
  if (files.size() > kMostFiles)
    throw Error(fmt::format("{} holds {} pictures", name, files.size()), "use at most a million");
  std::ranges::sort(files, {}, &PictureFile::path);
  return files;
}

void check_classes(const std::vector<PictureFile>& files, const std::string& name, const std::string& why) {
  std::map<std::string, std::pair<std::size_t, std::string>> counts;
  for (const PictureFile& file : files) {
    if (file.label.empty())
      throw Error(fmt::format("{}: {} lies in no folder, so its class is not known", name, file.path), kPictureLayout);
    auto& [count, first] = counts[file.label];
    if (++count == 1) first = file.path;
  }
  if (counts.size() == 1)
    throw Error(fmt::format("{} has pictures of one class only: {}{}", name, counts.begin()->first, why),
                kPictureLayout);
  if (counts.size() > kMostClasses)
    throw Error(fmt::format("{} has {} classes", name, counts.size()), "use at most 256");
  for (const auto& [label, seen] : counts)
    if (seen.first == 1)
      throw Error(fmt::format("{}: the class {} has one picture only: {}{}", name, label, seen.second, why),
                  "give each class two pictures at least, some to learn from and some to test with");
}

}  // namespace limn
