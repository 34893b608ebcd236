#include "data/npy.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <string_view>

#include "base/error.hpp"

namespace limn {
namespace {

static_assert(std::endian::native == std::endian::little);
constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::size_t kMaxHeader = 65536, kMaxRank = 8;

struct Header {
  std::string type;
  bool fortran = false;
  std::vector<std::int64_t> shape;
};

[[noreturn]] void refuse(const std::string& name, const std::string& why) {
  throw Error(fmt::format("{} cannot be read as a NumPy array: {}", name, why),
              "write it with numpy.save or numpy.savez: numbers of type float32, float64, int8 to int64, uint8 to "
              "uint64 or bool");
}

// A dictionary of Python's: {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }
class HeaderReader {
 public:
  HeaderReader(std::string_view text, const std::string& name) : text_(text), name_(name) {}

  Header read() {
    Header header;
    int seen = 0;  // one bit a key
    want('{');
    while (!found('}')) {
      const auto key = quoted();
      want(':');
      const int bit = key == "descr" ? 1 : key == "fortran_order" ? 2 : key == "shape" ? 4 : 0;
      if (bit == 0 || (seen & bit)) fail();
      seen |= bit;
      if (bit == 1) header.type = quoted();
      if (bit == 2) header.fortran = truth();
      if (bit == 4) header.shape = tuple();
      if (!found(',') && next() != '}') fail();
    }
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) ++at_;
    if (seen != 7 || at_ != text_.size()) fail();
    return header;
  }

 private:
  [[noreturn]] void fail() const { refuse(name_, fmt::format("its header is damaged at byte {}", at_)); }
  char next() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  bool found(char c) {
    const bool there = next() == c && at_ < text_.size();
    if (there) ++at_;
    return there;
  }
  void want(char c) {
    if (!found(c)) fail();
  }
  std::string quoted() {
    const char quote = next();
    if (quote == '[') refuse(name_, "it holds records, not numbers");
    if (quote != '\'' && quote != '"') fail();
    const auto end = text_.find(quote, ++at_);
    if (end == text_.npos) fail();
    const auto word = std::string(text_.substr(at_, end - at_));
    at_ = end + 1;
    return word;
  }
  bool truth() {
    next();
    for (const auto& [word, value] : {std::pair("True", true), std::pair("False", false)}) {
      if (text_.substr(at_).starts_with(word)) {
        at_ += std::strlen(word);
        return value;
      }
    }
    fail();
  }
  std::vector<std::int64_t> tuple() {
    std::vector<std::int64_t> dims;
    want('(');
    while (!found(')')) {
      next();
      std::int64_t dim = 0;
      const auto* begin = text_.data() + at_;
      const auto [end, status] = std::from_chars(begin, text_.data() + text_.size(), dim);
      if (status != std::errc() || dim < 0 || dims.size() == kMaxRank) fail();
      at_ += static_cast<std::size_t>(end - begin);
      dims.push_back(dim);
      if (!found(',') && next() != ')') fail();
    }
    return dims;
  }

