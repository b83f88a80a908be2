#pragma once
// Sigma compares without regard to case. Here texts are folded to lower case: ASCII, Latin-1, Latin
// Extended-A, Greek, Cyrillic and full-width letters, one code point to one code point (Unicode's
// simple case folding of these blocks). Bytes that are no UTF-8 stay as they are.
//
// Also here: memory that lives as long as one event.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace noroshi::engines::detect {

// Memory handed out in order and taken back all at once. Not thread-safe.
class Arena {
public:
    char* take(std::size_t bytes) {
        if (bytes > left_) return take_more(bytes);
        char* at = at_;
        at_ += bytes;
        left_ -= bytes;
        return at;
    }
    std::string_view keep(std::string_view text);
    void clear();

private:
    char* take_more(std::size_t bytes);

    struct Block {
        std::unique_ptr<char[]> bytes;
        std::size_t size = 0;
    };
    std::vector<Block> blocks_;
    std::size_t used_ = 0;  // blocks in use; the last of them is at_
    char* at_ = nullptr;
    std::size_t left_ = 0;
};

// Returns `text` itself if it is in lower case already, else a copy in the arena.
std::string_view fold(std::string_view text, Arena& arena);
std::string folded(std::string_view text);
void fold_into(std::string_view text, char* out);  // exactly as many bytes as the text has

char32_t fold_code_point(char32_t code_point);

// Decodes the code point at `at` and moves on; a byte that is no UTF-8 counts as one code point.
char32_t next_code_point(std::string_view text, std::size_t& at);
void append_utf8(std::string& out, char32_t code_point);

// 64 bits of a text; good enough for tables, not for strangers who want collisions to matter
// (every hit is compared afterwards).
std::uint64_t hash_of(std::string_view text);

}  // namespace noroshi::engines::detect
