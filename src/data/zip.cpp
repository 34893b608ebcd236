#include "data/zip.hpp"

#include <zlib.h>

#include <algorithm>
#include <limits>
#include <new>
#include <unordered_set>

#include "base/error.hpp"

namespace limn {
namespace {

constexpr std::uint32_t kEndMark = 0x06054b50, kEntryMark = 0x02014b50, kLocalMark = 0x04034b50;
constexpr std::size_t kEndBytes = 22, kEntryBytes = 46, kLocalBytes = 30, kMaxComment = 65535;
constexpr std::uint16_t kStored = 0, kDeflated = 8, kEncryptedFlag = 1;
constexpr std::size_t kMaxRatio = 1032;  // RFC 1951: no stream grows more than this
constexpr std::size_t kMaxMember = std::numeric_limits<std::uint32_t>::max() - 1;
constexpr int kRawDeflate = -15;
constexpr std::uint16_t kUnix = 3, kVersion = 20, kUtf8Flag = 0x800, kFirstDay = 0x21;  // 1 January 1980
constexpr std::uint32_t kTypeBits = 0170000, kRegularFile = 0100000, kReadable = 0644;

class Archive {
 public:
  Archive(std::span<const std::byte> bytes, const std::string& name) : bytes_(bytes), name_(name) {}

  std::vector<ZipMember> list() {
    const auto end = find_end();
    if (u16(end + 4) != 0 || u16(end + 6) != 0 || u16(end + 8) != u16(end + 10)) fail("it is one of several parts");
    const std::size_t count = u16(end + 10), size = u32(end + 12), start = u32(end + 16);
    if (start > end || size > end - start) fail("its list of members lies outside it (zip64 is not read)");
    std::vector<ZipMember> members;
    std::unordered_set<std::string> names;
    std::size_t at = start, packed = 0;
    for (std::size_t i = 0; i < count; ++i) {
      members.push_back(entry(at, start + size));
      const auto& member = members.back();
      if (!names.insert(member.name).second) fail(fmt::format("it holds '{}' twice", member.name));
      packed += member.packed.size();
      if (packed > start) fail("its members lie over each other");
    }
    return members;
  }

 private:
  [[noreturn]] void fail(const std::string& why) const {
    throw Error(fmt::format("{} cannot be read as a zip archive: {}", name_, why), "write it again");
  }
  std::uint32_t byte(std::size_t at) const { return std::to_integer<std::uint32_t>(bytes_[at]); }
  std::uint16_t u16(std::size_t at) const { return static_cast<std::uint16_t>(byte(at) | byte(at + 1) << 8); }
  std::uint32_t u32(std::size_t at) const {
    return byte(at) | byte(at + 1) << 8 | byte(at + 2) << 16 | byte(at + 3) << 24;
  }
  std::string text(std::size_t at, std::size_t n) const {
    return {reinterpret_cast<const char*>(bytes_.data()) + at, n};
  }

  std::size_t find_end() const {  // the end record, with nothing but its comment behind it
    if (bytes_.size() < kEndBytes) fail("it is too short");
    const auto last = bytes_.size() - kEndBytes;
    for (std::size_t back = 0; back <= std::min(last, kMaxComment); ++back) {
      if (u32(last - back) == kEndMark && u16(last - back + 20) == back) return last - back;
    }
    fail("its end is missing");
  }

  // The entry at `at` of the list, which is moved behind it.
  ZipMember entry(std::size_t& at, std::size_t end) const {
    if (end - at < kEntryBytes || u32(at) != kEntryMark) fail("its list of members is damaged");
    const std::size_t name_bytes = u16(at + 28), rest = std::size_t{u16(at + 30)} + u16(at + 32);
    if (end - at - kEntryBytes < name_bytes + rest) fail("its list of members is damaged");
    ZipMember member;
    member.name = text(at + kEntryBytes, name_bytes);
    const auto flags = u16(at + 8), method = u16(at + 10);
    member.crc = u32(at + 16);
    const std::size_t packed = u32(at + 20);
    member.bytes = u32(at + 24);
    const std::size_t local = u32(at + 42);
    const std::uint32_t type = u16(at + 4) >> 8 == kUnix ? u32(at + 38) >> 16 & kTypeBits : 0;
    member.ordinary = (type == 0 || type == kRegularFile) && !member.name.ends_with('/');
    at += kEntryBytes + name_bytes + rest;

    if (flags & kEncryptedFlag) fail(fmt::format("'{}' is encrypted", member.name));
    if (method != kStored && method != kDeflated) fail(fmt::format("'{}' is packed in an unknown way", member.name));
    if (packed > kMaxMember || member.bytes > kMaxMember)
      fail(fmt::format("'{}' has 4 GiB or more (zip64 is not read)", member.name));
    member.deflated = method == kDeflated;
    const bool possible = member.deflated ? member.bytes / kMaxRatio <= packed : member.bytes == packed;
    if (!possible) fail(fmt::format("'{}' claims {} bytes out of {}", member.name, member.bytes, packed));
    if (local > bytes_.size() || bytes_.size() - local < kLocalBytes || u32(local) != kLocalMark)
      fail(fmt::format("'{}' is not where its list says", member.name));
    const std::size_t begin = local + kLocalBytes + u16(local + 26) + u16(local + 28);
    if (begin > bytes_.size() || packed > bytes_.size() - begin) fail(fmt::format("'{}' is cut short", member.name));
    if (u16(local + 26) != name_bytes || text(local + kLocalBytes, name_bytes) != member.name)
      fail(fmt::format("'{}' is not where its list says", member.name));
    member.packed = bytes_.subspan(begin, packed);
    return member;
  }

