#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "executor/executor.h"
#include "executor/guardian.h"
#include "host/storage.h"
#include "host/system.h"
#include "parking_lot/lot.h"
#include "parking_lot/native/host.h"

namespace parking_lot {

/// The host's own side: one lot, its executors, and everybody who waits for an answer.
///
/// Whatever happens becomes an input or a command and asks for a *turn*. A turn takes all that has come
/// together, gives it to the machines in one `handle`, performs every effect, and arms one timer. Executors
/// and callbacks that act during a turn only ask for the next one, so `handle` is never entered twice.
/// Belongs to the loop thread, except `post`.
class Host::Loop final : public std::enable_shared_from_this<Loop>, private RunObserver {
 public:
  /// Works on the loop thread; what it refers to lives until the turn is over. It is called with a closed
  /// loop too.
  using Command = std::function<void(Loop&)>;

  Loop(boost::asio::io_context& io, Lot lot, std::unique_ptr<Storage> storage, SystemClock clock,
       HostOptions options);

  // --- recovery.cc
  /// Reads all streams. Once, before anything else.
  Result<void> recover();

  // --- loop.cc
  /// From any thread. False: the loop is closed, and the command was not taken.
  bool post(Command command);
  void close();
  bool is_closed() const { return closed_; }

  Scheduler& scheduler() { return lot_.scheduler(); }
  Mailbox& mailbox() { return lot_.mailbox(); }
  Storage& storage() { return *storage_; }
  boost::asio::io_context& io() { return io_; }
  void add(Input input) { inputs_.push_back(input); }
  void add(mailbox::Input input) { mailbox_inputs_.push_back(input); }
  /// Gives the name's hold back once the turn's inputs were handled.
  void release_later(NameId name) { names_to_release_.push_back(name); }
  void on_event(EventCallback callback) { subscribers_.push_back(std::move(callback)); }
  Health health() const;
  std::vector<MissingPayloads> missing_payloads() const { return storage_->missing_payloads(lot_); }
  Health::OfPool health(PoolId pool) const;
  // From any thread.
  ClientId next_client() { return ++last_client_; }
  SubscriptionId next_subscription() { return ++last_subscription_; }
  void on_empty(std::function<void()> callback) { empty_callbacks_.push_back(std::move(callback)); }

  // --- executors.cc
  Result<PoolId> pool_without_executor(std::string_view name) const;
  Result<void> run_processes(PoolId pool);
  void run_function(PoolId pool, TaskFunction function, unsigned threads);
  void stop_starting();

  // --- requests.cc: who waits for what
  /// `answer` is called once: by the reply, or with nullptr when the loop closes.
  RequestId expect(std::function<void(const Answer*)> answer);
  void reconfigure(PoolId pool, const std::string& settings, const DoneCallback& on_done);
  RequestId expect_messages(FetchCallback on_messages);
  RequestId expect_acknowledgement(DoneCallback on_done);
  void subscribe(SubscriptionId subscription, const MailboxAddress& address, ArrivalCallback on_arrival);
  void unsubscribe(SubscriptionId subscription);
  void await(PoolId pool, TaskHandle task, std::string task_id, OutcomeCallback on_outcome);
  void resolve_from_memory(PoolId pool, TaskHandle task, OutcomeCallback on_outcome);

 private:
  struct AwaitedTask {
    PoolId pool;
    std::string task_id;
    std::vector<OutcomeCallback> callbacks;
  };
  struct ActiveRun {
    PoolId pool;
    bool is_stopped = false;  // its outcome is fixed: a result would be stored for nobody
  };
  struct MailboxRequest {
    FetchCallback on_messages;
    DoneCallback on_done;
  };
  struct Subscription {
    NameId key;
    ArrivalCallback on_arrival;
  };

  // loop.cc
  void ask_for_turn();
  void turn();
  void handle_all();
  void handle_inputs();
  void announce_progress();
  void arm();
  bool is_empty() const;

  // recovery.cc
  Result<void> recover(PoolId pool);
  Result<void> recover(StoreId store);
  void reload_failed();

  // effects.cc: one for each kind
  void perform_all();
  void perform(const Write& effect);
  void perform(const Start& effect);
  void perform(const Stop& effect);
  void perform(const Reply& effect);
  void perform(const Notify& effect);
  void perform(const Release& effect);
  void perform(const mailbox::Write& effect);
  void perform(const mailbox::Page& effect);
  void perform(const mailbox::Acknowledged& effect);
  void perform(const mailbox::Arrived& effect);
  void perform(const mailbox::Refused& effect);
  void perform(const mailbox::Dropped& effect);
  void announce(const TaskEvent& event);

  // requests.cc
  void settle(const Notify& ended);
  void answer_all_closed();

  // executors.cc: reports, in the order in which they come
  void running(RunName run) override;
  void progressed(RunName run, std::string progress) override;
  void used(RunName run, Units units) override;
  void complained(RunName run, std::string_view sentence) override;
  void ended(RunName run, RunEnd end) override;

  RunObserver& observer() { return *this; }
  void connect(PoolId pool, std::unique_ptr<Executor> executor);

  boost::asio::io_context& io_;
  SystemClock clock_;
  HostOptions options_;
  Lot lot_;
  std::unique_ptr<Storage> storage_;  // none: closed
  bool closed_ = false;
  bool is_in_turn_ = false;
  bool starts_nothing_ = false;

  std::vector<Input> inputs_;
  std::vector<mailbox::Input> mailbox_inputs_;
  std::vector<NameId> names_to_release_;
  std::deque<PoolConfig> settings_;  // of this turn's `Reconfigure`s
  std::vector<std::pair<RunName, std::string>> progress_;

  std::unique_ptr<Guardian> guardian_;
  std::vector<std::unique_ptr<Executor>> executors_;  // by pool; null: none
  std::map<RunName, ActiveRun> runs_;

  boost::asio::steady_timer timer_;
  SteadyTime armed_ = never_steady;

  RequestId last_request_ = 0;
  std::unordered_map<RequestId, std::function<void(const Answer*)>> requests_;
  std::unordered_map<RequestId, MailboxRequest> mailbox_requests_;
  std::map<TaskHandle, AwaitedTask> awaited_;
  std::map<TaskHandle, WallTime> started_;  // of tasks that run, or wait for their next attempt
  std::map<SubscriptionId, Subscription> subscriptions_;
  std::vector<EventCallback> subscribers_;
  std::vector<std::function<void()>> empty_callbacks_;

  std::atomic<ClientId> last_client_ = 0;
  std::atomic<SubscriptionId> last_subscription_ = 0;
  std::mutex mutex_;  // guards what follows
  std::vector<Command> commands_;
  bool has_asked_ = false;
  bool takes_commands_ = true;
};

}  // namespace parking_lot
