#include "lab/wish.hpp"

#include <charconv>
#include <exception>
#include <new>

#include "data/csv.hpp"
#include "lab/refused.hpp"
#include "lab/state.hpp"

namespace limn::lab {

using Json = nlohmann::json;

Answer refusal(const Error& error) {
  Json answer = error_json(error.what(), error.hint());
  const auto* refused = dynamic_cast<const Refused*>(&error);
  if (refused) answer.update(refused->more);
  if (const auto* in_table = dynamic_cast<const TableError*>(&error)) {
    const Place& place = in_table->place();
    answer.update({{"line", place.line},
                   {"column", place.column},
                   {"name", place.name},
                   {"cell", place.cell},
                   {"before", place.before},
                   {"after", place.after}});
  }
  return {refused ? refused->status : error.fault() == Fault::kRequest ? 400 : 500, to_text(answer)};
}

Answer answered(const std::function<Answer()>& make) {
  try {
    return make();
  } catch (const Error& error) {
    return refusal(error);
  } catch (const nlohmann::json::exception& error) {
    return refusal(Error(fmt::format("the body has not the shape that is asked for: {}", error.what()),
                         "docs/protocol.md has the requests"));
  } catch (const std::bad_alloc&) {
    return refusal(Error("there is not enough memory", "choose a smaller batch or network", Fault::kFailure));
  } catch (const std::exception& error) {  // a mistake of the lab's own must not end the runs of others
    return refusal(Error(fmt::format("the lab made a mistake: {}", error.what()), "report it, with this request",
                         Fault::kFailure));
  }
}

std::int64_t whole(const std::string& text, const std::string& name, std::int64_t low, std::int64_t high) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < low || value > high)
    throw Error(fmt::format("{} is \"{}\"", name, text), fmt::format("write a whole number from {} to {}", low, high));
  return value;
}

std::int64_t whole(const nlohmann::json& wish, const char* name, std::int64_t initial, std::int64_t low,
                   std::int64_t high) {
  return wish.contains(name) ? whole(wish.at(name).dump(), name, low, high) : initial;
}

}  // namespace limn::lab
