// A binary frame of the stream: a JSON head and typed arrays behind it. docs/protocol.md has the layout.
#pragma once
#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

namespace limn::lab {

// A frame without its number: the same for all clients who are sent it.
struct Body {
  std::string head;     // the inside of a JSON object
  std::string payload;  // the arrays
};

std::string numbered(std::int64_t frame, const Body& body);  // as it is sent

class Frame {
 public:
  nlohmann::json head = nlohmann::json::object();

  Frame(const char* kind, const std::string& run, std::int64_t step);

  void add(const std::string& name, const std::vector<std::int64_t>& shape, std::span<const float> values);
  void add(const std::string& name, const std::vector<std::int64_t>& shape, std::span<const std::int32_t> values);
  void add(const std::string& name, const std::vector<std::int64_t>& shape, std::span<const std::int8_t> values);
  void add(const std::string& name, const std::vector<std::int64_t>& shape, std::span<const std::uint8_t> values);
  void put(const char* name, const std::string& json);  // a head member whose JSON is written already

  Body body() &&;

 private:
  void append(const std::string& name, const char* type, const std::vector<std::int64_t>& shape,
              std::span<const std::byte> bytes);

  std::string written_, arrays_, payload_;
};

}  // namespace limn::lab
