#pragma once
// JSON objects to events: one pass over the text, names looked up as they come, texts left where
// they are unless they hold escapes. Understands Windows events nested (EVTX as JSON), flat, from
// winlogbeat and from NXLog; Zeek; Suricata's EVE; anything else is taken as it is, nested names
// joined by dots.
//
// Not simdjson: its index of the whole line pays when one looks for few fields of large documents.
// Here every field is looked at, and a line is short; bench/detect compares the two in one run.

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "engines/detect/detector.h"
#include "engines/detect/event.h"

namespace noroshi::engines::detect {

// Log source given from outside; what is given wins over what the event says.
struct RouteGiven {
    std::string product;
    std::string category;
    std::string service;
};

class JsonReader {
public:
    // time_field: looked at first; empty for none. zeek_path: kind of a Zeek log that does not say
    // so itself ("conn", from the file's name).
    JsonReader(const Detector& detector, RouteGiven given, std::string time_field);

    // Empty: read. Else why not: "json", "json_no_object", "json_depth".
    std::string_view read(std::string_view text, Event& event, std::string_view zeek_path = {});

    // Length of the object or array that begins at text[0], 0 if it does not end in `text`.
    static std::size_t length_of(std::string_view text);

    // Decides the log source, the time and the second names of an event whose values are complete.
    void settle(Event& event, std::string_view zeek_path = {});
    // Only what was given from outside; and the time if --time-field names one of its fields.
    void apply_given(Event& event);

private:
    enum class Mode : std::uint8_t { plain, evtx, system, item, data, winlog };

    bool object(Mode mode, Event& event, int depth);
    bool named_data(Event& event, int depth);
    bool value(std::string_view name, Event& event, int depth);
    bool array(std::string_view name, Event& event, int depth);
    bool skip(int depth);
    bool string(std::string_view& out, Arena& arena);
    bool scalar(std::string_view name, Event& event);
    void add(std::string_view name, std::string_view text, Kind kind, Event& event);
    void blank() {
        while (at_ < end_ && (*at_ == ' ' || *at_ == '\t' || *at_ == '\n' || *at_ == '\r')) ++at_;
    }
    bool eat(char c) {
        blank();
        if (at_ >= end_ || *at_ != c) return false;
        ++at_;
        return true;
    }
    void settle_windows(Event& event);
    void settle_zeek(Event& event, std::string_view path);

    const Detector& detector_;
    const FieldNames& fields_;
    RouteGiven given_;
    Route given_route_;
    std::vector<FieldId> time_fields_;
    FieldId time_field_ = unnamed;
    const char* at_ = nullptr;
    const char* end_ = nullptr;
    bool too_deep_ = false;
    std::string prefix_;  // of names, with its dot
    std::vector<Detector::Alias> nxlog_;
    std::vector<Detector::Alias> eve_;
    std::unordered_map<std::uint64_t, Route> windows_routes_;
    struct ZeekPath {
        Route route;
        std::vector<Detector::Alias> aliases;
    };
    std::unordered_map<std::string, ZeekPath> zeek_paths_;
    std::unordered_map<std::string, Route> eve_routes_;
};

}  // namespace noroshi::engines::detect
