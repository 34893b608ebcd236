// UTF-8 (RFC 3629: no overlong forms, no surrogates).
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace limn {

// The bytes of the character that a text begins with, 1 to 4; 0 if it begins with none.
std::size_t utf8_length(std::string_view text);

bool is_utf8(std::string_view text);  // whole characters alone; an empty text is

std::string lower(std::string text);  // A to Z alone become a to z

}  // namespace limn
