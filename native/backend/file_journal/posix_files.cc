#include "posix_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <list>
#include <optional>
#include <unordered_map>
#include <utility>

#include "posix_error.h"
#include "posix_lock.h"
#include "posix_private.h"
#include "posix_sync.h"

namespace parking_lot {

namespace {

constexpr std::size_t open_files_max = 96;

/// The names in a folder must be durable too, that of the store's folder included.
void sync_parent(const std::string& directory) {
  const std::string parent = directory + "/..";
  const int descriptor = ::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  ::fsync(descriptor);
  ::close(descriptor);
}

}  // namespace

class PosixFiles::State : public std::enable_shared_from_this<PosixFiles::State> {
 public:
  State(std::string directory, Post post) : directory_(std::move(directory)), post_(std::move(post)) {}

  std::string path(std::string_view file) const { return directory_ + "/" + std::string(file); }

  FileResult<std::shared_ptr<Descriptor>> open(std::string_view file) {
    const std::string name(file);
    if (const auto found = open_.find(name); found != open_.end()) {
      recent_.splice(recent_.begin(), recent_, found->second.place);
      return found->second.descriptor;
    }
    const int flags = (lock_ ? O_RDWR : O_RDONLY) | O_CLOEXEC;
    const int number = ::open(path(file).c_str(), flags);
    if (number < 0) return posix_failure(file, "open it", errno);
    return keep(name, number);
  }

  std::shared_ptr<Descriptor> keep(const std::string& name, int number) {
    if (open_.size() >= open_files_max) {
      open_.erase(recent_.back());
      recent_.pop_back();
    }
    recent_.push_front(name);
    auto descriptor = std::make_shared<Descriptor>(number);
    open_[name] = {descriptor, recent_.begin()};
    return descriptor;
  }

  void forget(std::string_view file) {
    const auto found = open_.find(std::string(file));
    if (found == open_.end()) return;
    recent_.erase(found->second.place);
    open_.erase(found);
  }

  FileResult<void> lock() {
    if (lock_) return {};
    if (const int error = make_private_folders(directory_))
      return posix_failure("", "make the folder", error);
    auto taken = PosixLock::take(directory_);
    if (!taken) return tl::unexpected(taken.error());
    lock_ = std::move(*taken);
    is_folder_changed_ = true;
    open_.clear();
    recent_.clear();
    sync_parent(directory_);
    return {};
  }

  /// Whether files may be changed.
  FileResult<void> may_change(std::string_view file) {
    if (lock_) return lock_->confirm();
    return tl::unexpected(FileError{FileFault::denied, std::string(file), "opened for reading only"});
  }

  void sync(std::span<const std::string> files, SyncMode mode, SyncDone done);

  std::string directory_;
  Post post_;
  bool is_folder_changed_ = false;

 private:
  struct Open {
    std::shared_ptr<Descriptor> descriptor;
    std::list<std::string>::iterator place;
  };

  /// Nothing is durable that a follower may not have seen.
  FileResult<void> ended() { return lock_ ? lock_->confirm() : FileResult<void>(); }

