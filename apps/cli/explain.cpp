// limn explain: what a network looks at in a picture, what it would like to see, and how it fares when all pictures are
// moved or channels are ablated.
#include <CLI/App.hpp>
#include <CLI/Option.hpp>
#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/file.hpp"
#include "cli/explaining.hpp"
#include "cli/output.hpp"
#include "experiment/aside.hpp"

namespace limn::cli {
namespace {

struct Method {
  const char* name;
  Explanation (*explain)(const Asked&, nlohmann::json&);
  enum { kPicture, kRows, kNothing } of;  // what it cannot do without
};
constexpr Method kMethods[] = {
    {"saliency", explain_saliency, Method::kPicture}, {"occlusion", explain_occlusion, Method::kPicture},
    {"grad-cam", explain_grad_cam, Method::kPicture}, {"maximise", explain_maximum, Method::kNothing},
    {"shift", explain_moves, Method::kRows},          {"rotate", explain_moves, Method::kRows},
    {"ablate", explain_ablation, Method::kRows}};

const Method& find_method(const std::string& name) {
  const auto found = std::ranges::find(kMethods, name, &Method::name);
  if (found != std::end(kMethods)) return *found;
  std::vector<std::string> names;
  for (const Method& method : kMethods) names.emplace_back(method.name);
  throw Error(fmt::format("there is no method '{}'", name), suggestion(name, names, "methods"));
}

std::shared_ptr<const Dataset> other_picture(const Run& run, const std::string& file) {
  Dataset data = prepare_with(run.info.preprocessing, file);
  if (data.size != 1)
    throw Error(fmt::format("{} has {} pictures", file, data.size), "name one picture, a .png or .jpg");
  data.train = data.test;  // a session wants training rows; this one never takes a step
  return std::make_shared<const Dataset>(std::move(data));
}

std::span<const std::int32_t> rows_of(const Dataset& data, Split split) {
  return split == Split::kTrain ? data.train : split == Split::kValid ? data.valid : data.test;
}

std::vector<float> picture_of(const ExplainOptions& options, const FrozenNetwork& net,
                              std::span<const std::int32_t> rows) {
  if (!options.picture.empty()) return net.picture(0);
  if (options.row < 0) return {};
  if (options.row >= static_cast<std::int64_t>(rows.size()))
    throw Error(fmt::format("the split {} of {} has no row {}", options.split, net.data().name, options.row),
                rows.empty() ? "name another split: train, valid, test"
                             : fmt::format("its rows are numbered 0 to {}", rows.size() - 1));
  return net.picture(rows[static_cast<std::size_t>(options.row)]);
}

void check(const ExplainOptions& options, const Method& method) {
  if (!options.picture.empty() && options.row >= 0)
    throw Error("--picture and --row name two pictures", "leave one out");
  if (method.of == Method::kPicture && options.picture.empty() && options.row < 0)
    throw Error(fmt::format("{} explains one picture", method.name), "name it: --row 3, or --picture FILE.png");
  if (method.of == Method::kRows && !options.picture.empty())
    throw Error(fmt::format("{} counts the rows of a split", method.name), "leave out --picture");
  if (!options.out.empty() && std::filesystem::exists(options.out))
    throw Error(fmt::format("{} exists already", options.out), "choose another folder with --out, or remove this one");
}

void write(const ExplainOptions& options, const Explanation& answer, const std::string& json) {
  const auto place = std::filesystem::absolute(options.out);
  const Aside aside(place.parent_path(), place.filename().string());
  write_durably(aside.folder() / (options.method + ".json"), json + "\n");
  for (const auto& [name, picture] : answer.pictures) write_durably(aside.folder() / (name + ".png"), to_png(picture));
  put_in_place(aside.folder(), place);
}

int explain(const ExplainOptions& options) {
  const auto begin = std::chrono::steady_clock::now();
  const Method& method = find_method(options.method);
  check(options, method);
  const Split split = parse_split(options.split);
  const Run run = open_run(find_run(options.run));
  Machine machine(options.common, &run);
  const JournalContent journal = journal_of(run);
  std::shared_ptr<const Dataset> other;
  if (!options.picture.empty()) other = other_picture(run, options.picture);
  const auto data = other && options.step < 0 ? other : load_data(run);
  std::unique_ptr<Training> session;
  if (options.step >= 0) {
    if (options.step > journal.last_step())
      throw Error(fmt::format("{} has no step {}", run.info.id, options.step),
                  fmt::format("its last step is {}", journal.last_step()));
    session = travel(run, journal, data, machine.pool(), options.step, Arrival::kState).session;
  } else {
    session =
        other ? newest_over(run, journal, data, machine.pool()) : newest(run, journal, data, machine.pool()).session;
  }
  const Weights which = options.step < 0 ? Weights::kBest : Weights::kLast;
  const bool best = which == Weights::kBest && session->best_step() >= 0;
  Asked asked{options,
              run.info.id,
              best ? session->best_step() : session->cursor().step,
              std::make_shared<const FrozenNetwork>(network_of(*session), which, other ? other : data, machine.pool()),
              {},
              rows_of(*data, split)};
  asked.picture = picture_of(options, *asked.net, asked.rows);
  nlohmann::json json = nlohmann::json::object();
  const Explanation answer = method.explain(asked, json);
  json.update({{"event", "explanation"}, {"method", options.method}, {"run", run.info.id}, {"step", asked.step}});
  if (!options.picture.empty()) json["file"] = options.picture;
  if (options.row >= 0) json["row"] = fmt::format("{}/{}", options.split, options.row);
  if (!options.out.empty()) write(options, answer, json.dump());
  if (!options.common.json) {
    fmt::print("step {}  {}", asked.step, answer.text);
    if (!options.out.empty()) fmt::print("written to {}\n", options.out);
    return answer.status;
  }
  print_json(json);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  print_json({{"event", "done"},
              {"run", run.info.id},
              {"steps", asked.step},
              {"seconds", seconds.count()},
              {"metrics", to_json_object(answer.metrics)},
              {"fingerprint", session->fingerprint()},
              {"threads", machine.program().threads},
              {"isa", machine.program().isa}});
  return answer.status;
}

}  // namespace

std::string Asked::name_of(std::int64_t score) const {
  const auto& classes = net->data().preprocessing.classes;
  return classes.empty() ? "the prediction" : classes.at(static_cast<std::size_t>(score));
}

std::int64_t Asked::score() const {
  net->check_scores();
  const auto& classes = net->data().preprocessing.classes;
  if (options.label.empty()) {
    if (!picture.empty()) return say(*net, picture).best;
    if (classes.empty()) return 0;
    throw Error("no class is named", suggestion("", classes, "classes"));
  }
  const auto found = std::ranges::find(classes, options.label);
  if (found == classes.end())
    throw Error(fmt::format("there is no class '{}'", options.label),
                classes.empty() ? "the network predicts a number: leave out --class"
                                : suggestion(options.label, classes, "classes"));
  return found - classes.begin();
}

void add_explain_command(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("explain", "what a network looks at in pictures, and would like to see");
  auto o = std::make_shared<ExplainOptions>();
  command->add_option("run", o->run, "a run's folder or id")->required();
  command->add_option("--method", o->method, "saliency, occlusion, grad-cam, maximise, shift, rotate or ablate")
      ->required();
  command->add_option("--picture", o->picture, "a picture to explain")->type_name("FILE");
  constexpr std::int64_t kMost = 1'000'000'000;
  add_whole_number(*command, "--row", o->row, 0, kMost, "or a row of the split");
  command->add_option("--split", o->split, "train, valid or test")->capture_default_str();
  command->add_option("--class", o->label, "whose score; else the one it takes the picture for")->type_name("NAME");
  add_whole_number(*command, "--step", o->step, 0, kMost, "of the training; else the weights that predict uses");
  command->add_option("--layer", o->layer, "of grad-cam: layer2; else the last one with planes");
  add_whole_number(*command, "--patch", o->patch, 1, 1 << 14,
                   "of occlusion: its side; else a quarter of the picture's");
  add_whole_number(*command, "--stride", o->stride, 1, 1 << 14, "of occlusion: from place to place; 1");
  command->add_option("--fill", o->fill, "of occlusion: what the patch shows, 0 to 1")->capture_default_str();
  command->add_option("--most", o->most, "of shift and rotate: up to so many pixels (4) or degrees (45)");
  command->add_option("--by", o->by, "in such steps (1, 15)");
  command->add_option("--along", o->along, "of shift: right or down")->check(CLI::IsMember({"right", "down"}));
  command->add_option("--channels", o->channels, "of ablate: \"layer1.unit[3] layer1.unit[5]\"");
  command->add_option("--target", o->target, "of maximise, instead of --class: layer2.z[3] or layer2.z[4,5,3]");
  add_whole_number(*command, "--steps", o->steps, 0, 1'000'000, "of maximise: up to so many in all; 256");
  command->add_option("--lr", o->ascent.lr, "of maximise: mean size of a step in each pixel")->capture_default_str();
  command->add_option("--l2", o->ascent.l2, "of maximise: times the squares of all pixels, subtracted");
  command->add_option("--tv", o->ascent.tv, "of maximise: times the squared differences of neighbours, subtracted");
  command->add_option("--blur", o->ascent.blur, "of maximise: a Gaussian of so many pixels");
  add_whole_number(*command, "--blur-every", o->ascent.blur_every, 1, kMost, "of maximise: every so many steps; 4");
  add_whole_number(*command, "--jitter", o->ascent.jitter, 0, 1 << 14,
                   "of maximise: moved by up to so many pixels a step");
  command->add_option("--noise", o->ascent.noise, "of maximise: of the first picture, about --start")
      ->capture_default_str();
  command->add_option("--start", o->ascent.start, "of maximise: the first picture's grey")->capture_default_str();
  add_whole_number(*command, "--patience", o->ascent.patience, 0, kMost,
                   "of maximise: steps without a rise; 50, 0 for ever");
  add_seed(*command, o->ascent.seed);
  command->add_option("--state", o->state, "of maximise: where it goes on from, and is kept")->type_name("FILE");
  command->add_option("--out", o->out, "a new folder for the numbers and pictures")->type_name("DIR");
  add_machine_options(*command, o->common);
  command->callback([&action, o] { action = [o] { return explain(*o); }; });
}

}  // namespace limn::cli
