#include "scenario/spelling.h"

#include "scenario/arguments.h"

namespace parking_lot::scenario {

namespace {

/// Durable incarnations count from 1; volatile ones are random and would tell a reader nothing.
constexpr std::uint64_t largest_counted_incarnation = 1'000'000;

}  // namespace

void Spelling::name_task(PoolId pool, std::string_view task_id, std::string_view symbol) {
  symbols_[{pool.index, std::string(task_id)}] = std::string(symbol);
  ids_[{pool.index, std::string(symbol)}] = std::string(task_id);
}

std::string_view Spelling::id_of(PoolId pool, std::string_view symbol) const {
  auto found = ids_.find({pool.index, std::string(symbol)});
  return found == ids_.end() ? std::string_view{} : std::string_view(found->second);
}

void Spelling::name_admission(PoolId pool, std::uint64_t admission, std::string_view task_id) {
  admissions_[{pool.index, admission}] = std::string(task_id);
}

std::string Spelling::task(PoolId pool, TaskHandle task_handle) const {
  std::string id = lot_->scheduler().task_id(task_handle);
  return id.empty() ? "?" : task(pool, id);
}

std::string Spelling::task(PoolId pool, std::string_view task_id) const {
  auto found = symbols_.find({pool.index, std::string(task_id)});
  return found == symbols_.end() ? std::string(task_id) : found->second;
}

std::string Spelling::task(std::string_view pool_name, std::string_view task_id) const {
  auto pool = lot_->scheduler().pool(pool_name);
  return pool ? task(*pool, task_id) : std::string(task_id);
}

std::string Spelling::admission(PoolId pool, std::uint64_t admission) const {
  auto found = admissions_.find({pool.index, admission});
  if (found == admissions_.end() || found->second.empty()) return "#" + std::to_string(admission);
  return task(pool, found->second);
}

std::string Spelling::incarnation(std::uint64_t incarnation) {
  if (incarnation <= largest_counted_incarnation) return std::to_string(incarnation);
  auto next = static_cast<std::uint32_t>(volatile_incarnations_.size() + 1);
  return "v" + std::to_string(volatile_incarnations_.try_emplace(incarnation, next).first->second);
}

std::string Spelling::lease(Lease lease) {
  return incarnation(lease.incarnation) + "." + std::to_string(lease.number);
}

std::string Spelling::moment(WallTime time) const {
  return time == never_wall ? "never" : offset_text(time - origin_);
}

std::string Spelling::mailbox(std::string_view encoded_key) {
  MailboxKey key = decode_mailbox_key(encoded_key);
  std::string text(key.tenant);
  if (!key.user.empty() || !key.session.empty()) text += "/" + std::string(key.user);
  if (!key.session.empty()) text += "/" + std::string(key.session);
  return text;
}

}  // namespace parking_lot::scenario
