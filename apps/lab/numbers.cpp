// Exact numbers of any step of a run by name, and their receipts: GET for one, POST for many. What stands at another
// step is read in turns, one number at a time, so that it holds up nobody. It must not know what receipts consist of.
#include <algorithm>

#include "experiment/experiment.hpp"
#include "lab/hub.hpp"
#include "lab/receipt.hpp"
#include "lab/receipt_function.hpp"
#include "lab/wish.hpp"
#include "train/curvature.hpp"

namespace limn::lab {
namespace {

using Json = nlohmann::json;

constexpr std::int64_t kMostAtOnce = 4;  // samples that are looked at without taking turns

// How often another sample is looked at, for numbers that are asked for in this order; a metric counts as many.
std::int64_t looks(Training& of, const std::vector<std::string>& names) {
  std::int64_t count = 0;
  std::string last;
  for (const std::string& name : names) {
    if (!is_ahead(of, name)) continue;
    const std::size_t at = name.find('@');
    if (at == std::string::npos) count += kMostAtOnce;
    if (const std::string sample = name.substr(std::min(at, name.size())); std::exchange(last, sample) != sample)
      ++count;
  }
  return count;
}

// What is asked of one session in turns, and what has been found.
struct Found {
  std::vector<std::size_t> order;  // what wants the settings of the next step comes last: it may change them
  std::size_t done = 0;
  std::vector<Json> all;
};

}  // namespace

void Hub::quantities(Open& run, const std::string& at, Asked asked, const Reply& reply) {
  LiveRun& live = run.live;
  const std::int64_t step = step_of(live, at);
  const std::string id = live.run().info.id;
  const auto number = [](const std::string& name, double value) -> Json {
    return {{"name", name}, {"value", value}, {"hex", hex_float(value)}};
  };
  const auto finish = [id, step, asked, reply](std::vector<Json> all) {
    Json answer = asked.alone ? std::move(all.front()) : Json{{asked.receipts ? "receipts" : "values", std::move(all)}};
    answer["run"] = id, answer["step"] = step;
    reply({200, to_text(answer)});
  };

  const auto loss = [&]() -> const float* {  // of the journal
    const std::int64_t row = step - live.history().start - 1;
    const bool there = row >= 0 && row < live.history().rows();
    return there ? &live.history().values[0][static_cast<std::size_t>(row)] : nullptr;
  };
  const bool of_loss = std::ranges::find(asked.names, "train.loss") != asked.names.end();
  const bool only_loss = std::ranges::all_of(asked.names, [](const std::string& n) { return n == "train.loss"; });
  const auto of_next = [&](const std::string& name) { return is_ahead(live.training(), name); };
  const bool is_heavy = live.training().session() && std::ranges::any_of(asked.names, [](const std::string& name) {
                          return Curvature::knows(name.substr(0, name.find('[')));
                        });
  const bool is_alone = !is_heavy && (asked.alone || looks(live.training(), asked.names) <= kMostAtOnce);
  if (!asked.receipts && (only_loss || (step == live.step() && is_alone)) && (!of_loss || loss())) try {
      std::vector<Json> all;
      for (const std::string& name : asked.names)
        all.push_back(number(name, name == "train.loss" ? *loss() : live.training().quantity(name)));
      return finish(std::move(all));
    } catch (const Error&) {  // a gradient, and no step was taken since the state was restored
      if (step == live.run().start()) throw;
    }

  auto found = std::make_shared<Found>();
  found->all.resize(asked.names.size());
  for (const bool ahead : {false, true})
    for (std::size_t i = 0; i < asked.names.size(); ++i)
      if (of_next(asked.names[i]) == ahead) found->order.push_back(i);
  const auto arrived = [&live, number, asked, found, finish, reply](Training& there, Training* before) {
    try {
      const std::size_t i = found->order[found->done];
      const std::string& name = asked.names[i];
      if (!prepare_at(live.run(), live.history(), there, name)) return false;
      Json& one = found->all[i];
      one = number(name, quantity_at(live.run(), live.history(), there, name));
      if (asked.receipts) {
        std::function<Session&()> earlier;
        if (before) earlier = [&]() -> Session& { return network_of(*before); };
        if (Descent* descent = there.descent())
          one.update(receipt(*descent, before ? before->descent() : nullptr, name, one.at("value").get<double>()));
        else
          one.update(receipt(network_of(there), *live.data(), earlier, name, one.at("value").get<float>()));
        const auto say = [&](std::string why) { one["receipt"] = nullptr, one["why"] = std::move(why); };
        if (edited_at(live.history(), there.cursor().step).contains(name))
          say("set by hand at this step");
        else if (one.at("receipt").is_null() && !before && live.run().info.parent)
          say(fmt::format("the first step of a branch: ask its parent {}", live.run().info.parent->run));
      }
      if (++found->done < found->order.size()) return false;
      finish(std::move(found->all));
    } catch (const Error& error) {
      reply(refusal(error));
    }
    return true;
  };
  const bool disturbs = asked.receipts || std::ranges::any_of(asked.names, of_next);
  run.reader.send({step, asked.receipts ? Errand::Want::kBefore : Errand::Want::kStepped, arrived,
                   [reply](const Error& error) { reply(refusal(error)); }, disturbs});
}

}  // namespace limn::lab
