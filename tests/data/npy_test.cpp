#include "data/npy.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "data/npy_bytes.hpp"
#include "data/scratch.hpp"
#include "data/zip.hpp"

namespace limn {
namespace {

using testing::error_of;
using testing::little;
using testing::npy;
using testing::npy_with;
using testing::raw;
using testing::zip;
using testing::ZipEntry;

std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }

std::string reversed(std::string bytes, std::size_t width) {
  for (std::size_t i = 0; i < bytes.size(); i += width)
    std::reverse(bytes.begin() + static_cast<std::ptrdiff_t>(i),
                 bytes.begin() + static_cast<std::ptrdiff_t>(i + width));
  return bytes;
}

std::vector<double> numbers(const NpyArray& a) {
  std::vector<double> all;
  for (std::int64_t i = 0; i < a.size(); ++i) all.push_back(a.at(i));
  return all;
}

TEST(Npy, every_type_is_read_in_both_byte_orders_and_every_version) {
  struct Case {
    std::string type;
    std::size_t width;
    std::string content;
    std::vector<double> values;
    const char* text;
  };
  const std::vector<Case> cases{
      {"f4", 4, raw<float>({1.5f, -0.1f}), {1.5, static_cast<double>(-0.1f)}, "-0.1"},
      {"f8", 8, raw<double>({1e300, -0.1}), {1e300, -0.1}, "-0.1"},
      {"i1", 1, raw<std::int8_t>({127, -128}), {127, -128}, "-128"},
      {"i2", 2, raw<std::int16_t>({300, -300}), {300, -300}, "-300"},
      {"i4", 4, raw<std::int32_t>({70000, -70000}), {70000, -70000}, "-70000"},
      {"i8", 8, raw<std::int64_t>({1LL << 40, -(1LL << 60) - 1}), {0x1p40, -0x1p60}, "-1152921504606846977"},
      {"u1", 1, raw<std::uint8_t>({0, 255}), {0, 255}, "255"},
      {"u2", 2, raw<std::uint16_t>({1, 65535}), {1, 65535}, "65535"},
      {"u4", 4, raw<std::uint32_t>({1, 4000000000u}), {1, 4e9}, "4000000000"},
      {"u8", 8, raw<std::uint64_t>({1, ~0ULL}), {1, 0x1p64}, "18446744073709551615"},
      {"b1", 1, std::string("\1\0", 2), {1, 0}, "0"},
  };
  for (const auto& c : cases) {
    for (const int version : {1, 2, 3}) {
      const auto a = parse_npy(bytes_of(npy("<" + c.type, "(2,)", c.content, false, version)), "t");
      EXPECT_EQ(numbers(a), c.values) << c.type;
      EXPECT_EQ(a.text_at(1), c.text) << c.type;
      const auto b = parse_npy(bytes_of(npy(">" + c.type, "(2,)", reversed(c.content, c.width), false, version)), "t");
      EXPECT_EQ(numbers(b), c.values) << c.type;
    }
  }
  const auto nan = parse_npy(bytes_of(npy("<f4", "(1,)", raw<float>({std::nanf("")}))), "t");
  EXPECT_EQ(nan.text_at(0), "");
}

TEST(Npy, fortran_order_is_turned_into_the_order_of_c) {
  // a[i, j, k] = 100 i + 10 j + k of the shape (2, 3, 2), first index fastest
  std::vector<std::int32_t> fortran, c;
  for (int k = 0; k < 2; ++k)
    for (int j = 0; j < 3; ++j)
      for (int i = 0; i < 2; ++i) fortran.push_back(100 * i + 10 * j + k);
  for (int i = 0; i < 2; ++i)
    for (int j = 0; j < 3; ++j)
      for (int k = 0; k < 2; ++k) c.push_back(100 * i + 10 * j + k);
  EXPECT_EQ(parse_npy(bytes_of(npy("<i4", "(2, 3, 2)", raw(fortran), true)), "t").bytes, raw(c));
  EXPECT_EQ(parse_npy(bytes_of(npy("<i4", "(2, 3, 2)", raw(c))), "t").bytes, raw(c));
}

TEST(Npy, headers_may_be_spelled_as_python_spells_them) {
  for (const auto* header : {"{'shape':(2,),'fortran_order':False,'descr':'|u1'}",
                             "{\"descr\": \"|u1\", 'fortran_order': True, 'shape': (2,)}\n",
                             "{ 'descr' : '|u1' , 'fortran_order' : False , 'shape' : ( 2 , 1 , ) , }"})
    EXPECT_EQ(parse_npy(bytes_of(npy_with(header, "ab")), "t").size(), 2) << header;
  EXPECT_TRUE(parse_npy(bytes_of(npy("|u1", "()", "a")), "t").shape.empty());
  EXPECT_EQ(parse_npy(bytes_of(npy("<f8", "(0, 4611686018427387904)", "")), "t").size(), 0);
}

TEST(Npy, damaged_arrays_are_refused_with_a_reason) {
  const auto good = npy("<f4", "(2, 1)", raw<float>({1, 2}));
  struct Case {
    const char* name;
    std::string content;
    const char* says;
  };
  const std::vector<Case> cases{
      {"empty", "", "does not begin"},
      {"a text", "a,b\n1,2\n", "does not begin"},
      {"a zip file", zip({{"x.npy", good}}), "does not begin"},
      {"the magic alone", "\x93NUMPY", "cut short"},
      {"a header cut short", good.substr(0, 20), "header is cut short"},
      {"a header longer than the file", npy_with("{    ", "").replace(8, 2, "\xff\xff"), "header is cut short"},
      {"an absurd header", npy_with("{    ", "", 2).replace(8, 4, "\xff\xff\xff\xff"), "header is cut short"},
      {"version 4", npy("<f4", "(1,)", "abcd", false, 4), "version 4.0"},
      {"version 0", npy("<f4", "(1,)", "abcd", false, 0), "version 0.0"},
      {"one number too few", good.substr(0, good.size() - 4), "cut short"},
      {"one byte too many", good + "x", "has 2 numbers"},
      {"an absurd shape", npy("<f4", "(4611686018427387904, 4)", "abcd"), "cut short"},
      {"a shape beyond 64 bits", npy("<f4", "(99999999999999999999,)", "abcd"), "header is damaged"},
      {"a negative shape", npy("<f4", "(-1,)", "abcd"), "header is damaged"},
      {"a shape of names", npy("<f4", "(two,)", "abcd"), "header is damaged"},
      {"a shape of nine", npy("<f4", "(1,1,1,1,1,1,1,1,1)", "abcd"), "header is damaged"},
      {"a shape without an end", npy_with("{'descr': '<f4', 'fortran_order': False, 'shape': (1,", "abcd"), "damaged"},
      {"half floats", npy("<f2", "(1,)", "ab"), "type '<f2'"},
      {"complex numbers", npy("<c8", "(1,)", "abcdefgh"), "type '<c8'"},
      {"texts", npy("<U3", "(1,)", std::string(12, 'a')), "type '<U3'"},
      {"objects", npy("|O", "(1,)", "abcd"), "type '|O'"},
      {"a type without an order", npy("f4", "(1,)", "abcd"), "type 'f4'"},
      {"a type of two", npy("<4 ", "(1,)", "abcd"), "type '<4 '"},
      {"no order for many bytes", npy("|f4", "(1,)", "abcd"), "type '|f4'"},
      {"records", npy_with("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }", "abcd"), "records"},
      {"a key twice", npy_with("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,), }", "abcd"),
       "damaged"},
      {"a key missing", npy_with("{'descr': '<f4', 'shape': (1,), }", "abcd"), "damaged"},
      {"an unknown key", npy_with("{'descr': '<f4', 'order': 1, 'fortran_order': False, 'shape': (1,), }", "abcd"),
       "damaged"},
      {"no truth", npy_with("{'descr': '<f4', 'fortran_order': Maybe, 'shape': (1,), }", "abcd"), "damaged"},
      {"words behind the header", npy_with("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), } x", "abcd"),
       "damaged"},
      {"a quote without an end", npy_with("{'descr", "abcd"), "damaged"},
      {"booleans of 2", npy("|b1", "(2,)", "\1\2"), "neither 0 nor 1"},
  };
  for (const auto& c : cases) {
    const auto error = error_of([&] { parse_npy(bytes_of(c.content), "t.npy"); });
    EXPECT_NE(error.find(c.says), std::string::npos) << c.name << ": " << error;
    EXPECT_NE(error.find("t.npy"), std::string::npos) << c.name << ": " << error;
  }
}

TEST(Zip, stored_and_deflated_members_come_back) {
  const std::string long_text(100000, 'a');
  const auto archive = zip({{"one", "first"}, {"two", long_text, true}, {"none", ""}}, "a comment, PK\5\6 inside");
  const auto members = list_zip(bytes_of(archive), "t.npz");
  ASSERT_EQ(members.size(), 3u);
  EXPECT_EQ(members[1].name, "two");
  EXPECT_EQ(unpack_member(members[0], "t"), "first");
  EXPECT_EQ(unpack_member(members[1], "t"), long_text);
  EXPECT_EQ(unpack_member(members[2], "t"), "");
}

TEST(Zip, damaged_archives_are_refused_with_a_reason) {
  const ZipEntry good{"x", "content"};
  const auto with = [&](auto change) {
    auto entry = good;
    change(entry);
    return zip({entry});
  };
  const auto whole = zip({good});
  auto size_beyond = whole;
  size_beyond.replace(whole.size() - 10, 4, "\xff\xff\xff\xff");
  auto marked = whole;
  marked[whole.find("PK\1\2")] = 'Q';
  auto more = whole;
  more.replace(whole.size() - 14, 4, little(2, 2) + little(2, 2));
  struct Case {
    const char* name;
    std::string content;
    const char* says;
  };
  const std::vector<Case> cases{
      {"empty", "", "too short"},
      {"a text", std::string(100, 'a'), "its end is missing"},
      {"cut short", whole.substr(0, whole.size() - 1), "its end is missing"},
      {"bytes behind it", whole + "x", "its end is missing"},
      {"several parts", zip({good}, "", 1), "several parts"},
      {"a list outside", size_beyond, "outside it"},
      {"a list that is none", marked, "list of members is damaged"},
      {"fewer members than it says", more, "list of members is damaged"},
      {"the same name twice", zip({good, good}), "'x' twice"},
      {"a member over another", zip({good, {.name = "x", .content = "content", .offset = 0}}), "twice"},
      {"members over each other",
       zip({{.name = "aa", .content = std::string(900, 'a')},
            {.name = "bb", .content = "", .claimed = 900, .packed = 900, .offset = 0}}),
       "not where its list says"},
      {"a member outside", with([](auto& e) { e.offset = 1000000; }), "not where its list says"},
      {"a member elsewhere", with([](auto& e) { e.offset = 1; }), "not where its list says"},
      {"a member that is cut short", with([](auto& e) { e.packed = e.claimed = 5000; }), "cut short"},
      {"encrypted", with([](auto& e) { e.flags = 1; }), "encrypted"},
      {"bzip2", with([](auto& e) { e.method = 12; }), "unknown way"},
      {"zip64", with([](auto& e) { e.claimed = e.packed = 0xffffffff; }), "zip64"},
      {"stored with another size", with([](auto& e) { e.claimed = 3; }), "claims 3 bytes out of 7"},
      {"a bomb", with([](auto& e) {
         e.deflate = true;
         e.claimed = 1000000000;
       }),
       "claims 1000000000"},
  };
  for (const auto& c : cases) {
    const auto error = error_of([&] { list_zip(bytes_of(c.content), "t.npz"); });
    EXPECT_NE(error.find(c.says), std::string::npos) << c.name << ": " << error;
  }
  for (const auto& content : {with([](auto& e) { e.crc = 1; }), with([](auto& e) {
                                e.deflate = true;
                                e.claimed = 6;
                              }),
                              with([](auto& e) {
                                e.deflate = true;
                                e.claimed = 8;
                              }),
                              with([](auto& e) { e.method = 8; })}) {
    const auto members = list_zip(bytes_of(content), "t.npz");
    EXPECT_NE(error_of([&] { unpack_member(members[0], "t.npz"); }).find("'x' in t.npz is damaged"), std::string::npos);
  }
}

TEST(Zip, flipped_and_cut_bytes_never_do_worse_than_an_error) {
  const auto array = npy("<f4", "(2, 1)", raw<float>({1, 2}));
  const auto good = zip({{"x.npy", array}, {"y.npy", npy("|u1", "(2,)", "ab"), true}});
  const auto read = [](const std::string& content) {
    try {
      for (const auto& member : list_zip(bytes_of(content), "t")) parse_npy(bytes_of(unpack_member(member, "t")), "t");
    } catch (const Error&) {}
  };
  testing::damage_everywhere(good, read);
}

}  // namespace
}  // namespace limn
