#include "lab/upload.hpp"

#include <fmt/ranges.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/hash.hpp"
#include "base/utf8.hpp"
#include "data/kept_file.hpp"
#include "lab/preview.hpp"

namespace limn::lab {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr std::size_t kMostName = 255;  // bytes

void check_name(const std::string& name) {
  const auto is_bad = [](char c) { return c == '/' || c == '\\' || static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
  if (name.empty() || name.size() > kMostName || name.starts_with('.') || !is_utf8(name) ||
      std::ranges::any_of(name, is_bad))
    throw Error("the upload has no name of a file", "POST /api/data?name=points.csv");
  if (kept_ending(name).empty())
    throw Error(
        fmt::format("{} is of no format that is taken here", name),
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
  std::string kept = kept_name(name, bytes);
  const auto all = names();
  if (const auto found = std::ranges::find(all, kept_tail(kept), kept_tail); found != all.end()) kept = *found;
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
    if (it->symlink_status(gone).type() == fs::file_type::regular && !kept_tail(name).empty()) all.push_back(name);
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