  std::unique_ptr<PosixLock> lock_;
  std::unordered_map<std::string, Open> open_;
  std::list<std::string> recent_;
  SyncThreads threads_;
};

void PosixFiles::State::sync(std::span<const std::string> files, SyncMode mode, SyncDone done) {
  std::vector<SyncThreads::Order> orders;
  std::vector<std::string> names;
  std::optional<FileError> refused;
  if (mode == SyncMode::strict) {
    for (const std::string& file : files) {
      auto descriptor = open(file);
      if (!descriptor) {
        refused = descriptor.error();
        break;
      }
      orders.push_back({std::move(*descriptor)});
      names.push_back(file);
    }
    if (is_folder_changed_ && !refused) {
      const int number = ::open(directory_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
      if (number < 0) {
        refused = posix_failure("", "open the folder", errno).value();
      } else {
        orders.push_back({std::make_shared<Descriptor>(number), true});
        names.emplace_back();
        is_folder_changed_ = false;
      }
    }
  }
  if (refused || orders.empty()) {
    post_([alive = weak_from_this(), done = std::move(done), refused = std::move(refused)] {
      const std::shared_ptr<State> state = alive.lock();
      if (!state) return;
      done(refused ? tl::unexpected(*refused) : state->ended());
    });
    return;
  }
  // The closure runs on a sync thread, and the owner may have ended when its turn comes: it holds no State.
  auto report = [alive = weak_from_this(), post = post_, names = std::move(names),
                 done = std::move(done)](SyncThreads::Outcome outcome) {
    post([alive, names, done, outcome] {
      const std::shared_ptr<State> state = alive.lock();
      if (!state) return;
      if (outcome.error == 0) return done(state->ended());
      state->is_folder_changed_ = true;
      done(posix_failure(names[outcome.order], "sync it", outcome.error));
    });
  };
  threads_.sync(std::move(orders), std::move(report));
}

PosixFiles::PosixFiles(std::string directory, Post post)
    : state_(std::make_shared<State>(std::move(directory), std::move(post))) {}

PosixFiles::~PosixFiles() = default;

const std::string& PosixFiles::directory() const { return state_->directory_; }

FileResult<void> PosixFiles::lock() { return state_->lock(); }

FileResult<std::vector<std::string>> PosixFiles::list() {
  DIR* folder = ::opendir(state_->directory_.c_str());
  if (!folder) return posix_failure("", "list the folder", errno);
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(folder)) {
    if (entry->d_name[0] != '.' && entry->d_name != PosixLock::file) names.emplace_back(entry->d_name);
  }
  ::closedir(folder);
  return names;
}

FileResult<void> PosixFiles::create(std::string_view file) {
  if (auto may = state_->may_change(file); !may) return may;
  const int number = ::open(state_->path(file).c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (number < 0) return posix_failure(file, "create it", errno);
  state_->is_folder_changed_ = true;
  state_->keep(std::string(file), number);
  return {};
}

FileResult<std::uint64_t> PosixFiles::size(std::string_view file) {
  auto descriptor = state_->open(file);
  if (!descriptor) return tl::unexpected(descriptor.error());
  struct stat status = {};
  if (::fstat((*descriptor)->number(), &status) != 0) return posix_failure(file, "ask for its size", errno);
  return static_cast<std::uint64_t>(status.st_size);
}

FileResult<std::size_t> PosixFiles::read_at(std::string_view file, std::uint64_t offset,
                                            std::span<char> out) {
  auto descriptor = state_->open(file);
  if (!descriptor) return tl::unexpected(descriptor.error());
  std::size_t done = 0;
  while (done < out.size()) {
    const ssize_t got = ::pread((*descriptor)->number(), out.data() + done, out.size() - done,
                                static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return posix_failure(file, "read it", errno);
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

FileResult<void> PosixFiles::write_at(std::string_view file, std::uint64_t offset, std::string_view bytes) {
  if (auto may = state_->may_change(file); !may) return may;
  auto descriptor = state_->open(file);
  if (!descriptor) return tl::unexpected(descriptor.error());
  while (!bytes.empty()) {
    const ssize_t put =
        ::pwrite((*descriptor)->number(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return posix_failure(file, "write it", errno);
    bytes.remove_prefix(static_cast<std::size_t>(put));
    offset += static_cast<std::uint64_t>(put);
  }
  return {};
}

FileResult<void> PosixFiles::truncate(std::string_view file, std::uint64_t bytes) {
  if (auto may = state_->may_change(file); !may) return may;
  auto descriptor = state_->open(file);
  if (!descriptor) return tl::unexpected(descriptor.error());
  if (::ftruncate((*descriptor)->number(), static_cast<off_t>(bytes)) != 0)
    return posix_failure(file, "cut it", errno);
  return {};
}

FileResult<void> PosixFiles::remove(std::string_view file) {
  if (auto may = state_->may_change(file); !may) return may;
  state_->forget(file);
  if (::unlink(state_->path(file).c_str()) != 0 && errno != ENOENT)
    return posix_failure(file, "delete it", errno);
  return {};
}

void PosixFiles::sync(std::span<const std::string> files, SyncMode mode, SyncDone done) {
  state_->sync(files, mode, std::move(done));
}

bool PosixFiles::random(std::span<char> out) {
  while (!out.empty()) {
    const ssize_t got = getrandom(out.data(), out.size(), 0);
    if (got < 0 && errno != EINTR) return false;
    if (got > 0) out = out.subspan(static_cast<std::size_t>(got));
  }
  return true;
}

FileResult<std::uint64_t> PosixFiles::reserve(std::string_view file, std::uint64_t bytes) {
  static const std::string zeros(std::size_t{256} << 10, '\0');
  auto now = size(file);
  if (!now || *now >= bytes) return now;
  // Blocks that are only allocated would still cost a metadata write with every sync; written zeros do not.
  for (std::uint64_t at = *now; at < bytes;) {
    const std::size_t step = static_cast<std::size_t>(std::min<std::uint64_t>(zeros.size(), bytes - at));
    auto written = write_at(file, at, std::string_view(zeros).substr(0, step));
    if (!written) {
      (void)truncate(file, *now);
      return tl::unexpected(written.error());
    }
    at += step;
  }
  return bytes;
}

}  // namespace parking_lot
