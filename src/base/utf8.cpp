#include "base/utf8.hpp"

namespace limn {

std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const auto follows = [&](std::size_t i) { return (byte(i) & 0xC0u) == 0x80u; };
  if (text.empty()) return 0;
  const auto b = byte(0);
  if (b < 0x80) return 1;
  if (b >= 0xC2 && b < 0xE0) return follows(1) ? 2 : 0;
  if (b >= 0xE0 && b < 0xF0) {
    const bool in_range = !(b == 0xE0 && byte(1) < 0xA0) && !(b == 0xED && byte(1) >= 0xA0);
    return in_range && follows(1) && follows(2) ? 3 : 0;
  }
  if (b >= 0xF0 && b < 0xF5) {
    const bool in_range = !(b == 0xF0 && byte(1) < 0x90) && !(b == 0xF4 && byte(1) >= 0x90);
    return in_range && follows(1) && follows(2) && follows(3) ? 4 : 0;
  }
  return 0;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const auto n = utf8_length(text);
    if (n == 0) return false;
    text.remove_prefix(n);
  }
  return true;
}

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  return text;
}

}  // namespace limn
