// Answers training_test.py: the parameters after every training step of a network on one batch, by the interpreter in
// float64 and by a plan in float32.
#include "question.hpp"
#include "rule/rule.hpp"
#include "train/model.hpp"

namespace {

using namespace limn;
using namespace limn::reference;

void interpret_steps(const Fn& fn, std::vector<Numbers> inputs, std::int64_t steps) {
  for (std::int64_t step = 1; step <= steps; ++step) {
    const auto all = interpret_all(fn, inputs, {1, static_cast<std::uint64_t>(step)});
    for (const StatePair& state : fn.states) inputs[fn.graph[state.in].attribute.axis] = all[state.out];
    answer("interpreted", std::to_string(step), inputs[0]);
  }
}

void run_steps(const Fn& fn, const std::vector<Numbers>& inputs, std::int64_t steps) {
  const Memory memory(fn, inputs);
  ThreadPool pool(2);
  Executable executable(fn, memory.pointers());
  for (std::int64_t step = 1; step <= steps; ++step) {
    executable.run(pool, {1, static_cast<std::uint64_t>(step)});
    answer("planned", std::to_string(step), memory[0]);
  }
}

}  // namespace

int main() try {
  const Question question(std::cin);
  const ModelSpec model{.network = Network(question.text("arch"), question.whole("inputs"))};
  const Parameters& parameters = model.network.parameters();
  const auto size = static_cast<std::size_t>(parameters.size);
  Settings settings;
  settings.optimizer = question.text("rule");
  const Numbers hyper = question.numbers("hyper");  // lr, momentum, beta2, epsilon, weight decay

  settings.weight_decay = hyper.back();
  const Fn fn = training_step(model, settings, question.whole("batch"));

  std::map<std::string, Numbers> values{{"theta", question.numbers("theta")},
                                        {"x", question.numbers("x")},
                                        {"y", question.numbers("y")},
                                        {"weights", Numbers(size, 0.0)}};
  for (const Parameter& p : parameters.list)
    if (p.is_weight) std::fill_n(values["weights"].begin() + p.offset, p.shape.size(), 1.0);
  for (const Moment& m : find_rule(settings.optimizer).moments)
    values[input_name(m)] = Numbers(static_cast<std::size_t>(m.shape(parameters.size).size()), m.initial);
  const char* const scalars[] = {"lr", "momentum", "beta2", "epsilon", "weight_decay"};
  for (std::size_t i = 0; i < hyper.size(); ++i) values[scalars[i]] = {hyper[i]};
  std::vector<Numbers> inputs;
  for (const NodeId id : fn.graph.inputs()) inputs.push_back(values.at(fn.graph.input_name(id)));
  interpret_steps(fn, inputs, question.whole("steps"));
  run_steps(fn, inputs, question.whole("steps"));
} catch (const std::exception& error) {
  std::cerr << "error: " << error.what() << '\n';
  return 1;
}
