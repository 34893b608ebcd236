// Every update rule is one loop over the parameters, not an operation at a time.
#include <gtest/gtest.h>

#include "exec/tile.hpp"
#include "plan/plan.hpp"
#include "rule/rule.hpp"

namespace limn {
namespace {

// The signatures of the vector-wide programs of a rule's update.
std::vector<std::string> signatures(const Rule& rule, bool decay) {
  const Fn fn = trace([&](Fn& f) {
    const Shape flat{4096};
    const Value theta = input(f.graph, "theta", flat), given = input(f.graph, "gradient", flat),
                mask = input(f.graph, "mask", flat);
    const Hyper hyper{input(f.graph, "lr", {}), input(f.graph, "momentum", {}), input(f.graph, "beta2", {}),
                      input(f.graph, "epsilon", {})};
    const Value weight_decay = input(f.graph, "weight_decay", {});
    std::vector<Value> moments;
    for (const Moment& m : rule.moments) moments.push_back(input(f.graph, m.name, m.shape(4096)));
    const Update update = decay ? update_with_decay(rule, theta, given, moments, hyper, mask, weight_decay)
                                : rule.update(theta, given, moments, hyper);
    f.state(theta, update.theta);
    for (std::size_t i = 0; i < moments.size(); ++i) f.state(moments[i], update.moments[i]);
  });
  std::vector<std::string> found;
  for (const Step& step : compile(fn).steps)
    if (step.kind == StepKind::kTile && step.tile.columns == 4096) found.push_back(signature(step.tile));
  return found;
}

TEST(UpdateRules, AreCompiledIntoOneLoopEach) {
  for (const Rule& rule : rules())
    for (const bool decay : {false, true}) {
      const auto found = signatures(rule, decay);
      // Lion's step and its mean have nothing in common but what they read, so they are two loops.
      ASSERT_EQ(found.size(), rule.name == "lion" ? 2u : 1u) << rule.name;
      for (const std::string& text : found)
        EXPECT_NE(compiled_program(text), nullptr)
            << rule.name << (decay ? " with" : " without") << " decay:\nLIMN_PROGRAM(\"" << text << "\")";
    }
}

}  // namespace
}  // namespace limn
