#include "lab/keys.hpp"

#include <sys/random.h>

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>
#include <set>

#include "base/error.hpp"
#include "base/file.hpp"

namespace limn::lab {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr std::size_t kMostFile = 1 << 20, kMostSlug = 32;  // bytes
constexpr unsigned kOwnerOnly = 0600;

// Compares in a time that tells nothing of where they differ.
bool is_equal(std::string_view a, std::string_view b) {
  unsigned difference = a.size() != b.size();
  for (std::size_t i = 0; i < a.size(); ++i)
    difference |= static_cast<unsigned>(a[i]) ^ static_cast<unsigned>(b.empty() ? 0 : b[i % b.size()]);
  return difference == 0;
}

// An empty object where there is no such file.
Json read_json(const fs::path& file) {
  std::error_code error;
  if (!fs::exists(file, error)) return Json::object();
  Json json = Json::parse(read_text(file, kMostFile), nullptr, false);
  if (!json.is_object())
    throw Error(fmt::format("{} is damaged", file.string()), "remove it: all links of this lab are new then");
  return json;
}

void write_json(const fs::path& file, const Json& json) {
  std::error_code error;
  fs::create_directories(file.parent_path(), error);
  if (error) throw_file_error("make the folder", file.parent_path(), error.value());
  write_durably(file, json.dump(1) + "\n", kOwnerOnly);
}

// A name as a part of an address: its ASCII letters and digits, and what makes it another one than those `taken`.
std::string slug_of(std::string_view name, const std::set<std::string>& taken) {
  std::string slug;
  for (const char c : name) {
    if (slug.size() == kMostSlug) break;
    if (std::isalnum(static_cast<unsigned char>(c)))
      slug += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    else if (!slug.empty() && !slug.ends_with('-') && static_cast<unsigned char>(c) < 0x80)
      slug += '-';
  }
  while (slug.ends_with('-')) slug.pop_back();
  if (slug.empty()) slug = "student";
  std::string unique = slug;
  for (int n = 2; taken.contains(unique); ++n) unique = fmt::format("{}-{}", slug, n);
  return unique;
}

}  // namespace

std::string random_token() {
  unsigned char bytes[16];
  if (::getrandom(bytes, sizeof bytes, 0) != sizeof bytes)
    throw Error("the system gives no random numbers", "name a token: --token", Fault::kFailure);
  std::string text;
  for (const unsigned char byte : bytes) text += fmt::format("{:02x}", byte);
  return text;
}

Keys::Keys(fs::path root, std::string token, std::span<const std::string> names)
    : root_(std::move(root)), own_(std::move(token)) {
  const fs::path file = root_ / "links.json";
  try {
    const Json links = read_json(file);
    for (const auto& [space, link] : links.items()) links_[space] = link.get<std::string>();
    if (!names.empty()) open_class(names);
  } catch (const Json::exception&) {
    throw Error(fmt::format("links.json or class.json in {} is damaged", root_.string()),
                "remove them: all links of this lab are new then");
  }
  if (own_.empty()) own_ = random_token();
}

// Who was in the class once keeps the slug, and so the folder, and the token.
void Keys::open_class(std::span<const std::string> names) {
  const fs::path file = root_ / "class.json";
  const Json before = read_json(file);
  Json known = before.value("students", Json::array());
  std::set<std::string> taken;
  for (const Json& student : known) taken.insert(student.at("slug").get<std::string>());
  for (const std::string& name : names) {
    const auto found = std::ranges::find_if(known, [&](const Json& student) { return student.at("name") == name; });
    if (found != known.end()) {
      students_.push_back({name, found->at("slug").get<std::string>(), found->at("token").get<std::string>()});
    } else {
      students_.push_back({name, slug_of(name, taken), random_token()});
      const Student& made = students_.back();
      taken.insert(made.slug);
      known.push_back({{"name", name}, {"slug", made.slug}, {"token", made.token}});
    }
  }
  if (own_.empty()) own_ = before.value("teacher", random_token());
  const Json now = {{"teacher", own_}, {"students", known}};
  if (now != before) write_json(file, now);
}

std::optional<Grant> Keys::find(const std::string& space, const std::string& token) const {
  if (token.empty()) return std::nullopt;
  const auto student = std::ranges::find(students_, space, &Student::slug);
  if (!space.empty() && student == students_.end()) return std::nullopt;
  if (is_equal(token, own_)) return Grant{space, space.empty(), !students_.empty()};
  if (!space.empty() && is_equal(token, student->token)) return Grant{space, true, false};
  const std::lock_guard lock(mutex_);
  const auto link = links_.find(space);
  if (link != links_.end() && is_equal(token, link->second)) return Grant{space, false, false};
  return std::nullopt;
}

std::string Keys::link(const std::string& space) {
  const std::lock_guard lock(mutex_);
  auto found = links_.find(space);
  if (found != links_.end()) return found->second;
  auto more = links_;
  found = more.emplace(space, random_token()).first;
  write_json(root_ / "links.json", more);
  links_ = std::move(more);
  return links_.at(space);
}

}  // namespace limn::lab
