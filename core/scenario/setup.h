#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "parking_lot/config.h"
#include "parking_lot/result.h"

namespace parking_lot::scenario {

/// The config that a script writes down word by word. It goes through the same parser as every other config.
class Setup {
 public:
  /// Sets a key of a pool (`units=4`, `retry.max_attempts=3`); the pool exists from its first mention on.
  void set_pool(std::string_view pool, std::string_view path, std::string_view value);
  void add_pool(std::string_view pool);
  /// Sets a key of the config itself.
  void set_option(std::string_view path, std::string_view value);
  /// Takes the place of everything said so far.
  void use_json(std::string_view json) { json_ = json; }

  Result<Config> config() const;
  /// What was set with `set_option`, as JSON.
  std::string options_json() const { return root_.json(); }

 private:
  struct Member;
  struct Node {
    std::string value;
    std::vector<Member> members;

    Node& at(std::string_view path);
    std::string json() const;
  };
  struct Member {
    std::string key;
    Node node;
  };

  Node root_;
  std::string json_;
};

}  // namespace parking_lot::scenario
