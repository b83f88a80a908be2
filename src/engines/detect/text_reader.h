#pragma once
// Lines that are no JSON: syslog (RFC 5424, RFC 3164, rsyslog's ISO form), and in it or alone
// FortiGate's pairs (with blanks or commas between), CEF, LEEF, auditd's records, access logs of web
// servers, other makers' devices (device_reader.h); JSON in syslog.
//
// Fields: what the format calls them; the header's as timestamp, hostname, program, pid, facility,
// severity, msgid, message. The whole line is `_raw`, which keywords are searched in.
//
// Sources: RFC 5424, RFC 3164; ArcSight "Common Event Format" v25; IBM "LEEF" 1.0 and 2.0; Fortinet
// "FortiOS Log Message Reference"; Apache "Combined Log Format".

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engines/detect/detector.h"
#include "engines/detect/event.h"
#include "engines/detect/input.h"
#include "engines/detect/json_reader.h"

namespace noroshi::engines::detect {

class TextReader {
public:
    TextReader(const Detector& detector, JsonReader& json);

    // Empty: read. Else the reason. `reference`: a line without a year is of the latest year that
    // does not put it more than a day after this.
    std::string_view read(std::string_view line, Event& event, Format format, Micros reference);

private:
    struct Header {
        Micros time = no_time;
        int priority = -1;
        std::string_view host;
        std::string_view program;
        std::string_view pid;
        std::string_view msgid;
        std::string_view message;
        bool found = false;
    };
    bool header_5424(std::string_view line, Header& header, Event& event);
    bool header_3164(std::string_view line, Header& header, Micros reference);
    void add(std::string_view name, std::string_view text, Event& event, Kind kind = Kind::text);
    bool key_values(std::string_view text, Event& event);
    bool cef(std::string_view text, Event& event);
    bool leef(std::string_view text, Event& event);
    bool audit(std::string_view text, Event& event);
    bool access_log(std::string_view line, Event& event);
    void fortigate_route(Event& event);
    void finish(std::string_view line, Event& event);

    // What of FortiGate's pairs says when and what, noted while they are read.
    struct Pairs {
        std::string_view event_time, date, time, zone, type;
    };
    Pairs pairs_;
    // Lines of one device have the same keys: a small table says at once what a key is.
    enum class Role : std::uint8_t { none, event_time, date, time, zone, type, moment, label };
    struct Key {
        std::string name;
        FieldId field = unnamed;
        Role role = Role::none;
    };
    const Key& key_of(std::string_view name);
    std::vector<Key> keys_;
    const Detector& detector_;
    const FieldNames& fields_;
    JsonReader& json_;
    std::unordered_map<std::string, Route> routes_;
    struct LastRoute {
        std::string product, service, category;
        Route route;
        bool known = false;
    } last_route_;
    Route route_of(std::string_view product, std::string_view service, std::string_view category);
};

}  // namespace noroshi::engines::detect
