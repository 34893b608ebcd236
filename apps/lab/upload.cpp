#include "lab/upload.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/hash.hpp"
#include "base/utf8.hpp"
#include "lab/preview.hpp"

namespace limn::lab {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr std::size_t kHashDigits = 12, kMostName = 255, kMostStem = 60;  // bytes

// Characters that are plain in a file's name in any language: none that divides, controls or turns text around.
bool is_plain(std::string_view character) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(character[i]); };
  if (character.size() == 1) return std::isalnum(byte(0)) || character == "-" || character == "_";
  if (character.size() == 2) return byte(0) > 0xC2 || byte(1) > 0xA0;   // not U+0080 to U+00A0
  return !(byte(0) == 0xE2 && (byte(1) == 0x80 || byte(1) == 0x81)) &&  // not U+2000 to U+207F
         !(byte(0) == 0xEF && byte(1) >= 0xBB);  // not from U+FEC0: marks of order, no characters
}

std::string stem_of(std::string_view name, std::size_t ending) {
  name.remove_suffix(ending + 1);
  std::string stem;
  for (std::size_t n = 0; !name.empty(); name.remove_prefix(n)) {
    n = utf8_length(name);
    if (stem.size() + n > kMostStem) break;
    const auto character = name.substr(0, n);
    if (is_plain(character))
      stem += character;
    else if (!stem.empty() && !stem.ends_with('-'))
      stem += '-';
  }
  while (stem.ends_with('-')) stem.pop_back();
  return stem.empty() ? "data" : stem;
}

// "-<12 hex digits>.ENDING" of a name that a file here can have; else "".
std::string tail_of(const std::string& name) {
  const std::string ending = upload_ending(name);
  const std::size_t size = kHashDigits + ending.size() + 2;
  if (ending.empty() || name.size() <= size || !name.ends_with(ending) || !is_utf8(name)) return "";
  const std::string tail = name.substr(name.size() - size);
  const auto is_hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  return tail[0] == '-' && std::all_of(tail.begin() + 1, tail.begin() + 1 + kHashDigits, is_hex) ? tail : "";
}

void check_name(const std::string& name) {
  const auto is_bad = [](char c) { return c == '/' || c == '\\' || static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
  if (name.empty() || name.size() > kMostName || name.starts_with('.') || !is_utf8(name) ||
      std::ranges::any_of(name, is_bad))
    throw Error("the upload has no name of a file", "POST /api/data?name=points.csv");
  if (upload_ending(name).empty())
    throw Error(fmt::format("{} is of no format that is taken here", name),
                "give a .csv or .tsv file (also .gz), a .npz file, or a .zip file with a folder of pictures for each class");
}

Json named(Json description, const std::string& name, const std::string& bytes) {
  description.update({{"name", name}, {"bytes", bytes.size()}, {"sha256", sha256_hex(bytes)}, {"uploaded", true}});
  return description;
}

}  // namespace

Json described_upload(const std::string& name, const std::string& bytes) {
  check_name(name);
  return describe_upload(bytes, name);
}

Json Uploads::add(const std::string& name, const std::string& bytes, Json description) {
  const std::string ending = upload_ending(name);
  const std::string tail = fmt::format("-{}.{}", sha256_hex(bytes).substr(0, kHashDigits), ending);
  std::string kept = stem_of(name, ending.size()) + tail;
  const auto all = names();
  if (const auto found = std::ranges::find(all, tail, tail_of); found != all.end()) kept = *found;
  const fs::path file = folder_ / kept;
  std::error_code error;
  if (!has(kept)) {
    fs::create_directories(folder_, error);
    if (error) throw_file_error("make the folder", folder_, error.value());
    write_durably(file, bytes);
  } else if (read_text(file, std::max<std::size_t>(bytes.size(), fs::file_size(file, error))) != bytes) {
    throw Error(fmt::format("{} is here with other bytes", kept), "remove it, and upload the file again");
  }
  return described_[kept] = named(std::move(description), kept, bytes);
}

std::vector<std::string> Uploads::names() const {
  std::vector<std::string> all;
  std::error_code error;
  for (fs::directory_iterator it(folder_, error), end; !error && it != end; it.increment(error)) {
    std::error_code gone;
    const std::string name = it->path().filename().string();
    if (it->symlink_status(gone).type() == fs::file_type::regular && !tail_of(name).empty()) all.push_back(name);
  }
  std::ranges::sort(all);
  return all;
}

bool Uploads::has(const std::string& name) const {
  const auto all = names();
  return std::ranges::find(all, name) != all.end();
}

fs::path Uploads::path(const std::string& name) const {
  const auto all = names();
  const auto found = std::ranges::find(all, name);
  if (found == all.end())
    throw Error(fmt::format("there is no uploaded file {}", name.substr(0, kMostName)), "GET /api/data lists them");
  return fs::absolute(folder_ / *found).lexically_normal();
}

Json Uploads::describe(const std::string& name) {
  const fs::path file = path(name);
  if (const auto known = described_.find(name); known != described_.end()) return known->second;
  const std::string bytes = read_text(file, kMostUpload);
  return described_[name] = named(describe_upload(bytes, name), name, bytes);
}

Json Uploads::entry(const std::string& name) {
  const Json all = describe(name);
  const auto rows = all.at("rows").get<std::int64_t>();
  const auto columns = static_cast<std::int64_t>(all.at("columns").size());
  const bool images = all.at("kind") == "images";
  const Json file = {{"name", name}, {"bytes", all.at("bytes")}, {"sha256", all.at("sha256")}};
  return {
      {"event", "data"},
      {"name", name},
      {"summary", images ? fmt::format("{} images, uploaded", rows)
                         : fmt::format("a table of {} rows and {} columns, uploaded", rows, columns)},
      {"summary_zh",
       images ? fmt::format("上传的 {} 幅图像", rows) : fmt::format("上传的表格：{} 行，{} 列", rows, columns)},
      {"kind", all.at("kind")},
      {"task", all.at("task")},
      {"train", rows},
      {"test", 0},
      {"sample", images ? fmt::format("{} pixels", fmt::join(all.at("sample").get<std::vector<std::int64_t>>(), "x"))
                        : fmt::format("{} columns", columns - 1)},
      {"target", all.at("target")},
      {"classes", all.at("classes")},
      {"licence", ""},
      {"home", ""},
      {"sources", Json::array()},
      {"files", Json::array({file})},
      {"bytes", all.at("bytes")},
      {"present", true},
      {"built_in", false},
      {"uploaded", true}};
}

void Uploads::remove(const std::string& name) {
  const fs::path file = path(name);
  std::error_code error;
  fs::remove(file, error);
  if (error) throw_file_error("remove", file, error.value());
  described_.erase(name);
}

}  // namespace limn::lab
