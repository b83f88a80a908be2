#pragma once
// Which records there are, how long each has to be kept, and which may be disposed of. A record is
// what stands in one stream and belongs to one class; an exercise's facts are of the class `drill`.
// The period is counted from the end of the fiscal year (31 March, in the port's zone) in which its
// last fact was entered (docs/formats/records.md).

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe/class.hpp>

#include "kernel/journal/fact.h"
#include "kernel/journal/retention.h"
#include "kernel/store/store.h"

namespace noroshi::learn::records {

struct RecordItem {
    std::string record;  // the stream
    std::string record_class;
    std::string exercise;
    std::uint64_t facts = 0;
    std::uint64_t disposed = 0;  // of these
    Instant first_entered_at;
    Instant last_entered_at;
    int years = 0;
    Instant kept_until;   // from then on it may go
    bool in_use = false;  // an incident not closed, a person still here: never due
    bool due = false;
    std::optional<std::string> hold;  // its reason
};
BOOST_DESCRIBE_STRUCT(RecordItem, (),
                      (record, record_class, exercise, facts, disposed, first_entered_at,
                       last_entered_at, years, kept_until, in_use, due, hold))

class Inventory {
public:
    explicit Inventory(std::string zone) : zone_(std::move(zone)) {}
    void add(const journal::Fact& fact);
    // By class and stream. Kinds that this program does not know are kept as `incident`.
    std::vector<RecordItem> items(Instant now) const;

private:
    struct Seen {
        std::string exercise;
        std::uint64_t facts = 0;
        std::uint64_t disposed = 0;
        Instant first;
        Instant last;
        bool ended = false;
    };
    std::string zone_;
    std::map<std::pair<std::string, std::string>, Seen> records_;       // class, stream
    std::map<std::string, std::pair<std::string, std::string>> holds_;  // id → record, reason
};

Result<std::vector<RecordItem>> take_stock(store::Reader& reader, const std::string& zone,
                                           Instant now);

}  // namespace noroshi::learn::records
