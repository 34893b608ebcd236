// The requests of docs/protocol.md that take runs elsewhere: a run and its family as a .limn file, and out of one.
// The files are made and read beside all other work; only what must not meet a new run happens on the hub's own thread.
#include <algorithm>

#include "experiment/pack.hpp"
#include "experiment/unpacked.hpp"
#include "lab/hub.hpp"
#include "lab/refused.hpp"

namespace limn::lab {
namespace {

constexpr std::size_t kMostUnpacked = std::size_t{256} << 20;  // bytes of a file that is handed in

}  // namespace

void Hub::beside(const Reply& reply, std::function<std::function<void()>()> work) {
  const std::int64_t number = ++asides_begun_;
  asides_[number] = {reply, std::jthread([this, number, work = std::move(work)] {
                       std::function<void()> then = work();
                       const std::lock_guard lock(mutex_);
                       jobs_.emplace_back([this, number, then = std::move(then)] {
                         asides_.erase(number);
                         then();
                       });
                       wake_.notify_one();
                     })};
}

void Hub::save_archive(const Space& space, const std::string& id, bool alone, const Reply& reply) {
  const auto all = list_runs(space.root);
  const auto run = std::ranges::find(all, id, [](const Run& r) { return r.info.id; });
  if (run == all.end()) throw Refused(404, fmt::format("there is no run {}", id), "GET /api/runs lists them");
  const auto runs = alone ? std::vector{*run} : family_of(*run);
  for (const Run& member : runs)
    if (const auto found = space.open.find(member.info.id); found != space.open.end()) found->second->live.settle();
  beside(reply, [runs, id, reply]() -> std::function<void()> {
    auto answer = std::make_shared<const Answer>(
        answered([&]() -> Answer { return {200, to_bytes(pack(runs)), "application/zip", id + ".limn"}; }));
    return [reply, answer] { reply(*answer); };
  });
}

void Hub::open_archive(const Request& request, const Reply& reply) {
  Space& space = spaces_.at(request.by.space);
  space.quota.check_run();
  const auto file = std::make_shared<const std::string>(request.body);
  beside(
      reply,
      [this, &space, by = request.by, file, reply, order = static_cast<int>(asides_begun_)]() -> std::function<void()> {
        std::shared_ptr<Unpacked> unpacked;
        const Answer refused = answered([&]() -> Answer {
          Archive archive = parse_archive(std::as_bytes(std::span(*file)), "the file", kMostUnpacked);
          space.quota.check_run(bytes_of(archive), static_cast<std::int64_t>(archive.runs.size()));
          unpacked =
              std::make_shared<Unpacked>(std::move(archive), "the file", Destination{{}, space.root}, program_, order);
          return {};
        });
        if (!unpacked) return [reply, refused] { reply(refused); };
        return [this, unpacked, by, reply] { take_in(*unpacked, by, reply); };
      });
}

// Answers with the STATE of the main run, which is opened for it.
void Hub::take_in(Unpacked& unpacked, const Grant& by, const Reply& reply) {
  Space& space = spaces_.at(by.space);
  std::string main;
  const Answer refused = answered([&]() -> Answer {
    for (auto& [id, open] : space.open) open->live.settle();  // a run that came before is known by its journal
    main = unpacked.place().front().run.info.id;
    const auto all = list_runs(space.root);
    space.counted.at = {};
    for (auto& [id, open] : space.open) add_branches(*open, all);
    return {};
  });
  if (main.empty()) return reply(refused);
  route({"GET", "/api/runs/" + main, "", "", by}, [reply](Answer answer) {
    if (answer.status == 200) answer.status = 201;
    reply(std::move(answer));
  });
}

}  // namespace limn::lab
