#include "kernel/store/faulty_vfs.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <mutex>
#include <new>
#include <optional>
#include <vector>

#include <sqlite3.h>

#include "kernel/result.h"

namespace noroshi::store {

namespace {

// Something done to a file that is not durable yet: bytes at an offset, or a new size.
struct Change {
    std::optional<std::size_t> new_size;
    std::size_t offset = 0;
    std::string bytes;

    void apply(std::string& content) const {
        if (new_size) {
            content.resize(*new_size);
            return;
        }
        if (content.size() < offset + bytes.size()) content.resize(offset + bytes.size());
        std::memcpy(content.data() + offset, bytes.data(), bytes.size());
    }
};

constexpr std::size_t shared_region_size = 32768;
using Region = std::array<char, shared_region_size>;

struct File;

// One open connection's view of a file.
struct Handle {
    std::shared_ptr<File> file;
    std::uint64_t life = 0;  // of the machine; an older one is dead
    bool names_on_sync = false;
    int lock = SQLITE_LOCK_NONE;
    unsigned shared_locks = 0;  // of the shared memory, one bit per slot
    unsigned exclusive_locks = 0;
    std::vector<std::shared_ptr<Region>> mapped{};  // SQLite reads them even when dead
};

struct File {
    std::string content;
    std::string durable;
    std::vector<Change> unsynced;
    std::vector<Handle*> handles;
    std::vector<std::shared_ptr<Region>> regions;
};

using Directory = std::map<std::string, std::shared_ptr<File>>;

// What SQLite allocates for us; the Handle lies behind a pointer because this is plain memory.
struct OpenFile {
    sqlite3_file base;
    FaultyVfs::Disk* disk;
    Handle* handle;
};

}  // namespace

struct FaultyVfs::Disk {
    Disk(std::string its_name, const Clock& its_clock, Random& its_random, std::size_t its_sector)
        : name(std::move(its_name)), clock(its_clock), random(its_random), sector(its_sector) {}

    std::string name;
    const Clock& clock;
    Random& random;
    std::size_t sector;
    Faults faults;
    Directory now;
    Directory durable;
    std::uint64_t life = 1;
    std::uint64_t steps = 0;
    std::uint64_t crash_at = 0;
    bool crashed = false;
    std::size_t dead_handles = 0;
    std::recursive_mutex guard;  // a verifying thread may read beside the appender
    sqlite3_vfs vfs{};

    bool happens(double probability) {
        if (probability <= 0) return false;
        constexpr std::uint64_t one = 1'000'000'000;
        return random.below(one) < static_cast<std::uint64_t>(probability * double(one));
    }
    bool is_dead(const Handle& handle) const { return handle.life != life; }
    // Counts a step; true if the machine stops before it.
    bool step() {
        ++steps;
        if (crash_at == 0 || steps < crash_at) return false;
        crash();
        return true;
    }
    std::uint64_t bytes() const {
        std::uint64_t sum = 0;
        for (const auto& [path, file] : now) sum += file->content.size();
        return sum;
    }

    // Of a change, sector by sector: kept, lost, or cut.
    void apply_some(const Change& change, std::string& content) {
        if (change.new_size) {
            if (random.below(2) == 0) change.apply(content);
            return;
        }
        for (std::size_t at = 0; at < change.bytes.size();) {
            const std::size_t in_sector = sector - (change.offset + at) % sector;
            std::size_t size = std::min(in_sector, change.bytes.size() - at);
            const std::size_t next = at + size;
            const auto fate = random.below(3);
            if (fate == 1) size = random.below(size);
            if (fate != 2 && size > 0)
                Change{std::nullopt, change.offset + at, change.bytes.substr(at, size)}.apply(
                    content);
            at = next;
        }
    }

