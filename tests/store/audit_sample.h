#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "backend/file_journal/audit_log.h"
#include "parking_lot/audit_event.h"
#include "parking_lot/generated_id.h"
#include "sample.h"

namespace parking_lot::test {

/// Random records of some pools in one store, and what the audit must say of them: each event as one line,
/// with all its subjects, in the order of time, stream and number.
class AuditSample {
 public:
  AuditSample(Rig& rig, std::uint64_t seed) : rig_(rig), random_(seed) {}

  struct Line {
    AuditPosition position;
    Action action{};
    std::vector<AuditSubject> subjects;

    bool is_of(SubjectKind kind, std::string_view id) const {
      return std::any_of(subjects.begin(), subjects.end(), [&](const AuditSubject& subject) {
        return subject.kind == kind && subject.id == id;
      });
    }
  };

  /// Some commits of some records; each is durable.
  void run(int commits);
  /// Lines of all records so far, in the trail's order.
  std::vector<Line> lines() const;
  std::uint64_t tasks(const std::string& stream) { return streams_[stream].admitted; }

 private:
  struct Stream {
    std::uint64_t sequence = 0;
    std::uint64_t admitted = 0;
    std::map<std::uint64_t, std::vector<AuditSubject>> live;
  };
  std::uint64_t random(std::uint64_t below) { return random_() % below; }
  void append(const std::string& name);
  void emit(const std::string& name, Fact fact, std::vector<AuditSubject> subjects);

  Rig& rig_;
  std::mt19937_64 random_;
  std::map<std::string, Stream> streams_;
  std::vector<Line> lines_;
  std::int64_t now_ = 1'000'000;
};

inline void AuditSample::emit(const std::string& name, Fact fact, std::vector<AuditSubject> subjects) {
  Stream& stream = streams_[name];
  const Record record{++stream.sequence, WallTime{now_}, fact};
  REQUIRE(rig_.store->append(rig_.stream({StreamKind::pool, name}), std::vector<Record>{record}));
  lines_.push_back({{record.at, name, record.sequence}, event_of(record).action, std::move(subjects)});
}

inline void AuditSample::append(const std::string& name) {
  Stream& stream = streams_[name];
  const AuditSubject pool{SubjectKind::pool, name};
  const std::uint64_t what = random(10);
  if (what == 0) return emit(name, RejectionsCounted{Refusal::queue_full, 3}, {pool});
  if (what == 1) {
    const std::string id = "refused-" + std::to_string(random(5));
    return emit(name, TaskRejected{Refusal::queue_full, id, "acme"},
                {{SubjectKind::task, id}, {SubjectKind::tenant, "acme"}, pool});
  }
  if (what < 5 || stream.live.empty()) {
    TaskAdmitted admitted;
    admitted.admission = ++stream.admitted;
    admitted.incarnation = 0xabc;
    const std::string id = random(2) ? "task-" + std::to_string(random(50)) : "";
    const std::string tenant = random(4) ? "tenant-" + std::to_string(random(3)) : "";
    const std::string mailbox = random(2) ? tenant +
                                                "\x1f"
                                                "anna\x1f" +
                                                std::to_string(random(3))
                                          : "";
    admitted.task_id = id;
    admitted.tenant = tenant;
    admitted.mailbox = mailbox;
    std::vector<AuditSubject> subjects = {
        {SubjectKind::task, id.empty() ? spell({0xabc, admitted.admission}) : id}};
    if (!tenant.empty()) subjects.push_back({SubjectKind::tenant, tenant});
    subjects.push_back(pool);
    if (!mailbox.empty()) subjects.push_back({SubjectKind::mailbox, mailbox});
    stream.live[admitted.admission] = subjects;
    return emit(name, admitted, subjects);
  }
  auto task = stream.live.begin();
  std::advance(task, static_cast<std::ptrdiff_t>(random(std::min<std::uint64_t>(stream.live.size(), 300))));
  const auto [admission, subjects] = *task;
  if (what < 8)
    return emit(name, TaskStarted{.admission = admission, .lease = {1, 1}, .attempt = 1}, subjects);
  TaskFinished finished;
  finished.admission = admission;
  emit(name, finished, subjects);
  if (random(2)) stream.live.erase(task);
}

inline void AuditSample::run(int commits) {
  for (int i = 0; i < commits; ++i) {
    for (std::uint64_t records = 1 + random(40); records-- > 0;) {
      append(random(3) ? "gpu" : "cpu");
      if (random(8) == 0) now_ += static_cast<std::int64_t>(random(4));
    }
    REQUIRE(rig_.commit() == true);
  }
}

inline std::vector<AuditSample::Line> AuditSample::lines() const {
  std::vector<Line> sorted = lines_;
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const Line& a, const Line& b) { return is_before(a.position, b.position); });
  return sorted;
}

}  // namespace parking_lot::test
