// The memory of plans: values that live at one time share nothing, steps of one stage touch nothing that another one of
// it writes, and nothing is read before it is written.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <map>

#include "lstm.hpp"
#include "network.hpp"
#include "plan/arena.hpp"
#include "plan/plan.hpp"
#include "plan/simplify.hpp"
#include "random_graph.hpp"

namespace limn {
namespace {

RC_GTEST_PROP(Arena, GivesValuesThatLiveAtOneTimeMemoryOfTheirOwn, ()) {
  const auto n = *rc::gen::inRange<std::size_t>(0, 60);
  std::vector<Lifetime> values;
  std::int64_t all = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const int first = *rc::gen::inRange(0, 20), length = *rc::gen::inRange(0, 8);
    values.push_back({*rc::gen::inRange<std::int64_t>(0, 200), first, first + length, -1});
    all += (std::max<std::int64_t>(values.back().floats, 1) + 15) / 16 * 16;
  }
  const std::int64_t total = lay_out(values);
  RC_ASSERT(total <= all);
  for (std::size_t i = 0; i < n; ++i) {
    const Lifetime& a = values[i];
    RC_ASSERT(a.offset >= 0 && a.offset % 16 == 0 && a.offset + a.floats <= total);
    for (std::size_t k = 0; k < i; ++k) {
      const Lifetime& b = values[k];
      const bool together = a.first <= b.last && b.first <= a.last;
      RC_ASSERT(!together || a.offset + a.floats <= b.offset || b.offset + b.floats <= a.offset);
    }
  }
}

TEST(Arena, TakesAgainWhatIsFree) {
  // A chain where each value is read in the next stage only: two places are enough, however long it is.
  std::vector<Lifetime> chain;
  for (int i = 0; i < 1000; ++i) chain.push_back({100, i, i + 1, -1});
  EXPECT_EQ(lay_out(chain), 2 * 112);
  // Neighbours that are free together hold a larger value.
  std::vector<Lifetime> grown{{16, 0, 0, -1}, {16, 0, 0, -1}, {16, 0, 0, -1}, {48, 1, 1, -1}};
  EXPECT_EQ(lay_out(grown), 48);
}

TEST(Arena, LaysOutManyValuesQuickly) {
  std::vector<Lifetime> values;
  for (int i = 0; i < 200000; ++i) values.push_back({1 + i * 7919 % 1000, i, i + i * 31 % 50, -1});
  EXPECT_LT(lay_out(values), 60 * 1008);
}

// The floats of memory that a step reads and writes.
struct Touched {
  std::vector<Place> reads, writes;

  static void run(std::vector<Place>& list, Place from, std::int64_t n) {
    for (std::int64_t i = 0; i < n; ++i) list.push_back({from.buffer, from.offset + i});
  }
  static void rows(std::vector<Place>& list, Place from, const TileProgram& tile, std::int64_t pitch) {
    for (std::int64_t row = 0; row < tile.rows; ++row)
      run(list, {from.buffer, from.offset + row * (pitch ? pitch : tile.columns)}, tile.columns);
  }
  static std::int64_t extent(Walk walk, const TileProgram& tile) {
    switch (walk) {
      case Walk::kFull: break;
      case Walk::kRow: return tile.columns;
      case Walk::kColumn: return tile.rows;
      case Walk::kScalar: return 1;
    }
    return 0;
  }