    void crash() {
        ++life;
        crashed = true;
        crash_at = 0;
        for (Directory* directory : {&now, &durable})
            for (const auto& [path, file] : *directory) {
                for (const Change& change : std::exchange(file->unsynced, {}))
                    apply_some(change, file->durable);
                file->content = file->durable;
                file->regions.clear();
                dead_handles += std::exchange(file->handles, {}).size();
            }
        Directory after;
        std::map<std::string, int> names;
        for (const auto& [path, file] : now) names[path];
        for (const auto& [path, file] : durable) names[path];
        for (const auto& [path, ignored] : names) {
            const auto in_now = now.find(path);
            const auto in_durable = durable.find(path);
            const auto was = in_durable == durable.end() ? nullptr : in_durable->second;
            const auto is = in_now == now.end() ? nullptr : in_now->second;
            const auto file = was == is || random.below(2) == 0 ? is : was;
            if (file) after[path] = file;
        }
        now = after;
        durable = after;
    }

    int write(Handle& handle, const char* bytes, std::size_t size, std::size_t offset) {
        if (is_dead(handle) || step()) return SQLITE_IOERR_WRITE;
        File& file = *handle.file;
        int code = SQLITE_OK;
        const auto end = offset + size;
        const auto growth = end > file.content.size() ? end - file.content.size() : 0;
        if (happens(faults.write_error))
            code = SQLITE_IOERR_WRITE;
        else if (happens(faults.full) || (growth > 0 && this->bytes() + growth > faults.quota))
            code = SQLITE_FULL;
        // A failing write may have done a part of its work, though a full disk does not grow.
        if (code != SQLITE_OK) size = growth > 0 && code == SQLITE_FULL ? 0 : random.below(size);
        if (size > 0) {
            Change change{std::nullopt, offset, std::string(bytes, size)};
            change.apply(file.content);
            file.unsynced.push_back(std::move(change));
        }
        return code;
    }

    int sync(Handle& handle) {
        if (is_dead(handle) || step()) return SQLITE_IOERR_FSYNC;
        if (happens(faults.sync_lie)) return SQLITE_OK;
        File& file = *handle.file;
        const auto changes = std::exchange(file.unsynced, {});
        if (happens(faults.sync_error)) {
            for (const Change& change : changes) apply_some(change, file.durable);
            return SQLITE_IOERR_FSYNC;
        }
        for (const Change& change : changes) change.apply(file.durable);
        if (handle.names_on_sync) {
            durable = now;
            handle.names_on_sync = false;
        }
        return SQLITE_OK;
    }

    int truncate(Handle& handle, std::size_t size) {
        if (is_dead(handle) || step()) return SQLITE_IOERR_TRUNCATE;
        Change change{size, 0, {}};
        change.apply(handle.file->content);
        handle.file->unsynced.push_back(std::move(change));
        return SQLITE_OK;
    }

    int remove(const std::string& path, bool sync_names) {
        // Asked by a path, so nothing tells the dead from the living; no one is alive before all
        // the dead are gone.
        if (dead_handles > 0 || step()) return SQLITE_IOERR_DELETE;
        if (now.erase(path) == 0) return SQLITE_IOERR_DELETE_NOENT;
        if (sync_names) durable = now;
        return SQLITE_OK;
    }

    int open(OpenFile& open, const char* path, int flags) {
        if (dead_handles > 0) return SQLITE_CANTOPEN;
        std::shared_ptr<File> file;
        bool created = false;
        if (path == nullptr) {
            file = std::make_shared<File>();
        } else if (const auto found = now.find(path); found != now.end()) {
            file = found->second;
        } else {
            if ((flags & SQLITE_OPEN_CREATE) == 0) return SQLITE_CANTOPEN;
            file = std::make_shared<File>();
            now[path] = file;
            created = true;
        }
        const bool is_log =
            (flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL)) != 0;
        open.handle = new Handle{.file = file, .life = life, .names_on_sync = created && is_log};
        file->handles.push_back(open.handle);
        return SQLITE_OK;
    }

    // ---- locks ---------------------------------------------------------------------------------

