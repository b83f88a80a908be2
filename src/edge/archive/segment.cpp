#include "edge/archive/segment.h"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "kernel/crypto/hash.h"
#include "kernel/json/json.h"

namespace noroshi::edge::archive {

namespace {

constexpr std::uint32_t skippable_magic = 0x184D2A50;
constexpr std::uint32_t longest_description = 1U << 20;
constexpr std::uint64_t longest_raw = 64U << 20;
constexpr int level = 3;
constexpr int hashes = 3;
constexpr std::size_t most_bloom_bytes = 64 * 1024;

void put_u32(std::string& out, std::uint32_t value) {
    for (int i = 0; i < 4; ++i) out.push_back(static_cast<char>(value >> (8 * i)));
}

std::uint32_t u32_at(std::string_view bytes) {
    std::uint32_t value = 0;
    for (int i = 3; i >= 0; --i) value = value << 8 | static_cast<std::uint8_t>(bytes[i]);
    return value;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

std::uint32_t trigram(char a, char b, char c) {
    return static_cast<std::uint32_t>(static_cast<std::uint8_t>(lower(a))) << 16 |
           static_cast<std::uint32_t>(static_cast<std::uint8_t>(lower(b))) << 8 |
           static_cast<std::uint8_t>(lower(c));
}

// The finaliser of MurmurHash3 (A. Appleby, public domain algorithm): every bit of the input
// reaches every bit of the output.
std::uint64_t mixed(std::uint64_t x) {
    x ^= x >> 33;
    x *= 0xff51afd7ed558ccdULL;
    x ^= x >> 33;
    x *= 0xc4ceb9fe1a85ec53ULL;
    return x ^ x >> 33;
}

// bits is a power of two.
template <class F>
bool each_bit(std::uint32_t gram, std::size_t bits, F f) {
    const std::uint64_t hash = mixed(gram + 1);
    const std::uint64_t step = hash >> 32 | 1;
    for (std::uint64_t i = 0; i < hashes; ++i)
        if (!f((hash + i * step) & (bits - 1))) return false;
    return true;
}

class File {
public:
    static Result<File> open(const std::string& path) {
        File file;
        file.descriptor_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
        if (file.descriptor_ < 0) {
            if (errno == ENOENT)
                return fail(ErrorKind::not_found, "kernel.store.no_file", {{"path", path}});
            return fail(ErrorKind::unavailable, "kernel.store.io_failed",
                        {{"detail", path + ": " + std::strerror(errno)}});
        }
        struct stat status{};
        ::fstat(file.descriptor_, &status);
        file.size_ = static_cast<std::uint64_t>(status.st_size);
        return file;
    }
    File(File&& other) noexcept
        : descriptor_(std::exchange(other.descriptor_, -1)), size_(other.size_) {}
    File& operator=(File&&) = delete;
    ~File() {
        if (descriptor_ >= 0) ::close(descriptor_);
    }
    std::uint64_t size() const { return size_; }
    // Shorter than asked for at the end of the file, or on an error.
    std::string read(std::uint64_t offset, std::uint64_t count) const {
        if (offset >= size_) return {};
        std::string bytes(std::min(count, size_ - offset), '\0');
        std::size_t done = 0;
        while (done < bytes.size()) {
            const auto got = ::pread(descriptor_, bytes.data() + done, bytes.size() - done,
                                     static_cast<off_t>(offset + done));
            if (got < 0 && errno == EINTR) continue;
            if (got <= 0) break;
            done += static_cast<std::size_t>(got);
        }
        bytes.resize(done);
        return bytes;
    }

private:
    File() = default;
    int descriptor_ = -1;
    std::uint64_t size_ = 0;
};

std::unexpected<Error> broken(const std::string& path, std::uint64_t offset) {
    return fail(ErrorKind::corrupt, "edge.archive.broken",
                {{"path", path}, {"offset", std::to_string(offset)}});
}

}  // namespace

std::string bloom_of(std::string_view lines) {
    // Which trigrams occur: one bit each for all 2^24.
    std::vector<std::uint64_t> seen(1U << 18);
    std::size_t distinct = 0;
    for (std::size_t i = 2; i < lines.size(); ++i) {
        const auto gram = trigram(lines[i - 2], lines[i - 1], lines[i]);
        auto& word = seen[gram >> 6];
        const std::uint64_t bit = std::uint64_t{1} << (gram & 63);
        distinct += (word & bit) == 0;
        word |= bit;
    }
    // About eight bits for each, hence 3 % false positives per trigram.
    const std::size_t bytes =
        std::clamp(std::bit_ceil(distinct), std::size_t{32}, most_bloom_bytes);
    std::string bloom(bytes, '\0');
    for (std::size_t word = 0; word < seen.size(); ++word)
        for (auto rest = seen[word]; rest != 0; rest &= rest - 1) {
            const auto gram = static_cast<std::uint32_t>(word << 6) |
                              static_cast<std::uint32_t>(std::countr_zero(rest));
            each_bit(gram, bytes * 8, [&](std::uint64_t bit) {
                bloom[bit >> 3] = static_cast<char>(bloom[bit >> 3] | 1 << (bit & 7));
                return true;
            });
        }
    return bloom;
}

bool may_hold(std::string_view bloom, std::string_view term) {
    if (bloom.empty() || !std::has_single_bit(bloom.size())) return true;
    for (std::size_t i = 2; i < term.size(); ++i)
        if (!each_bit(trigram(term[i - 2], term[i - 1], term[i]), bloom.size() * 8,
                      [&](std::uint64_t bit) { return (bloom[bit >> 3] >> (bit & 7) & 1) != 0; }))
            return false;
    return true;
}

std::string encode_block(BlockHead& head, std::string_view lines) {
    std::string frame(ZSTD_compressBound(lines.size()), '\0');
    const auto size = ZSTD_compress(frame.data(), frame.size(), lines.data(), lines.size(), level);
    ASSERT(ZSTD_isError(size) == 0);
    frame.resize(size);
    head.lines = static_cast<std::uint64_t>(std::ranges::count(lines, '\n'));
    head.raw_bytes = lines.size();
    head.frame_bytes = frame.size();
    head.sha256 = to_hex(sha256(lines));
    const std::string description = json::to_text(head) + "\n";
    const std::string bloom = bloom_of(lines);
    std::string bytes;
    bytes.reserve(8 + description.size() + bloom.size() + frame.size());
    put_u32(bytes, skippable_magic);
    put_u32(bytes, static_cast<std::uint32_t>(description.size() + bloom.size()));
    bytes += description;
    bytes += bloom;
    bytes += frame;
    return bytes;
}

Result<std::vector<Block>> read_blocks(const std::string& path, std::uint64_t& sound_until) {
    TRY_LET(const auto file, File::open(path));
    std::vector<Block> blocks;
    sound_until = 0;
    // Enough for every description we write; a longer one is read again.
    constexpr std::uint64_t first_look = 1024;
    while (sound_until < file.size()) {
        std::string bytes = file.read(sound_until, first_look);
        if (bytes.size() < 8 || u32_at(bytes) != skippable_magic) break;
        const std::uint32_t described = u32_at(std::string_view(bytes).substr(4));
        if (described > longest_description + most_bloom_bytes) break;
        auto end = bytes.find('\n', 8);
        if (end == std::string::npos) {
            bytes = file.read(sound_until, 8 + std::uint64_t{described});
            end = bytes.find('\n', 8);
            if (end == std::string::npos) break;
        }
        auto head = json::from_text<BlockHead>(std::string_view(bytes).substr(8, end - 8));
        const auto length = static_cast<std::uint32_t>(end + 1 - 8);
        if (!head || head->format != 1 || length > described || head->raw_bytes > longest_raw ||
            head->lines > head->raw_bytes)
            break;
        Block block{std::move(*head), sound_until, sound_until + 8 + length, described - length};
        if (block.head.frame_bytes > file.size() || block.end() > file.size()) break;
        sound_until = block.end();
        blocks.push_back(std::move(block));
    }
    return blocks;
}

Result<std::string> read_bloom(const std::string& path, const Block& block) {
    TRY_LET(const auto file, File::open(path));
    return file.read(block.bloom_offset, block.bloom_bytes);
}

Result<std::string> read_lines(const std::string& path, const Block& block) {
    TRY_LET(const auto file, File::open(path));
    const auto frame = file.read(block.bloom_offset + block.bloom_bytes, block.head.frame_bytes);
    std::string lines(block.head.raw_bytes, '\0');
    const auto size = ZSTD_decompress(lines.data(), lines.size(), frame.data(), frame.size());
    if (ZSTD_isError(size) != 0 || size != lines.size() ||
        to_hex(sha256(lines)) != block.head.sha256)
        return broken(path, block.offset);
    return lines;
}

}  // namespace noroshi::edge::archive
