#include "data/r_value.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <limits>
#include <string_view>
#include <utility>

#include "base/error.hpp"

namespace limn {
namespace {

// The types of "R Internals" that a table can hold; kPairlistEnd closes a pairlist.
enum Type : std::uint32_t {
  kSymbol = 1,
  kPairlist = 2,
  kChars = 9,
  kLogical = 10,
  kInteger = 13,
  kReal = 14,
  kTextVector = 16,
  kGenericVector = 19,
  kAlternative = 238,  // a compact form of a vector, such as 1..n
  kPairlistEnd = 254,
  kReference = 255
};
constexpr std::uint32_t kHasAttributes = 0x200, kHasTag = 0x400;
constexpr int kMaxDepth = 32;
constexpr std::uint32_t kMissing = 0x80000000u;
constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

class Reader {
 public:
  Reader(std::span<const std::byte> bytes, const std::string& name) : bytes_(bytes), name_(name) {}

  RValue whole() {
    const std::string_view text(reinterpret_cast<const char*>(bytes_.data()), bytes_.size());
    if (text.starts_with("RDX2\n") || text.starts_with("RDX3\n")) at_ = 5;
    if (text.substr(at_, 2) != "X\n") fail("it is no serialised value of R");
    at_ += 2;
    const auto version = word();
    if (version != 2 && version != 3) fail(fmt::format("version {} of the format is not known", version));
    take(8);                         // versions of R
    if (version == 3) take(word());  // its encoding
    auto value = item(0);
    if (at_ != bytes_.size()) fail("bytes follow its end");
    return value;
  }

 private:
  [[noreturn]] void fail(const std::string& why) const {
    throw Error(fmt::format("{} cannot be read at byte {}: {}", name_, at_, why),
                "give a file that R saved: a data frame of numbers, text and factors");
  }

  std::span<const std::byte> take(std::size_t n) {
    if (n > bytes_.size() - at_) fail("it is cut short");
    at_ += n;
    return bytes_.subspan(at_ - n, n);
  }

  template <class T>
  static T big_endian(std::span<const std::byte> bytes) {
    T value = 0;
    for (const auto byte : bytes) value = static_cast<T>(value << 8) | std::to_integer<T>(byte);
    return value;
  }
  std::uint32_t word() { return big_endian<std::uint32_t>(take(4)); }

  std::size_t count(std::size_t bytes_each) {  // checked against what is left before anything is allocated
    const std::size_t n = word();
    if (n > (bytes_.size() - at_) / bytes_each) fail(fmt::format("a vector of {} does not fit", n));
    return n;
  }

  std::string chars(std::uint32_t flags) {
    if ((flags & 0xff) != kChars) fail("text is expected");
    const auto n = word();
    if (n == 0xffffffffu) return "";  // NA
    const auto taken = take(n);
    return {reinterpret_cast<const char*>(taken.data()), taken.size()};
  }

  std::string symbol(std::uint32_t flags) {
    if ((flags & 0xff) == kSymbol) {
      symbols_.push_back(chars(word()));
      return symbols_.back();
    }
    if ((flags & 0xff) != kReference) fail("a name is expected");
    const auto index = flags >> 8 != 0 ? flags >> 8 : word();
    if (index < 1 || index > symbols_.size()) fail("a name refers to none before it");
    return symbols_[index - 1];
  }

  // Tags and values until the end mark; `flags` of the first.
  void pairs(std::uint32_t flags, int depth, std::vector<std::string>& tags, std::vector<RValue>& values) {
    for (; (flags & 0xff) != kPairlistEnd; flags = word()) {
      if ((flags & 0xff) != kPairlist) fail("a list of attributes is expected");
      if (flags & kHasAttributes) item(depth + 1);
      tags.push_back(flags & kHasTag ? symbol(word()) : std::string());
      values.push_back(item(depth + 1));
    }
  }

  RValue item(int depth) {
    if (depth > kMaxDepth) fail("it is nested too deep");
    const auto flags = word();
    RValue value;
    switch (flags & 0xff) {
      case kPairlistEnd: return value;
      case kSymbol:
      case kReference:
        value.kind = RValue::Kind::kOther;
        symbol(flags);
        return value;
      case kPairlist: {
        value.kind = RValue::Kind::kList;
        RValue names;
        names.kind = RValue::Kind::kTexts;
        pairs(flags, depth, names.texts, value.items);
        value.attribute_names.emplace_back("names");
        value.attribute_values.push_back(std::move(names));
        return value;
      }
      case kAlternative:
        value.kind = RValue::Kind::kOther;
        for (int part = 0; part < 3; ++part) item(depth + 1);  // its class, its state, its attributes
        return value;
      case kLogical:
      case kInteger:
        value.kind = RValue::Kind::kNumbers;
        for (auto n = count(4); n > 0; --n) {
          const auto bits = word();
          value.numbers.push_back(bits == kMissing ? kNone : static_cast<double>(static_cast<std::int32_t>(bits)));
        }
        break;
      case kReal:
        value.kind = RValue::Kind::kNumbers;
        for (auto n = count(8); n > 0; --n)
          value.numbers.push_back(std::bit_cast<double>(big_endian<std::uint64_t>(take(8))));
        break;
      case kTextVector:
        value.kind = RValue::Kind::kTexts;
        for (auto n = count(4); n > 0; --n) value.texts.push_back(chars(word()));
        break;
      case kGenericVector:
        value.kind = RValue::Kind::kList;
        for (auto n = count(4); n > 0; --n) value.items.push_back(item(depth + 1));
        break;
      default: fail(fmt::format("a value of type {} is in no table", flags & 0xff));
    }
    if (flags & kHasAttributes) pairs(word(), depth, value.attribute_names, value.attribute_values);
    return value;
  }

  std::span<const std::byte> bytes_;
  const std::string& name_;
  std::size_t at_ = 0;
  std::vector<std::string> symbols_;  // that references count
};

}  // namespace

const RValue* RValue::attribute(const std::string& name) const {
  const auto at = std::find(attribute_names.begin(), attribute_names.end(), name);
  return at == attribute_names.end() ? nullptr
                                     : &attribute_values[static_cast<std::size_t>(at - attribute_names.begin())];
}

const RValue* RValue::item(const std::string& name) const {
  const auto* names = attribute("names");
  if (!names || names->texts.size() != items.size()) return nullptr;
  const auto at = std::find(names->texts.begin(), names->texts.end(), name);
  return at == names->texts.end() ? nullptr : &items[static_cast<std::size_t>(at - names->texts.begin())];
}

RValue parse_r_value(std::span<const std::byte> bytes, const std::string& name) { return Reader(bytes, name).whole(); }

}  // namespace limn
