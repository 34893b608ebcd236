#include "lab/frame.hpp"

#include <cstring>

namespace limn::lab {
namespace {

constexpr std::size_t kAlign = 8;

void pad(std::string& text, std::size_t before, char with) {
  while ((text.size() + before) % kAlign != 0) text += with;
}

}  // namespace

void Frame::append(const std::string& name, const char* type, std::vector<std::int64_t> shape,
                   std::span<const std::byte> bytes) {
  pad(payload_, 0, '\0');
  arrays_.push_back({{"name", name}, {"type", type}, {"shape", std::move(shape)}, {"offset", payload_.size()}});
  payload_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

void Frame::add(const std::string& name, std::vector<std::int64_t> shape, std::span<const float> values) {
  append(name, "f32", std::move(shape), std::as_bytes(values));
}
void Frame::add(const std::string& name, std::vector<std::int64_t> shape, std::span<const std::int32_t> values) {
  append(name, "i32", std::move(shape), std::as_bytes(values));
}
void Frame::add(const std::string& name, std::vector<std::int64_t> shape, std::span<const std::int8_t> values) {
  append(name, "i8", std::move(shape), std::as_bytes(values));
}
void Frame::add(const std::string& name, std::vector<std::int64_t> shape, std::span<const std::uint8_t> values) {
  append(name, "u8", std::move(shape), std::as_bytes(values));
}

std::string Frame::bytes() const {
  nlohmann::json whole = head;
  whole["arrays"] = arrays_;
  std::string text = whole.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  pad(text, sizeof(std::uint32_t), ' ');
  const auto size = static_cast<std::uint32_t>(text.size());
  std::string all(sizeof size, '\0');
  std::memcpy(all.data(), &size, sizeof size);  // little-endian, as every machine limn runs on
  return all + text + payload_;
}

}  // namespace limn::lab
