// A binary frame of the stream: a JSON head and typed arrays behind it. docs/protocol.md has the layout.
#pragma once
#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

namespace limn::lab {

class Frame {
 public:
  nlohmann::json head = nlohmann::json::object();

  void add(const std::string& name, std::vector<std::int64_t> shape, std::span<const float> values);
  void add(const std::string& name, std::vector<std::int64_t> shape, std::span<const std::int32_t> values);
  void add(const std::string& name, std::vector<std::int64_t> shape, std::span<const std::int8_t> values);
  void add(const std::string& name, std::vector<std::int64_t> shape, std::span<const std::uint8_t> values);

  std::string bytes() const;  // as it is sent; head["arrays"] is filled in

 private:
  void append(const std::string& name, const char* type, std::vector<std::int64_t> shape,
              std::span<const std::byte> bytes);

  nlohmann::json arrays_ = nlohmann::json::array();
  std::string payload_;
};

}  // namespace limn::lab
