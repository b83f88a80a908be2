#pragma once
// Bytes of files, folders and standard input, plain, gzip or zstd, as blocks of whole lines in their
// order. A block knows where it stands, so that blocks can be worked on in any order and their
// results be put back into this one.

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engines/detect/moment.h"

namespace noroshi::engines::detect {

enum class Format : std::uint8_t {
    automatic,
    zeek,
    eve,
    windows,
    syslog,
    fortigate,
    cef,
    leef,
    netflow,
    json,
};
std::optional<Format> format_named(std::string_view name);

// A Zeek log says in its head what its columns are.
struct ZeekHead {
    std::string separator = "\t";
    std::string set_separator = ",";
    std::string empty_field = "(empty)";
    std::string unset_field = "-";
    std::string path;
    std::vector<std::string> fields;
    std::vector<std::string> types;
    bool json = false;

    // Takes a line beginning with '#'. False if it makes no sense.
    bool take(std::string_view line);
};

struct Source {
    std::string name;          // as given; "-" is standard input
    Micros written = no_time;  // of the file: which year its lines without a year are of
    std::string zeek_path;     // kind of Zeek log by the file's name
};

struct Block {
    std::size_t source = 0;
    std::uint64_t sequence = 0;    // over all sources
    std::uint64_t first_line = 1;  // from 1, in its source
    std::string bytes;             // whole lines, or for a document of JSON or datagrams all of it
    bool ends_source = false;
    std::shared_ptr<const ZeekHead> zeek;  // in force at its beginning
    // Objects of a JSON document that is not one per line: offset, length, line.
    struct Piece {
        std::size_t at = 0;
        std::size_t size = 0;
        std::uint64_t line = 0;
    };
    std::vector<Piece> pieces;
    bool is_document = false;
    bool is_binary = false;
};

// Not thread-safe; whoever shares it locks.
class Input {
public:
    // Files, folders (all files below, by name) and "-". Fails on the first that cannot be read:
    // .error() is its name.
    static std::optional<std::string> expand(const std::vector<std::string>& paths,
                                             std::vector<Source>& sources);
    Input(std::vector<Source> sources, Format format, std::size_t block_size = 1 << 20);
    ~Input();

    // The next block; none when all has been read. A file that breaks off (damaged compression) is
    // noted in trouble() and read as far as it goes.
    std::optional<Block> next();
    const std::vector<Source>& sources() const { return sources_; }
    const std::vector<std::string>& trouble() const { return trouble_; }
    std::uint64_t bytes() const { return bytes_; }

private:
    class Stream;
    void open();
    void note_heads(Block& block);

    std::vector<Source> sources_;
    Format format_;
    std::size_t block_size_;
    std::size_t source_ = 0;
    std::unique_ptr<Stream> stream_;
    std::string rest_;  // the beginning of a line whose end is not read yet
    std::uint64_t line_ = 1;
    std::uint64_t sequence_ = 0;
    std::uint64_t bytes_ = 0;
    std::shared_ptr<const ZeekHead> zeek_;
    bool first_of_source_ = true;
    std::vector<std::string> trouble_;
};

}  // namespace noroshi::engines::detect