    template <class F>
    static bool another(const Handle& handle, F&& holds) {
        return std::ranges::any_of(handle.file->handles, [&](const Handle* other) {
            return other != &handle && holds(*other);
        });
    }
    int lock(Handle& handle, int level) {
        if (is_dead(handle)) return SQLITE_IOERR_LOCK;
        if (handle.lock >= level) return SQLITE_OK;
        const auto others_hold = [&](int at_least) {
            return another(handle, [&](const Handle& other) { return other.lock >= at_least; });
        };
        switch (level) {
        case SQLITE_LOCK_SHARED:
            if (others_hold(SQLITE_LOCK_PENDING)) return SQLITE_BUSY;
            break;
        case SQLITE_LOCK_RESERVED:
            if (others_hold(SQLITE_LOCK_RESERVED)) return SQLITE_BUSY;
            break;
        default:
            if (others_hold(SQLITE_LOCK_RESERVED)) return SQLITE_BUSY;
            if (others_hold(SQLITE_LOCK_SHARED)) {
                handle.lock = SQLITE_LOCK_PENDING;
                return SQLITE_BUSY;
            }
        }
        handle.lock = level;
        return SQLITE_OK;
    }
    int lock_shared_memory(Handle& handle, int first, int count, int flags) {
        if (is_dead(handle)) return SQLITE_IOERR_SHMLOCK;
        const unsigned slots = ((1U << count) - 1) << first;
        if ((flags & SQLITE_SHM_UNLOCK) != 0) {
            handle.shared_locks &= ~slots;
            handle.exclusive_locks &= ~slots;
            return SQLITE_OK;
        }
        const bool exclusive = (flags & SQLITE_SHM_EXCLUSIVE) != 0;
        if (another(handle, [&](const Handle& other) {
                return ((other.exclusive_locks | (exclusive ? other.shared_locks : 0)) & slots) !=
                       0;
            }))
            return SQLITE_BUSY;
        (exclusive ? handle.exclusive_locks : handle.shared_locks) |= slots;
        return SQLITE_OK;
    }
};

// ---- SQLite's side: plain functions
// --------------------------------------------------------------

namespace {

struct Use {
    explicit Use(sqlite3_file* file)
        : open(*reinterpret_cast<OpenFile*>(file)), disk(*open.disk), handle(*open.handle),
          lock(disk.guard) {}
    OpenFile& open;
    FaultyVfs::Disk& disk;
    Handle& handle;
    std::lock_guard<std::recursive_mutex> lock;
};

FaultyVfs::Disk& disk_of(sqlite3_vfs* vfs) { return *static_cast<FaultyVfs::Disk*>(vfs->pAppData); }

int on_close(sqlite3_file* file) {
    const Use use(file);
    if (use.disk.is_dead(use.handle))
        --use.disk.dead_handles;
    else
        std::erase(use.handle.file->handles, &use.handle);
    delete &use.handle;
    return SQLITE_OK;
}
int on_read(sqlite3_file* file, void* into, int size, sqlite3_int64 offset) {
    const Use use(file);
    if (use.disk.is_dead(use.handle)) return SQLITE_IOERR_READ;
    const auto& content = use.handle.file->content;
    const auto from = std::min<std::size_t>(static_cast<std::size_t>(offset), content.size());
    const auto count = std::min<std::size_t>(static_cast<std::size_t>(size), content.size() - from);
    std::memcpy(into, content.data() + from, count);
    if (count == static_cast<std::size_t>(size)) return SQLITE_OK;
    std::memset(static_cast<char*>(into) + count, 0, static_cast<std::size_t>(size) - count);
    return SQLITE_IOERR_SHORT_READ;
}
int on_write(sqlite3_file* file, const void* from, int size, sqlite3_int64 offset) {
    const Use use(file);
    return use.disk.write(use.handle, static_cast<const char*>(from),
                          static_cast<std::size_t>(size), static_cast<std::size_t>(offset));
}
int on_truncate(sqlite3_file* file, sqlite3_int64 size) {
    const Use use(file);
    return use.disk.truncate(use.handle, static_cast<std::size_t>(size));
}
int on_sync(sqlite3_file* file, int) {
    const Use use(file);
    return use.disk.sync(use.handle);
}
int on_size(sqlite3_file* file, sqlite3_int64* size) {
    const Use use(file);
    if (use.disk.is_dead(use.handle)) return SQLITE_IOERR_FSTAT;
    *size = static_cast<sqlite3_int64>(use.handle.file->content.size());
    return SQLITE_OK;
}
int on_lock(sqlite3_file* file, int level) {
    const Use use(file);
    return use.disk.lock(use.handle, level);
}
int on_unlock(sqlite3_file* file, int level) {
    const Use use(file);
    use.handle.lock = level;
    return SQLITE_OK;
}
int on_check_reserved(sqlite3_file* file, int* is_reserved) {
    const Use use(file);
    *is_reserved = FaultyVfs::Disk::another(
        use.handle, [](const Handle& other) { return other.lock >= SQLITE_LOCK_RESERVED; });
    return SQLITE_OK;
}
int on_control(sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; }
int on_sector_size(sqlite3_file* file) { return static_cast<int>(Use(file).disk.sector); }
int on_characteristics(sqlite3_file*) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; }