  std::string_view text_;
  const std::string& name_;
  std::size_t at_ = 0;
};

void swap_bytes(std::string& bytes, std::size_t width) {
  for (std::size_t i = 0; i < bytes.size(); i += width)
    std::reverse(bytes.begin() + static_cast<std::ptrdiff_t>(i),
                 bytes.begin() + static_cast<std::ptrdiff_t>(i + width));
}

// First index fastest -> last index fastest.
std::string in_c_order(const std::string& bytes, std::span<const std::int64_t> shape, std::size_t width) {
  std::string out(bytes.size(), '\0');
  std::vector<std::int64_t> index(shape.size());
  for (std::size_t to = 0; to < bytes.size(); to += width) {
    std::size_t from = 0;
    for (std::size_t d = shape.size(); d-- > 0;)
      from = from * static_cast<std::size_t>(shape[d]) + static_cast<std::size_t>(index[d]);
    std::copy_n(bytes.data() + from * width, width, out.data() + to);
    for (std::size_t d = shape.size(); d-- > 0;) {
      ++index[d];
      if (index[d] < shape[d]) break;
      index[d] = 0;
    }
  }
  return out;
}

template <class T>
T number(const NpyArray& a, std::int64_t i) {
  T value;
  std::memcpy(&value, a.bytes.data() + static_cast<std::size_t>(i) * sizeof value, sizeof value);
  return value;
}

// use(number i in its own type)
template <class Use>
auto visit(const NpyArray& a, std::int64_t i, Use use) {
  switch (a.width) {
    case 1: return a.kind == 'i' ? use(number<std::int8_t>(a, i)) : use(number<std::uint8_t>(a, i));
    case 2: return a.kind == 'i' ? use(number<std::int16_t>(a, i)) : use(number<std::uint16_t>(a, i));
    case 4:
      if (a.kind == 'f') return use(number<float>(a, i));
      return a.kind == 'i' ? use(number<std::int32_t>(a, i)) : use(number<std::uint32_t>(a, i));
    default:
      if (a.kind == 'f') return use(number<double>(a, i));
      return a.kind == 'i' ? use(number<std::int64_t>(a, i)) : use(number<std::uint64_t>(a, i));
  }
}

}  // namespace

double NpyArray::at(std::int64_t i) const {
  return visit(*this, i, [](auto v) { return static_cast<double>(v); });
}

std::string NpyArray::text_at(std::int64_t i) const {
  return visit(*this, i, [](auto v) { return v != v ? std::string() : fmt::format("{}", +v); });
}

NpyArray parse_npy(std::span<const std::byte> content, const std::string& name) {
  const std::string_view text(reinterpret_cast<const char*>(content.data()), content.size());
  if (!text.starts_with(kMagic)) refuse(name, "it does not begin like one");
  if (text.size() < 12) refuse(name, "it is cut short");
  const auto byte = [&](std::size_t i) { return static_cast<std::size_t>(static_cast<unsigned char>(text[i])); };
  const auto version = byte(6);
  if (version < 1 || version > 3 || byte(7) != 0) refuse(name, fmt::format("version {}.{}", version, byte(7)));
  const std::size_t start = version == 1 ? 10 : 12;
  const auto length = version == 1 ? byte(8) | byte(9) << 8 : byte(8) | byte(9) << 8 | byte(10) << 16 | byte(11) << 24;
  if (length > kMaxHeader || length > text.size() - start) refuse(name, "its header is cut short");
  auto header = HeaderReader(text.substr(start, length), name).read();

  const auto& type = header.type;
  constexpr std::array<std::string_view, 11> kTypes{"f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1"};
  const bool known = type.size() == 3 && std::ranges::find(kTypes, type.substr(1)) != kTypes.end() &&
                     (type[0] == '<' || type[0] == '>' || (type[0] == '|' && type[2] == '1'));
  if (!known) refuse(name, fmt::format("its numbers are of the type '{}'", type));
  NpyArray array;
  array.kind = type[1];
  array.width = static_cast<std::size_t>(type[2] - '0');
  array.shape = std::move(header.shape);
  const auto bytes = text.size() - start - length;
  std::size_t count = 1;
  const bool empty = std::ranges::find(array.shape, 0) != array.shape.end();
  for (const auto dim : array.shape) {  // never beyond what the file holds, so that nothing overflows
    if (!empty && static_cast<std::size_t>(dim) > bytes / array.width / count) refuse(name, "it is cut short");
    count *= empty ? 0 : static_cast<std::size_t>(dim);
  }
  if (count * array.width != bytes) {
    refuse(name, fmt::format("its shape ({}) has {} numbers, but {} bytes follow", fmt::join(array.shape, ", "), count,
                             bytes));
  }
  array.bytes = text.substr(start + length);
  if (type[0] == '>') swap_bytes(array.bytes, array.width);
  if (header.fortran && array.shape.size() > 1) array.bytes = in_c_order(array.bytes, array.shape, array.width);
  if (array.kind == 'b' && std::ranges::any_of(array.bytes, [](char v) { return v != 0 && v != 1; }))
    refuse(name, "its booleans are neither 0 nor 1");
  return array;
}

}  // namespace limn
