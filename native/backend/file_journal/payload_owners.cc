#include "payload_owners.h"

#include <utility>
#include <variant>

#include "parking_lot/generated_id.h"
#include "parking_lot/json.h"

namespace parking_lot {
namespace {

using Owners = std::map<std::uint64_t, std::string>;

void own(Owners& owners, PayloadRef payload, const std::string& owner) {
  if (payload.id == 0) return;
  std::string& text = owners[payload.id];
  if (text.find(owner) == std::string::npos) text += (text.empty() ? "" : ", ") + owner;
}

class PoolOwners {
 public:
  PoolOwners(Owners& owners, std::string pool) : owners_(owners), of_pool_(" of pool " + std::move(pool)) {}

  void read(const Record& record) {
    if (const auto* admitted = std::get_if<TaskAdmitted>(&record.fact)) admit(*admitted);
    if (const auto* finished = std::get_if<TaskFinished>(&record.fact))
      own(owners_, finished->result, "the result of task " + tasks_[finished->admission] + of_pool_);
    const auto* restored = std::get_if<TaskRestored>(&record.fact);
    if (restored == nullptr) return;
    admit(restored->admitted);
    own(owners_, restored->result, "the result of task " + tasks_[restored->admitted.admission] + of_pool_);
  }

 private:
  void admit(const TaskAdmitted& task) {
    tasks_[task.admission] = task.task_id.empty() ? spell(GeneratedId{task.incarnation, task.admission})
                                                  : std::string(task.task_id);
    own(owners_, task.payload, "the payload of task " + tasks_[task.admission] + of_pool_);
  }

  Owners& owners_;
  std::string of_pool_;
  std::map<std::uint64_t, std::string> tasks_;  // by admission
};

void read_message(Owners& owners, const mailbox::Record& record) {
  const auto* stored = std::get_if<mailbox::MessageStored>(&record.fact);
  if (const auto* restored = std::get_if<mailbox::MessageRestored>(&record.fact)) stored = &restored->message;
  if (stored == nullptr) return;
  own(owners, stored->payload,
      "the message of task " + std::string(stored->task_id) + " in mailbox " + mailbox_path(stored->key));
}

template <class Reader, class Read>
void read_all_of(StoreResult<Reader> reader, Read read) {
  if (!reader) return;
  for (auto records = reader->next(); records && !records->empty(); records = reader->next()) {
    for (const auto& record : *records) read(record);
  }
}

}  // namespace

std::map<std::uint64_t, std::string> payload_owners(Files& files) {
  Owners owners;
  auto store = FileStore::open_read_only(files);
  if (!store) return owners;
  const auto streams = store->streams();
  for (std::uint32_t i = 0; i < streams.size(); ++i) {
    const StreamNumber number{i};
    if (streams[i].kind == StreamKind::pool) {
      PoolOwners pool(owners, streams[i].name);
      read_all_of(store->load_pool(number), [&](const Record& record) { pool.read(record); });
    } else if (streams[i].kind == StreamKind::mailbox) {
      read_all_of(store->load_mailbox(number),
                  [&](const mailbox::Record& record) { read_message(owners, record); });
    }
  }
  return owners;
}

}  // namespace parking_lot