int on_shm_map(sqlite3_file* file, int region, int size, int extend, void volatile** memory) {
    const Use use(file);
    *memory = nullptr;
    if (use.disk.is_dead(use.handle)) return SQLITE_IOERR_SHMMAP;
    ASSERT(size == static_cast<int>(shared_region_size));
    auto& regions = use.handle.file->regions;
    const auto index = static_cast<std::size_t>(region);
    if (index >= regions.size()) {
        if (extend == 0) return SQLITE_OK;
        while (regions.size() <= index) regions.push_back(std::make_shared<Region>());
    }
    use.handle.mapped.push_back(regions[index]);
    *memory = regions[index]->data();
    return SQLITE_OK;
}
int on_shm_lock(sqlite3_file* file, int first, int count, int flags) {
    const Use use(file);
    return use.disk.lock_shared_memory(use.handle, first, count, flags);
}
void on_shm_barrier(sqlite3_file*) {
    static std::mutex fence;
    const std::lock_guard lock(fence);
}
int on_shm_unmap(sqlite3_file* file, int remove) {
    const Use use(file);
    use.handle.shared_locks = 0;
    use.handle.exclusive_locks = 0;
    if (remove != 0 && !use.disk.is_dead(use.handle)) use.handle.file->regions.clear();
    return SQLITE_OK;
}

constexpr sqlite3_io_methods methods = {.iVersion = 2,
                                        .xClose = on_close,
                                        .xRead = on_read,
                                        .xWrite = on_write,
                                        .xTruncate = on_truncate,
                                        .xSync = on_sync,
                                        .xFileSize = on_size,
                                        .xLock = on_lock,
                                        .xUnlock = on_unlock,
                                        .xCheckReservedLock = on_check_reserved,
                                        .xFileControl = on_control,
                                        .xSectorSize = on_sector_size,
                                        .xDeviceCharacteristics = on_characteristics,
                                        .xShmMap = on_shm_map,
                                        .xShmLock = on_shm_lock,
                                        .xShmBarrier = on_shm_barrier,
                                        .xShmUnmap = on_shm_unmap,
                                        .xFetch = nullptr,
                                        .xUnfetch = nullptr};