  explicit Touched(const Step& s) {
    switch (s.kind) {
      case StepKind::kContract:
        run(reads, s.in[0], s.rows * s.inner);
        run(reads, s.in[1], s.inner * s.columns);
        run(writes, s.out[0], s.rows * s.columns);
        break;
      case StepKind::kSum:
        run(reads, s.in[0], s.rows * s.inner * s.columns);
        run(writes, s.out[0], s.rows * s.columns);
        break;
      case StepKind::kMax:
        run(reads, s.in[0], s.rows * s.columns);
        run(writes, s.out[0], s.rows);
        break;
      case StepKind::kMove: {
        std::int64_t size = 1, last = 0;
        for (std::size_t i = 0; i < s.dims.size(); ++i) size *= s.dims[i], last += (s.dims[i] - 1) * s.strides[i];
        run(reads, s.in[0], size == 0 ? 0 : last + 1);
        run(writes, s.out[0], size);
        break;
      }
      case StepKind::kCopy:
        for (std::int64_t row = 0; row < s.rows; ++row) {
          run(reads, {s.in[0].buffer, s.in[0].offset + row * s.ld_in}, s.columns);
          run(writes, {s.out[0].buffer, s.out[0].offset + row * s.ld_out}, s.before + s.columns + s.after);
        }
        break;
      case StepKind::kOneHot:
        run(reads, s.in[0], s.rows);
        run(writes, s.out[0], s.rows * s.columns);
        break;
      case StepKind::kGather:
      case StepKind::kScatterAdd: {
        const bool gathers = s.kind == StepKind::kGather;
        run(reads, s.in[0], (gathers ? s.inner : s.rows) * s.columns);
        run(reads, s.in[1], s.rows);
        run(writes, s.out[0], (gathers ? s.rows : s.inner) * s.columns);
        break;
      }
      case StepKind::kConvolve: {
        const Op op = s.op;
        run(reads, s.in[0], (op == Op::kConvData ? s.y : s.x).size());
        run(reads, s.in[1], (op == Op::kConvWeights ? s.y : s.w).size());
        run(writes, s.out[0], (op == Op::kConv ? s.y : op == Op::kConvData ? s.x : s.w).size());
        break;
      }
      case StepKind::kWindow:
      case StepKind::kPlane: {
        const bool to_planes = s.op == Op::kWindowSpread || s.op == Op::kPlaneScatter;
        run(reads, s.in[0], (to_planes ? s.y : s.x).size());
        if (s.kind == StepKind::kPlane) run(reads, s.in[1], s.y.size());
        run(writes, s.out[0], (to_planes ? s.x : s.y).size());
        break;
      }
      case StepKind::kFill:
      case StepKind::kUniform:
      case StepKind::kStepNumber: run(writes, s.out[0], s.columns); break;
      case StepKind::kTile: break;
    }
    if (s.kind != StepKind::kTile && !s.has_epilogue) return;
    for (const TileOperand& operand : s.tile.operands)
      // An epilogue reads the product that its own step has just made.
      if (!operand.is_constant && !(s.has_epilogue && operand.place == s.out[0])) {
        if (operand.walk == Walk::kFull)
          rows(reads, operand.place, s.tile, operand.pitch);
        else
          run(reads, operand.place, extent(operand.walk, s.tile));
      }
    for (const TileStore& store : s.tile.stores) rows(writes, store.place, s.tile, store.pitch);
    for (const TileSum& sum : s.tile.sums) run(writes, sum.place, s.tile.columns);
  }
};

void expect_sound_memory(const Fn& fn) {
  const Plan plan = compile(fn);
  using Float = std::pair<std::int32_t, std::int64_t>;
  std::map<Float, std::size_t> written;  // by the stages before
  std::size_t begin = 0;
  for (std::size_t end = 0; begin < plan.steps.size(); begin = end) {
    std::map<Float, std::size_t> writer;  // in this stage
    for (end = begin; end < plan.steps.size() && plan.steps[end].stage == plan.steps[begin].stage; ++end)
      for (const Place& p : Touched(plan.steps[end]).writes) {
        const auto [at, is_new] = writer.emplace(Float{p.buffer, p.offset}, end);
        ASSERT_TRUE(is_new || at->second == end) << "two steps of a stage write one place:\n"
                                                 << to_text(plan.steps[at->second]) << '\n'
                                                 << to_text(plan.steps[end]);
        ASSERT_TRUE(p.buffer != kArena || (p.offset >= 0 && p.offset < plan.arena_floats)) << to_text(plan.steps[end]);
      }
    for (std::size_t i = begin; i < end; ++i)
      for (const Place& p : Touched(plan.steps[i]).reads) {
        const auto at = writer.find({p.buffer, p.offset});
        ASSERT_TRUE(at == writer.end() || at->second == i) << "a step reads what another one of its stage writes:\n"
                                                           << to_text(plan.steps[i]) << '\n'
                                                           << to_text(plan.steps[at->second]);
        ASSERT_TRUE(p.buffer != kArena || written.contains({p.buffer, p.offset}))
            << "nothing has been written yet where it reads: " << to_text(plan.steps[i]);
      }
    written.merge(writer);
  }
}

TEST(PlanMemory, IsNeverRacedForNorReadBeforeItIsWritten) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    Fn fn = testing::random_fn(seed, false);
    const Value theta(fn.graph, fn.find_input("theta")), loss(fn.graph, fn.outputs[0].id),
        v = input(fn.graph, "v", theta.shape());
    const Value gradient = grad(loss, theta);
    fn.output("Hv", hvp(loss, theta, v));
    fn.state(v, 0.9 * v + gradient);
    fn.state(theta, theta - 0.1 * v);
    ASSERT_NO_FATAL_FAILURE(expect_sound_memory(fn));
  }
  for (const Rule& rule : rules())
    expect_sound_memory(
        testing::training_fn(Network("dense 9 gelu | dropout 0.5 | dense 7 softmax | dense 3", 5), 6, rule.name));
  expect_sound_memory(testing::lstm_fn({5, 3, 4, 6, 7}));
}

TEST(SummedAxes, AreTakenRunByRun) {
  struct Row {
    Shape from, to;
    std::pair<int, int> run;
  };
  for (const Row& row : {Row{{4, 5}, {5}, {0, 1}}, Row{{4, 5}, {4, 1}, {1, 2}}, Row{{4, 5}, {}, {0, 2}},
                         Row{{2, 3, 4}, {1, 3, 1}, {2, 3}}, Row{{2, 1, 4}, {}, {0, 3}}, Row{{2, 3, 4}, {3, 4}, {0, 1}},
                         Row{{6, 1, 2, 3}, {6, 1, 1, 1}, {1, 4}}})
    EXPECT_EQ(last_summed_run(row.from, row.to), row.run) << to_string(row.from) << " to " << to_string(row.to);
}

}  // namespace
}  // namespace limn
