// What a stranger posts: reading a request must not crash, and what is read must survive being
// written and read again, byte for byte, because facts are hashed over what we write.

#include <cstdint>

#include "kernel/json/json.h"

namespace noroshi::json {

namespace {

enum class Colour { red, green };
BOOST_DESCRIBE_ENUM(Colour, red, green)

struct Inner {
    std::optional<std::int64_t> number;
    std::vector<Colour> colours;
    Tlp tlp = Tlp::red;
};
BOOST_DESCRIBE_STRUCT(Inner, (), (number, colours, tlp))

struct Outer {
    std::string title;
    std::uint32_t small = 0;
    bool yes = false;
    std::optional<Instant> at;
    std::optional<Span> pause_seconds;
    std::map<std::string, Inner> inner;
    std::vector<OrganisationId> organisations;
    std::optional<Personal> name;
    static constexpr auto defaulted = std::array<std::string_view, 3>{"title", "small", "yes"};
};
BOOST_DESCRIBE_STRUCT(Outer, (), (title, small, yes, at, pause_seconds, inner, organisations, name))

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(bytes), size);

    const auto request = from_text<Outer>(text);
    if (!request) {
        ASSERT(request.error().kind == ErrorKind::invalid);
        ASSERT(request.error().key.starts_with("kernel."));
        ASSERT(request.error().pointer.empty() || request.error().pointer.starts_with('/'));
    } else {
        const auto once = to_text(*request);
        const auto again = from_text<Outer>(once);
        ASSERT(again);
        ASSERT(to_text(*again) == once);
    }

    // The same bytes as a fact's body, which may carry sealed values whose key is gone. The quick
    // reader may refuse; where it accepts, it has read what the tree reader reads.
    const Keyring keyring;
    Outer tree;
    const auto as_tree = read_fact_as_tree(text, tree, &keyring);
    Outer quick;
    as_written::Cursor cursor(text);
    if (as_written::read(cursor, quick, &keyring) && cursor.is_at_end()) {
        ASSERT(as_tree);
        ASSERT(to_text(quick) == to_text(tree));
        ASSERT(quick.name == tree.name);
    }
    // And it accepts everything that we write.
    if (request && !request->pause_seconds) {
        const auto written = to_text(*request);
        if (!written.contains("\\u")) {
            as_written::Cursor own(written);
            Outer again;
            ASSERT(as_written::read(own, again, &keyring) && own.is_at_end());
        }
    }
    return 0;
}

}  // namespace noroshi::json
