// NumPy files and zip archives written out by hand, as the formats' descriptions have them.
#pragma once
#include <fmt/format.h>
#include <zlib.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "data/scratch.hpp"

namespace limn::testing {

inline std::string little(std::uint64_t value, int bytes) {
  std::string out;
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i) & 0xff);
  return out;
}

inline std::string npy_with(const std::string& header, const std::string& content, int version = 1) {
  const auto length = version == 1 ? little(header.size(), 2) : little(header.size(), 4);
  return "\x93NUMPY" + little(static_cast<unsigned>(version), 1) + std::string(1, '\0') + length + header + content;
}
inline std::string npy(const std::string& type, const std::string& shape, const std::string& content,
                       bool fortran = false, int version = 1) {
  return npy_with(fmt::format("{{'descr': '{}', 'fortran_order': {}, 'shape': {}, }}   \n", type,
                              fortran ? "True" : "False", shape),
                  content, version);
}
template <class T>
std::string raw(const std::vector<T>& values) {
  std::string out(values.size() * sizeof(T), '\0');
  std::memcpy(out.data(), values.data(), out.size());
  return out;
}

struct ZipEntry {
  std::string name, content;
  bool deflate = false;
  // What a damaged archive says instead of the truth; -1: the truth.
  std::int64_t claimed = -1, packed = -1, offset = -1, method = -1, flags = 0, crc = -1;
};

inline std::string zip(const std::vector<ZipEntry>& entries, const std::string& comment = "", int parts = 0) {
  std::string body, list;
  for (const auto& e : entries) {
    const auto or_true = [](std::int64_t said, std::size_t truth) {
      return said < 0 ? static_cast<std::uint64_t>(truth) : static_cast<std::uint64_t>(said);
    };
    const auto packed = e.deflate ? deflated(e.content, -15) : e.content;
    const auto crc = crc32_z(0, reinterpret_cast<const Bytef*>(e.content.data()), e.content.size());
    const auto common = little(20, 2) + little(static_cast<std::uint64_t>(e.flags), 2) +
                        little(or_true(e.method, e.deflate ? 8 : 0), 2) + little(0, 4) +
                        little(or_true(e.crc, crc), 4) + little(or_true(e.packed, packed.size()), 4) +
                        little(or_true(e.claimed, e.content.size()), 4) + little(e.name.size(), 2);
    list += "PK\1\2" + little(20, 2) + common + little(0, 2) + little(0, 2) + little(0, 8) +
            little(or_true(e.offset, body.size()), 4) + e.name;
    body += "PK\3\4" + common + little(4, 2) + e.name + "more" + packed;  // an extra field, as NumPy writes one
  }
  return body + list + "PK\5\6" + little(static_cast<unsigned>(parts), 2) + little(0, 2) + little(entries.size(), 2) +
         little(entries.size(), 2) + little(list.size(), 4) + little(body.size(), 4) + little(comment.size(), 2) +
         comment;
}

}  // namespace limn::testing
