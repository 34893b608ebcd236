#include "interop/safetensors.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <nlohmann/json.hpp>
#include <set>

#include "base/error.hpp"
#include "base/file.hpp"
#include "interop/dtype.hpp"

namespace limn {
namespace {

using Json = nlohmann::json;
static_assert(std::endian::native == std::endian::little, "safetensors data is little-endian");

constexpr std::uint64_t kMaxHeader = 100'000'000;  // the limit of the format's own reader
constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 48;
constexpr int kMaxDepth = 4;  // header > tensor > shape is three

struct Entry {
  std::string name;
  const FileType* type = nullptr;
  Shape shape;
  std::uint64_t begin = 0, end = 0;  // bytes, relative to the data
};

struct Header {
  std::vector<Entry> entries;  // sorted by begin
  Metadata metadata;
  std::span<const std::byte> data;
};

[[noreturn]] void refuse(const std::filesystem::path& path, const std::string& why) {
  throw Error(fmt::format("{} is not a sound safetensors file: {}", path.string(), why),
              "the file is damaged or of another format; take an undamaged copy");
}

// Parses with a bound on nesting, so that a hostile header cannot exhaust the stack, and refuses repeated keys.
Json parse_header(const std::filesystem::path& path, std::string_view text) {
  std::string trouble;
  std::vector<std::set<std::string>> keys;
  const auto watch = [&](int depth, Json::parse_event_t event, Json& value) {
    if (depth > kMaxDepth && trouble.empty()) trouble = "its header is nested too deeply";
    if (event == Json::parse_event_t::object_start) keys.emplace_back();
    if (event == Json::parse_event_t::object_end) keys.pop_back();
    if (event == Json::parse_event_t::key && !keys.back().insert(value.get<std::string>()).second && trouble.empty())
      trouble = fmt::format("its header has the key \"{}\" twice", value.get<std::string>());
    return true;
  };
  int depth = 0;  // the parser keeps every open bracket in memory; look before it does
  for (char c : text) {
    depth += c == '{' || c == '[' ? 1 : c == '}' || c == ']' ? -1 : 0;
    if (depth > 1000) refuse(path, "its header is nested too deeply");
  }
  if (text.empty() || text.front() != '{') refuse(path, "its header does not begin with {");
  if (text.find('\0') != text.npos) refuse(path, "its header has a zero byte");  // the parser would stop there
  Json header;
  try {
    header = Json::parse(text, watch);
  } catch (const Json::exception&) {
    refuse(path, "its header is not JSON");
  }
  if (!trouble.empty()) refuse(path, trouble);
  if (!header.is_object()) refuse(path, "its header is not an object");
  return header;
}

std::uint64_t whole_number(const std::filesystem::path& path, const Json& value, const std::string& what) {
  if (!value.is_number_unsigned()) refuse(path, fmt::format("{} is not a whole number", what));
  return value.get<std::uint64_t>();
}

Entry parse_entry(const std::filesystem::path& path, const std::string& name, const Json& value, std::uint64_t size) {
  if (!value.is_object() || value.size() != 3 || !value.contains("dtype") || !value.contains("shape") ||
      !value.contains("data_offsets"))
    refuse(path, fmt::format("tensor {} wants exactly dtype, shape and data_offsets", name));
  const auto* type = value["dtype"].is_string() ? find_file_type(value["dtype"].get<std::string>()) : nullptr;
  if (!type)
    refuse(path, fmt::format("tensor {} is of type {}, not F32, F64, F16 or BF16", name, value["dtype"].dump()));
  const Json &shape = value["shape"], &offsets = value["data_offsets"];
  if (!shape.is_array() || shape.size() > Shape::kMaxRank)
    refuse(path, fmt::format("the shape of {} is not a list of at most {} sizes", name, Shape::kMaxRank));
  if (!offsets.is_array() || offsets.size() != 2) refuse(path, fmt::format("tensor {} wants two data_offsets", name));

  Entry entry{name, type, {}, whole_number(path, offsets[0], "an offset"), whole_number(path, offsets[1], "an offset")};
  if (entry.begin > entry.end || entry.end > size)
    refuse(path, fmt::format("tensor {} lies at bytes {} to {} of {}", name, entry.begin, entry.end, size));
  std::vector<std::int64_t> dims;
  std::uint64_t bytes = type->bytes;  // of a tensor without its sizes of 0
  bool empty = false;
  for (const Json& dim : shape) {
    const auto n = whole_number(path, dim, fmt::format("a size of {}", name));
    if (n > kMostBytes / bytes) refuse(path, fmt::format("tensor {} is larger than the file", name));
    if (n == 0)
      empty = true;
    else
      bytes *= n;
    dims.push_back(static_cast<std::int64_t>(n));
  }
  if (empty) bytes = 0;
  if (bytes != entry.end - entry.begin)
    refuse(path, fmt::format("tensor {} has {} bytes, its shape wants {}", name, entry.end - entry.begin, bytes));
  entry.shape = Shape(dims);
  return entry;
}

Header parse(const std::filesystem::path& path, std::span<const std::byte> file) {
  std::uint64_t length = 0;
  if (file.size() < sizeof length) refuse(path, fmt::format("it has only {} bytes", file.size()));
  std::memcpy(&length, file.data(), sizeof length);
  if (length > kMaxHeader || length > file.size() - sizeof length)
    refuse(path, fmt::format("it claims a header of {} bytes in a file of {}", length, file.size()));
  Header header;
  header.data = file.subspan(sizeof length + length);
  const Json json = parse_header(
      path, {reinterpret_cast<const char*>(file.data()) + sizeof length, static_cast<std::size_t>(length)});
  for (const auto& [name, value] : json.items()) {
    if (name != "__metadata__") {
      header.entries.push_back(parse_entry(path, name, value, header.data.size()));
      continue;
    }
    if (!value.is_object()) refuse(path, "__metadata__ is not an object");
    for (const auto& [key, text] : value.items()) {
      if (!text.is_string()) refuse(path, fmt::format("__metadata__ {} is not a string", key));
      header.metadata[key] = text.get<std::string>();
    }
  }
  std::ranges::stable_sort(header.entries, [](const Entry& a, const Entry& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  std::uint64_t next = 0;
  for (const Entry& entry : header.entries) {
    if (entry.begin != next)
      refuse(path, fmt::format("tensor {} begins at byte {} where {} was due", entry.name, entry.begin, next));
    next = entry.end;
  }
  if (next != header.data.size())
    refuse(path, fmt::format("its tensors take {} bytes of data, the file has {}", next, header.data.size()));
  return header;
}

}  // namespace

void write_safetensors(const std::filesystem::path& path, std::span<const TensorView> tensors,
                       const Metadata& metadata) {
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  std::uint64_t next = 0;
  for (const TensorView& tensor : tensors) {
    const auto elements = static_cast<std::int64_t>(tensor.values.size() + tensor.doubles.size());
    LIMN_CHECK(tensor.shape.size() == elements, "{}", tensor.name);
    LIMN_CHECK(tensor.values.empty() || tensor.doubles.empty(), "{}", tensor.name);
    if (header.contains(tensor.name) || tensor.name == "__metadata__")
      throw Error(fmt::format("a safetensors file cannot hold two entries named {}", tensor.name),
                  "rename one of them");
    const auto end = next + bytes_of(tensor).size();
    const auto dims = tensor.shape.dims();
    header[tensor.name] = {{"dtype", tensor.doubles.empty() ? "F32" : "F64"},
                           {"shape", std::vector<std::int64_t>(dims.begin(), dims.end())},
                           {"data_offsets", {next, end}}};
    next = end;
  }
  std::string file = header.dump();
  file.resize((file.size() + 7) / 8 * 8, ' ');  // the data begins on a multiple of eight
  const std::uint64_t length = file.size();
  file.insert(0, reinterpret_cast<const char*>(&length), sizeof length);
  file.reserve(file.size() + next);
  for (const TensorView& tensor : tensors)
    file.append(reinterpret_cast<const char*>(bytes_of(tensor).data()), bytes_of(tensor).size());
  write_durably(path, file);
}

Safetensors read_safetensors(const std::filesystem::path& path, Wide wide) {
  const MappedFile file(path);
  Header header = parse(path, file.bytes());
  Safetensors result;
  result.metadata = std::move(header.metadata);
  for (const Entry& entry : header.entries) {
    Tensor tensor{entry.name, entry.shape};
    const std::uint64_t bytes = entry.end - entry.begin, elements = bytes / entry.type->bytes;
    const std::byte* const from = header.data.data() + entry.begin;
    if (wide == Wide::kKept && entry.type->name == "F64" && elements > 0) {
      tensor.doubles.resize(elements);
      std::memcpy(tensor.doubles.data(), from, bytes);
    } else {
      tensor.values.resize(elements);
      entry.type->convert(from, tensor.values);
    }
    result.tensors.push_back(std::move(tensor));
  }
  return result;
}

Metadata read_safetensors_metadata(const std::filesystem::path& path) {
  const MappedFile file(path);
  return parse(path, file.bytes()).metadata;
}

}  // namespace limn
