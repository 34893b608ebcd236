// Zip archives in memory, read and written: stored and deflated members, checksums checked. Source: PKWARE's
// APPNOTE 6.3, without zip64, encryption and archives in several parts. It knows nothing of what is inside.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace limn {

struct ZipMember {
  std::string name;
  std::span<const std::byte> packed;  // within the archive
  std::size_t bytes = 0;              // once unpacked; never more than deflate can make of the packed ones
  std::uint32_t crc = 0;
  bool deflated = false;
  bool ordinary = true;  // a file; not a folder, a link or a device
};

// Everything in the archive, in its order; name: the file, for the errors. Error: not a zip file, cut short, a member
// that lies outside the file or over another one, a kind that is not read, two members of one name.
std::vector<ZipMember> list_zip(std::span<const std::byte> archive, const std::string& name);

// One member's content. Error: damaged, or of another length than the archive says.
std::string unpack_member(const ZipMember& member, const std::string& name);

struct ZipEntry {
  std::string_view name, bytes;  // the name in UTF-8
};

// The archive of these members, in their order, each deflated where that makes it smaller. Nothing in it depends on the
// time, the machine or the folder: the same members give the same bytes. Error: it would need zip64.
std::string make_zip(std::span<const ZipEntry> entries);

}  // namespace limn
