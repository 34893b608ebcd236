#include "data/kept_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/hash.hpp"
#include "base/utf8.hpp"

namespace limn {
namespace {

constexpr std::size_t kHashDigits = 12, kMostName = 255, kMostStem = 60;  // bytes

// Characters that are plain in a file's name in any language: none that divides, controls or turns text around.
bool is_plain(std::string_view character) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(character[i]); };
  if (character.size() == 1) return std::isalnum(byte(0)) || character == "-" || character == "_";
  if (character.size() == 2) return byte(0) > 0xC2 || byte(1) > 0xA0;   // not U+0080 to U+00A0
  return !(byte(0) == 0xE2 && (byte(1) == 0x80 || byte(1) == 0x81)) &&  // not U+2000 to U+207F
         !(byte(0) == 0xEF && byte(1) >= 0xBB);  // not from U+FEC0: marks of order, no characters
}

std::string stem_of(std::string_view name) {
  std::string stem;
  for (std::size_t n = 0; !name.empty(); name.remove_prefix(n)) {
    n = std::max<std::size_t>(1, utf8_length(name));
    if (stem.size() + n > kMostStem) break;
    const auto character = name.substr(0, n);
    if (utf8_length(character) == n && is_plain(character))
      stem += character;
    else if (!stem.empty() && !stem.ends_with('-'))
      stem += '-';
  }
  while (stem.ends_with('-')) stem.pop_back();
  return stem.empty() ? "data" : stem;
}

}  // namespace

std::string kept_ending(std::string_view name) {
  std::string small(name);
  for (char& c : small) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  for (const std::string ending : {"csv", "tsv", "csv.gz", "tsv.gz", "npz", "zip"})
    if (small.size() > ending.size() + 1 && small.ends_with("." + ending)) return ending;
  return "";
}

std::string kept_tail(std::string_view name) {
  const std::string ending = kept_ending(name);
  const std::size_t size = kHashDigits + ending.size() + 2;
  if (ending.empty() || name.size() <= size || name.size() > kMostName || !name.ends_with(ending) || !is_utf8(name) ||
      name.starts_with('.') || name.find_first_of("/\\") != name.npos)
    return "";
  const std::string tail(name.substr(name.size() - size));
  const auto is_hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  return tail[0] == '-' && std::all_of(tail.begin() + 1, tail.begin() + 1 + kHashDigits, is_hex) ? tail : "";
}

std::string kept_name(std::string_view name, std::string_view bytes) {
  const std::string ending = kept_ending(name);
  const std::string tail = fmt::format("-{}.{}", sha256_hex(bytes).substr(0, kHashDigits), ending);
  name.remove_suffix(kept_tail(name) == tail ? tail.size() : ending.size() + 1);
  return stem_of(name) + tail;
}

}  // namespace limn
