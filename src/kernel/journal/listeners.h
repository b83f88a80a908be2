#pragma once
// How facts reach states and views. A listener names the body it wants and whether it takes live
// facts, drill facts, or both; facts are decoded once and handed on. Facts of a kind that nobody
// listens to are kept and hashed but not decoded.
//
// Listeners are registered before the journal starts, from .cpp files (listen.h holds the
// templates, which need the JSON layer). They run on one thread at a time.

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "kernel/journal/fact.h"

namespace noroshi {
class Keyring;
}

namespace noroshi::journal {

Envelope envelope_of(const Fact& fact, std::shared_ptr<const Visibility> visibility);

// A fact with its body decoded, shared between the pending and the published side.
struct Decoded {
    Fact fact;
    std::shared_ptr<const Visibility> visibility;
    std::shared_ptr<const void> body;  // null if nobody listens
    Envelope envelope() const { return envelope_of(fact, visibility); }
};

// Looks text up by view, without making a string.
struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
        return std::hash<std::string_view>{}(text);
    }
};

class Kinds {
public:
    using Decode = std::function<Result<std::shared_ptr<const void>>(
        std::string_view body, std::uint32_t schema, const Keyring* keyring)>;
    void declare(std::string_view kind, Decode decode);  // the same kind again is ignored
    const Decode* find(std::string_view kind) const;

private:
    std::unordered_map<std::string, Decode, TextHash, std::equal_to<>> decoders_;
};

class Listeners {
public:
    explicit Listeners(Kinds& kinds) : kinds_(kinds) {}

    using Hear = std::function<void(const void* body, const Envelope&)>;
    void add(std::string_view kind, bool live, bool drill, Hear hear);
    // Called when all facts are about to be folded again from the first.
    void on_reset(std::function<void()> reset) { resets_.push_back(std::move(reset)); }

    // `body` is null if nobody listens to the kind.
    void tell(const Fact& fact, const std::shared_ptr<const Visibility>& visibility,
              const void* body) const;
    void tell(const Decoded& fact) const { tell(fact.fact, fact.visibility, fact.body.get()); }
    void reset() const;
    Kinds& kinds() { return kinds_; }

private:
    struct One {
        bool live;
        bool drill;
        Hear hear;
    };
    Kinds& kinds_;
    std::unordered_map<std::string, std::vector<One>, TextHash, std::equal_to<>> by_kind_;
    std::vector<std::function<void()>> resets_;
};

}  // namespace noroshi::journal
