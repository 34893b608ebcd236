// What an uploaded file holds, as JSON for pages: its columns, the one to predict, its first rows.
// It must not know where the file lies or who sent it.
#pragma once
#include <nlohmann/json.hpp>
#include <string>

namespace limn::lab {

inline constexpr std::size_t kMostUpload = std::size_t{64} << 20;  // bytes of a file, packed and unpacked

// Reads the bytes as the training would (data/dataset.hpp) and describes them by the shape of docs/protocol.md, without
// their name. `name` stands in errors and its ending says the format. Error, with line and column where one is at
// fault: all that would keep a training from beginning on the file with its own settings; more than 2^24 cells.
nlohmann::json describe_upload(const std::string& bytes, const std::string& name);

}  // namespace limn::lab
