#include "data/rdata.hpp"

#include <bzlib.h>
#include <gtest/gtest.h>
#include <lzma.h>

#include <bit>
#include <cmath>
#include <limits>

#include "data/csv.hpp"
#include "data/r_value.hpp"
#include "data/scratch.hpp"
#include "data/unpack.hpp"

namespace limn {
namespace {

using testing::error_of;
using testing::gzip;

std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }

// R's serialisation, written out from "R Internals".
std::string word(std::uint32_t v) {
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(v >> shift & 0xff);
  return out;
}
std::string real(double v) {
  const auto bits = std::bit_cast<std::uint64_t>(v);
  return word(static_cast<std::uint32_t>(bits >> 32)) + word(static_cast<std::uint32_t>(bits));
}
std::string chars(const std::string& text) {
  return word(0x40009) + word(static_cast<std::uint32_t>(text.size())) + text;
}
std::string symbol(const std::string& name) { return word(1) + chars(name); }
std::string texts(const std::vector<std::string>& all, std::uint32_t flags = 0) {
  auto out = word(16 | flags) + word(static_cast<std::uint32_t>(all.size()));
  for (const auto& text : all) out += chars(text);
  return out;
}
std::string reals(const std::vector<double>& all) {
  auto out = word(14) + word(static_cast<std::uint32_t>(all.size()));
  for (const double v : all) out += real(v);
  return out;
}
std::string integers(const std::vector<std::int32_t>& all, std::uint32_t flags = 0) {
  auto out = word(13 | flags) + word(static_cast<std::uint32_t>(all.size()));
  for (const auto v : all) out += word(static_cast<std::uint32_t>(v));
  return out;
}
const std::string kEnd = word(254);
std::string pair(const std::string& tag, const std::string& value) { return word(0x402) + tag + value; }
std::string factor(const std::vector<std::int32_t>& codes, const std::vector<std::string>& levels) {
  return integers(codes, 0x300) + pair(symbol("levels"), texts(levels)) + pair(symbol("class"), texts({"factor"})) +
         kEnd;
}
std::string list(const std::vector<std::string>& items, const std::vector<std::string>& names) {
  auto out = word(19 | 0x300) + word(static_cast<std::uint32_t>(items.size()));
  for (const auto& item : items) out += item;
  return out + pair(symbol("names"), texts(names)) + kEnd;
}
std::string file(const std::string& object, const std::string& value, int version = 2) {
  return fmt::format("RDX{}\nX\n", version) + word(static_cast<std::uint32_t>(version)) + word(0x40202) +
         word(0x20300) + (version == 3 ? word(5) + "UTF-8" : "") + pair(symbol(object), value) + kEnd;
}
std::string rds(const std::string& value) { return "X\n" + word(2) + word(0x40202) + word(0x20300) + value; }

constexpr auto kNa = std::numeric_limits<std::int32_t>::min();
const double kNan = std::nan("");

std::string flowers() {
  return list({reals({1.5, kNan, 3}), integers({7, kNa, -2}), factor({2, 1, kNa}, {"red", "a, \"b\""}),
               texts({"x", "", " y "})},
              {"length", "count", "colour", "note"});
}
const std::string kCsv = "length,count,colour,note\n1.5,7,\"a, \"\"b\"\"\",x\n,,red,\n3,-2,,\" y \"\n";

std::string xz(const std::string& text) {
  std::string out(lzma_stream_buffer_bound(text.size()), '\0');
  std::size_t n = 0;
  EXPECT_EQ(lzma_easy_buffer_encode(6, LZMA_CHECK_CRC64, nullptr, reinterpret_cast<const std::uint8_t*>(text.data()),
                                    text.size(), reinterpret_cast<std::uint8_t*>(out.data()), &n, out.size()),
            LZMA_OK);
  out.resize(n);
  return out;
}
std::string lzma2(const std::string& text) {
  lzma_options_lzma options;
  lzma_lzma_preset(&options, 6);
  const lzma_filter filters[] = {{LZMA_FILTER_LZMA2, &options}, {LZMA_VLI_UNKNOWN, nullptr}};
  std::string out(text.size() + 1000, '\0');
  std::size_t n = 0;
  EXPECT_EQ(lzma_raw_buffer_encode(filters, nullptr, reinterpret_cast<const std::uint8_t*>(text.data()), text.size(),
                                   reinterpret_cast<std::uint8_t*>(out.data()), &n, out.size()),
            LZMA_OK);
  out.resize(n);
  return out;
}
std::string bzip2(std::string text) {
  std::string out(text.size() + 1000, '\0');
  auto n = static_cast<unsigned>(out.size());
  EXPECT_EQ(BZ2_bzBuffToBuffCompress(out.data(), &n, text.data(), static_cast<unsigned>(text.size()), 9, 0, 0), BZ_OK);
  out.resize(n);
  return out;
}

TEST(RData, a_data_frame_is_read_from_every_form) {
  const auto rda = file("flowers", flowers());
  for (const auto& content : {rda, file("flowers", flowers(), 3), gzip(rda), xz(rda), bzip2(rda), rds(flowers())}) {
    const auto frame = parse_rdata(bytes_of(content), "flowers", "t.rda");
    EXPECT_EQ(to_csv(frame), kCsv);
  }
  const auto table = parse_csv(kCsv, "t.csv");  // and our own reader reads what was written
  EXPECT_EQ(table.columns[2][0], "a, \"b\"");
  EXPECT_EQ(table.columns[3][2], " y ");
}

TEST(RData, a_name_that_came_before_is_referred_to_by_its_number) {
  const auto value = word(19 | 0x300) + word(1) + reals({1, 2}) + pair(word(1 << 8 | 255), texts({"a"})) + kEnd;
  const auto content = file("names", value);  // the object's own name is the first symbol
  EXPECT_EQ(parse_rdata(bytes_of(content), "names", "t").names, std::vector<std::string>{"a"});
}

// A database of one object, as an installed package keeps it.
struct Database {
  std::string index, content;
};
Database database(const std::string& object, double offset, double length, const std::string& chunk) {
  const auto place = reals({offset, length});
  return {gzip(rds(list({list({place}, {object})}, {"variables"}))), "junk" + chunk};
}
Database database(const std::string& object) {
  const auto value = rds(flowers());
  const auto chunk = word(static_cast<std::uint32_t>(value.size())) + "Z" + lzma2(value);
  return database(object, 4, static_cast<double>(chunk.size()), chunk);
}

TEST(RData, an_object_of_a_database_is_found_by_its_index) {
  const auto d = database("flowers");
  EXPECT_EQ(to_csv(parse_r_database(bytes_of(d.index), bytes_of(d.content), "flowers", "t")), kCsv);
}

TEST(RData, databases_that_do_not_fit_their_index_are_refused) {
  const auto value = rds(flowers());
  const auto packed = lzma2(value);
  const auto size = static_cast<std::uint32_t>(value.size());
  const auto all = static_cast<double>(packed.size() + 5);
  struct Case {
    const char* name;
    Database database;
    const char* says;
  };
  const std::vector<Case> cases{
      {"another object", database("trees"), "no object 'flowers'"},
      {"an offset behind the end", database("flowers", 1e6, all, word(size) + "Z" + packed), "ends before"},
      {"a negative offset", database("flowers", -1, all, word(size) + "Z" + packed), "ends before"},
      {"an offset that is no number", database("flowers", kNan, all, word(size) + "Z" + packed), "ends before"},
      {"a length beyond the end", database("flowers", 4, all + 1, word(size) + "Z" + packed), "ends before"},
      {"an infinite length", database("flowers", 4, INFINITY, word(size) + "Z" + packed), "ends before"},
      {"a length of nothing", database("flowers", 4, 0, word(size) + "Z" + packed), "ends before"},
      {"another compression", database("flowers", 4, all, word(size) + "2" + packed), "not LZMA2"},
      {"too small a size", database("flowers", 4, all, word(size - 1) + "Z" + packed), "more than"},
      {"too large a size", database("flowers", 4, all, word(size + 1) + "Z" + packed), "claims"},
      {"a cut chunk", database("flowers", 4, all - 9, word(size) + "Z" + packed), "cut short"},
  };
  for (const auto& c : cases) {
    const auto error = error_of(
        [&] { parse_r_database(bytes_of(c.database.index), bytes_of(c.database.content), "flowers", "t.rdx"); });
    EXPECT_NE(error.find(c.says), std::string::npos) << c.name << ": " << error;
    EXPECT_NE(error.find("t.rdx"), std::string::npos) << c.name;
  }
}

TEST(RData, damaged_files_are_refused_with_a_reason) {
  const auto good = file("flowers", flowers());
  std::string deep;
  for (int i = 0; i < 100000; ++i) deep += word(19) + word(1);
  const auto head = "X\n" + word(2) + word(0) + word(0);
  auto flipped = xz(good + std::string(4000, 'x'));
  flipped[flipped.size() / 2] ^= 1;
  struct Case {
    const char* name;
    std::string content;
    const char* says;
  };
  const std::vector<Case> cases{
      {"empty", "", "no serialised value"},
      {"a text", "a,b\n1,2\n", "no serialised value"},
      {"the text form", "RDA2\nA\n2\n", "no serialised value"},
      {"an unknown version", "X\n" + word(4) + word(0) + word(0), "version 4"},
      {"a header cut short", "X\n" + word(2), "cut short"},
      {"cut short", good.substr(0, good.size() - 30), "cut short"},
      {"without its end", good.substr(0, good.size() - 4), "cut short"},
      {"bytes behind the end", good + "x", "bytes follow"},
      {"another object", file("trees", flowers()), "no object 'flowers'"},
      {"no data frame", file("flowers", reals({1, 2})), "no data frame"},
      {"a list without names", file("flowers", word(19) + word(1) + reals({1})), "no data frame"},
      {"names for other columns", file("flowers", list({reals({1})}, {"a", "b"})), "no data frame"},
      {"no columns", file("flowers", list({}, {})), "no data frame"},
      {"no rows", file("flowers", list({reals({})}, {"a"})), "0 rows"},
      {"columns of two lengths", file("flowers", list({reals({1}), reals({1, 2})}, {"a", "b"})),
       "has 2 rows, others 1"},
      {"a level of 3 of 2", file("flowers", list({factor({3}, {"x", "y"})}, {"a"})), "level 3 of 2"},
      {"a level of 0", file("flowers", list({factor({0}, {"x", "y"})}, {"a"})), "level 0 of 2"},
      {"levels that are no text",
       file("flowers", list({integers({1}, 0x200) + pair(symbol("levels"), reals({1})) + kEnd}, {"a"})),
       "without names"},
      {"a column that is a list", file("flowers", list({list({reals({1})}, {"b"})}, {"a"})), "no column of numbers"},
      {"a closure", file("flowers", word(3)), "type 3"},
      {"an absurd count", head + word(14) + word(0x7fffffff), "does not fit"},
      {"a negative count", head + word(13) + word(0xffffffff), "does not fit"},
      {"an absurd text", head + word(16) + word(1) + word(9) + word(0x7fffffff), "cut short"},
      {"a text that is a number", head + word(16) + word(1) + reals({1}), "text is expected"},
      {"a reference to nothing", head + word(255 | 7 << 8), "refers to none"},
      {"a reference to the name 0", head + word(255) + word(0), "refers to none"},
      {"attributes that are no list", head + word(13 | 0x200) + word(0) + reals({1}), "a list of attributes"},
      {"a tag that is no name", head + word(0x402) + reals({1}), "a name is expected"},
      {"nested without end", head + deep, "nested too deep"},
      {"gzip cut short", gzip(good).substr(0, 60), "cut short"},
      {"xz cut short", xz(good).substr(0, 60), "cut short"},
      {"xz with a bit flipped", flipped, "damaged"},
      {"xz followed by more", xz(good) + "x", "damaged"},
      {"bzip2 cut short", bzip2(good).substr(0, 60), "cut short"},
      {"bzip2 followed by more", bzip2(good) + "x", "damaged"},
      {"bzip2 that is none", "BZh9nonsense and more nonsense", "damaged"},
  };
  for (const auto& c : cases) {
    const auto error = error_of([&] { parse_rdata(bytes_of(c.content), "flowers", "t.rda"); });
    EXPECT_NE(error.find(c.says), std::string::npos) << c.name << ": " << error;
    EXPECT_NE(error.find("t.rda"), std::string::npos) << c.name << ": " << error;
  }
}

TEST(RData, small_files_that_unpack_to_very_much_are_refused) {
  const std::string zeros(100000, '\0');
  using Unpack = decltype(&unpack_xz);
  const std::vector<std::pair<std::string, Unpack>> all{
      {xz(zeros), unpack_xz}, {lzma2(zeros), unpack_lzma2}, {bzip2(zeros), unpack_bzip2}};
  for (const auto& [content, unpack] : all) {
    EXPECT_EQ(unpack(bytes_of(content), "t", zeros.size()), zeros);
    EXPECT_NE(error_of([&] { unpack(bytes_of(content), "t", zeros.size() - 1); }).find("more than 99999"),
              std::string::npos);
  }
}

TEST(RData, flipped_and_cut_bytes_never_do_worse_than_an_error) {
  const auto good = file("flowers", flowers());
  const auto read = [](const std::string& content) {
    try {
      const auto frame = parse_rdata(bytes_of(content), "flowers", "t.rda");
      EXPECT_EQ(frame.names.size(), frame.columns.size());
    } catch (const Error&) {}
  };
  testing::damage_everywhere(good, read);
}

}  // namespace
}  // namespace limn
