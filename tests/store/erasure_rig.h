#pragma once

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "audit_sample.h"
#include "backend/file_journal/inspection.h"
#include "sample.h"

namespace parking_lot::test {

inline const StreamKey garage_stream{StreamKind::garage, "mall"};

/// A store whose files can be searched for a name.
struct ErasureRig : Rig {
  explicit ErasureRig(StoreOptions with = {}) : Rig(1, with) {}

  /// After a crash: the files, without a store over them.
  void lock_alone() {
    crash();
    files = std::make_unique<FaultyFiles>(disk);
    REQUIRE(files->lock());
  }
  std::vector<std::string> files_with(std::string_view text) {
    std::vector<std::string> found;
    for (const std::string& file : disk.names()) {
      if (disk.contents(file).find(text) != std::string::npos) found.push_back(file);
    }
    return found;
  }
  void admit(std::uint64_t number, std::string_view mailbox) {
    TaskAdmitted admitted;
    admitted.admission = number;
    admitted.task_id = "a";
    admitted.tenant = "acme";
    admitted.mailbox = mailbox;
    const Record record{number, WallTime{1000}, admitted};
    REQUIRE(store->append(stream(gpu), std::span(&record, 1)));
  }
  void enter(std::uint64_t sequence, std::string_view plate) {
    garage::TicketOpened opened;
    opened.ticket = sequence;
    opened.arrival.vehicle = sequence;
    opened.arrival.plate = plate;
    const garage::Record record{sequence, WallTime{1000}, opened};
    REQUIRE(store->append(stream(garage_stream), std::span(&record, 1)));
  }
  /// What the stream's facts of this kind name, in their order.
  template <class Fact, class R, class NameOf>
  static std::vector<std::string> names_in(StoreResult<StreamReader<R>> reader, const NameOf& name_of) {
    std::vector<std::string> list;
    REQUIRE(reader);
    for (;;) {
      const auto records = reader->next();
      INFO((records ? "" : records.error().message));
      REQUIRE(records);
      if (records->empty()) return list;
      for (const R& record : *records) {
        if (const auto* fact = std::get_if<Fact>(&record.fact)) list.emplace_back(name_of(*fact));
      }
    }
  }
  std::vector<std::string> mailboxes() {
    return names_in<TaskAdmitted>(store->history_of_pool(stream(gpu)),
                                  [](const TaskAdmitted& fact) { return fact.mailbox; });
  }
  std::vector<std::string> plates() {
    return names_in<garage::TicketOpened>(
        store->load_garage(stream(garage_stream)),
        [](const garage::TicketOpened& fact) { return fact.arrival.plate; });
  }
  void verify_all() {
    const auto result = verify(*files);
    REQUIRE(result);
    for (const Damage& damage : result->damages) FAIL(damage.file + ": " + damage.message);
  }
};

}  // namespace parking_lot::test
