#include "lab/frame.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstring>

namespace limn::lab {
namespace {

constexpr std::size_t kAlign = 8;

void pad(std::string& text, std::size_t before, char with) {
  while ((text.size() + before) % kAlign != 0) text += with;
}

}  // namespace

Frame::Frame(const char* kind, const std::string& run, std::int64_t step)
    : written_(fmt::format(R"("kind":"{}","run":"{}","step":{})", kind, run, step)) {}

void Frame::put(const char* name, const std::string& json) { written_ += fmt::format(",\"{}\":{}", name, json); }

void Frame::append(const std::string& name, const char* type, const std::vector<std::int64_t>& shape,
                   std::span<const std::byte> bytes) {
  pad(payload_, 0, '\0');
  arrays_ += fmt::format(R"({}{{"name":"{}","type":"{}","shape":[{}],"offset":{}}})", arrays_.empty() ? "" : ",", name,
                         type, fmt::join(shape, ","), payload_.size());
  payload_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

void Frame::add(const std::string& name, const std::vector<std::int64_t>& shape, std::span<const float> values) {
  append(name, "f32", shape, std::as_bytes(values));
}
void Frame::add(const std::string& name, const std::vector<std::int64_t>& shape, std::span<const std::int32_t> values) {
  append(name, "i32", shape, std::as_bytes(values));
}
void Frame::add(const std::string& name, const std::vector<std::int64_t>& shape, std::span<const std::int8_t> values) {
  append(name, "i8", shape, std::as_bytes(values));
}
void Frame::add(const std::string& name, const std::vector<std::int64_t>& shape, std::span<const std::uint8_t> values) {
  append(name, "u8", shape, std::as_bytes(values));
}

Body Frame::body() && {
  if (!head.empty()) {
    const std::string text = head.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    written_ += ',';
    written_.append(text, 1, text.size() - 2);
  }
  put("arrays", fmt::format("[{}]", arrays_));
  return {std::move(written_), std::move(payload_)};
}

std::string numbered(std::int64_t frame, const Body& body) {
  const std::string number = fmt::format("{{\"frame\":{},", frame);
  std::string all(sizeof(std::uint32_t), '\0');
  all.reserve(all.size() + number.size() + body.head.size() + kAlign + body.payload.size());
  all += number;
  all += body.head;
  all += '}';
  pad(all, 0, ' ');
  const auto size = static_cast<std::uint32_t>(all.size() - sizeof(std::uint32_t));
  std::memcpy(all.data(), &size, sizeof size);  // little-endian, as every machine limn runs on
  return all + body.payload;
}

}  // namespace limn::lab
