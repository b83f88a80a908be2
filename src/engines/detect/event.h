#pragma once
// One event, whatever it was read from: a list of (field, text) with times and a log source. Texts
// point into the input or into the event's arena, so reading an event allocates nothing once the
// buffers have grown. A list in the input is several values of one field; a nested object is a
// dotted name ("id.orig_h"). An alias is a second name for the same text: rules see it, people do
// not.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engines/detect/fold.h"
#include "engines/detect/moment.h"

namespace noroshi::engines::detect {

using FieldId = std::uint32_t;
inline constexpr FieldId unnamed = 0;  // no rule asks for this field

// Names somebody asks for, numbered. Filled while rules are compiled, read-only (and then safe from
// every thread) afterwards.
class FieldNames {
public:
    FieldNames();
    FieldId intern(std::string_view name);
    FieldId find(std::string_view name) const {  // unnamed if nobody asks for it
        return find(name, hash_of(name));
    }
    FieldId find(std::string_view name, std::uint64_t hash) const {
        for (std::size_t slot = hash & mask_;; slot = (slot + 1) & mask_) {
            const Slot& entry = slots_[slot];
            if (entry.id == unnamed) return unnamed;
            if (entry.hash == hash && names_[entry.id] == name) return entry.id;
        }
    }
    std::string_view name(FieldId id) const { return names_[id]; }
    std::size_t size() const { return names_.size(); }

private:
    struct Slot {
        std::uint64_t hash = 0;
        FieldId id = unnamed;
    };
    void grow();

    std::vector<std::string> names_;
    std::vector<Slot> slots_;
    std::size_t mask_ = 0;
};

enum class Kind : std::uint8_t {
    text,
    number,
    boolean,
    null,   // JSON null, Zeek's `-`, an empty list
    empty,  // an empty element of a Windows event: both null and ''
};

struct Value {
    std::string_view text;
    std::string_view name;  // empty: an alias
    const char* lower = nullptr;
    std::uint32_t lower_size = 0;
    std::uint32_t next = 0;  // 1 + index of the next value of the same field
    FieldId field = unnamed;
    Kind kind = Kind::text;

    bool is_alias() const { return name.empty(); }
};

// Log source as far as it is known. An id of 0 is unknown (it contradicts nothing), 1 is known to be
// none of those any rule names.
struct Route {
    std::uint16_t product = 0;
    std::uint16_t service = 0;
    std::uint16_t category = 0;
    std::uint16_t second_category = 0;

    std::uint64_t key() const {
        return product | static_cast<std::uint64_t>(service) << 16 |
               static_cast<std::uint64_t>(category) << 32 |
               static_cast<std::uint64_t>(second_category) << 48;
    }
    bool operator==(const Route&) const = default;
};

class Event {
public:
    explicit Event(const FieldNames& names) : names_(&names) { first_.resize(names.size()); }

    void clear() {
        for (const Value& value : values_) first_[value.field] = {};
        values_.clear();
        arena_.clear();
        time = no_time;
        route = {};
        raw = {};
        is_windows = false;
    }
    void add(FieldId field, std::string_view name, std::string_view text, Kind kind = Kind::text);
    // A second name for whatever `from` holds; nothing if `from` is absent or `to` is there already.
    void alias(FieldId from, FieldId to);

    const std::vector<Value>& values() const { return values_; }
    std::vector<Value>& values() { return values_; }
    // 1 + index of the first value of a field, 0 if it is absent. first(unnamed) means nothing.
    std::uint32_t first(FieldId field) const { return first_[field].first; }
    std::string_view text(FieldId field) const {  // of the first value; empty if absent
        const std::uint32_t at = first_[field].first;
        return at == 0 ? std::string_view() : values_[at - 1].text;
    }
    bool has(FieldId field) const { return first_[field].first != 0; }
    // The first value under this name, whether or not a rule asks for it: a walk, for what is rare.
    const Value* find(std::string_view name) const;
    std::string_view lower(Value& value) {
        if (value.lower == nullptr) {
            const auto low = fold(value.text, arena_);
            value.lower = low.data() == nullptr ? "" : low.data();
            value.lower_size = static_cast<std::uint32_t>(low.size());
        }
        return {value.lower, value.lower_size};
    }
    // All named values in lower case, a zero byte between them.
    std::string_view lower_all();
    Arena& arena() { return arena_; }
    const FieldNames& names() const { return *names_; }

    Micros time = no_time;
    Route route;
    std::string_view raw;  // the line or object it was read from
    bool raw_is_json = false;
    bool is_windows = false;

private:
    struct Chain {
        std::uint32_t first = 0;
        std::uint32_t last = 0;
    };
    const FieldNames* names_;
    std::vector<Value> values_;
    std::vector<Chain> first_;
    Arena arena_;
};

// The event as one JSON object: the raw object if it was one, else its named values.
std::string event_json(const Event& event);
void append_event_json(std::string& out, const Event& event);
void append_json_string(std::string& out, std::string_view text);  // mends what is no UTF-8

}  // namespace noroshi::engines::detect
