// Who may ask the lab, and for what: tokens, and the spaces that they open. A space is what one person has of the lab,
// named by its slug; that of "" is the lab's own, which in a class is the teacher's. Tokens are kept in the folder of
// runs, so that links stay valid: those of a class in class.json, those that only read in links.json.
// It must not know requests. Several threads may ask.
#pragma once
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace limn::lab {

struct Student {
  std::string name, slug, token;
};

struct Grant {
  std::string space;
  bool writes = false;   // else it may only read
  bool teaches = false;  // it is the teacher's
};

std::string random_token();  // 128 bits from the system, in hex

class Keys {
 public:
  // `token`: of the lab's own space; empty: a new one, or that which the class had. `names`: of the students, whom none
  // is equal to; empty: no class. Error: a file of tokens is damaged, or the folder cannot be written.
  Keys(std::filesystem::path root, std::string token, std::span<const std::string> names);

  const std::string& own() const { return own_; }
  const std::vector<Student>& students() const { return students_; }
  std::optional<Grant> find(const std::string& space, const std::string& token) const;
  // A token that opens the space and may only read; the same one each time. Error: it cannot be kept.
  std::string link(const std::string& space);

 private:
  void open_class(std::span<const std::string> names);

  std::filesystem::path root_;
  std::string own_;
  std::vector<Student> students_;
  mutable std::mutex mutex_;
  std::map<std::string, std::string> links_;  // by the space
};

}  // namespace limn::lab