  std::span<const std::byte> bytes_;
  const std::string& name_;
};

void put(std::string& out, std::uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> 8 * i & 0xff);
}

// Empty where that is not smaller.
std::string deflated(std::string_view bytes) {
  z_stream z{};
  if (deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kRawDeflate, MAX_MEM_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::bad_alloc();
  std::string out(bytes.size(), '\0');
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  z.avail_in = static_cast<uInt>(bytes.size());  // both are below 4 GiB
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  const bool whole = deflate(&z, Z_FINISH) == Z_STREAM_END;
  out.resize(whole ? out.size() - z.avail_out : 0);
  deflateEnd(&z);
  return out.size() < bytes.size() ? out : "";
}

}  // namespace

std::vector<ZipMember> list_zip(std::span<const std::byte> archive, const std::string& name) {
  return Archive(archive, name).list();
}

std::string unpack_member(const ZipMember& member, const std::string& name) {
  const auto damaged = [&]() -> Error {
    return {fmt::format("'{}' in {} is damaged", member.name, name), "fetch or write the file again"};
  };
  std::string out(member.bytes, '\0');
  auto* in = reinterpret_cast<const Bytef*>(member.packed.data());
  if (member.deflated) {
    z_stream z{};
    if (inflateInit2(&z, kRawDeflate) != Z_OK) throw std::bad_alloc();
    z.next_in = const_cast<Bytef*>(in);
    z.avail_in = static_cast<uInt>(member.packed.size());  // both are below 4 GiB
    z.next_out = reinterpret_cast<Bytef*>(out.data());
    z.avail_out = static_cast<uInt>(out.size());
    const int status = inflate(&z, Z_FINISH);
    const bool whole = status == Z_STREAM_END && z.avail_in == 0 && z.avail_out == 0;
    inflateEnd(&z);
    if (!whole) throw damaged();
  } else {
    std::copy_n(reinterpret_cast<const char*>(in), out.size(), out.data());
  }
  const auto* bytes = reinterpret_cast<const Bytef*>(out.data());
  if (crc32_z(0, bytes, out.size()) != member.crc) throw damaged();
  return out;
}

std::string make_zip(std::span<const ZipEntry> entries) {
  const auto check = [](bool fits) {
    if (!fits)
      throw Error("a zip archive cannot hold so much", "leave something out: it takes 4 GiB and 65535 members",
                  Fault::kFailure);
  };
  check(entries.size() < std::numeric_limits<std::uint16_t>::max());
  std::string out, list;
  for (const auto& [name, bytes] : entries) {
    check(bytes.size() <= kMaxMember && name.size() < std::numeric_limits<std::uint16_t>::max());
    const std::string smaller = deflated(bytes);
    const std::string_view packed = smaller.empty() ? bytes : std::string_view(smaller);
    const std::size_t at = out.size();
    check(at + packed.size() + list.size() <= kMaxMember);
    std::string common;  // to the local header and the list
    put(common, kVersion, 2), put(common, kUtf8Flag, 2), put(common, smaller.empty() ? kStored : kDeflated, 2);
    put(common, 0, 2), put(common, kFirstDay, 2);
    put(common, crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()), 4);
    put(common, packed.size(), 4), put(common, bytes.size(), 4), put(common, name.size(), 2), put(common, 0, 2);
    put(out, kLocalMark, 4);
    out.append(common).append(name).append(packed);
    put(list, kEntryMark, 4), put(list, kVersion | kUnix << 8, 2);
    list += common;
    put(list, 0, 6), put(list, std::uint64_t{kRegularFile | kReadable} << 16, 4), put(list, at, 4);
    list += name;
  }
  const std::size_t start = out.size();
  out += list;
  put(out, kEndMark, 4), put(out, 0, 4), put(out, entries.size(), 2), put(out, entries.size(), 2);
  put(out, list.size(), 4), put(out, start, 4), put(out, 0, 2);
  return out;
}

}  // namespace limn
