// What the module calls to reach files: passed on to the disks that the package's TypeScript has opened, see
// web/src/wasm/disks.ts. A lot without durable storage calls none of it.

mergeInto(LibraryManager.library, {
  // One of these disks is a mount of IDBFS.
  pl_files_list__deps: ['$FS', '$IDBFS'],
  pl_files_list: function (disk) {
    return Module['disks'].list(disk);
  },
  pl_files_lock: function (disk) {
    return Module['disks'].lock(disk);
  },
  pl_files_unlock: function (disk) {
    Module['disks'].unlock(disk);
  },
  pl_files_kept_config: function (disk) {
    Module['disks'].keptConfig(disk);
  },
  pl_files_keep_config: function (disk, text, length) {
    Module['disks'].keepConfig(disk, text, length);
  },
  pl_files_create: function (disk, file, length) {
    return Module['disks'].create(disk, file, length);
  },
  pl_files_size: function (disk, file, length) {
    return Module['disks'].size(disk, file, length);
  },
  pl_files_read: function (disk, file, length, offset, out, size) {
    return Module['disks'].read(disk, file, length, offset, out, size);
  },
  pl_files_write: function (disk, file, length, offset, bytes, size) {
    return Module['disks'].write(disk, file, length, offset, bytes, size);
  },
  pl_files_truncate: function (disk, file, length, bytes) {
    return Module['disks'].truncate(disk, file, length, bytes);
  },
  pl_files_remove: function (disk, file, length) {
    return Module['disks'].remove(disk, file, length);
  },
  pl_files_random: function (disk, out, size) {
    return Module['disks'].random(disk, out, size);
  },
  pl_files_sync: function (disk, files, length, isStrict) {
    Module['disks'].sync(disk, files, length, isStrict);
  },
  pl_files_text: function (out, capacity) {
    return Module['disks'].text(out, capacity);
  },
});
