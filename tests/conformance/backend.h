#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

/// What a backend has to give to be held to the list of behaviours in cases.json.
namespace parking_lot::conformance {

/// What remains of everything acknowledged when the process is killed.
enum class Survives { nothing, process };

/// Somewhere for one lot of one test: fresh at first, kept over all openings, gone with this object.
class Place {
 public:
  virtual ~Place() = default;
  virtual nlohmann::json queue() const = 0;    ///< of a pool's config: `queue`
  virtual nlohmann::json mailbox() const = 0;  ///< of a pool's config: `mailbox.storage`
};

/// One combination of storage, with its promises. Everything that survives has one owner at a time.
struct Backend {
  std::string name;
  Survives queue;
  Survives mailbox;
  std::function<std::unique_ptr<Place>()> make_place;

  bool keeps_tasks() const { return queue == Survives::process; }
  bool keeps_messages() const { return mailbox == Survives::process; }
};

/// Every combination that is tested.
const std::vector<Backend>& backends();

}  // namespace parking_lot::conformance
