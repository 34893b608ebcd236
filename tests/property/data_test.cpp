// Laws of data: what is written is read, splits take every row once, standardising is fitted on the training rows.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <numeric>
#include <set>

#include "data/csv.hpp"
#include "data/encoding.hpp"
#include "data/idx.hpp"
#include "data/split.hpp"
#include "interop/safetensors.hpp"
#include "temporary_folder.hpp"
#include "train/journal.hpp"

namespace limn {
namespace {

using Cells = std::vector<std::vector<std::string>>;  // [rows][columns]

rc::Gen<std::string> cell() {
  return rc::gen::map(rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(std::vector<std::string>{
                          "a", "B", "7", ".", "-", " ", ",", ";", "\t", "\"", "\n", "\r\n", "é", "红"})),
                      [](const std::vector<std::string>& letters) {
                        std::string text =
                            "x";  // no number and not missing, and no blank at the ends, which are not part of a cell
                        for (const std::string& letter : letters) text += letter;
                        return text + "x";
                      });
}

std::string written(const Cells& rows, char separator, const std::string& line_end) {
  std::string text;
  for (const auto& row : rows) {
    for (std::size_t c = 0; c < row.size(); ++c) {
      if (c > 0) text += separator;
      const bool quoted = row[c].find_first_of(",;\t\"\r\n") != std::string::npos || *rc::gen::arbitrary<bool>();
      if (quoted) text += '"';
      for (const char letter : row[c]) text += letter == '"' ? "\"\"" : std::string(1, letter);
      if (quoted) text += '"';
    }
    text += line_end;
  }
  return text;
}

RC_GTEST_PROP(Csv, IsReadAsItWasWritten, ()) {
  const auto columns = *rc::gen::inRange<std::size_t>(2, 5), rows = *rc::gen::inRange<std::size_t>(1, 12);
  Cells cells(rows + 1, std::vector<std::string>(columns));
  for (auto& row : cells)
    for (auto& c : row) c = *cell();
  for (std::size_t c = 0; c < columns; ++c) cells[0][c] += std::to_string(c);  // names are not the same
  const std::string text = written(cells, *rc::gen::element(',', ';', '\t'),
                                   *rc::gen::element(std::string("\n"), std::string("\r\n"), std::string("\n\n")));
  const Table table = parse_csv((*rc::gen::arbitrary<bool>() ? "\xEF\xBB\xBF" : "") + text, "t.csv");
  RC_ASSERT(table.names == cells[0]);
  RC_ASSERT(table.rows() == static_cast<std::int64_t>(rows));
  for (std::size_t c = 0; c < columns; ++c)
    for (std::size_t r = 0; r < rows; ++r) RC_ASSERT(table.columns[c][r] == cells[r + 1][c]);
}

RC_GTEST_PROP(Number, IsReadAsItWasPrinted, (std::uint64_t bits)) {
  double wanted;
  std::memcpy(&wanted, &bits, sizeof wanted);
  double value = 0;
  const Number kind = parse_number(fmt::format("{}", wanted), value);
  if (std::isnan(wanted)) RC_ASSERT(kind == Number::kNone);
  if (std::isinf(wanted)) RC_ASSERT(kind == Number::kInfinite);
  if (std::isfinite(wanted)) RC_ASSERT(kind == Number::kFinite && value == wanted);
}

RC_GTEST_PROP(Splits, TakeEveryRowOnceAndEachClassInItsShare, ()) {
  const auto size = *rc::gen::inRange<std::int64_t>(20, 500);
  const auto classes = *rc::gen::inRange(1, 9);
  const auto seed = *rc::gen::arbitrary<std::uint64_t>();
  const Fractions fractions = *rc::gen::element(kUsualFractions, Fractions{0.5, 0.25, 0.25}, Fractions{0.1, 0.2, 0.7});
  auto labels =
      *rc::gen::container<std::vector<std::int32_t>>(static_cast<std::size_t>(size), rc::gen::inRange(0, classes));
  const Splits splits = draw_splits(size, labels, fractions, seed);
  std::vector<int> taken(static_cast<std::size_t>(size), 0);
  for (std::size_t s = 0; s < 3; ++s) {
    RC_ASSERT(std::ranges::is_sorted(splits[s]) && !splits[s].empty());
    RC_ASSERT(std::abs(static_cast<double>(splits[s].size()) - fractions[s] * static_cast<double>(size)) <= 1);
    for (const auto row : splits[s]) ++taken[static_cast<std::size_t>(row)];
    for (int c = 0; c < classes; ++c) {
      const auto all = std::ranges::count(labels, c);
      const auto here =
          std::ranges::count_if(splits[s], [&](auto row) { return labels[static_cast<std::size_t>(row)] == c; });
      RC_ASSERT(std::abs(static_cast<double>(here) - fractions[s] * static_cast<double>(all)) <= 2);
    }
  }
  RC_ASSERT(std::ranges::all_of(taken, [](int n) { return n == 1; }));
  RC_ASSERT(draw_splits(size, labels, fractions, seed) == splits);
}

// Only the rows it is fitted on decide how a table is encoded: others may hold anything.
RC_GTEST_PROP(Standardising, IsFittedOnTheTrainingRowsAlone, ()) {
  const auto rows = *rc::gen::inRange<std::size_t>(6, 40), trained = rows / 2;
  auto drawn = *rc::gen::container<std::vector<int>>(rows, rc::gen::inRange(-9999, 9999));
  for (std::size_t i = 0; i < 3; ++i) drawn[i] = static_cast<int>(i);  // it varies
  const auto made = [&](int harm) {
    std::string text = "v,kind\n";
    for (std::size_t i = 0; i < rows; ++i)
      text += fmt::format("{},{}\n", i < trained ? drawn[i] : drawn[i] + harm, i % 2 ? "odd" : "even");
    return parse_csv(text, "t.csv");
  };
  std::vector<std::int32_t> training(trained);
  std::iota(training.begin(), training.end(), 0);
  std::vector<std::string> notes;
  const Table plain = made(0), harmed = made(100000);
  const Preprocessing p = fit_table(plain, read_target(plain, ""), training, notes);
  RC_ASSERT(fit_table(harmed, read_target(harmed, ""), training, notes).to_json() == p.to_json());
  double mean = 0, squares = 0;
  for (const float v : encode_table(plain, p, training)) mean += v, squares += static_cast<double>(v) * v;
  RC_ASSERT(std::abs(mean / static_cast<double>(trained)) < 1e-5);
  RC_ASSERT(std::abs(squares / static_cast<double>(trained) - 1) < 1e-4);
}

RC_GTEST_PROP(Idx, IsReadAsItWasWritten, ()) {
  const TemporaryFolder folder;
  const auto n = *rc::gen::inRange<std::size_t>(1, 9), height = *rc::gen::inRange<std::size_t>(1, 7),
             width = *rc::gen::inRange<std::size_t>(1, 7);
  const auto pixels =
      *rc::gen::container<std::vector<std::uint8_t>>(n * height * width, rc::gen::arbitrary<std::uint8_t>());
  write_idx_images(folder / "images", pixels, static_cast<std::int64_t>(height), static_cast<std::int64_t>(width));
  write_idx_labels(folder / "labels", std::span(pixels).first(n));
  const IdxImages twice = read_idx_images(std::array{folder / "images", folder / "images"});
  RC_ASSERT(twice.size == static_cast<std::int64_t>(2 * n) && twice.counts.size() == 2);
  RC_ASSERT(std::ranges::equal(twice.bytes.first(pixels.size()), pixels));
  RC_ASSERT(std::ranges::equal(twice.bytes.subspan(pixels.size()), pixels));
  RC_ASSERT(std::ranges::equal(read_idx_labels(folder / "labels"), std::span(pixels).first(n)));
}

RC_GTEST_PROP(Safetensors, ComeBackBitByBit, ()) {
  const TemporaryFolder folder;
  std::vector<std::vector<float>> memory;
  std::vector<TensorView> views;
  for (std::size_t i = 0, n = *rc::gen::inRange<std::size_t>(0, 5); i < n; ++i) {
    const auto dims = *rc::gen::container<std::vector<std::int64_t>>(*rc::gen::inRange<std::size_t>(0, 4),
                                                                     rc::gen::inRange<std::int64_t>(0, 5));
    const Shape shape{std::span<const std::int64_t>(dims)};
    for (const auto bits : *rc::gen::container<std::vector<std::uint32_t>>(static_cast<std::size_t>(shape.size()),
                                                                           rc::gen::arbitrary<std::uint32_t>())) {
      if (memory.size() == i) memory.emplace_back();
      std::memcpy(&memory[i].emplace_back(), &bits, sizeof bits);  // NaN and infinities too
    }
    if (memory.size() == i) memory.emplace_back();
    views.push_back({fmt::format("tensor \"{}\"/红", i), shape, {}});
  }
  for (std::size_t i = 0; i < views.size(); ++i) views[i].values = memory[i];
  const Metadata metadata{{"step", std::to_string(*rc::gen::arbitrary<int>())}, {"\"", "\n"}};
  write_safetensors(folder / "t", views, metadata);
  const Safetensors read = read_safetensors(folder / "t");
  RC_ASSERT(read.metadata == metadata && read.tensors.size() == views.size());
  for (const TensorView& view : views) {
    const auto found = std::ranges::find(read.tensors, view.name, &Tensor::name);
    RC_ASSERT(found != read.tensors.end() && found->shape == view.shape);
    RC_ASSERT(std::ranges::equal(std::as_bytes(std::span(found->values)), std::as_bytes(view.values)));
  }
}

// Rows, records, flushes and reopenings in any order: what is read is what was written up to the step cut to.
RC_GTEST_PROP(JournalOfARun, KeepsWhatWasWritten, ()) {
  const TemporaryFolder folder;
  const auto path = folder / "journal";
  const auto start = *rc::gen::inRange<std::int64_t>(0, 100);
  std::vector<float> rows;
  std::vector<std::int64_t> records;
  auto journal = std::make_unique<Journal>(Journal::create(path, {"a", "b"}, start));
  for (int i = 0, n = *rc::gen::inRange(1, 25); i < n; ++i) {
    const auto step = start + static_cast<std::int64_t>(rows.size());
    RC_ASSERT(journal->next_step() == step + 1);
    switch (*rc::gen::inRange(0, 4)) {
      case 0:
        for (int k = 0, many = *rc::gen::inRange(1, 3000); k < many; ++k) {
          rows.push_back(static_cast<float>(*rc::gen::just(i) * 10000 + k));
          journal->append(std::array{rows.back(), -rows.back()});
        }
        break;
      case 1:
        journal->record(RecordKind::kEvent, step, fmt::format("{{\"n\":{}}}", i));
        records.push_back(step);
        break;
      case 2: journal->flush(); break;
      default: {
        const auto cut = *rc::gen::inRange<std::int64_t>(start, step + 1);
        journal.reset();
        journal = std::make_unique<Journal>(Journal::reopen(path, cut));
        rows.resize(static_cast<std::size_t>(cut - start));
        std::erase_if(records, [&](std::int64_t at) { return at > cut; });
      }
    }
  }
  journal->flush();
  const JournalContent read = read_journal(path);
  RC_ASSERT(!read.torn && read.start == start);
  RC_ASSERT(read.values[0] == rows);
  for (std::size_t i = 0; i < rows.size(); ++i) RC_ASSERT(read.values[1][i] == -rows[i]);
  RC_ASSERT(read.records.size() == records.size());
  for (std::size_t i = 0; i < records.size(); ++i) RC_ASSERT(read.records[i].step == records[i]);
}

}  // namespace
}  // namespace limn
