#include "conformance/backend.h"
#include "native/temporary_folder.h"

namespace parking_lot::conformance {
namespace {

// A store is named by its folder within the place; without a name it is memory.
class FilePlace : public Place {
 public:
  FilePlace(std::string queue, std::string mailbox)
      : queue_(std::move(queue)), mailbox_(std::move(mailbox)) {}

  nlohmann::json queue() const override { return storage(queue_); }
  nlohmann::json mailbox() const override { return storage(mailbox_); }

 private:
  nlohmann::json storage(const std::string& name) const {
    if (name.empty()) return "in_memory";
    return {{"type", "file"}, {"path", folder_.path(name)}};
  }

  test::TemporaryFolder folder_;
  std::string queue_;
  std::string mailbox_;
};

Backend files(const std::string& name, const std::string& queue, const std::string& mailbox) {
  const auto survives = [](const std::string& store) {
    return store.empty() ? Survives::nothing : Survives::process;
  };
  return {name, survives(queue), survives(mailbox),
          [queue, mailbox] { return std::make_unique<FilePlace>(queue, mailbox); }};
}

}  // namespace

const std::vector<Backend>& backends() {
  static const std::vector<Backend> all{
      files("memory", "", ""),
      files("file", "lot", "lot"),
      files("file in two stores", "queue", "mail"),
      files("queue in memory, mailbox in file", "", "mail"),
      files("queue in file, mailbox in memory", "queue", ""),
  };
  return all;
}

}  // namespace parking_lot::conformance