int on_open(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* got) {
    auto& disk = disk_of(vfs);
    const std::lock_guard lock(disk.guard);
    auto* open = reinterpret_cast<OpenFile*>(file);
    open->base.pMethods = nullptr;
    open->disk = &disk;
    const int code = disk.open(*open, path, flags);
    if (code == SQLITE_OK) open->base.pMethods = &methods;
    if (got != nullptr) *got = flags;
    return code;
}
int on_delete(sqlite3_vfs* vfs, const char* path, int sync_names) {
    auto& disk = disk_of(vfs);
    const std::lock_guard lock(disk.guard);
    return disk.remove(path, sync_names != 0);
}
int on_access(sqlite3_vfs* vfs, const char* path, int, int* result) {
    auto& disk = disk_of(vfs);
    const std::lock_guard lock(disk.guard);
    const auto found = disk.now.find(path);
    // As in SQLite's unix VFS, an empty file does not count as existing.
    *result = found != disk.now.end() && !found->second->content.empty();
    return SQLITE_OK;
}
int on_full_path(sqlite3_vfs*, const char* path, int size, char* out) {
    sqlite3_snprintf(size, out, "%s", path);
    return SQLITE_OK;
}
int on_randomness(sqlite3_vfs* vfs, int size, char* out) {
    disk_of(vfs).random.fill(
        std::as_writable_bytes(std::span(out, static_cast<std::size_t>(size))));
    return size;
}
int on_sleep(sqlite3_vfs*, int microseconds) { return microseconds; }
int on_time(sqlite3_vfs* vfs, sqlite3_int64* milliseconds) {
    // Since noon, 24 November 4714 BC (SQLite's Julian day).
    constexpr sqlite3_int64 unix_epoch = 210'866'760'000'000;
    *milliseconds = unix_epoch + disk_of(vfs).clock.now().time_since_epoch().count() / 1000;
    return SQLITE_OK;
}
int on_time_in_days(sqlite3_vfs* vfs, double* days) {
    sqlite3_int64 milliseconds = 0;
    on_time(vfs, &milliseconds);
    *days = double(milliseconds) / 86'400'000.0;
    return SQLITE_OK;
}
int on_last_error(sqlite3_vfs*, int, char*) { return 0; }

}  // namespace

FaultyVfs::FaultyVfs(std::string name, const Clock& clock, Random& random, std::size_t sector)
    : disk_(std::make_unique<Disk>(std::move(name), clock, random, sector)) {
    disk_->vfs = {.iVersion = 2,
                  .szOsFile = sizeof(OpenFile),
                  .mxPathname = 512,
                  .pNext = nullptr,
                  .zName = disk_->name.c_str(),
                  .pAppData = disk_.get(),
                  .xOpen = on_open,
                  .xDelete = on_delete,
                  .xAccess = on_access,
                  .xFullPathname = on_full_path,
                  .xDlOpen = nullptr,
                  .xDlError = nullptr,
                  .xDlSym = nullptr,
                  .xDlClose = nullptr,
                  .xRandomness = on_randomness,
                  .xSleep = on_sleep,
                  .xCurrentTime = on_time_in_days,
                  .xGetLastError = on_last_error,
                  .xCurrentTimeInt64 = on_time,
                  .xSetSystemCall = nullptr,
                  .xGetSystemCall = nullptr,
                  .xNextSystemCall = nullptr};
    ASSERT(sqlite3_vfs_register(&disk_->vfs, 0) == SQLITE_OK);
}

FaultyVfs::~FaultyVfs() { sqlite3_vfs_unregister(&disk_->vfs); }

const std::string& FaultyVfs::name() const { return disk_->name; }
void FaultyVfs::set_faults(const Faults& faults) { disk_->faults = faults; }
void FaultyVfs::crash() {
    const std::lock_guard lock(disk_->guard);
    disk_->crash();
}
void FaultyVfs::crash_in(std::uint64_t steps) {
    disk_->crash_at = steps == 0 ? 0 : disk_->steps + steps;
}
bool FaultyVfs::has_crashed() { return std::exchange(disk_->crashed, false); }
std::uint64_t FaultyVfs::steps() const { return disk_->steps; }
std::uint64_t FaultyVfs::bytes() const { return disk_->bytes(); }
bool FaultyVfs::exists(const std::string& path) const { return disk_->now.contains(path); }

}  // namespace noroshi::store
