#include "lab/wish.hpp"

#include <charconv>

namespace limn::lab {

std::int64_t whole(const std::string& text, const std::string& name, std::int64_t low, std::int64_t high) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < low || value > high)
    throw Error(fmt::format("{} is \"{}\"", name, text), fmt::format("write a whole number from {} to {}", low, high));
  return value;
}

std::int64_t whole(const nlohmann::json& wish, const char* name, std::int64_t initial, std::int64_t low,
                   std::int64_t high) {
  return wish.contains(name) ? whole(wish.at(name).dump(), name, low, high) : initial;
}

}  // namespace limn::lab
