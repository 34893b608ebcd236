// Archives that are written, and the names of files that are kept by their content.
#include "data/zip.hpp"

#include <gtest/gtest.h>

#include "base/hash.hpp"
#include "data/kept_file.hpp"

namespace limn {
namespace {

std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }

TEST(Zip, WhatIsWrittenIsReadAgain) {
  std::string noise(5000, '\0');
  for (std::size_t i = 0; i < noise.size(); ++i) noise[i] = sha256_hex(std::to_string(i))[0];
  const std::string long_text(100000, 'a');
  const std::vector<ZipEntry> entries{
      {"empty", ""}, {"a/short", "x"}, {"long", long_text}, {"noise", noise}, {"名", "y"}};
  const std::string archive = make_zip(entries);
  EXPECT_LT(archive.size(), 10000U);
  EXPECT_EQ(make_zip(entries), archive);
  const auto members = list_zip(bytes_of(archive), "a.zip");
  ASSERT_EQ(members.size(), entries.size());
  for (std::size_t i = 0; i < members.size(); ++i) {
    EXPECT_EQ(members[i].name, entries[i].name);
    EXPECT_EQ(unpack_member(members[i], "a.zip"), entries[i].bytes);
    EXPECT_TRUE(members[i].ordinary);
    EXPECT_LE(members[i].packed.size(), entries[i].bytes.size());
  }
  EXPECT_FALSE(members[1].deflated);
  EXPECT_TRUE(members[2].deflated);
  EXPECT_TRUE(list_zip(bytes_of(make_zip({})), "none.zip").empty());
}

TEST(Zip, LinksFoldersAndDevicesAreTold) {
  const std::string whole = make_zip(std::vector<ZipEntry>{{"x", "target"}});
  const std::size_t type = whole.rfind("PK\1\2") + 41;  // the highest byte of the external attributes
  for (const auto& [bits, ordinary] : std::vector<std::pair<unsigned char, bool>>{
           {0x80, true}, {0x00, true}, {0xA0, false}, {0x40, false}, {0x20, false}, {0x10, false}}) {
    std::string archive = whole;
    archive[type] = static_cast<char>(bits | 1);
    EXPECT_EQ(list_zip(bytes_of(archive), "a.zip")[0].ordinary, ordinary) << static_cast<int>(bits);
  }
  EXPECT_FALSE(list_zip(bytes_of(make_zip(std::vector<ZipEntry>{{"folder/", ""}})), "a.zip")[0].ordinary);
}

TEST(KeptFile, NamesAreMadeOfTheStemAndTheContent) {
  std::string tail = sha256_hex(std::string_view("1")).substr(0, 12);
  tail.insert(tail.begin(), '-');
  const std::vector<std::pair<std::string, std::string>> cases{
      {"points.csv", "points" + tail + ".csv"},
      {"My Points (2).CSV", "My-Points-2" + tail + ".csv"},
      {"数据.tsv.gz", "数据" + tail + ".tsv.gz"},
      {"...npz", "data" + tail + ".npz"},
      {"a\xff"
       "b.csv",
       "a-b" + tail + ".csv"},
      {std::string(300, 'x') + ".csv", std::string(60, 'x') + tail + ".csv"},
      {"p" + tail + ".csv", "p" + tail + ".csv"},
      {"p-0123456789ab.csv", "p-0123456789ab" + tail + ".csv"}};
  for (const auto& [name, kept] : cases) {
    EXPECT_EQ(kept_name(name, "1"), kept);
    EXPECT_EQ(kept_name(kept, "1"), kept);
    EXPECT_EQ(kept_tail(kept), kept.substr(kept.find(tail)));
  }
  for (const char* name : {"", "x", "x.txt", "x.csv", "x-0123456789AB.csv", "-0123456789ab.csv", "a/b-0123456789ab.csv",
                           ".x-0123456789ab.csv", "a\\b-0123456789ab.csv", "x-0123456789ab.CSV"})
    EXPECT_EQ(kept_tail(name), "") << name;
}

}  // namespace
}  // namespace limn
