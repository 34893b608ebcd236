#include "lab/notebook.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <string_view>

#include "base/error.hpp"
#include "base/file.hpp"
#include "experiment/experiment.hpp"
#include "lab/state.hpp"
#include "lab/wish.hpp"

namespace limn::lab {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMostTask = 64, kMostText = 4000;  // bytes

[[noreturn]] void refuse_member(const char* name, const Json& value, const std::string& hint) {
  throw Error(fmt::format("{} is {}", name, to_text(value).substr(0, 200)), hint);
}

std::string text_of(const Json& wish, const char* name, std::size_t most) {
  const Json& value = wish.at(name);
  if (!value.is_string() || value.get_ref<const std::string&>().size() > most)
    refuse_member(name, value, fmt::format("write a text of at most {} bytes", most));
  return value.get<std::string>();
}

Json number_or_text(const Json& wish, const char* name) {
  const Json& value = wish.at(name);
  if (!value.is_number()) return text_of(wish, name, kMostText);
  if (!std::isfinite(value.get<double>())) refuse_member(name, value, "write a finite number, or a text");
  return value;
}

// What an entry keeps of a wish.
Json checked(const Json& wish) {
  const std::string kind = text_of(wish, "kind", kMostTask);
  if (kind != "guess" && kind != "truth" && kind != "note")
    throw Error(fmt::format("there is no kind {}", kind), "the kinds are: guess, truth, note");
  Json entry = {{"kind", kind}};
  const auto has = [&](const char* name) { return wish.contains(name) && !wish.at(name).is_null(); };
  for (const char* name : {"task", "run"})
    if (has(name)) entry[name] = text_of(wish, name, kMostTask);
  if (has("step")) entry["step"] = whole(wish, "step", 0, 0, kMostSteps);
  for (const char* name : {"guess", "truth"})
    if (has(name)) entry[name] = number_or_text(wish, name);
  if (has("right")) {
    if (!wish.at("right").is_boolean()) refuse_member("right", wish.at("right"), "write true or false");
    entry["right"] = wish.at("right");
  }
  if (has("note")) entry["note"] = text_of(wish, "note", kMostText);
  return entry;
}

bool is_entry(const Json& entry) {
  return entry.is_object() && entry.contains("n") && entry.at("n").is_number_integer() && entry.contains("kind") &&
         entry.at("kind").is_string();
}

// Calls `take(line)` for every whole line, and returns the bytes of them.
template <class Take>
std::uint64_t for_lines(const std::filesystem::path& file, const Take& take) {
  std::error_code error;
  if (!std::filesystem::exists(file, error)) return 0;
  const std::string text = read_text(file);
  std::size_t begin = 0;
  for (std::size_t end = 0; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1)
    take(std::string_view(text).substr(begin, end - begin));
  return begin;
}

// A file that is open to be written; closed at the end.
struct Descriptor {
  int number;
  ~Descriptor() {
    if (number >= 0) ::close(number);
  }
};

void append(const std::filesystem::path& file, std::uint64_t at, std::string_view text) {
  const Descriptor opened{::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644)};
  const auto check = [&](bool is_good) {
    if (is_good) return;
    const int number = errno;
    if (opened.number >= 0) std::ignore = ::ftruncate(opened.number, static_cast<off_t>(at));  // else half a line stays
    throw_file_error("write", file, number);
  };
  check(opened.number >= 0);
  check(::ftruncate(opened.number, static_cast<off_t>(at)) == 0);  // what a crash tore
  for (std::uint64_t done = 0; done < text.size();) {
    const auto n = ::pwrite(opened.number, text.data() + done, text.size() - done, static_cast<off_t>(at + done));
    if (n < 0 && errno == EINTR) continue;
    check(n >= 0);
    done += static_cast<std::uint64_t>(n);
  }
  check(::fsync(opened.number) == 0);
  if (at > 0) return;
  const Descriptor folder{::open(file.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  check(folder.number >= 0 && ::fsync(folder.number) == 0);
}

void count(Notebook::Tally& tally, const Json& entry) {
  ++tally.entries;
  if (entry.at("kind") != "truth") return;
  ++tally.answers;
  tally.right += entry.value("right", Json(false)) == true;
}

}  // namespace

std::vector<std::string> Notebook::entries() const {
  std::vector<std::string> all;
  for_lines(file_, [&](std::string_view line) {
    if (is_entry(Json::parse(line, nullptr, false))) all.emplace_back(line);
  });
  return all;
}

void Notebook::look() {
  if (looked_) return;
  size_ = for_lines(file_, [&](std::string_view line) {
    const Json entry = Json::parse(line, nullptr, false);
    if (!is_entry(entry)) return;
    last_ = std::max(last_, entry.at("n").get<std::int64_t>());
    count(tally_, entry);
  });
  looked_ = true;
}

std::string Notebook::add(const Json& wish, const std::string& now) {
  look();
  if (tally_.entries >= kMostEntries)
    throw Error(fmt::format("the notebook has {} entries", kMostEntries),
                "move notebook.jsonl elsewhere to begin another");
  Json entry = checked(wish);
  entry["n"] = last_ + 1;
  entry["at"] = now;
  const std::string line = to_text(entry);
  std::error_code error;
  std::filesystem::create_directories(file_.parent_path(), error);
  if (error) throw_file_error("make the folder", file_.parent_path(), error.value());
  append(file_, size_, line + "\n");
  size_ += line.size() + 1;
  ++last_;
  count(tally_, entry);
  return line;
}

Notebook::Tally Notebook::tally() {
  look();
  return tally_;
}

}  // namespace limn::lab
